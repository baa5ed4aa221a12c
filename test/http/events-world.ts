// The service over a real etcd and a fake engine, behind a real socket, and a reader of its event stream.
import { type IncomingMessage, request } from 'node:http';
import type { Settings } from '../../src/commands/decision.ts';
import { silent } from '../../src/commands/outside/logger.ts';
import { createApp } from '../../src/http/app.ts';
import { type Listening, listen } from '../../src/http/listen.ts';
import { connectEtcd } from '../../src/infra/etcd/client.ts';
import type { EtcdKv } from '../../src/infra/etcd/kv.ts';
import { EtcdLog } from '../../src/infra/etcd/log.ts';
import { systemClock, systemIds } from '../../src/infra/host/clock-and-ids.ts';
import { FullLogFeed } from '../../src/infra/past/full-log-feed.ts';
import { Past } from '../../src/infra/past/past.ts';
import { Committer } from '../../src/infra/runtime/committer.ts';
import { HostService } from '../../src/infra/runtime/host-service.ts';
import { type ObserveDeps, type Observing, observe } from '../../src/serve.ts';
import { FakeEngine } from '../doubles/fake-engine.ts';
import { MemorySecretKeys } from '../doubles/memory-secret-keys.ts';
import { mustBeDescribed } from '../support/api-document.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { HOST, machineOf, settings } from '../support/scenario.ts';

export interface EventsWorld {
  readonly etcd: TestEtcd;
  readonly kv: EtcdKv;
  readonly log: EtcdLog;
  readonly committer: Committer;
  readonly core: HostService;
  readonly audit: Observing;
  readonly engine: FakeEngine;
  readonly server: Listening;
  stop(): Promise<void>;
}

export async function startEvents(over: Partial<ObserveDeps> = {}, etcd?: TestEtcd, given: Partial<Settings> = {}): Promise<EventsWorld> {
  const store = etcd ?? (await startEtcd());
  const kv = connectEtcd({ endpoints: [store.endpoint] });
  const log = new EtcdLog({ kv, clock: systemClock, ids: systemIds });
  const engine = new FakeEngine();
  engine.addImage('img:latest', { cmd: ['sh'] });
  const gpus = Array.from({ length: 4 }, (_, index) => ({ gpu: `GPU-${index}`, index, name: 'A100', memoryMiB: 81_920 }));
  const common = { clock: systemClock, ids: systemIds, logger: silent };
  const committer = new Committer({ ...common, log, host: HOST });
  const feed = new FullLogFeed({ ...common, committer, source: log });
  const past = new Past({ ...common, committer, source: log, whole: feed });
  const core = new HostService({
    ...common,
    log,
    committer,
    engine,
    inventory: { mode: 'nvidia', list: async () => ({ gpus, unreadable: [] }) },
    settings: { ...settings, ...given },
    limits: {
      maxExecOutputBytes: 1 << 20,
      maxOutputReaders: 16,
      pullStallMs: 60_000,
      execTimeoutMs: 1_000,
      maxQueuedPerStream: 64,
      maxQueued: 1_000,
      maxExecs: 16,
    },
    factSources: {
      busyPorts: async () => new Set(),
      resolvePath: async (path) => path,
      exists: async () => true,
      dataRoot: async () => undefined,
      pullFrom: [],
      secretKeys: new MemorySecretKeys(),
    },
    portRange: { start: 40_000, end: 40_099 },
    about: { pid: 1, version: 'test' },
    machine: machineOf(),
    reconcileEveryMs: 60_000,
  });
  const audit = observe({
    ...common,
    committer,
    history: log,
    whole: feed,
    host: HOST,
    maxSse: 256,
    auditRejections: false,
    version: 'test',
    etcd: { kv, quotaBytes: 1 << 30 },
    ...over,
  });
  const app = createApp({
    service: audit.over(core),
    past,
    observed: audit,
    options: { maxBody: 1024 * 1024, compatGo: false, requestTimeoutMs: 60_000, hostName: HOST },
    logger: silent,
    now: () => performance.now(),
  });
  const server = await listen(app.callback(), { host: '127.0.0.1', port: 0 });
  const over_ = new AbortController();
  await core.follow(over_.signal);
  feed.begin(over_.signal);
  await core.lead(over_.signal, (error) => over_.abort(error));
  return {
    etcd: store,
    kv,
    log,
    committer,
    core,
    audit,
    engine,
    server,
    stop: async () => {
      audit.stop();
      await server.stop(1_000);
      core.stop('the test is over');
      over_.abort(new Error('the test is over'));
      log.close();
      kv.close();
      if (etcd === undefined) await store.kill();
    },
  };
}

export interface Answered<D = unknown> {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  readonly code: number;
  readonly msg: string;
  readonly data: D;
}

export async function call<D = unknown>(
  world: EventsWorld,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answered<D>> {
  const answer = await fetch(`${world.server.url}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  const type = answer.headers.get('content-type') ?? '';
  const parsed = (type.startsWith('application/json') ? JSON.parse(text) : {}) as { code: number; msg: string; data: D };
  mustBeDescribed({ method, target: path, status: answer.status, type, body: type.startsWith('application/json') ? parsed : text });
  return { status: answer.status, type, headers: answer.headers, text, ...parsed };
}

interface Frame {
  readonly id: number;
  readonly event: string;
  readonly data: string;
}

/** A client of the stream that can stop reading. */
export interface Reader {
  readonly status: number;
  readonly frames: Frame[];
  readonly comments: string[];
  /** Resolves when the stream has ended, however it ended. */
  readonly ended: Promise<void>;
  readonly response: IncomingMessage;
  ids(): number[];
  until(done: () => boolean, ms?: number): Promise<void>;
  close(): void;
}

export async function follow(world: EventsWorld, query = '', headers: Record<string, string> = {}): Promise<Reader> {
  const outgoing = request(`${world.server.url}/api/v1/events${query}`, {
    agent: false,
    headers: { accept: 'text/event-stream', ...headers },
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end();
  });
  outgoing.on('error', () => {});
  const frames: Frame[] = [];
  const comments: string[] = [];
  let wake: () => void = () => {};
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      take(text.slice(0, end));
      text = text.slice(end + 2);
    }
    wake();
  });
  function take(block: string): void {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
    if (/^id: /m.test(block)) frames.push({ id: Number(field('id')), event: field('event'), data: field('data') });
    else comments.push(block);
  }
  const ended = new Promise<void>((resolve) => {
    response.once('close', () => {
      resolve();
      wake();
    });
    response.on('error', () => {});
  });
  return {
    status: response.statusCode ?? 0,
    frames,
    comments,
    ended,
    response,
    ids: () => frames.map(({ id }) => id),
    until: async (done, ms = 10_000) => {
      const late = Date.now() + ms;
      while (!done()) {
        if (Date.now() > late) throw new Error(`not within ${ms} ms; ${frames.length} frames, the last is ${frames.at(-1)?.id}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 20);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    close: () => response.destroy(),
  };
}
