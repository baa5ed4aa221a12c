// What the measures run on: a dockerd (the one of `npm run test:up`, else one of their own) and the real server from the bundle.

import { root } from '../scripts/setup.mjs';
import { sharedDocker } from '../scripts/test-docker.ts';
import { type ServerOptions, startServer, type TestServer } from '../test/support/server.ts';

export interface Machine {
  readonly socket: string;
  readonly stop: () => Promise<void>;
}

let machine: Promise<Machine> | null = null;

/** Started at the first call. */
export function docker(): Promise<Machine> {
  machine ??= sharedDocker(root).then(({ env, stop }) => {
    // test/support looks there for the stubs of the GPU driver.
    Object.assign(process.env, env);
    return { socket: env['TEST_DOCKER_SOCKET'] ?? '', stop };
  });
  return machine;
}

export async function stopAll(): Promise<void> {
  await (await machine?.catch(() => null))?.stop();
}

/** The server as a process of its own, on its own etcd unless told. */
export async function server(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const { socket } = await docker();
  return startServer({ docker: socket, ...options });
}

/** The `data` of a successful answer; throws what the server said otherwise. */
export async function ask<Data>(from: TestServer, method: string, path: string, body?: unknown): Promise<Data> {
  const { body: answer } = await from.request<{ code: number; msg: string; data: Data }>(method, `/api/v1${path}`, body);
  if (answer.code !== 200) throw new Error(`${method} ${path}: ${answer.code} ${answer.msg}`);
  return answer.data;
}
