// The verbs that change something: what they share. Each is one request, or one for each name.
import type { Flag } from '../../infra/options/flags.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { apiOf, orderedBy, resultOf, SERVER_FLAGS } from '../ask.ts';
import type { ApiClient, Plan, Result } from '../client/client.ts';
import { actor, userOfShell } from '../hosts.ts';
import { plainLines } from '../output/table.ts';
import type { Arguments, ExitCode, Terminal } from '../subcommand.ts';
import { ended, outcomeOf } from './follow.ts';
import { watch } from './watch.ts';
import { eventLine, stepWords } from './words.ts';

/** Of every order. */
export const ORDER_FLAGS: Readonly<Record<string, Flag>> = {
  by: { value: 'NAME', help: 'name for the log, while no key is needed (default: the user of this shell)' },
  json: { help: "print the server's data as one JSON object" },
  ...SERVER_FLAGS,
};
/** Of the orders that begin an operation. */
export const CHANGE_FLAGS: Readonly<Record<string, Flag>> = {
  plan: { help: 'change nothing: print the events and the steps on Docker that would follow' },
  'idempotency-key': { value: 'KEY', help: 'a repeated request with the same key gets the answer of the first one' },
  detach: { short: 'd', help: 'print the id of the operation instead of waiting for its end (see operations --follow)' },
  'if-match': { value: 'ETAG', help: 'only if it is unchanged: the etag that inspect and --plan print' },
  ...ORDER_FLAGS,
};
export const CHANGE_CODES = 'Exit code: 0 done, 1 refused, failed or no server, 2 wrong usage.';

export interface Change<T> {
  /** The stream that it changes: `replicaSet/foo`. */
  readonly stream: string;
  /** The image that may have to be pulled first. */
  readonly image?: string;
  /** Its end is always waited for: it has no --detach, or one of another meaning. */
  readonly isAwaited?: boolean;
  readonly order: (api: ApiClient) => Promise<Result<T>>;
  /** The same as a plan. */
  readonly plan: (api: ApiClient['plan']) => Promise<Result<Plan>>;
  /** The state that it was decided on, where --if-match does not say. */
  readonly ifMatch?: string;
}

/** Orders of several names are under way at the same time, at most. */
const AT_ONCE = 8;
/** Time, s, after which the server no longer lets an order wait: its operation is then followed, and a cut connection ends nothing. */
const WAIT_S = 2;

const etagOf = (given: string): string => (/^\d+$/.test(given) ? `"${given}"` : given);

function headersOf(args: Arguments, ifMatch = args.one('if-match')): Record<string, string> {
  const key = args.one('idempotency-key');
  return {
    ...orderedBy(actor(args.one('by') ?? userOfShell())),
    ...(key !== undefined && { 'Idempotency-Key': key }),
    ...(ifMatch !== undefined && { 'If-Match': etagOf(ifMatch) }),
  };
}

/** `data` of the answer, or the id of an operation that goes on. */
type Carried<T> = { readonly data: T } | { readonly operation: string };

/** The operation that the answer 202 is about. */
const begunBy = ({ status, headers }: Response): string | undefined =>
  status === 202 ? headers.get('Location')?.split('/').at(-1) : undefined;

/** Resolves at the end of the operation, or with --detach at its beginning. While it is under way its steps are shown. */
async function carriedOut<T>(args: Arguments, io: Terminal, asked: Change<T>): Promise<Carried<T>> {
  const isDetached = args.has('detach') && asked.isAwaited !== true;
  const Prefer = isDetached ? 'respond-async' : `respond-async, wait=${WAIT_S}`;
  const watching = watch(args, io, asked);
  let id: string | undefined;
  try {
    const result = await asked.order(apiOf(args, io, { headers: { ...headersOf(args, asked.ifMatch), Prefer } }));
    id = begunBy(result.response);
    if (id === undefined) return { data: await resultOf(Promise.resolve(result)) };
    if (isDetached) return { operation: id };
    // The server answers here as it would have answered the order itself.
    return { data: outcomeOf(await ended(args, io, id, watching)) as T };
  } catch (error) {
    if (io.signal.aborted) watching.tell(`gpu-docker-api: ${goesOn(id)}\n`);
    throw error;
  } finally {
    watching.end();
  }
}

const goesOn = (id: string | undefined): string =>
  id === undefined
    ? 'what has begun goes on: gpu-docker-api operations says how far it is'
    : `operation ${id} goes on: gpu-docker-api operations --follow ${id} waits for its end`;

/**
 * Carries a change out and prints what `said` makes of its answer: the name that other verbs take, on a line of its own. `about` goes into the
 * JSON object beside the answer.
 */
export async function change<T>(
  args: Arguments,
  io: Terminal,
  asked: Change<T>,
  said: (data: T) => string,
  about: object = {},
): Promise<ExitCode> {
  if (args.has('plan')) {
    if (args.has('detach') && asked.isAwaited !== true) throw new UsageError('--plan and --detach: choose one');
    const plan = await resultOf(asked.plan(apiOf(args, io, { headers: headersOf(args, asked.ifMatch) }).plan));
    io.out(args.has('json') ? `${JSON.stringify(plan)}\n` : planText(plan));
    return 0;
  }
  const carried = await carriedOut(args, io, asked);
  if ('operation' in carried) {
    io.out(args.has('json') ? `${JSON.stringify({ ...about, ...carried })}\n` : `${carried.operation}\n`);
    return 0;
  }
  const { data } = carried;
  io.out(args.has('json') ? `${JSON.stringify({ ...about, ...data })}\n` : `${said(data)}\n`);
  warn(io, data);
  return 0;
}

/** It is done, but what belongs to it is not. */
function warn(io: Terminal, data: unknown): void {
  const { warning } = Object(data) as { readonly warning?: unknown };
  if (typeof warning === 'string') io.err(`gpu-docker-api: ${plainLines(warning)}\n`);
}

/** The same change of several names, some at the same time. One that fails stops no other. */
export async function changeEach<T>(
  args: Arguments,
  io: Terminal,
  asked: (name: string) => Change<T>,
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
          io.err(`gpu-docker-api: ${plainLines(error instanceof Error ? error.message : String(error))}\n`);
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
