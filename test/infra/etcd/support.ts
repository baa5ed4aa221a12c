// What the tests of the log and the lease share: sealed events, a real clock, and a way to make etcd's answers disappear.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Clock, Ids } from '../../../src/commands/outside/host.ts';
import { EMPTY_HEAD, type Envelope, type Head } from '../../../src/events/envelope.ts';
import { seal } from '../../../src/events/hash.ts';
import type { EventLog } from '../../../src/events/log.ts';
import type { Holder } from '../../../src/infra/etcd/lease.ts';
import { identityOf } from '../../../src/infra/etcd/process-identity.ts';

export const clock: Clock = {
  now: () => Date.now(),
  boot: () => performance.now(),
  sleep: (ms, signal) =>
    sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {
      throw signal?.reason;
    }),
};
export const ids: Ids = { next: () => randomUUID() };

/** `count` events that continue `head`; `who` says who wrote them. */
export function eventsAfter(head: Head, count: number, who = 'test'): readonly Envelope[] {
  const events: Envelope[] = [];
  let last = head;
  for (let i = 0; i < count; i++) {
    const event = seal({
      seq: last.seq + 1,
      type: 'LogCreated',
      schema: 1,
      stream: 'log',
      time: '2026-01-31T12:00:00.000Z',
      host: 'box',
      command: { id: `${who}-${last.seq + 1}`, name: 'test', actor: 'system:test' },
      data: { id: who },
      prev: last.hash,
    });
    events.push(event);
    last = event;
  }
  return events;
}

export const endOf = (events: readonly Envelope[]): Head => {
  const last = events.at(-1);
  return last === undefined ? EMPTY_HEAD : { seq: last.seq, hash: last.hash };
};

export async function all(log: EventLog, from = 1, to?: number): Promise<Envelope[]> {
  const events: Envelope[] = [];
  for await (const record of log.read(from, to)) events.push(...record);
  return events;
}

/** Appends `count` records of one event each, deciding again whenever another was first. The sequences that it was told are its own. */
export async function appendEach(log: EventLog, count: number, who: string): Promise<number[]> {
  const mine: number[] = [];
  while (mine.length < count) {
    const head = await log.head();
    if ((await log.append(eventsAfter(head, 1, who), head)) === 'committed') mine.push(head.seq + 1);
  }
  return mine;
}

export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  for (const deadline = Date.now() + ms; !(await holds()); await sleep(5)) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
  }
}

export interface Proxy {
  readonly endpoint: string;
  /** From now on questions pass and answers do not. */
  eatAnswers(): void;
  /** Nothing passes any more, and nothing is closed. */
  freeze(): void;
  /** Closes every connection and passes everything again. */
  cut(): void;
  close(): void;
}

/** A TCP proxy in front of `target` (http://host:port). */
export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let mode: 'pass' | 'eat' | 'frozen' = 'pass';
  const server = createServer((client) => {
    const up = connect(Number(port), hostname);
    for (const [one, other] of [[client, up] as const, [up, client] as const]) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.on('data', (data) => {
      if (mode !== 'frozen') up.write(data);
    });
    up.on('data', (data) => {
      if (mode === 'pass') client.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cut = (): void => {
    mode = 'pass';
    for (const socket of sockets) socket.destroy();
  };
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    eatAnswers: () => {
      mode = 'eat';
    },
    freeze: () => {
      mode = 'frozen';
    },
    cut,
    close: () => {
      server.close();
      cut();
    },
  };
}

/** This process as the holder of a lease. */
export const holderOf = (dataDir: string, host = 'box'): Holder => ({ host, dataDir, addr: '127.0.0.1:2378', ...identityOf(process.pid) });

export interface ChildProgram {
  readonly pid: number;
  /** The first line that it printed. */
  readonly said: string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Runs a program of this folder until it has printed a line. It ends with the test at the latest. */
export async function runChild(file: string, ...args: readonly string[]): Promise<ChildProgram> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  process.on('exit', () => child.kill('SIGKILL'));
  const [line] = await Promise.race([once(child.stdout, 'data'), exited.then(() => [''])]);
  if (child.pid === undefined) throw new Error(`${file} did not start`);
  return {
    pid: child.pid,
    said: String(line).trim(),
    kill: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}
