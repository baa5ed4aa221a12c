// Asks a running server, as any other client does.

import type { Flag } from '../infra/options/flags.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import type { Arguments, Terminal } from './subcommand.ts';

export const SERVER_VARIABLE = 'GPU_DOCKER_API_SERVER';
const KEY_VARIABLE = 'GPU_DOCKER_API_KEY';
const USUAL = 'http://127.0.0.1:2378';
/** Deadline of a request, ms. */
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

interface RawAnswer {
  readonly status: number;
  readonly text: string;
  /** Sequence and time of the last event of the state that answered ?at=; null for an answer about now. */
  readonly at: string | null;
}

interface Init {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Throws an Error that says why the server cannot be reached. */
async function request(args: Arguments, io: Terminal, path: string, query: Query, init: Init = {}): Promise<RawAnswer> {
  const server = serverOf(args);
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  try {
    const key = process.env[KEY_VARIABLE] ?? '';
    const headers = { ...init.headers, ...(key !== '' && { Authorization: `Bearer ${key}` }) };
    const response = await fetch(url, { ...init, headers, signal: AbortSignal.any([io.signal, AbortSignal.timeout(PATIENCE_MS)]) });
    const [seq, time] = ['x-at-sequence', 'x-at-time'].map((name) => response.headers.get(name));
    return {
      status: response.status,
      text: await response.text(),
      at: seq == null ? null : `event ${seq}${time == null ? '' : `, ${time}`}`,
    };
  } catch (error) {
    const why = reason(error);
    const way = CERTIFICATE.test(why)
      ? 'its certificate is not trusted here: name the file of who signed it in NODE_EXTRA_CA_CERTS'
      : 'start it with gpu-docker-api serve, or name another with --server URL';
    throw new Error(`the server at ${server.origin} cannot be reached (${why}): ${way}`);
  }
}

/** Codes of a certificate that nobody has vouched for. */
const CERTIFICATE = /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)/;

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

/** Resolves to `data` of the answer. Throws a UsageError for a request that the server calls malformed, else an Error with the server's words. */
export async function ask<T>(args: Arguments, io: Terminal, path: string, query: Query = {}): Promise<Answer<T>> {
  return dataOf<T>(await request(args, io, path, query));
}

interface Order {
  readonly actor: string;
  readonly body: object;
  readonly dryRun: boolean;
  readonly method?: 'POST' | 'PATCH' | 'DELETE';
  readonly query?: Query;
}

/** Orders a change as `actor`, whom the log will name where no key is needed. Resolves to `data` of the answer. Throws like `ask`. */
export async function order<T>(
  args: Arguments,
  io: Terminal,
  path: string,
  { actor, body, dryRun, method = 'POST', query: more = {} }: Order,
): Promise<T> {
  const headers = { 'Content-Type': 'application/json', 'X-Actor': actor };
  const query = { ...more, dryRun: dryRun ? 'true' : undefined };
  return dataOf<T>(await request(args, io, path, query, { method, headers, body: JSON.stringify(body) })).data;
}

function dataOf<T>(answer: RawAnswer): Answer<T> {
  const body = parsed(answer.text);
  // With --compat-go every status is 200; the code in the body tells success from failure.
  if (answer.status !== 200 || body === null || body.code !== 200) throw failure(answer, body);
  return { data: body.data as T, at: answer.at };
}

/** Resolves to the body of the answer, unchanged. */
export async function askText(args: Arguments, io: Terminal, path: string, query: Query): Promise<string> {
  const answer = await request(args, io, path, query);
  if (answer.status !== 200) throw failure(answer, parsed(answer.text));
  return answer.text;
}

/** The body of every JSON answer. */
interface AnswerBody {
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
}

function parsed(text: string): AnswerBody | null {
  try {
    const value = JSON.parse(text) as AnswerBody | null;
    return typeof value === 'object' && value !== null && 'code' in value ? value : null;
  } catch {
    return null;
  }
}

function failure({ status, text }: RawAnswer, body: AnswerBody | null): Error {
  if (body === null) return new Error(`this is not a gpu-docker-api: it answered ${status} ${text.slice(0, 80)}`);
  if (status === 401) return new Error(`${body.msg} (gpu-docker-api takes it from ${KEY_VARIABLE})`);
  return body.code === 1000 ? new UsageError(body.msg) : new Error(body.msg);
}
