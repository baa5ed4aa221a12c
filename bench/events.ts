// Reading the log like an auditor: filtered pages over a million events in a real etcd, and the time from a commit to the clients that
// follow.
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { silent } from '../src/commands/outside/logger.ts';
import type { NewEvent } from '../src/events/catalogue.ts';
import { createApp } from '../src/http/app.ts';
import { listen } from '../src/http/listen.ts';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import type { EtcdKv } from '../src/infra/etcd/kv.ts';
import { EtcdLog, recordKey } from '../src/infra/etcd/log.ts';
import { systemClock, systemIds } from '../src/infra/host/clock-and-ids.ts';
import { archive } from '../src/infra/log/archive/archive.ts';
import { Segments } from '../src/infra/log/archive/segments.ts';
import { FullLog } from '../src/infra/log/full-log.ts';
import { FullLogFeed } from '../src/infra/past/full-log-feed.ts';
import { Past } from '../src/infra/past/past.ts';
import { Committer } from '../src/infra/runtime/committer.ts';
import { type Observing, observe } from '../src/serve.ts';
import { startEtcd } from '../test/support/etcd.ts';
import { HOST } from '../test/support/scenario.ts';
import { ACTORS, FIRST_PORT, GPUS, type LongLog, NAMES, storeLong } from './event-log.ts';
import { type Budget, median, ms, percentile, perSecond, progress, type Row, timed } from './figures.ts';

const PAGE_MS = 20;
const COMMIT_MS = 50;
const EVENTS = 1_000_000;
const PAGES = 300;
const FOLLOWERS = 16;
const COMMITS = 500;
const BUILD_MS = 60_000;
/** Events that a server leaves in its own etcd when it archives. */
const IN_ETCD = 50_000;

/** Pseudo-random numbers from a seed, so that two runs ask the same questions. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Ten values of one filter. */
const several = (name: string, from: number): string => Array.from({ length: 10 }, (_, i) => name + (from + i)).join('&');

type Roll = (sides: number) => number;

/** The questions. Their values change each time, so that no answer comes from the cache of the one before. */
const QUESTIONS: readonly (readonly [what: string, query: (roll: Roll, log: LongLog) => string])[] = [
  ['the newest', () => ''],
  ['anywhere in the log', (roll, { head }) => `cursor=${roll(head.seq) + 1}`],
  ['a stream', (roll, { head }) => `replicaSet=set${roll(NAMES)}&until=${roll(head.seq) + 1}`],
  ['a GPU given and taken', (roll, { head }) => `gpu=${roll(GPUS)}&type=GpuAllocated,GpuReleased&until=${roll(head.seq) + 1}`],
  ['a port', (roll, { head }) => `port=${FIRST_PORT + roll(2)}&since=${roll(head.seq) + 1}&order=asc`],
  ['an actor’s deletions', (roll, { head }) => `actor=user${roll(ACTORS)}&type=ReplicaSetDeleted&until=${roll(head.seq) + 1}`],
  [
    'type, actor, GPU and a day',
    (roll) =>
      `type=ContainerVersionCreated&actor=user${roll(ACTORS)}&gpu=${roll(GPUS)}&since=2026-01-01&until=2026-01-0${1 + roll(2)}T12:00:00Z`,
  ],
  ['nothing (half of all events against a tenth of them)', () => `${several('actor=user', 0)}&${several('replicaSet=set', 10)}`],
  ['nothing (every list is walked)', (roll) => `actor=user1&replicaSet=set${roll(9) * ACTORS}`],
];

function get(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(`${url}: ${answer.statusCode} ${text}`))));
      answer.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}

/** A client of the stream; `at` says when it received each sequence. */
async function follower(url: string): Promise<{ readonly at: Map<number, number>; close(): void }> {
  const at = new Map<number, number>();
  const call = request(`${url}/api/v1/events`, { agent: false, headers: { accept: 'text/event-stream' } });
  await new Promise<void>((resolve, reject) => {
    call.once('error', reject);
    call.once('response', (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('error', () => {});
      response.on('data', (chunk: string) => {
        const now = performance.now();
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const id = /^id: (\d+)$/m.exec(block)?.[1];
          if (id !== undefined) at.set(Number(id), now);
        }
        resolve();
      });
    });
    call.end();
  });
  call.on('error', () => {});
  return { at, close: () => call.destroy() };
}

/** Times in ms from the server's knowing of a commit to a client's having parsed the event. */
async function latencies(committer: Committer, url: string, commits: number): Promise<readonly number[]> {
  const followers = await Promise.all(Array.from({ length: FOLLOWERS }, () => follower(url)));
  const committed = new Map<number, number>();
  const stop = committer.onCommit((events) => {
    const now = performance.now();
    for (const { seq } of events) committed.set(seq, now);
  });
  const lost: NewEvent = { type: 'GpuLost', stream: `host/${HOST}`, data: { gpu: 'GPU-0' } };
  for (let i = 0; i < commits; i++) {
    await committer.submit({ id: systemIds.next(), name: 'inventory', actor: 'system:inventory' }, () => ({
      kind: 'events',
      events: [lost],
    }));
    await sleep(5);
  }
  const { seq } = committer.state.head;
  for (const late = performance.now() + 5_000; followers.some(({ at }) => !at.has(seq)) && performance.now() < late; ) await sleep(5);
  stop();
  const samples = followers.flatMap(({ at }) => [...committed].map(([one, then]) => (at.get(one) ?? Number.NaN) - then));
  for (const one of followers) one.close();
  if (samples.some(Number.isNaN)) throw new Error('a follower missed an event');
  return samples;
}

const row = (what: string, ours: string, aim = '', met: boolean | null = null, floor = '', ratio = ''): Row => ({
  what,
  ours,
  floor,
  ratio,
  aim,
  met,
});

interface World {
  readonly url: string;
  readonly committer: Committer;
  readonly audit: Observing;
  readonly end: () => Promise<void>;
}

/** A server after a start from a snapshot at the log's end: its index is empty. */
async function open(kv: EtcdKv, long: LongLog, segments: Segments): Promise<World> {
  const log = new EtcdLog({ kv, clock: systemClock, ids: systemIds });
  const history = new FullLog(log, segments);
  const committer = new Committer({ log: history, clock: systemClock, host: HOST });
  const whole = new FullLogFeed({ committer, source: history, clock: systemClock, logger: silent });
  const past = new Past({ committer, source: history, whole, clock: systemClock });
  const audit = observe({
    committer,
    history,
    whole,
    clock: systemClock,
    ids: systemIds,
    logger: silent,
    host: HOST,
    maxSse: 256,
    auditRejections: false,
    version: 'bench',
    patienceMs: BUILD_MS,
  });
  const service = {
    state: () => committer.state,
    readiness: () => ({ ready: true as const }),
    isReady: () => true,
    foreignGpus: () => new Map<string, string>(),
    submit: notHere,
    plan: notHere,
    raiseLogLevel: notHere,
    disks: notHere,
    changeKey: notHere,
    acceptLoss: () => Promise.reject(new Error('not here')),
    acceptRestore: () => Promise.reject(new Error('not here')),
    adopt: () => Promise.reject(new Error('not here')),
    operations: () => [],
    operationOn: () => null,
    pulls: () => [],
    undo: () => {
      throw new Error('not here');
    },
    execute: notHere,
    output: notHere,
  };
  const app = createApp({
    service,
    past,
    observed: audit,
    options: { maxBody: 1024, compatGo: false, requestTimeoutMs: 60_000, hostName: HOST },
    logger: silent,
    now: () => performance.now(),
  });
  committer.restore(long.state);
  whole.begin(new AbortController().signal);
  const server = await listen(app.callback(), { host: '127.0.0.1', port: 0 });
  const end = async (): Promise<void> => {
    audit.stop();
    await server.stop(0);
    log.close();
  };
  return { url: server.url, committer, audit, end };
}

/** Measures the building of the index from the log, in the background. */
async function indexed({ audit }: World, long: LongLog, where: string): Promise<Row> {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const built = await timed(() => audit.events.page({ clauses: [] }, { order: 'desc', limit: 1 }));
  globalThis.gc?.();
  const after = process.memoryUsage();
  const bytes = (after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed) / long.head.seq;
  return row(
    `${where}: index of ${perSecond(long.head.seq)} events, in the background`,
    `${perSecond((long.head.seq / built) * 1_000)} events/s${globalThis.gc === undefined ? '' : `, ${bytes.toFixed(0)} bytes an event`}`,
  );
}

async function pages({ url }: World, long: LongLog, where: string): Promise<readonly Row[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const roll = dice(7);
  const rows: Row[] = [];
  for (const [what, query] of QUESTIONS) {
    const times: number[] = [];
    for (let i = 0; i < PAGES + 5; i++) {
      const took = await timed(() => get(`${url}/api/v1/events?${query(roll, long)}`, agent));
      if (i >= 5) times.push(took);
    }
    const p99 = percentile(times, 0.99);
    const ours = `p50 ${ms(median(times))} ms, p99 ${ms(p99)} ms`;
    rows.push(row(`${where}: ${what}`, ours, `p99 ≤ ${PAGE_MS} ms`, p99 <= PAGE_MS));
  }
  agent.destroy();
  return rows;
}

async function bareReads(kv: EtcdKv, { head }: LongLog): Promise<Row> {
  const roll = dice(11);
  const scattered = async (): Promise<unknown> =>
    Promise.all(Array.from({ length: 100 }, () => roll(head.seq) + 1).map((seq) => kv.range(recordKey(seq), recordKey(seq + 1))));
  const floor: number[] = [];
  for (let i = 0; i < PAGES; i++) floor.push(await timed(scattered));
  const found = `p50 ${ms(median(floor))} ms, p99 ${ms(percentile(floor, 0.99))} ms`;
  return row('100 keys anywhere, by bare etcd reads in parallel', '', '', null, found);
}

async function followed({ committer, url }: World, commits: number): Promise<Row> {
  const seen = await latencies(committer, url, commits);
  const p99 = percentile(seen, 0.99);
  const ours = `p50 ${ms(median(seen))} ms, p99 ${ms(p99)} ms`;
  return row(`commit to client, ${FOLLOWERS} clients`, ours, `p99 ≤ ${COMMIT_MS} ms`, p99 <= COMMIT_MS);
}

/** Measures with the whole log in etcd, and then as a server has it: all but the last events in segments. */
export async function measureEvents({ quick }: Budget): Promise<readonly Row[]> {
  const etcd = await startEtcd({ quotaBytes: 8 * 1024 ** 3 });
  const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 30_000 });
  const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bench-'));
  try {
    const long = await storeLong(kv, quick ? 20_000 : EVENTS, (line) => progress(`${line} stored`));
    const segments = new Segments(dir);
    const rows: Row[] = [];
    for (const where of ['in etcd', 'archived']) {
      if (where === 'archived') await archive({ kv, segments, before: long.head.seq - (quick ? 1_000 : IN_ETCD) });
      const world = await open(kv, long, segments);
      rows.push(await indexed(world, long, where), ...(await pages(world, long, where)));
      if (where === 'in etcd') rows.push(await bareReads(kv, long));
      else rows.push(await followed(world, quick ? 20 : COMMITS));
      await world.end();
    }
    return rows;
  } finally {
    kv.close();
    await etcd.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function notHere(): Promise<never> {
  throw new Error('nothing is ordered here');
}
