// The API as these tests speak it: an answer's code and data, without the envelope around every line.
import * as assert from 'uvu/assert';
import type { Answer, TestServer } from '../support/server.ts';

export type Door = Pick<TestServer, 'request'>;

export interface Reply<Data = unknown> {
  readonly status: number;
  readonly code: number;
  readonly msg: string;
  readonly data: Data;
  readonly headers: Answer['headers'];
}

export async function call<Data = unknown>(
  door: Door,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply<Data>> {
  const answer = await door.request<{ code: number; msg: string; data: Data }>(method, `/api/v1/${path}`, body, headers);
  return { status: answer.status, headers: answer.headers, ...answer.body };
}

/** As `call`, but anything other than success fails the test with the server's own words. */
export async function ok<Data = unknown>(door: Door, method: string, path: string, body?: unknown): Promise<Data> {
  const { code, msg, data } = await call<Data>(door, method, path, body);
  assert.is(code, 200, `${method} ${path}: ${code} ${msg}`);
  return data;
}

/** Undefined when the connection broke before there was an answer. */
export const attempt = <Data = unknown>(...request: Parameters<typeof call>): Promise<Reply<Data> | undefined> =>
  call<Data>(...request).catch(() => undefined);

export interface RunMore {
  readonly image?: string;
  readonly gpus?: number;
  readonly ports?: readonly string[];
  readonly binds?: readonly { readonly src: string; readonly dest: string }[];
  readonly env?: readonly string[];
  readonly cmd?: readonly string[];
}

export const runBody = (name: string, more: RunMore = {}): Record<string, unknown> => ({
  imageName: more.image ?? 'gda/sleep:latest',
  replicaSetName: name,
  gpuCount: more.gpus ?? 0,
  containerPorts: more.ports ?? [],
  binds: more.binds ?? [],
  env: more.env ?? [],
  ...(more.cmd === undefined ? {} : { cmd: more.cmd }),
});

export const run = (door: Door, name: string, more: RunMore = {}): Promise<unknown> => ok(door, 'POST', 'replicaSet', runBody(name, more));

/** What a script in the container's shell prints; fails the test unless it ends with 0. */
export async function sh(door: Door, name: string, script: string): Promise<string> {
  const result = await ok<{ stdout: string; exitCode: number }>(door, 'POST', `replicaSet/${name}/execute`, { cmd: ['sh', '-c', script] });
  assert.is(result.exitCode, 0, `${script}: ${result.stdout}`);
  return result.stdout.trim();
}

export interface Listed {
  readonly name: string;
  readonly version: number;
  readonly state: string;
  readonly containerName: string;
  readonly gpus: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
  readonly operation: unknown;
  readonly exitCode?: number;
  readonly reason?: string;
}

export const list = async (door: Door): Promise<readonly Listed[]> =>
  (await ok<{ replicaSets: readonly Listed[] }>(door, 'GET', 'replicaSet')).replicaSets;

export async function listed(door: Door, name: string): Promise<Listed> {
  const found = (await list(door)).find((entry) => entry.name === name);
  assert.ok(found, `${name} is not in the list`);
  return found as Listed;
}

export const gpusHeld = async (door: Door): Promise<readonly string[]> => {
  const { gpus } = await ok<{ gpus: Readonly<Record<string, number>> }>(door, 'GET', 'resources/gpus');
  return Object.keys(gpus).filter((gpu) => gpus[gpu] === 1);
};

export interface PortsView {
  readonly StartPort: number;
  readonly EndPort: number;
  readonly AvailableCount: number;
  readonly UsedPortSet: Readonly<Record<string, unknown>>;
}

export const portsView = async (door: Door): Promise<PortsView> => (await ok<{ ports: PortsView }>(door, 'GET', 'resources/ports')).ports;

export const portsHeld = async (door: Door): Promise<readonly number[]> => Object.keys((await portsView(door)).UsedPortSet).map(Number);

export const readiness = async (door: Door): Promise<{ status: number; msg: string }> => {
  const { status, body } = await door.request<{ msg: string }>('GET', '/readyz');
  return { status, msg: body.msg };
};
