// What looking back costs in a long log: the state at any moment of it, and the sums of the ledger. By itself:
// node --expose-gc --max-old-space-size=8000 --import tsx bench/history.ts [EVENTS]
import { pathToFileURL } from 'node:url';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import type { EtcdKv } from '../src/infra/etcd/kv.ts';
import { EtcdLog } from '../src/infra/etcd/log.ts';
import { Journal } from '../src/infra/journal.ts';
import { Past } from '../src/infra/past.ts';
import { systemClock, systemIds } from '../src/infra/system.ts';
import type { Moment } from '../src/infra/time-travel.ts';
import { NotReadError } from '../src/infra/whole-log.ts';
import type { State } from '../src/projections/state.ts';
import { GROUPS, holdingsOf, ledgersOf, sums, usage } from '../src/projections/views/ledger.ts';
import { startEtcd } from '../test/support/etcd.ts';
import { HOST } from '../test/support/scenario.ts';
import { type Budget, median, ms, percentile, perSecond, type Row, table, timed } from './figures.ts';
import { store, synthesize } from './synthetic-log.ts';

const LOOKS = 100;
const AIM_TRAVEL_MS = 200;
const AIM_LEDGER_MS = 100;

interface Opened {
  readonly journal: Journal;
  readonly past: Past;
}

const open = (kv: EtcdKv): Opened => {
  const log = new EtcdLog({ kv, clock: systemClock, ids: systemIds });
  const journal = new Journal({ log, clock: systemClock, host: HOST });
  return { journal, past: new Past({ journal, source: log, clock: systemClock }) };
};

const heapMb = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};

const row = (what: string, samples: readonly number[], aim: number): Row => {
  const worst = Math.max(...samples);
  return {
    what,
    ours: `${ms(median(samples))} ms, p99 ${ms(percentile(samples, 0.99))} ms, worst ${ms(worst)} ms`,
    floor: '',
    ratio: '',
    aim: `≤ ${aim} ms`,
    met: percentile(samples, 0.99) <= aim,
  };
};
const fact = (what: string, ours: string): Row => ({ what, ours, floor: '', ratio: '', aim: '', met: null });

/** Times of looking at moments all over the log, none of them twice. */
async function looks(past: Past, momentOf: (share: number) => Moment): Promise<number[]> {
  const samples: number[] = [];
  // The golden ratio: every next one lies far from all before it.
  for (let i = 1; i <= LOOKS; i++) samples.push(await timed(() => past.at(momentOf((i * 0.618_034) % 1))));
  return samples;
}

function ledgerTimes(past: Past, to: number): number[] {
  const samples: number[] = [];
  for (let i = 0; i < LOOKS; i++) {
    const ledger = past.ledger();
    const span = { from: (ledger.began ?? 0) + i, to };
    const began = performance.now();
    const by = GROUPS[i % GROUPS.length] ?? 'day';
    if (by !== 'gpu') sums(ledger, span, by);
    usage(ledger, span);
    samples.push(performance.now() - began);
  }
  return samples;
}

function holderTimes(past: Past, to: number): number[] {
  const ledger = past.ledger();
  return [...ledger.gpus.values()].map(({ gpu }) => {
    const began = performance.now();
    holdingsOf(ledgersOf(ledger, gpu), { from: 0, to });
    return performance.now() - began;
  });
}

/** As after a start from a snapshot of this state: how long until the ledger is there, while everything else goes on. */
async function builtInBackground(kv: EtcdKv, snapshot: State): Promise<number> {
  const { journal, past } = open(kv);
  journal.restore(snapshot);
  await journal.catchUp();
  return timed(async () => {
    past.begin();
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

export async function measureHistory({ events }: Budget): Promise<readonly Row[]> {
  const log = synthesize(events);
  const { count } = log;
  const size = `${perSecond(count)} events`;
  const times = { first: Date.parse(log.records[0]?.[0]?.time ?? ''), last: Date.parse(log.state.time) };
  const etcd = await startEtcd({ quotaBytes: 8_000_000_000 });
  const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 60_000 });
  try {
    await store(kv, log);
    (log as { records: unknown }).records = []; // so that what is measured next is alone in memory
    const before = heapMb();
    const { journal, past } = open(kv);
    const replayMs = await timed(() => journal.catchUp());
    past.begin();
    const heap = heapMb() - before;
    const bySeq = await looks(past, (share) => ({ seq: Math.floor(share * count) }));
    const byTime = await looks(past, (share) => ({ ms: Math.floor(times.first + share * (times.last - times.first)) }));
    const holdings = [...past.ledger().gpus.values()].reduce((sum, gpu) => sum + gpu.holdings.length, 0);
    return [
      fact(`replay with ledger and kept states, ${size}`, `${perSecond((count / replayMs) * 1_000)} events/s`),
      fact('state, ledger and kept states in memory', `${heap.toFixed(0)} MB`),
      row(`state after an event, ${size}`, bySeq, AIM_TRAVEL_MS),
      row(`state at a time, ${size}`, byTime, AIM_TRAVEL_MS),
      row(`ledger, sums over ${perSecond(holdings)} holdings`, ledgerTimes(past, times.last), AIM_LEDGER_MS),
      row('ledger, all holders of one GPU', holderTimes(past, times.last), AIM_LEDGER_MS),
      fact(
        'ledger after a start from a snapshot, in the background',
        `${((await builtInBackground(kv, await past.at({ seq: Math.floor(count * 0.95) }))) / 1_000).toFixed(1)} s`,
      ),
    ];
  } finally {
    kv.close();
    await etcd.kill();
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const events = Number(process.argv[2] ?? 1_000_000);
  console.log(table(await measureHistory({ quick: false, pairs: 0, events, seconds: 0, starts: 0 })));
  process.exit(0);
}
