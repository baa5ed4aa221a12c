// The machines of the measures: a dockerd of their own, so that no other containers disturb the figures, and the real server from the
// bundle.

import { readFileSync } from 'node:fs';
import { type Dockerd, startDockerd } from '../test/support/docker.ts';
import { sweep } from '../test/support/leftovers.ts';
import { type ServerOptions, serve, type TestServer } from '../test/support/server.ts';

let starting: Promise<Dockerd> | null = null;

/** The dockerd, started at the first call. */
export function docker(): Promise<Dockerd> {
  starting ??= sweep()
    .then(() => startDockerd())
    .then((daemon) => {
      // test/support finds the stub of the GPU driver there.
      process.env['TEST_BIN_DIR'] = daemon.binDir;
      return daemon;
    });
  return starting;
}

export async function stopAll(): Promise<void> {
  await (await starting?.catch(() => null))?.dispose();
}

/** The server as a process of its own; by default on its own etcd. */
export async function server(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const { socket } = await docker();
  return serve({ docker: socket, ...options });
}

/** The `data` of a successful answer; throws the server's message otherwise. */
export async function ask<Data>(from: TestServer, method: string, path: string, body?: unknown): Promise<Data> {
  const { body: answer } = await from.request<{ code: number; msg: string; data: Data }>(method, `/api/v1${path}`, body);
  if (answer.code !== 200) throw new Error(`${method} ${path}: ${answer.code} ${answer.msg}`);
  return answer.data;
}

/** Bytes of the process in memory, without those of its etcd. */
export function residentBytes(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1_024;
}
