// Events per second of a replay: read from etcd and applied, and applied alone.
import type { Event } from '../src/events/catalogue.ts';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import type { EtcdKv } from '../src/infra/etcd/kv.ts';
import { EtcdLog, recordKey } from '../src/infra/etcd/log.ts';
import { systemClock, systemIds } from '../src/infra/host/clock-and-ids.ts';
import { Committer } from '../src/infra/runtime/committer.ts';
import { applyAll } from '../src/projections/apply.ts';
import { initialState } from '../src/projections/state.ts';
import { startEtcd } from '../test/support/etcd.ts';
import { HOST } from '../test/support/scenario.ts';
import { type Budget, cpuTimed, inPairs, median, pairRatio, perSecond, type Row, timed } from './figures.ts';
import { packed, type SyntheticLog, store, synthesize } from './synthetic-log.ts';

const AIM = 200_000;
const PAGE = 1_000;
const ROUNDS = 5;
const BATCH = 5_000;

/** The floor: reads the same pages, one ahead, and parses them. */
async function readOnly(kv: EtcdKv, count: number): Promise<void> {
  let events = 0;
  const page = (from: number) => kv.range(recordKey(from), recordKey(Math.min(from + PAGE, count + 1)));
  for (let from = 1, ahead = page(1); from <= count; from += PAGE) {
    const records = await ahead;
    if (from + PAGE <= count) ahead = page(from + PAGE);
    for (const { value } of records) events += (JSON.parse(value) as { e: readonly unknown[] }).e.length;
  }
  if (events !== count) throw new Error(`${events} events were read, ${count} were written`);
}

/** A log in an etcd of its own. It holds no events in memory: they would slow the replay down by garbage collection. */
interface Stored {
  readonly kv: EtcdKv;
  readonly count: number;
  readonly hash: string;
  readonly stop: () => Promise<void>;
}

async function stored(log: SyntheticLog): Promise<Stored> {
  const etcd = await startEtcd();
  const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 30_000 });
  await store(kv, log);
  const stop = async (): Promise<void> => {
    kv.close();
    await etcd.kill();
  };
  return { kv, count: log.count, hash: log.state.head.hash, stop };
}

/** Events per second, from times in ms. */
const rateOf = (count: number, samples: readonly number[]): number => (count / median(samples)) * 1_000;

async function replay({ kv, hash }: Stored): Promise<void> {
  const committer = new Committer({ log: new EtcdLog({ kv, clock: systemClock, ids: systemIds }), clock: systemClock, host: HOST });
  await committer.catchUp();
  if (committer.state.head.hash !== hash) throw new Error('the replay ends elsewhere than the log');
}

async function fromEtcd(what: string, log: Stored): Promise<Row> {
  await replay(log);
  await readOnly(log.kv, log.count);
  const busy: number[] = [];
  const { a, b } = await inPairs(
    ROUNDS,
    () => timed(async () => busy.push(await cpuTimed(() => replay(log)))),
    () => timed(() => readOnly(log.kv, log.count)),
  );
  const [ours, floor] = [rateOf(log.count, a), rateOf(log.count, b)];
  await log.stop();
  return {
    what,
    ours: `${perSecond(ours)} events/s (${perSecond(rateOf(log.count, busy))} a CPU second)`,
    floor: `${perSecond(floor)} events/s`,
    ratio: `${(1 / pairRatio(a, b)).toFixed(2)} ×`,
    aim: `≥ ${perSecond(AIM)}`,
    met: ours >= AIM,
  };
}

async function inMemory(what: string, events: readonly Event[]): Promise<Row> {
  const apply = async (): Promise<void> => {
    let state = initialState;
    for (let at = 0; at < events.length; at += BATCH) state = applyAll(state, events.slice(at, at + BATCH));
  };
  await apply();
  const [samples, busy]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) samples.push(await timed(async () => busy.push(await cpuTimed(apply))));
  const { length } = events;
  const ours = `${perSecond(rateOf(length, samples))} events/s (${perSecond(rateOf(length, busy))} a CPU second)`;
  return { what, ours, floor: '', ratio: '', aim: '', met: null };
}

async function prepare(events: number) {
  const log = synthesize(events);
  const size = `${perSecond(log.count)} events`;
  return {
    apply: await inMemory(`apply alone, ${size} in memory`, log.records.flat()),
    asCommitted: await stored(log),
    packed: await stored(packed(log)),
    names: [`replay, ${size} as ${perSecond(log.records.length)} records`, `replay, ${size}, 500 a record`] as const,
  };
}

export async function measureReplay({ events }: Budget): Promise<readonly Row[]> {
  const { apply, asCommitted, packed: full, names } = await prepare(events);
  return [await fromEtcd(names[0], asCommitted), await fromEtcd(names[1], full), apply];
}
