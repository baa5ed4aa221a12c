// The application over a real socket, on a service whose answers a test scripts.
import { once } from 'node:events';
import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import type { Command } from '../../src/commands/command.ts';
import type { ForeignGpus } from '../../src/commands/host/foreign.ts';
import { silent } from '../../src/commands/outside/logger.ts';
import type { PastReads } from '../../src/commands/reads.ts';
import type {
  CommandOutcome,
  ExecuteOutcome,
  MeasuredDisks,
  Origin,
  OutputAsked,
  OutputOutcome,
  PlanOutcome,
  Precondition,
  Readiness,
  Service,
} from '../../src/commands/service.ts';
import { createApp } from '../../src/http/app.ts';
import { type Listening, listen } from '../../src/http/listen.ts';
import type { HttpOptions } from '../../src/http/route.ts';
import { LedgerQueries } from '../../src/infra/past/ledger-queries.ts';
import { LogIndex } from '../../src/infra/past/log-index.ts';
import type { State } from '../../src/projections/state.ts';
import { mustBeDescribed } from '../support/api-document.ts';
import { auditOf } from '../support/audit.ts';
import { documentedState } from './document.ts';

export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

export interface World {
  readonly url: string;
  readonly port: number;
  readonly server: Listening;
  /** What the service was given. */
  readonly calls: { readonly command: Command; readonly origin: Origin; readonly precondition?: Precondition | undefined }[];
  readonly lines: Line[];
  state: State;
  /** What ?at= is answered with. */
  past: PastReads;
  readiness: Readiness;
  foreignGpus: ForeignGpus;
  disks: MeasuredDisks;
  submit: (command: Command, origin: Origin, patience?: AbortSignal) => Promise<CommandOutcome>;
  plan: (command: Command, precondition?: Precondition) => PlanOutcome;
  execute: (command: Command, signal: AbortSignal) => Promise<ExecuteOutcome>;
  output: (asked: OutputAsked, signal: AbortSignal) => OutputOutcome;
  /** The options that the document does not speak of: answers are not held against it. */
  readonly isAsGo: boolean;
  stop(): Promise<void>;
}

const executed: ExecuteOutcome = {
  ok: true,
  result: { exitCode: 0, stdout: 'hello\n', outputBytes: 6, truncated: false, timedOut: false, aborted: false },
};

const noLedger = new LedgerQueries(new LogIndex({ source: { read: async function* () {} }, logger: silent }));

export async function start(options: Partial<HttpOptions> = {}): Promise<World> {
  const calls: World['calls'] = [];
  const lines: Line[] = [];
  const service: Service = {
    state: () => world.state,
    readiness: () => world.readiness,
    isReady: () => world.readiness.ready,
    foreignGpus: () => world.foreignGpus,
    submit: (command, origin, precondition, patience) => {
      calls.push({ command, origin, precondition });
      return world.submit(command, origin, patience);
    },
    plan: async (command, _origin, precondition) => world.plan(command, precondition),
    raiseLogLevel: async () => ({ ok: true, plan: { stream: 'log', etag: null, events: [], steps: [] } }),
    changeKey: async () => ({ ok: true, plan: { stream: 'key/foo', etag: null, events: [], steps: [] } }),
    disks: async () => world.disks,
    acceptLoss: async (host) => ({ ok: true, loss: { host, replicaSets: ['foo'], volumes: [] } }),
    acceptRestore: async (host) => ({
      ok: true,
      settlement: { host, wasRestored: true, differences: ['foo-2 (running) is not in the log'] },
    }),
    adopt: async (what, name) => ({
      ok: true,
      plan: { stream: `${what}/${name}`, etag: null, events: [], steps: [] },
      adoption: { what, name, version: 2, state: 'running', gpus: [], ports: [], volumes: [], approximate: [] },
    }),
    operations: () => [],
    operationOn: () => null,
    pulls: () => [],
    output: async (asked, _origin, signal) => world.output(asked, signal),
    undo: () => ({ ok: false, rejection: { code: 1039, kind: 'not-found', message: 'no such operation' } }),
    execute: (command, origin, signal) => {
      calls.push({ command, origin });
      return world.execute(command, signal);
    },
  };
  const log = (level: Line['level']) => (fields: object, message: string) => lines.push({ level, message, fields: { ...fields } });
  const app = createApp({
    service,
    past: {
      at: (moment) => world.past.at(moment),
      ledger: () => world.past.ledger(),
      now: () => world.past.now(),
      timeOf: (seq) => world.past.timeOf(seq),
    },
    observed: auditOf(),
    options: { maxBody: 1024 * 1024, compatGo: false, requestTimeoutMs: 60_000, hostName: 'gpu-box-1', ...options },
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    now: () => performance.now(),
  });
  const server = await listen(app.callback(), { host: '127.0.0.1', port: 0 });
  const world: World = {
    url: server.url,
    port: server.port,
    server,
    calls,
    lines,
    state: documentedState(),
    past: { at: async () => world.state, ledger: () => noLedger, now: () => Date.now(), timeOf: async () => null },
    readiness: { ready: true },
    foreignGpus: new Map(),
    disks: { usage: { images: [], containers: [], volumes: new Map() }, countedAt: null, room: null },
    submit: async () => ({ ok: true, version: 1 }),
    plan: () => ({ ok: false, rejection: { code: 1000, kind: 'failed', message: 'no plan was scripted' } }),
    execute: async () => executed,
    output: () => ({ ok: false, rejection: { code: 1045, kind: 'not-found', message: 'no output was scripted' } }),
    isAsGo: options.compatGo === true,
    stop: () => server.stop(0),
  };
  return world;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed envelope. */
  readonly body: { readonly code: number; readonly msg: string; readonly data: unknown };
}

type Headers = Readonly<Record<string, string>>;

/** A request that goes out, and its answer; a string or bytes are sent as they are. */
export function begin(
  world: World,
  method: string,
  path: string,
  body?: unknown,
  headers: Headers = {},
): { call: ClientRequest; answer: Promise<Answer> } {
  const payload = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const call = request({ host: '127.0.0.1', port: world.port, method, path, headers, agent: false });
  const answer = new Promise<Answer>((resolve, reject) => {
    call.once('error', reject);
    call.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode: status = 0, headers } = response;
        const parsed = text === '' ? null : JSON.parse(text);
        try {
          if (!world.isAsGo) mustBeDescribed({ method, target: path, status, type: headers['content-type'], body: parsed });
          resolve({ status, headers, text, body: parsed });
        } catch (error) {
          reject(error);
        }
      });
    });
  });
  call.end(payload);
  return { call, answer };
}

export const send = (world: World, method: string, path: string, body?: unknown, headers?: Headers): Promise<Answer> =>
  begin(world, method, path, body, headers).answer;

/** The server's answer to these bytes, until it closes the connection. */
export async function sayTo(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  socket.write(text);
  await once(socket, 'close');
  return said;
}
