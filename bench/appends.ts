// Commands per second through the Committer (decided, sealed, grouped, appended), against etcd transactions that write the same bytes, one
// in flight, with nothing decided.
import { randomUUID } from 'node:crypto';
import type { NewEvent } from '../src/events/catalogue.ts';
import { canonical } from '../src/events/hash.ts';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import type { EtcdKv } from '../src/infra/etcd/kv.ts';
import { EtcdLog } from '../src/infra/etcd/log.ts';
import { systemClock, systemIds } from '../src/infra/host/clock-and-ids.ts';
import { Committer } from '../src/infra/runtime/committer.ts';
import { startEtcd } from '../test/support/etcd.ts';
import { type Budget, inPairs, median, pairRatio, perSecond, type Row } from './figures.ts';

/** Commands at a time. */
const SUBMITTERS = [1, 16, 64, 256];
/** Ours to the floor, one at a time. */
const AIM_SINGLE = 0.9;
/** Ours with the most submitters, to the floor one at a time: the gain by group commit. */
const AIM_GROUPED = 40;
/** Pairs per figure. */
const ROUNDS = 4;
const HOST = 'box';

const EVENT: NewEvent = {
  type: 'PortRangeSet',
  stream: `host/${HOST}`,
  data: { start: 40_000, end: 65_535 },
};

/** Closed-loop throughput: `workers` workers for `seconds`; completions per second. A task resolves with how many it completed. */
async function rate(workers: number, seconds: number, task: () => Promise<number>): Promise<number> {
  const began = performance.now();
  const until = began + seconds * 1_000;
  let done = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (performance.now() < until) {
        const completed = await task();
        done += completed;
      }
    }),
  );
  return (done / (performance.now() - began)) * 1_000;
}

/** The floor: transactions like those of an append, each with the bytes of `events` events. */
function rawAppends(kv: EtcdKv, prefix: string, events: number, bytesPerEvent: number): () => Promise<number> {
  const value = 'x'.repeat(events * bytesPerEvent);
  const head = `${prefix}head`;
  let written = 0;
  return async () => {
    const before = written === 0 ? { key: head, absent: true as const } : { key: head, value: `${written}` };
    written++;
    const answer = await kv.txn({
      if: [before],
      write: [
        { put: `${prefix}${String(written).padStart(16, '0')}`, value },
        { put: head, value: `${written}` },
      ],
    });
    if (!answer.succeeded) throw new Error('a transaction of the floor failed');
    return events;
  };
}

export async function measureAppends({ seconds }: Budget): Promise<readonly Row[]> {
  const etcd = await startEtcd();
  const kv = connectEtcd({ endpoints: [etcd.endpoint] });
  const committer = new Committer({ log: new EtcdLog({ kv, clock: systemClock, ids: systemIds }), clock: systemClock, host: HOST });
  let sizes: readonly [events: number, bytes: number] = [0, 0];
  committer.onCommit((events) => {
    sizes = [events.length, canonical(events).length];
  });
  const submit = async (): Promise<number> => {
    const meta = { id: randomUUID(), name: 'bench', actor: 'user:bench', requestId: randomUUID() };
    const committed = await committer.submit(meta, () => ({ kind: 'events', events: [EVENT] }));
    if (committed.kind !== 'committed') throw new Error(`not committed: ${committed.kind}`);
    return 1;
  };
  const rows: Row[] = [];
  let single = Number.NaN;
  try {
    await rate(16, seconds / 2, submit);
    const bytesPerEvent = Math.round(sizes[1] / sizes[0]);
    for (const submitters of SUBMITTERS) {
      const raw = rawAppends(kv, `/bench/${submitters}/`, submitters, bytesPerEvent);
      const { a, b } = await inPairs(
        ROUNDS,
        () => rate(submitters, seconds, submit),
        () => rate(1, seconds, raw),
      );
      const [ours, floor] = [median(a), median(b)];
      const ratio = pairRatio(a, b);
      const isSingle = submitters === 1;
      if (isSingle) single = floor;
      rows.push({
        what: `appends, ${submitters} at a time, ${bytesPerEvent} bytes each`,
        ours: `${perSecond(ours)} /s`,
        floor: `${perSecond(floor)} /s`,
        ratio: `${ratio.toFixed(2)} ×`,
        aim: isSingle ? `≥ ${AIM_SINGLE} ×` : '',
        met: isSingle ? ratio >= AIM_SINGLE : null,
      });
      if (submitters !== SUBMITTERS.at(-1)) continue;
      rows.push({
        what: `appends, ${submitters} at a time / the floor one at a time`,
        ours: `${perSecond(ours)} /s`,
        floor: `${perSecond(single)} /s`,
        ratio: `${(ours / single).toFixed(1)} ×`,
        aim: `≥ ${AIM_GROUPED} ×`,
        met: ours / single >= AIM_GROUPED,
      });
    }
  } finally {
    kv.close();
    await etcd.kill();
  }
  return rows;
}
