// Records by the sequence that they begin with: from a real etcd with one request, from segments where they were archived.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import type { EventLog } from '../../../src/events/log.ts';
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import type { EtcdKv } from '../../../src/infra/etcd/kv.ts';
import { EtcdLog, recordKey } from '../../../src/infra/etcd/log.ts';
import { systemClock, systemIds } from '../../../src/infra/host/clock-and-ids.ts';
import { Segments } from '../../../src/infra/log/archive/segments.ts';
import { FullLog } from '../../../src/infra/log/full-log.ts';
import { EventCache } from '../../../src/infra/past/event-cache.ts';
import { LogIndex } from '../../../src/infra/past/log-index.ts';
import { startEtcd, type TestEtcd } from '../../support/etcd.ts';
import { fill, events as synthetic } from '../log/synthetic.ts';

const test = suite('event cache');

const all = synthetic(2_000) as readonly Event[];
let etcd: TestEtcd;
let kv: EtcdKv;
let log: EtcdLog;
const index = new LogIndex({ source: { read: (from, to) => log.read(from, to) }, logger: silent });

test.before(async () => {
  etcd = await startEtcd();
  kv = connectEtcd({ endpoints: [etcd.endpoint] });
  log = new EtcdLog({ kv, clock: systemClock, ids: systemIds });
  // Records of one to seven events.
  const groups: Event[][] = [];
  for (let at = 0; at < all.length; at += (groups.at(-1) ?? []).length) groups.push(all.slice(at, at + 1 + (groups.length % 7)));
  await fill(log, groups, 1);
  for await (const record of log.read(1)) index.add(record, [record[0]?.seq ?? 0]);
});
test.after(async () => {
  log.close();
  kv.close();
  await etcd.kill();
});

const wanted = Array.from({ length: 150 }, (_, i) => 1 + ((i * 7_919) % all.length));
const expected = wanted.map((seq) => all[seq - 1]);

type Readable = Pick<EventLog, 'read' | 'records' | 'archived'>;

/** Counts the requests. */
function counting(history: Readable): { readonly history: Readable; reads: number; batches: number } {
  const counted = {
    reads: 0,
    batches: 0,
    history: {
      read: (from: number, to?: number) => {
        counted.reads++;
        return history.read(from, to);
      },
      records: async (firsts: readonly number[]) => {
        counted.batches++;
        return (await history.records?.(firsts)) ?? [];
      },
    },
  };
  return counted;
}

test('150 events anywhere in the log: a few requests, and every event as it was asked for', async () => {
  const counted = counting(log);
  const records = new EventCache(counted.history, (seq) => index.recordOf(seq));
  assert.equal(await records.get(wanted), expected);
  assert.ok(counted.batches <= 3, `${counted.batches}`);
  assert.is(counted.reads, 0);
  assert.equal(await records.get(wanted), expected);
  assert.ok(counted.batches <= 3, 'they are at hand now');
});

test('what begins elsewhere is not there', async () => {
  let second = 1;
  while ((await index.recordOf(second)).from === second) second++;
  assert.equal(await log.records([second, all.length + 1]), [null, null]);
  const [first] = await log.records([1]);
  assert.is(first?.[0]?.seq, 1);
});

test('what was archived is read from its segment', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-segments-'));
  try {
    const segments = new Segments(dir);
    const { from, to: end } = await index.recordOf(1_000);
    await segments.add(all.slice(0, end), from);
    await kv.deleteRange(recordKey(1), recordKey(end + 1));
    const records = new EventCache(new FullLog(log, segments), (seq) => index.recordOf(seq));
    assert.equal(await records.get(wanted), expected);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('the cache is bounded: the least recently used event goes first', async () => {
  const counted = counting({ read: (from, to) => log.read(from, to) });
  const records = new EventCache(counted.history, async (seq) => ({ from: seq, to: seq }));
  for (let seq = 1; seq <= 25_000; seq++) records.add([{ ...(all[0] as Event), seq }]);
  assert.is(records.has([25_000, 15_001]), true);
  assert.is(records.has([15_000]), false);
  records.has([15_001]);
  records.add([{ ...(all[0] as Event), seq: 30_000 }]);
  assert.is(records.has([15_001]), true, 'it was used last');
  assert.is(records.has([15_002]), false);
});

test.run();
