// The application over the whole core, with a log in memory and a fake engine.

import { type Logger, silent } from '../../src/commands/outside/logger.ts';
import type { Origin } from '../../src/commands/service.ts';
import type { Event } from '../../src/events/catalogue.ts';
import { createApp } from '../../src/http/app.ts';
import { listen } from '../../src/http/listen.ts';
import type { HttpOptions } from '../../src/http/route.ts';
import { systemIds } from '../../src/infra/host/clock-and-ids.ts';
import { observe } from '../../src/serve.ts';
import { MemoryLog, MemoryStore } from '../doubles/memory-log.ts';
import { mustBeDescribed } from '../support/api-document.ts';
import { realClock, TestCore } from '../support/core.ts';
import { HOST } from '../support/scenario.ts';

type Order = Parameters<TestCore['submit']>[0];

interface Got<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: { readonly code: number; readonly msg: string; readonly data: T };
}

export interface Live {
  readonly url: string;
  readonly core: TestCore;
  /** Orders a command as this actor; throws when it is refused. */
  order(actor: string, command: Order): Promise<void>;
  get<T = unknown>(path: string, headers?: Readonly<Record<string, string>>): Promise<Got<T>>;
  events(): Promise<readonly Event[]>;
  stop(): Promise<void>;
}

export const runs = (replicaSetName: string, gpuCount: number): Order => ({
  do: 'run',
  imageName: 'img',
  replicaSetName,
  gpuCount,
  binds: [],
  env: [],
  containerPorts: ['22'],
});

export async function startLive(
  gpus = 4,
  store = new MemoryStore(),
  over: Partial<HttpOptions> = {},
  logger: Logger = silent,
): Promise<Live> {
  const core = new TestCore({ gpus, store });
  const log = new MemoryLog({ store: core.store });
  const audit = observe({
    committer: core.committer,
    history: log,
    whole: core.feed,
    clock: realClock,
    ids: systemIds,
    logger: silent,
    host: HOST,
    maxSse: 8,
    auditRejections: false,
    version: 'test',
  });
  await core.start();
  const app = createApp({
    service: audit.over(core.core),
    past: core.past,
    observed: audit,
    options: { maxBody: 64 * 1024, compatGo: false, requestTimeoutMs: 60_000, hostName: HOST, ...over },
    logger,
    now: () => performance.now(),
  });
  const server = await listen(app.callback(), { host: '127.0.0.1', port: 0 });
  return {
    url: server.url,
    core,
    order: async (actor, command) => {
      const outcome = await core.core.queue.submit(command, { actor } satisfies Origin);
      if (!outcome.ok) throw new Error(outcome.rejection.message);
      await realClock.sleep(3); // so that what comes next is later
    },
    get: async <T>(path: string, headers = {}) => {
      const answer = await fetch(`${server.url}${path}`, { headers });
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json') === true;
      const body = isJson ? JSON.parse(text) : null;
      const type = answer.headers.get('content-type') ?? '';
      mustBeDescribed({ method: 'GET', target: path, status: answer.status, type, body: isJson ? body : text });
      return { status: answer.status, headers: answer.headers, text, body: body as Got<T>['body'] };
    },
    events: async () => {
      const all: Event[] = [];
      for await (const part of log.read(1)) all.push(...(part as readonly Event[]));
      return all;
    },
    stop: async () => {
      audit.stop();
      await server.stop(0);
      core.die();
    },
  };
}
