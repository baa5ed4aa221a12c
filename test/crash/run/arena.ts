// The victim of the crash run: a dockerd, an etcd and a server as processes, with clients on it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { knownAbsence } from '../../../src/commands/host/absence.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import type { State } from '../../../src/projections/state.ts';
import { docker } from '../../support/docker.ts';
import { Dockerd } from '../../support/dockerd.ts';
import { startEtcd, type TestEtcd } from '../../support/etcd.ts';
import { importImages } from '../../support/images.ts';
import { type LagSeen, LagWatch } from '../../support/lag.ts';
import { type ServerOptions, serve, type TestServer } from '../../support/server.ts';
import type { ByHand, Subject } from '../agree.ts';
import { attempt, type Door, readiness } from '../client.ts';
import { LogReader } from '../log.ts';
import { until } from '../world.ts';
import { Load, randomFrom } from './load.ts';
import { Machine } from './machine.ts';
import { Marks } from './marks.ts';

/** Longest time in which a state must come that nothing but a busy machine delays, ms. */
export const PATIENCE_MS = 120_000;
/** Answers of success that the clients have at most before the harm is done: on a busy machine little is under way in a time alone. */
const MOST_DONE = 6;
/** Multiple of the time by chance before the harm up to which these answers are waited for. */
const SLOWER = 3;
/** Interval of the looks at the server's event loop, ms. */
const LAG_EVERY_MS = 300;
/** The names that the machine has in turn. */
export const HOST_NAMES = ['box', 'renamed'] as const;
/** Ids of GPUs by machine: all servers of a run see the same ones, whatever they are called. */
const STUB_MACHINE = 'cafe00000001';

export interface ArenaOptions {
  readonly clients: number;
  /** The server starts again what ran before a reboot (`--restart always`). */
  readonly restarts?: boolean;
}

type Mutable<T> = { readonly [K in keyof T]: T[K] extends ReadonlySet<infer V> ? Set<V> : never };

export class Arena {
  readonly daemon: Dockerd;
  readonly etcd: TestEtcd;
  /** It leads at the beginning and at the end of each round. */
  readonly server: TestServer;
  readonly machine: Machine;
  readonly docker: Docker;
  readonly log: LogReader;
  readonly load: Load;
  readonly marks: Marks;
  readonly restarts: boolean;
  readonly byHand: Mutable<ByHand> = { removed: new Set(), images: new Set(), renamed: new Set() };
  /** Milliseconds from the start of a server to readiness, with operations open. */
  readonly starts: number[] = [];
  readonly lags: (LagSeen & { readonly during: string })[] = [];
  /** The server that clients speak to. */
  leader: TestServer;
  hostName: string = HOST_NAMES[0];
  /** Things were removed for good in this round: the operator says so where the server wants to hear it. */
  lossIsMeant = false;
  /** File systems of containers that Docker left mounted after a crash. */
  unmounted = 0;
  /** A server was stopped by a signal in this round: how long its loop stood still is nobody's fault. */
  wasFrozen = false;
  /** The name of the fault that is played. */
  fault = '';
  #closed = false;
  readonly #clients: number;
  readonly #lag = new LagWatch();
  #random = randomFrom(0);
  #other: Dockerd | null = null;
  #standby: TestServer | null = null;

  constructor(parts: { daemon: Dockerd; etcd: TestEtcd; server: TestServer; machine: Machine }, options: ArenaOptions) {
    this.daemon = parts.daemon;
    this.etcd = parts.etcd;
    this.server = parts.server;
    this.leader = parts.server;
    this.machine = parts.machine;
    this.docker = docker(parts.daemon.socket);
    this.log = new LogReader(parts.etcd.endpoint);
    const door: Door = { request: (...request) => this.leader.request(...request) };
    this.marks = new Marks(parts.daemon.root);
    this.load = new Load(door, () => this.#random(), this.marks);
    this.restarts = options.restarts === true;
    this.#clients = options.clients;
    void this.#watchLag();
  }

  get subject(): Subject {
    return { server: this.leader, docker: this.docker, etcd: this.etcd.endpoint, log: this.log, byHand: this.byHand };
  }

  /** Chance is the round's own, so that a round can be played again by itself. */
  begin(fault: string, seed: number, round: number): void {
    this.fault = fault;
    this.#random = randomFrom(seed * 1_009 + round);
    this.lossIsMeant = false;
    this.wasFrozen = false;
  }

  random(): number {
    return this.#random();
  }

  chance(p: number): boolean {
    return this.#random() < p;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[Math.floor(this.#random() * list.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  /** In an order by chance. */
  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, at: this.#random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }

  /** Lets the clients work, and does it at a moment by chance. They send nothing more when it is done, and have their answers. */
  async underLoad(work: () => Promise<void>, mostMs = 2_000): Promise<void> {
    const working = this.load.run(this.#clients);
    try {
      await this.#untilUnderWay(200 + this.#random() * mostMs, SLOWER * mostMs);
      await work();
    } finally {
      this.load.end();
    }
    let done = false;
    void working.finally(() => {
      done = true;
    });
    while (!done) {
      await this.#acceptLoss();
      await Promise.race([working, sleep(500)]);
    }
  }

  async #untilUnderWay(ms: number, atMost: number): Promise<void> {
    const { counts } = this.load;
    const enough = counts.done + Math.floor(this.#random() * (MOST_DONE + 1));
    const began = performance.now();
    await sleep(ms);
    while (counts.done < enough && performance.now() - began < atMost) await sleep(10);
  }

  /** Starts the server, with what differs from the last time; resolves as soon as it answers. */
  async start(again: Partial<Pick<ServerOptions, 'docker' | 'args'>> = {}): Promise<void> {
    await this.server.restart({ ...again, until: 'answering' });
  }

  /** Starts the server and waits until it is ready. */
  async startReady(again: Partial<Pick<ServerOptions, 'docker' | 'args'>> = {}): Promise<void> {
    const began = performance.now();
    await this.start(again);
    await this.untilReady();
    this.starts.push(performance.now() - began);
  }

  async untilReady(server: TestServer = this.leader): Promise<void> {
    await until(
      'readiness',
      async () => {
        await this.#acceptLoss();
        this.#unmountLeftovers(server);
        return readiness(server);
      },
      ({ status }) => status === 200,
      PATIENCE_MS,
    );
  }

  /** Until the server is ready, no operation is open and nothing is missing. */
  async settle(): Promise<State> {
    await this.untilReady();
    await until(
      'rest',
      async () => {
        await this.#acceptLoss();
        return this.unrest((await this.log.read()).state);
      },
      (unrest) => unrest.length === 0,
      PATIENCE_MS,
    );
    return (await this.log.read()).state;
  }

  /** The names with an open operation, and the things that are missing. */
  unrest(state: State): readonly string[] {
    const host = [...state.hosts.keys()][0] ?? '';
    const open = [...state.replicaSets.values(), ...state.volumes.values()].filter(({ operation }) => operation !== null);
    return [...open.map(({ name }) => name), ...knownAbsence(state, host).missing.map(({ what }) => what)];
  }

  /** The operator says that what is missing is lost, when it was meant to be. */
  async #acceptLoss(): Promise<void> {
    if (!this.lossIsMeant) return;
    const host = [...(await this.log.read()).state.hosts.keys()][0] ?? '';
    await attempt(this.leader, 'POST', `hosts/${host}/accept-loss`);
  }

  /** After a crash Docker 20.10 now and then cannot remove a container whose file system is still mounted; people unmount it by hand. */
  #unmountLeftovers(server: TestServer): void {
    const found = server
      .output()
      .slice(-2_000)
      .matchAll(/unlinkat (\/\S+\/merged): device or resource busy/g);
    for (const [, path = ''] of found) {
      if (path.startsWith(this.daemon.root) && spawnSync('busybox', ['umount', '-l', path]).status === 0) this.unmounted++;
    }
  }

  async head(): Promise<number> {
    return (await this.log.read()).state.head.seq;
  }

  async eventsAfter(seq: number): Promise<readonly Event[]> {
    return (await this.log.read()).events.slice(seq);
  }

  /** An empty Docker, started when it is first needed. */
  async otherDocker(): Promise<Dockerd> {
    if (this.#other === null) {
      this.#other = new Dockerd();
      await this.#other.start();
    }
    return this.#other;
  }

  /** A second server on the log and the host; resolves as soon as it says that it waits for the first. */
  async standby(): Promise<TestServer> {
    const dataDir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-standby-'));
    copyFileSync(join(this.server.dataDir, 'host.json'), join(dataDir, 'host.json'));
    const standby = await serve(serverOptions(this.machine, this.etcd, this.hostName, this.restarts, dataDir));
    this.#standby = standby;
    await until(
      'a standby',
      () => readiness(standby),
      ({ status, msg }) => status === 503 && /standby/.test(msg),
      PATIENCE_MS,
    );
    return standby;
  }

  async endStandby(how: 'stop' | 'kill'): Promise<void> {
    const standby = this.#standby;
    this.#standby = null;
    if (standby === null) return;
    await standby[how]();
    rmSync(standby.dataDir, { recursive: true, force: true });
  }

  /** Reads the lag in short intervals, until the arena is closed: in a long one some wait for a processor would excuse any hold. */
  async #watchLag(): Promise<void> {
    while (!this.#closed) {
      const during = this.fault;
      const seen = await this.#lag.read(this.leader).catch(() => null);
      if (seen !== null && !this.wasFrozen && during === this.fault) this.lags.push({ ...seen, during });
      await sleep(LAG_EVERY_MS);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.endStandby('kill');
    await this.server.stop();
    await this.etcd.stop();
    this.machine.dispose();
    await this.#other?.dispose();
    await this.daemon.dispose();
  }
}

const serverOptions = (machine: Machine, etcd: TestEtcd, hostName: string, restarts: boolean, dataDir?: string): ServerOptions => ({
  docker: machine.socket,
  etcd: etcd.endpoint,
  args: serverArgs(hostName, restarts),
  env: { STUB_MACHINE },
  ignoreOtherLogs: false,
  until: 'answering',
  readyMs: PATIENCE_MS,
  under: machine.under,
  ...(dataDir !== undefined && { dataDir }),
});

export const serverArgs = (hostName: string, restarts: boolean): readonly string[] => [
  ...['--host-name', hostName],
  ...(restarts ? ['--restart', 'always'] : []),
];

export async function openArena(options: ArenaOptions): Promise<Arena> {
  const daemon = new Dockerd();
  try {
    await daemon.start();
    await importImages(daemon.socket);
    process.env['TEST_BIN_DIR'] = daemon.binDir;
    const etcd = await startEtcd();
    const machine = new Machine(daemon.socket);
    const server = await serve(serverOptions(machine, etcd, HOST_NAMES[0], options.restarts === true));
    const arena = new Arena({ daemon, etcd, server, machine }, options);
    await arena.untilReady();
    return arena;
  } catch (error) {
    await daemon.dispose();
    throw error;
  }
}
