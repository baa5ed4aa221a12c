// A server with its log and its engine, as the crash tests need them: what can be killed is at hand, and all of it goes at the end.

import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { docker, dockerSocket, uniqueName } from '../support/docker.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { processesNaming } from '../support/processes.ts';
import { type ServerOptions, serve, type TestServer } from '../support/server.ts';
import { list, ok } from './client.ts';
import { embeddedEndpoint, readLog } from './log.ts';

export interface World {
  readonly server: TestServer;
  readonly docker: Docker;
  readonly hostName: string;
  /** The endpoint of the etcd that holds the log. */
  readonly etcd: string;
  /** The etcd, where it is not the server's own. */
  readonly external: TestEtcd | null;
  /** Deletes all that the server has, then ends it. */
  close(): Promise<void>;
}

export interface WorldOptions {
  /** The server runs its own etcd. */
  readonly embedded?: boolean;
  readonly socket?: string;
  readonly hostName?: string;
  readonly args?: readonly string[];
  readonly etcd?: TestEtcd;
  readonly env?: ServerOptions['env'];
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const socket = options.socket ?? dockerSocket();
  const external = options.embedded === true ? null : (options.etcd ?? (await startEtcd()));
  const hostName = options.hostName ?? uniqueName('host');
  const server = await serve({
    docker: socket,
    args: ['--host-name', hostName, ...(options.args ?? [])],
    ...(external === null ? {} : { etcd: external.endpoint }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const engine = docker(socket);
  return {
    server,
    docker: engine,
    hostName,
    etcd: external === null ? embeddedEndpoint(server.dataDir) : external.endpoint,
    external,
    async close() {
      await clear(server).catch(() => server.restart().then(() => clear(server)));
      await server.stop();
      await external?.stop();
    },
  };
}

/** The id of the etcd process that a server runs itself. */
export function embeddedPid({ dataDir }: TestServer): number {
  const found = processesNaming(dataDir).find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'etcd');
  if (found === undefined) throw new Error('the server runs no etcd');
  return found;
}

async function clear(server: TestServer): Promise<void> {
  await Promise.all((await list(server)).map(({ name }) => ok(server, 'DELETE', `replicaSet/${name}`)));
  const { volumes } = await ok<{ volumes: readonly { name: string }[] }>(server, 'GET', 'volumes');
  await Promise.all(volumes.map(({ name }) => ok(server, 'DELETE', `volumes/${name}`)));
}

/** Milliseconds after the request, or a Docker event of the container or its disk, as in `container/die`. */
export type Moment = number | `${'container' | 'image' | 'volume'}/${string}`;

/** Kills the server at the moment in question of the work; resolves when it is gone. The work's own answer is of no interest. */
export async function killAt({ server, docker: engine, etcd }: World, moment: Moment, work: () => Promise<unknown>): Promise<void> {
  if (typeof moment === 'number') {
    const done = work().catch(() => {});
    await sleep(moment);
    await server.kill();
    await done;
    return;
  }
  const [type, event] = moment.split('/');
  // The engine is shared: only what this log's things do counts. Events of volumes do not tell their labels.
  const label = type === 'volume' ? {} : { label: [`gpu-docker-api.log=${(await readLog(etcd)).state.logId}`] };
  const filters = JSON.stringify({ type: [type], event: [event], ...label });
  const events = (await engine.getEvents({ filters })) as Readable;
  events.on('error', () => {});
  const rung = new Promise<void>((resolve) => events.once('data', () => resolve()));
  const done = work().catch(() => {});
  await Promise.race([rung, done, sleep(10_000)]);
  await server.kill();
  events.destroy();
  await done;
}

/** Asks until the answer is what is waited for; fails with what was seen last. */
export async function until<T>(what: string, ask: () => Promise<T>, enough: (seen: T) => boolean, ms = 20_000): Promise<T> {
  for (const deadline = Date.now() + ms; ; await sleep(25)) {
    const seen = await ask().catch((error: unknown) => error as T);
    if (!(seen instanceof Error) && enough(seen)) return seen;
    if (Date.now() > deadline)
      throw new Error(`${what} did not come within ${ms} ms; last seen: ${seen instanceof Error ? seen.stack : JSON.stringify(seen)}`);
  }
}

/** Until /readyz says 200. */
export const untilReady = (server: TestServer, ms?: number): Promise<unknown> =>
  until(
    'readiness',
    () => server.request<{ msg: string }>('GET', '/readyz'),
    ({ status }) => status === 200,
    ms,
  );
