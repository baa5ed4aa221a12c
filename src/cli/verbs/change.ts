// The verbs that change something: what they share. Each is one request, or one for each name.
import type { PlanOutcome } from '../../commands/service.ts';
import type { Flag } from '../../infra/options/flags.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { order, SERVER_FLAGS } from '../ask.ts';
import { actor, userOfShell } from '../hosts.ts';
import type { Arguments, ExitCode, Terminal } from '../subcommand.ts';
import { watch } from './watch.ts';
import { eventLine, stepWords } from './words.ts';

/** Of every order. */
export const ORDER_FLAGS: Readonly<Record<string, Flag>> = {
  by: { value: 'NAME', help: 'who orders it, while no key is needed (default: the user of this shell)' },
  json: { help: "print the server's data as one JSON object" },
  ...SERVER_FLAGS,
};
/** Of the orders that begin an operation. */
export const CHANGE_FLAGS: Readonly<Record<string, Flag>> = {
  plan: { help: 'do nothing: print the events that it would write, and the steps on Docker that would follow' },
  'idempotency-key': { value: 'KEY', help: 'sent again with the same key and request, it gets the first answer again' },
  'if-match': { value: 'ETAG', help: 'only if nobody changed it since: the etag that inspect and --plan print' },
  ...ORDER_FLAGS,
};
export const CHANGE_CODES = 'Exit code: 0 done, 1 refused, failed or no server, 2 wrong usage.';

type Plan = Extract<PlanOutcome, { readonly ok: true }>['plan'];

export interface Change {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  /** The stream that it changes: `replicaSet/foo`. */
  readonly stream: string;
}

/** A change that asks for the state that it was decided on, whatever --if-match says. */
interface Bound extends Change {
  readonly ifMatch?: string;
}

/** Orders of several names are under way at the same time, at most. */
const AT_ONCE = 8;

export const rsPath = (name: string, rest = ''): string => `/api/v1/replicaSet/${encodeURIComponent(name)}${rest}`;
export const volumePath = (name: string, rest = ''): string => `/api/v1/volumes/${encodeURIComponent(name)}${rest}`;

const etagOf = (given: string): string => (/^\d+$/.test(given) ? `"${given}"` : given);

function headersOf(args: Arguments, ifMatch = args.one('if-match')): Record<string, string> {
  const key = args.one('idempotency-key');
  return { ...(key !== undefined && { 'Idempotency-Key': key }), ...(ifMatch !== undefined && { 'If-Match': etagOf(ifMatch) }) };
}

/** Resolves to `data` of the answer; with --plan to the plan. While it is under way its steps are shown. */
async function send<T>(args: Arguments, io: Terminal, { method, path, body = {}, stream, ifMatch }: Bound): Promise<T> {
  const dryRun = args.has('plan');
  const watching = watch(args, io, stream);
  try {
    return await order<T>(args, io, path, {
      method,
      actor: actor(args.one('by') ?? userOfShell()),
      body,
      dryRun,
      headers: headersOf(args, ifMatch),
    });
  } catch (error) {
    if (io.signal.aborted && !dryRun) io.err('gpu-docker-api: what was ordered goes on: gpu-docker-api operations says how far it is\n');
    throw error;
  } finally {
    watching.end();
  }
}

/**
 * Carries a change out and prints what `said` makes of its answer: the name that other verbs take, on a line of its own. `about` goes into the
 * JSON object beside the answer.
 */
export async function change<T>(
  args: Arguments,
  io: Terminal,
  asked: Bound,
  said: (data: T) => string,
  about: object = {},
): Promise<ExitCode> {
  if (args.has('plan')) {
    const plan = await send<Plan>(args, io, asked);
    io.out(args.has('json') ? `${JSON.stringify(plan)}\n` : planText(plan));
    return 0;
  }
  const data = await send<T>(args, io, asked);
  io.out(args.has('json') ? `${JSON.stringify({ ...about, ...data })}\n` : `${said(data)}\n`);
  warn(io, data);
  return 0;
}

/** It is done, but what belongs to it is not. */
function warn(io: Terminal, data: unknown): void {
  const { warning } = Object(data) as { readonly warning?: unknown };
  if (typeof warning === 'string') io.err(`gpu-docker-api: ${warning}\n`);
}

/** The same change of several names, some at the same time. One that fails stops no other. */
export async function changeEach<T>(
  args: Arguments,
  io: Terminal,
  asked: (name: string) => Change,
  said: (data: T, name: string) => string = (_, name) => name,
): Promise<ExitCode> {
  const names = [...new Set(args.operands)];
  if (names.length > 1) {
    for (const flag of ['idempotency-key', 'if-match'])
      if (args.has(flag)) throw new UsageError(`--${flag} is about one request: give it with one name`);
  }
  const codes: ExitCode[] = [];
  const waiting = names.values();
  const work = async (): Promise<void> => {
    for (const name of waiting) {
      codes.push(
        await change<T>(args, io, asked(name), (data) => said(data, name), { name }).catch((error: unknown) => {
          // A single one fails as any other command does.
          if (names.length === 1) throw error;
          io.err(`gpu-docker-api: ${error instanceof Error ? error.message : String(error)}\n`);
          return error instanceof UsageError ? 2 : 1;
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, names.length) }, work));
  return Math.max(...codes);
}

function planText({ stream, etag, events, steps }: Plan): string {
  const lines = [
    ...(etag === null ? [] : [`As of etag ${etag} of ${stream}.`]),
    ...(events.length === 0 ? ['It is so already: nothing would be written.'] : ['It would be written that:']),
    ...events.map(({ type, data }) => `  ${eventLine(type, data)}`),
    ...(steps.length === 0 ? [] : ['Then, if each goes well:']),
    ...steps.flatMap(({ step, events: recorded }, i) => [
      `  ${i + 1}. ${stepWords(step)}`,
      ...recorded.map(({ type, data }) => `       ${eventLine(type, data)}`),
    ]),
    'Nothing was done.',
  ];
  return `${lines.join('\n')}\n`;
}
