// Asks a running server, as any other client does.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Flag } from '../infra/options/flags.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import { type ApiClient, ApiError, createClient, type Result, dataOf as typedDataOf } from './client/client.ts';
import { inCommands } from './output/in-commands.ts';
import type { Arguments, Terminal } from './subcommand.ts';

export const SERVER_VARIABLE = 'GPU_DOCKER_API_SERVER';
const KEY_VARIABLE = 'GPU_DOCKER_API_KEY';
const USUAL = 'http://127.0.0.1:2378';
/** Deadline of a question, ms. An order has none of its own: the server answers when it is done, or says that it goes on. */
const PATIENCE_MS = 60_000;

export const SERVER_FLAGS: Readonly<Record<string, Flag>> = {
  server: { value: 'URL', help: `the server to ask (default: ${SERVER_VARIABLE}, or ${USUAL})` },
};
export const AT_FLAG: Flag = { value: 'SEQ|TIME', help: 'as it was after this event, or at this time' };

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

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
  /** The version of the stream that the answer is about, for --if-match; null where it is about no single one. */
  readonly etag: string | null;
}

interface Init {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** TCP asks this often, ms, whether the other side is still there: an order may be under way for long without a word. */
const KEEP_ALIVE_MS = 30_000;

/** Not `fetch`, which gives up after five minutes without an answer. Rejects when the server cannot be reached, or `signal` aborts. */
function send(url: URL, { method = 'GET', headers = {}, body }: Init, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // As bytes: Node would write the headers in the encoding of a text.
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const length = bytes === undefined ? {} : { 'Content-Length': bytes.length };
    const call = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      { method, headers: { ...headers, ...length }, signal },
      resolve,
    );
    call.on('error', reject);
    call.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    call.end(bytes);
  });
}

/** Sends a request. Throws an Error that says why the server cannot be reached. */
export async function connect(args: Arguments, signal: AbortSignal, path: string, query: Query, init: Init = {}): Promise<IncomingMessage> {
  const server = serverOf(args);
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
  for (const [name, value] of Object.entries(query))
    for (const one of typeof value === 'object' ? value : [value]) if (one !== undefined) url.searchParams.append(name, one);
  const key = process.env[KEY_VARIABLE] ?? '';
  const headers = { ...init.headers, ...(key !== '' && { Authorization: `Bearer ${key}` }) };
  try {
    return await send(url, { ...init, headers }, signal);
  } catch (error) {
    throw unreachable(server, error);
  }
}

function unreachable(server: URL, error: unknown): Error {
  const why = reason(error);
  const way = CERTIFICATE.test(why)
    ? 'its certificate is not trusted here: name the file of who signed it in NODE_EXTRA_CA_CERTS'
    : `start it with gpu-docker-api serve, or name another with --server URL or ${SERVER_VARIABLE}`;
  return new Error(`the server at ${server.origin} cannot be reached (${why}): ${way}`);
}

/** The text of an answer. Throws when it breaks off. */
async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function request(args: Arguments, io: Terminal, path: string, query: Query, init: Init = {}): Promise<RawAnswer> {
  const limits = init.method === undefined ? [AbortSignal.timeout(PATIENCE_MS)] : [];
  const answer = await connect(args, AbortSignal.any([io.signal, ...limits]), path, query, init);
  const [seq, time, etag = null] = ['x-at-sequence', 'x-at-time', 'etag'].map((name) => headerOf(answer, name));
  try {
    return {
      status: answer.statusCode ?? 0,
      text: await textOf(answer),
      at: seq == null ? null : `event ${seq}${time == null ? '' : `, ${time}`}`,
      etag,
    };
  } catch (error) {
    throw unreachable(serverOf(args), error);
  }
}

function headerOf({ headers }: IncomingMessage, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

/** Codes of a certificate that nobody has vouched for. */
const CERTIFICATE = /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)/;

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1_000} s`;
  const { code, cause } = error as NodeJS.ErrnoException;
  // A timeout of the signal is the cause of an AbortError.
  if (cause instanceof Error && cause !== error) return reason(cause);
  return code ?? error.message;
}

export interface Answer<T> {
  readonly data: T;
  readonly at: string | null;
  readonly etag: string | null;
}

/** Resolves to `data` of the answer. Throws a UsageError for a request that the server calls malformed, else an Error with the server's words. */
export async function ask<T>(args: Arguments, io: Terminal, path: string, query: Query = {}): Promise<Answer<T>> {
  return dataOf<T>(await request(args, io, path, query));
}

interface Order {
  readonly actor: string;
  readonly body: object;
  readonly dryRun: boolean;
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query?: Query;
  /** Beside the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Orders a change as `actor`, whom the log will name where no key is needed. Resolves to `data` of the answer. Throws like `ask`. */
export async function order<T>(
  args: Arguments,
  io: Terminal,
  path: string,
  { actor, body, dryRun, method = 'POST', query: more = {}, headers: others = {} }: Order,
): Promise<T> {
  const headers = { ...others, 'Content-Type': 'application/json', 'X-Actor': encoded(actor) };
  const query = { ...more, dryRun: dryRun ? 'true' : undefined };
  return dataOf<T>(await request(args, io, path, query, { method, headers, body: JSON.stringify(body) })).data;
}

/** A header holds bytes: the characters of this text stand for them. */
export const encoded = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Statuses of answers without a body. */
const EMPTY: readonly number[] = [204, 205, 304];

/** The typed client of the server, with these headers in every request. Its orders wait as long as the server does. */
export function apiOf(args: Arguments, io: Terminal, headers: Readonly<Record<string, string>> = {}): ApiClient {
  const server = serverOf(args);
  const key = process.env[KEY_VARIABLE] ?? '';
  return createClient({
    server: server.href,
    headers,
    ...(key !== '' && { key }),
    fetch: async (request) => {
      const text = await request.text();
      const init = { method: request.method, headers: Object.fromEntries(request.headers), ...(text !== '' && { body: text }) };
      const url = new URL(request.url);
      // For a proxy that asks for a name and a password.
      [url.username, url.password] = [server.username, server.password];
      try {
        const answer = await send(url, init, io.signal);
        const body = await textOf(answer);
        const { statusCode: status = 0, headers: its } = answer;
        const type = its['content-type'];
        return new Response(EMPTY.includes(status) ? null : body, {
          status,
          ...(type !== undefined && { headers: { 'Content-Type': type } }),
        });
      } catch (error) {
        throw unreachable(server, error);
      }
    },
  });
}

/** Resolves to `data` of an answer to the typed client. Throws like `ask`. */
export async function resultOf<T>(answer: Promise<Result<T>>): Promise<T> {
  try {
    return await typedDataOf(answer);
  } catch (error) {
    throw error instanceof ApiError && error.code !== 0 ? refusal(error.status, error.code, error.message) : error;
  }
}

function dataOf<T>(answer: RawAnswer): Answer<T> {
  const body = parsed(answer.text);
  // With --compat-go every status is 200; the code in the body tells success from failure.
  if (answer.status !== 200 || body === null || body.code !== 200) throw failure(answer, body);
  return { data: body.data as T, at: answer.at, etag: answer.etag };
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

/** The server's words. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function failure({ status, text }: Pick<RawAnswer, 'status' | 'text'>, body: AnswerBody | null): Error {
  if (body === null) return new Error(`this is not a gpu-docker-api: it answered ${status} ${text.slice(0, 80)}`);
  return refusal(status, body.code, body.msg);
}

function refusal(status: number, code: number, message: string): Error {
  const says = inCommands(message);
  if (status === 401) return new RefusedError(status, `${says} (gpu-docker-api takes it from ${KEY_VARIABLE})`);
  return code === 1000 ? new UsageError(says) : new RefusedError(status, says);
}

/** The failure that an answer tells of. */
export async function failureOf(answer: IncomingMessage): Promise<Error> {
  const text = await textOf(answer);
  return failure({ status: answer.statusCode ?? 0, text }, parsed(text));
}
