// The cost of looking back in a long log: the state at any moment, and the sums of the ledger.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '../src/commands/outside/logger.ts';
import { type Moment, NotReadError } from '../src/commands/reads.ts';
import type { Event } from '../src/events/catalogue.ts';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import type { EtcdKv } from '../src/infra/etcd/kv.ts';
import { EtcdLog } from '../src/infra/etcd/log.ts';
import { systemClock, systemIds } from '../src/infra/host/clock-and-ids.ts';
import { Snapshots } from '../src/infra/log/snapshots/snapshots.ts';
import { FullLogFeed } from '../src/infra/past/full-log-feed.ts';
import { Past } from '../src/infra/past/past.ts';
import type { StateBefore } from '../src/infra/past/state-at.ts';
import { Committer } from '../src/infra/runtime/committer.ts';
import { initialState, type State } from '../src/projections/state.ts';
import { GROUPS } from '../src/projections/views/ledger.ts';
import { syntheticLog } from '../test/infra/log/synthetic.ts';
import { startEtcd } from '../test/support/etcd.ts';
import { HOST } from '../test/support/scenario.ts';
import { type Budget, median, ms, percentile, perSecond, type Row, timed } from './figures.ts';
import { store } from './synthetic-log.ts';

const EVENTS = 1_000_000;
const LOOKS = 100;
const COLD_LOOKS = 40;
const WARM_UP = 5;
/** Events from one snapshot to the next, as --snapshot-every is. */
const SNAPSHOT_EVERY = 10_000;
const RUNNING = 100;
/** Holdings in one answer, at most. */
const MOST_HOLDINGS = 10_000;
const AIM_TRAVEL_MS = 200;
const AIM_LEDGER_MS = 100;

interface Opened {
  readonly committer: Committer;
  readonly past: Past;
  readonly whole: FullLogFeed;
}

const open = (kv: EtcdKv, stateBefore?: StateBefore): Opened => {
  const log = new EtcdLog({ kv, clock: systemClock, ids: systemIds });
  const committer = new Committer({ log, clock: systemClock, host: HOST });
  const whole = new FullLogFeed({ committer, source: log, clock: systemClock, logger: silent });
  return { committer, past: new Past({ committer, source: log, whole, clock: systemClock, ...(stateBefore && { stateBefore }) }), whole };
};

const heapMb = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};

const row = (what: string, { wall, cpu }: Samples, aim: number): Row => {
  const [p99, worst] = [percentile(wall, 0.99), percentile(cpu, 1)];
  return {
    what,
    ours: `${ms(median(wall))} ms, p99 ${ms(p99)} ms; CPU ${ms(median(cpu))} ms, worst ${ms(worst)} ms`,
    floor: '',
    ratio: '',
    aim: `≤ ${aim} ms`,
    met: p99 <= aim,
  };
};
const fact = (what: string, ours: string): Row => ({ what, ours, floor: '', ratio: '', aim: '', met: null });

interface Samples {
  readonly wall: number[];
  /** Processor time in ms of this process alone: it is comparable also on a machine with other load. */
  readonly cpu: number[];
}

async function sampled(times: number, task: (i: number) => unknown): Promise<Samples> {
  const samples: Samples = { wall: [], cpu: [] };
  for (let i = -WARM_UP; i < times; i++) {
    const before = process.cpuUsage();
    const wall = await timed(async () => task(i + WARM_UP + 1));
    const { user, system } = process.cpuUsage(before);
    if (i < 0) continue;
    samples.wall.push(wall);
    samples.cpu.push((user + system) / 1_000);
  }
  return samples;
}

/** Looks at moments all over the log, none of them twice. The golden ratio puts each far from all before it. */
const looks = (past: Past, momentOf: (share: number) => Moment): Promise<Samples> =>
  sampled(LOOKS, (i) => past.at(momentOf((i * 0.618_034) % 1)));

const ledgerTimes = (past: Past, to: number): Promise<Samples> =>
  sampled(LOOKS, (i) => {
    const ledger = past.ledger();
    return ledger.time({ from: (ledger.began ?? 0) + i, to }, GROUPS[i % GROUPS.length] ?? 'day');
  });

async function holderTimes(past: Past, to: number): Promise<Samples> {
  const ledger = past.ledger();
  const { uses } = await ledger.time({ from: 0, to }, 'gpu');
  const gpus = [...uses].sort((a, b) => b.holdings - a.holdings);
  return sampled(LOOKS, (i) => ledger.holdings(gpus[i % 3]?.gpu ?? '', { from: 0, to }, MOST_HOLDINGS));
}

/** Looks right after a start, when there are only the snapshots on disk: each look by a new Past with empty caches. */
function coldLooks(kv: EtcdKv, head: State, snapshots: Snapshots, momentOf: (share: number) => Moment): Promise<Samples> {
  const stateBefore: StateBefore = (isThen, after) => snapshots.before(isThen, after, async () => true);
  return sampled(COLD_LOOKS, (i) => {
    const { committer, past } = open(kv, stateBefore);
    committer.restore(head);
    return past.at(momentOf((i * 0.618_034) % 1));
  });
}

/** Time in ms until the ledger is complete after a start from this snapshot, in the background. */
async function builtInBackground(kv: EtcdKv, snapshot: State): Promise<number> {
  const { committer, past, whole } = open(kv);
  committer.restore(snapshot);
  await committer.catchUp();
  return timed(async () => {
    whole.begin(new AbortController().signal);
    for (;;) {
      try {
        return past.ledger();
      } catch (error) {
        if (!(error instanceof NotReadError)) throw error;
        await systemClock.sleep(20);
      }
    }
  });
}

/** Writes a log of many containers that keep running and one that comes and goes, with an event every tenth of a second. */
async function written(
  kv: EtcdKv,
  events: number,
): Promise<{ readonly count: number; readonly times: { readonly first: number; readonly last: number } }> {
  let records: (readonly Event[])[] = [];
  let first = 0;
  const flush = async (): Promise<Event | undefined> => {
    const last = records.at(-1)?.at(-1);
    if (last !== undefined)
      await store(kv, { records, count: last.seq, state: { ...initialState, head: { seq: last.seq, hash: last.hash } } });
    records = [];
    return last;
  };
  for (const group of syntheticLog(events, RUNNING) as Iterable<readonly Event[]>) {
    first ||= Date.parse(group[0]?.time ?? '');
    if (records.length >= 5_000) await flush();
    records.push(group);
  }
  const last = await flush();
  return { count: last?.seq ?? 0, times: { first, last: Date.parse(last?.time ?? '') } };
}

export async function measureHistory({ quick }: Budget): Promise<readonly Row[]> {
  const etcd = await startEtcd({ quotaBytes: 8_000_000_000 });
  const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 60_000 });
  const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bench-'));
  try {
    const { count, times } = await written(kv, quick ? 20_000 : EVENTS);
    const size = `${perSecond(count)} events`;
    const before = heapMb();
    const { committer, past } = open(kv);
    const replayMs = await timed(() => committer.catchUp());
    const heap = heapMb() - before;
    const snapshots = new Snapshots({ dir, logger: silent });
    for (let seq = SNAPSHOT_EVERY; seq <= count; seq += SNAPSHOT_EVERY) await snapshots.write(await past.at({ seq }));
    const seqOf = (share: number): Moment => ({ seq: Math.floor(share * count) });
    const timeOf = (share: number): Moment => ({ ms: Math.floor(times.first + share * (times.last - times.first)) });
    const bySeq = await looks(past, seqOf);
    const byTime = await looks(past, timeOf);
    const { uses } = await past.ledger().time({ from: 0, to: times.last }, 'gpu');
    const holdings = uses.reduce((sum, one) => sum + one.holdings, 0);
    return [
      fact(`replay with ledger and cached states, ${size}`, `${perSecond((count / replayMs) * 1_000)} events/s`),
      fact('state, ledger and cached states in memory', `${heap.toFixed(0)} MB`),
      row(`state after an event, ${size}`, bySeq, AIM_TRAVEL_MS),
      row(`state at a time, ${size}`, byTime, AIM_TRAVEL_MS),
      row(`state after an event, right after a start`, await coldLooks(kv, committer.state, snapshots, seqOf), AIM_TRAVEL_MS),
      row(`state at a time, right after a start`, await coldLooks(kv, committer.state, snapshots, timeOf), AIM_TRAVEL_MS),
      row(`ledger, sums over ${perSecond(holdings)} holdings`, await ledgerTimes(past, times.last), AIM_LEDGER_MS),
      row(`ledger, the last ${perSecond(MOST_HOLDINGS)} holders of one GPU`, await holderTimes(past, times.last), AIM_LEDGER_MS),
      fact(
        'ledger after a start from a snapshot, in the background',
        `${((await builtInBackground(kv, await past.at({ seq: Math.floor(count * 0.95) }))) / 1_000).toFixed(1)} s`,
      ),
    ];
  } finally {
    kv.close();
    await etcd.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}
