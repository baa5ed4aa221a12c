// Asks a running server, as any other client does.

import type { Flag } from '../infra/options/flags.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import type { Arguments, Terminal } from './subcommand.ts';

const SERVER_VARIABLE = 'GPU_DOCKER_API_SERVER';
const USUAL = 'http://127.0.0.1:2378';
const PATIENCE_MS = 60_000;

export const SERVER_FLAGS: Readonly<Record<string, Flag>> = {
  server: { value: 'URL', help: `the server to ask (default: ${SERVER_VARIABLE}, or ${USUAL})` },
};
export const AT_FLAG: Flag = { value: 'SEQ|TIME', help: 'as it was after this event, or at this time' };

type Query = Readonly<Record<string, string | undefined>>;

/** Throws UsageError. */
function serverOf(args: Arguments, env: Readonly<Record<string, string | undefined>> = process.env): URL {
  const fromEnvironment = env[SERVER_VARIABLE];
  const [from, given] = args.has('server')
    ? ['--server', args.one('server') ?? '']
    : [SERVER_VARIABLE, fromEnvironment === undefined || fromEnvironment === '' ? USUAL : fromEnvironment];
  const text = /^[a-z]+:\/\//i.test(given) ? given : `http://${given}`;
  if (!/^https?:/i.test(text) || !URL.canParse(text))
    throw new UsageError(`${from}: "${given}" was given, but it must be a URL such as ${USUAL}`);
  return new URL(text);
}

interface Asked {
  readonly status: number;
  readonly text: string;
  /** What ?at= came down to: the sequence and time of the last event of that state. */
  readonly at: string | null;
}

/** Throws an Error that says why nobody answered. */
async function request(args: Arguments, io: Terminal, path: string, query: Query): Promise<Asked> {
  const server = serverOf(args);
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([io.signal, AbortSignal.timeout(PATIENCE_MS)]) });
    const [seq, time] = ['x-at-sequence', 'x-at-time'].map((name) => answer.headers.get(name));
    return { status: answer.status, text: await answer.text(), at: seq == null ? null : `event ${seq}${time == null ? '' : `, ${time}`}` };
  } catch (error) {
    throw new Error(
      `the server at ${server.origin} cannot be reached (${reason(error)}): start it with gpu-docker-api serve, or name another with --server URL`,
    );
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1_000} s`;
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? error.message;
}

export interface Answer<T> {
  readonly data: T;
  readonly at: string | null;
}

/** `data` of the answer. Throws UsageError where the server calls the request malformed, an Error with its words for all else. */
export async function ask<T>(args: Arguments, io: Terminal, path: string, query: Query = {}): Promise<Answer<T>> {
  const asked = await request(args, io, path, query);
  const envelope = parsed(asked.text);
  // With --compat-go every status is 200, and the code tells.
  if (asked.status !== 200 || envelope === null || envelope.code !== 200) throw failure(asked, envelope);
  return { data: envelope.data as T, at: asked.at };
}

/** An answer that is sent on as it is. */
export async function askText(args: Arguments, io: Terminal, path: string, query: Query): Promise<string> {
  const asked = await request(args, io, path, query);
  if (asked.status !== 200) throw failure(asked, parsed(asked.text));
  return asked.text;
}

interface Envelope {
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
}

function parsed(text: string): Envelope | null {
  try {
    const value = JSON.parse(text) as Envelope | null;
    return typeof value === 'object' && value !== null && 'code' in value ? value : null;
  } catch {
    return null;
  }
}

function failure({ status, text }: Asked, envelope: Envelope | null): Error {
  if (envelope === null) return new Error(`this is no gpu-docker-api: it answered ${status} ${text.slice(0, 80)}`);
  return envelope.code === 1000 ? new UsageError(envelope.msg) : new Error(envelope.msg);
}
