// The real server process between a real etcd and a real dockerd, driven over HTTP and looked at through Docker's own API.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Event } from '../../src/events/catalogue.ts';
import { docker, dockerSocket, uniqueName } from '../support/docker.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { type Answer, serve, type TestServer } from '../support/server.ts';

export interface Envelope<Data = unknown> {
  readonly code: number;
  readonly msg: string;
  readonly data: Data;
}

export interface ReplicaSetEntry {
  readonly name: string;
  readonly version: number;
  readonly state: string;
  readonly containerName: string;
  readonly gpus: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
  readonly operation: { readonly kind: string; readonly phase: string } | null;
  readonly exitCode?: number;
  readonly reason?: string;
}

export interface VolumeEntry {
  readonly name: string;
  readonly version: number;
  readonly volumeName: string;
  readonly enforced: boolean;
  readonly state: string;
  readonly mountedBy: readonly string[];
}

export interface Ports {
  readonly StartPort: number;
  readonly EndPort: number;
  readonly AvailableCount: number;
  readonly UsedPortSet: Readonly<Record<string, object>>;
}

/** Left out: an etcd of its own, and the dockerd that all tests share. */
export interface Surroundings {
  readonly etcd?: TestEtcd;
  readonly env?: Readonly<Record<string, string>>;
  readonly socket?: string;
  /** As in ServerOptions. */
  readonly allowBind?: false;
  readonly under?: readonly string[];
}

/** Everything that a refused request must leave as it was. */
export interface Snapshot {
  readonly gpus: Readonly<Record<string, number>>;
  readonly ports: Ports;
  readonly replicaSets: readonly ReplicaSetEntry[];
  readonly volumes: readonly VolumeEntry[];
  /** Name, id and state of every container whose name begins with the world's prefix. */
  readonly containers: readonly string[];
  readonly disks: readonly string[];
  readonly dockerVolumes: readonly string[];
}

export interface Refusal {
  readonly status: number;
  readonly code: number;
  readonly says: RegExp | readonly RegExp[];
}

export const RS = '/api/v1/replicaSet';
export const VOLUMES = '/api/v1/volumes';
const PATIENCE_MS = 15_000;

/** Until `look` gives something; throws when it takes too long. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>, ms = PATIENCE_MS): Promise<T> {
  for (const deadline = Date.now() + ms; ; await sleep(25)) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
  }
}

export class World {
  readonly etcd: TestEtcd;
  readonly server: TestServer;
  /** What all names of this world begin with. */
  readonly prefix: string;

  readonly docker: Docker;

  private constructor(etcd: TestEtcd, server: TestServer, engine: Docker) {
    this.etcd = etcd;
    this.server = server;
    this.prefix = uniqueName('e');
    this.docker = engine;
  }

  static async start(
    args: readonly string[] = [],
    { etcd, env = {}, socket = dockerSocket(), ...more }: Surroundings = {},
  ): Promise<World> {
    const log = etcd ?? (await startEtcd());
    const server = await serve({ etcd: log.endpoint, docker: socket, args: ['--log-level', 'warn', ...args], env, ...more });
    return new World(log, server, docker(socket));
  }

  /** Deletes what the tests left, so that nothing is in the way of other files, and stops. */
  async stop(): Promise<void> {
    await Promise.all((await this.replicaSets()).map(({ name }) => this.send('DELETE', `${RS}/${name}`)));
    await Promise.all((await this.volumes()).map(({ name }) => this.send('DELETE', `${VOLUMES}/${name}`)));
    await this.server.stop();
    await this.etcd.stop();
    for (const name of await this.dockerVolumes())
      await this.docker
        .getVolume(name)
        .remove()
        .catch(() => {});
  }

  name(suffix: string): string {
    return `${this.prefix}${suffix}`;
  }

  send<Data = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer<Envelope<Data>>> {
    return this.server.request<Envelope<Data>>(method, path, body, headers);
  }

  /** The data of an answer that must be a success. */
  async ok<Data = unknown>(method: string, path: string, body?: unknown): Promise<Data> {
    const answer = await this.send<Data>(method, path, body);
    assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    assert.deepEqual(Object.keys(answer.body), ['code', 'msg', 'data']);
    assert.equal(answer.body.code, 200);
    assert.equal(answer.body.msg, 'Success');
    return answer.body.data;
  }

  /** A request that must be refused as said, and change nothing at all. Gives the message. */
  async refused(method: string, path: string, body: unknown, { status, code, says }: Refusal): Promise<string> {
    const before = await this.snapshot();
    const answer = await this.send(method, path, body);
    const what = `${method} ${path} ${JSON.stringify(body)?.slice(0, 200)} → ${answer.status} ${JSON.stringify(answer.body)}`;
    assert.deepEqual({ status: answer.status, code: answer.body.code }, { status, code }, what);
    assert.deepEqual(Object.keys(answer.body), ['code', 'msg', 'data'], what);
    // A container that ended at once has its last output there.
    assert.ok(answer.body.data === null || Object.keys(answer.body.data ?? {}).join() === 'output', what);
    for (const fact of says instanceof RegExp ? [says] : says) assert.match(answer.body.msg, fact, what);
    assert.deepEqual(await this.snapshot(), before, `changed something: ${what}`);
    return answer.body.msg;
  }

  /** Runs a replicaSet of the world by the name's suffix; gives its whole name. */
  async run(suffix: string, imageName: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const replicaSetName = this.name(suffix);
    const data = await this.ok('POST', RS, { imageName, replicaSetName, gpuCount: 0, binds: [], env: [], containerPorts: [], ...more });
    assert.deepEqual(data, { name: `${replicaSetName}-1` });
    return replicaSetName;
  }

  /** What a shell line in the container printed; it must end with 0. */
  async sh(name: string, line: string): Promise<string> {
    const result = await this.ok<{ stdout: string; exitCode: number }>('POST', `${RS}/${name}/execute`, { cmd: ['sh', '-c', line] });
    assert.equal(result.exitCode, 0, `${line} in ${name}: ${result.stdout}`);
    return result.stdout;
  }

  patch = (name: string, body: object = {}): Promise<unknown> => this.ok('PATCH', `${RS}/${name}`, body);
  order = (name: string, verb: 'stop' | 'pause' | 'continue' | 'restart' | 'freeze' | 'thaw', body?: object): Promise<unknown> =>
    this.ok('PATCH', `${RS}/${name}/${verb}`, body);
  rollback = (name: string, version: number): Promise<unknown> => this.ok('PATCH', `${RS}/${name}/rollback`, { version });
  delete = (name: string): Promise<unknown> => this.ok('DELETE', `${RS}/${name}`);

  async replicaSets(): Promise<readonly ReplicaSetEntry[]> {
    return (await this.ok<{ replicaSets: ReplicaSetEntry[] }>('GET', RS)).replicaSets;
  }

  async entry(name: string): Promise<ReplicaSetEntry> {
    const found = (await this.replicaSets()).find((rs) => rs.name === name);
    assert.ok(found, `${name} is not in the list`);
    return found;
  }

  untilState(name: string, state: string): Promise<ReplicaSetEntry> {
    return eventually(`${name} is ${state}`, async () => {
      const seen = await this.entry(name);
      return seen.state === state && seen;
    });
  }

  async volumes(): Promise<readonly VolumeEntry[]> {
    return (await this.ok<{ volumes: VolumeEntry[] }>('GET', VOLUMES)).volumes;
  }

  async gpus(): Promise<Readonly<Record<string, number>>> {
    return (await this.ok<{ gpus: Record<string, number> }>('GET', '/api/v1/resources/gpus')).gpus;
  }

  async usedGpus(): Promise<readonly string[]> {
    return Object.entries(await this.gpus()).flatMap(([gpu, used]) => (used === 1 ? [gpu] : []));
  }

  async ports(): Promise<Ports> {
    return (await this.ok<{ ports: Ports }>('GET', '/api/v1/resources/ports')).ports;
  }

  async usedPorts(): Promise<readonly number[]> {
    return Object.keys((await this.ports()).UsedPortSet).map(Number);
  }

  async containers(): Promise<readonly { readonly name: string; readonly id: string; readonly state: string }[]> {
    const list = await this.docker.listContainers({ all: true, filters: { name: [`^/${this.prefix}`] } });
    return list.map(({ Names, Id, State }) => ({ name: (Names[0] ?? '').slice(1), id: Id, state: State })).sort(byName);
  }

  async disks(): Promise<readonly string[]> {
    const tags = (await this.docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
    return tags.filter((tag) => tag.startsWith(`gpu-docker-api/disk:${this.prefix}`)).sort();
  }

  async dockerVolumes(): Promise<readonly string[]> {
    const { Volumes } = await this.docker.listVolumes();
    return (Volumes ?? [])
      .map(({ Name }) => Name)
      .filter((name) => name.startsWith(this.prefix))
      .sort();
  }

  async snapshot(): Promise<Snapshot> {
    const [gpus, ports, replicaSets, volumes, containers, disks, dockerVolumes] = await Promise.all([
      ...([this.gpus(), this.ports(), this.replicaSets(), this.volumes()] as const),
      ...([this.containers(), this.disks(), this.dockerVolumes()] as const),
    ]);
    return { gpus, ports, replicaSets, volumes, containers: containers.map((c) => `${c.name} ${c.id} ${c.state}`), disks, dockerVolumes };
  }

  /** Every event in the log, in order, read from etcd itself. */
  async events(): Promise<readonly Event[]> {
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    const prefix = '/gpu-docker-api/v1/log/';
    const body = JSON.stringify({ key: encode(prefix), range_end: encode(`${prefix.slice(0, -1)}0`) });
    const answer = await fetch(`${this.etcd.endpoint}/v3/kv/range`, { method: 'POST', body });
    const { kvs = [] } = (await answer.json()) as { kvs?: { value: string }[] };
    return kvs.flatMap(({ value }) => (JSON.parse(Buffer.from(value, 'base64').toString()) as { e: Event[] }).e);
  }

  /** The events of one kind on a replicaSet or volume. */
  async eventsOf<T extends Event['type']>(type: T, name: string): Promise<readonly Extract<Event, { type: T }>[]> {
    return (await this.events()).filter((e): e is Extract<Event, { type: T }> => e.type === type && e.stream.endsWith(`/${name}`));
  }

  /**
   * What the views say is leased must be what the containers in Docker have, and the other way round: no container without an
   * entry, no lease without a container that holds it, nothing given twice.
   */
  async assertTrue(): Promise<void> {
    const [replicaSets, containers, usedGpus, usedPorts] = await Promise.all([
      this.replicaSets(),
      this.containers(),
      this.usedGpus(),
      this.usedPorts(),
    ]);
    assert.deepEqual(
      containers.map((c) => c.name),
      replicaSets.map((rs) => rs.containerName).sort(),
      'containers and entries',
    );
    const gpus: string[] = [];
    const ports: number[] = [];
    for (const { containerName, state, gpus: held, ports: leased, operation } of replicaSets) {
      assert.equal(operation, null, `${containerName} is still being changed`);
      const { State, HostConfig } = await this.docker.getContainer(containerName).inspect();
      const [runs, frozen] = [state === 'running' || state === 'frozen', state === 'frozen'];
      assert.deepEqual([State.Running, State.Paused], [runs, frozen], `${containerName} is ${state} and ${State.Status} in Docker`);
      if (state === 'stopped') {
        assert.deepEqual([held, leased], [[], {}], `${containerName} is stopped and holds nothing`);
        continue;
      }
      const requested = (HostConfig.DeviceRequests ?? []).flatMap((request) => request.DeviceIDs ?? []);
      const bound = hostPorts(HostConfig.PortBindings);
      assert.deepEqual([...held].sort(), [...requested].sort(), `GPUs of ${containerName}`);
      assert.deepEqual(Object.values(leased).sort(), bound, `ports of ${containerName}`);
      gpus.push(...requested);
      ports.push(...bound);
    }
    assert.deepEqual([...usedGpus].sort(), gpus.sort(), 'the GPUs that the view shows as used');
    assert.deepEqual([...usedPorts].sort(), ports.sort(), 'the ports that the view shows as used');
  }
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Sorted as text, as `sort()` does. */
export const hostPorts = (bindings: unknown): number[] =>
  Object.values((bindings ?? {}) as Record<string, { HostPort: string }[]>)
    .flatMap((list) => list.map(({ HostPort }) => Number(HostPort)))
    .sort();

/** `{ a: 'string', b: [{ c: 'number' }] }`: the keys and JSON types of a value, a list by the shapes that occur in it. */
export function shapeOf(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return [...new Map(value.map((item) => [JSON.stringify(shapeOf(item)), shapeOf(item)])).values()];
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shapeOf(field)]));
}

/** A server of the test's own, with an etcd of its own. */
export async function withServer(args: readonly string[], use: (world: World) => Promise<void>): Promise<void> {
  const world = await World.start(args);
  try {
    await use(world);
  } finally {
    await world.stop();
  }
}
