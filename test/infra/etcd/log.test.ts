// What only a log in etcd can meet: a server that dies, answers that get lost, a full store, and contents that cannot be right.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_HEAD, type Envelope } from '../../../src/events/envelope.ts';
import { seal } from '../../../src/events/hash.ts';
import { LogClosedError, LogCorruptError, LogFullError } from '../../../src/events/log.ts';
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import type { EtcdKv, TxnResult } from '../../../src/infra/etcd/kv.ts';
import { EtcdLog, HEAD_KEY, headText, LOG_PREFIX, recordKey } from '../../../src/infra/etcd/log.ts';
import { applyAll } from '../../../src/projections/apply.ts';
import { initialState } from '../../../src/projections/state.ts';
import { startEtcd } from '../../support/etcd.ts';
import { all, appendEach, clock, endOf, eventsAfter, ids, startProxy, until } from './support.ts';

const etcd = await startEtcd();
const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 500 });
const open = (over: EtcdKv = kv): EtcdLog => new EtcdLog({ kv: over, clock, ids });
const test = suite('event log in etcd');

test.before.each(async () => {
  await kv.deleteRange(LOG_PREFIX, `${LOG_PREFIX}~`);
  await kv.deleteRange(HEAD_KEY, `${HEAD_KEY}\0`);
});
test.after(async () => {
  kv.close();
  await etcd.stop();
});

async function put(key: string, value: string): Promise<void> {
  await kv.txn({ if: [], write: [{ put: key, value }] });
}

async function corruptAt(seq: number, message: RegExp, from = 1): Promise<void> {
  try {
    await all(open(), from);
  } catch (error) {
    assert.instance(error, LogCorruptError);
    assert.is((error as LogCorruptError).seq, seq);
    assert.match((error as LogCorruptError).message, message);
    return;
  }
  assert.unreachable('it was read');
}

test('nothing acknowledged is lost and nothing doubled when etcd is killed under concurrent appends', async () => {
  const writers = ['a', 'b', 'c', 'd'].map((who) => appendEach(open(), 150, who));
  const logs = Promise.all(writers);
  let over = false;
  void logs.finally(() => {
    over = true;
  });
  for (let kills = 0; kills < 4 && !over; kills++) {
    await clock.sleep(80);
    await etcd.kill();
    await clock.sleep(60);
    await etcd.start();
  }
  const told = await logs;
  const events = await all(open());
  assert.equal(
    events.map((e) => e.seq),
    Array.from({ length: 600 }, (_, i) => i + 1),
  );
  for (const [i, who] of ['a', 'b', 'c', 'd'].entries()) {
    assert.equal(
      events.filter((e) => (e.data as { id: string }).id === who).map((e) => e.seq),
      told[i],
      who,
    );
  }
});

test('says since when there is no answer, waits for it, and forgets it afterwards', async () => {
  const log = open();
  await etcd.kill();
  const before = Date.now();
  const waiting = log.append(eventsAfter(EMPTY_HEAD, 1), EMPTY_HEAD);
  await until('trouble', () => log.trouble() !== null);
  const { since = 0, reason = '' } = log.trouble() ?? {};
  assert.ok(since >= before && since <= Date.now());
  assert.match(reason, /UNAVAILABLE|DEADLINE/);
  await clock.sleep(200);
  assert.is(log.trouble()?.since, since);
  const gone = open();
  const abandoned = gone.head().then(
    () => assert.unreachable('it answered'),
    (error: unknown) => assert.instance(error, LogClosedError),
  );
  gone.close();
  await abandoned;
  await etcd.start();
  assert.is(await waiting, 'committed');
  assert.is(log.trouble(), null);
});

test('recognises its own commits when the answers are lost', async () => {
  const proxy = await startProxy(etcd.endpoint);
  const through = connectEtcd({ endpoints: [proxy.endpoint], timeoutMs: 60 });
  let refused = 0;
  const spied: EtcdKv = {
    ...through,
    txn: async (txn): Promise<TxnResult> => {
      const answer = await through.txn(txn);
      if (!answer.succeeded) refused++;
      return answer;
    },
  };
  const log = open(spied);
  let head = await log.head();
  const written: Envelope[] = [];
  for (let round = 0; round < 10; round++) {
    const record = eventsAfter(head, 3);
    proxy.eatAnswers();
    setTimeout(() => proxy.cut(), 70);
    assert.is(await log.append(record, head), 'committed');
    written.push(...record);
    head = endOf(record);
  }
  assert.ok(refused >= 8, `only ${refused} of 10 had landed before their repetition`);
  assert.equal(await all(open()), written);
  // The same, but somebody else was first: no commit of ours to find.
  proxy.freeze();
  setTimeout(() => proxy.cut(), 70);
  const late = log.append(eventsAfter(head, 1, 'late'), head);
  assert.is(await open().append(eventsAfter(head, 1, 'first'), head), 'committed');
  assert.is(await late, 'conflict');
  through.close();
  proxy.close();
});

test('the doorbell survives cut connections and a killed etcd', async () => {
  const proxy = await startProxy(etcd.endpoint);
  const through = connectEtcd({ endpoints: [proxy.endpoint], timeoutMs: 500 });
  const log = new EtcdLog({ kv: through, clock: { ...clock, sleep: (_, signal) => clock.sleep(3_600_000, signal) }, ids });
  const stop = new AbortController();
  let rings = 0;
  log.onMoved(() => rings++, stop.signal);
  const writer = open();
  for (let i = 0; i < 6; i++) {
    await until('connected', () => rings > 0);
    rings = 0;
    const head = await writer.head();
    await writer.append(eventsAfter(head, 1), head);
    await until('a ring', () => rings > 0);
    rings = 0;
    if (i % 3 !== 2) proxy.cut();
    else {
      await etcd.kill();
      await etcd.start();
    }
  }
  stop.abort();
  log.close();
  through.close();
  proxy.close();
});

test('the doorbell does not ring for an append of its own, and rings for those of others', async () => {
  const log = new EtcdLog({ kv, clock: { ...clock, sleep: (_, signal) => clock.sleep(3_600_000, signal) }, ids });
  const stop = new AbortController();
  let rings = 0;
  log.onMoved(() => rings++, stop.signal);
  await until('connected', () => rings > 0);
  rings = 0;
  const head = await log.head();
  const own = eventsAfter(head, 1);
  assert.is(await log.append(own, head), 'committed');
  await clock.sleep(200);
  assert.is(rings, 0);
  await open().append(eventsAfter(endOf(own), 1), endOf(own));
  await until('a ring', () => rings > 0);
  stop.abort();
  log.close();
});

test('a full etcd refuses appends by LogFullError, goes on reading, and takes them again when there is space', async () => {
  const small = await startEtcd({ quotaBytes: 4 * 2 ** 20 });
  const smallKv = connectEtcd({ endpoints: [small.endpoint] });
  const log = open(smallKv);
  const written: Envelope[] = [];
  let full: unknown;
  for (let i = 0; i < 40 && full === undefined; i++) {
    const [event] = eventsAfter(endOf(written), 1);
    if (event === undefined) throw new Error('no event');
    const large = seal({ ...event, data: { id: 'x'.repeat(400_000) } });
    await log.append([large], endOf(written)).then(
      () => written.push(large),
      (error: unknown) => {
        full = error;
      },
    );
  }
  assert.instance(full, LogFullError);
  assert.is(log.trouble(), null);
  assert.equal(await all(log), written);
  assert.equal(await log.head(), endOf(written));

  // Room is made outside the log; then the alarm must be taken back.
  const { revision } = await smallKv.status();
  await smallKv.deleteRange(recordKey(1), recordKey(written.length));
  await smallKv.compact(String(Number(revision) + 1));
  await smallKv.defragment();
  const alarms = await smallKv.alarms();
  assert.equal(
    alarms.map((one) => one.alarm),
    ['Nospace'],
  );
  for (const alarm of alarms) await smallKv.disarm(alarm);
  assert.is(await log.append(eventsAfter(endOf(written), 1), endOf(written)), 'committed');
  smallKv.close();
  await small.stop();
});

test('stops at a hole, in the middle of a page, at its end and at the end of the log', async () => {
  const log = open();
  const events = eventsAfter(EMPTY_HEAD, 2_400);
  for (let at = 0; at < events.length; at += 100) await log.append(events.slice(at, at + 100), endOf(events.slice(0, at)));
  const remove = async (seq: number): Promise<string> => {
    const found = await kv.get(recordKey(seq));
    await kv.deleteRange(recordKey(seq), `${recordKey(seq)}\0`);
    return found?.value ?? '';
  };
  for (const seq of [1, 301, 901, 1_001, 2_301]) {
    const record = await remove(seq);
    await corruptAt(seq, /missing/);
    await corruptAt(seq + 50, /missing/, seq + 50);
    await put(recordKey(seq), record);
  }
  assert.is((await all(open())).length, 2_400);
});

test('stops at what cannot follow what is before it', async () => {
  const log = open();
  const events = eventsAfter(EMPTY_HEAD, 3);
  for (const [i, event] of events.entries()) await log.append([event], endOf(events.slice(0, i)));
  const second = events[1];
  if (second === undefined) throw new Error('no event');
  const write = (event: object, v = 1): Promise<void> => put(recordKey(2), JSON.stringify({ v, tx: 'x', e: [event] }));

  await write({ ...second, prev: 'f'.repeat(64) });
  await corruptAt(2, /event before it/);
  await write({ ...second, hash: 'f'.repeat(64) });
  await corruptAt(3, /event before it/);
  await write({ ...second, seq: 3 });
  await corruptAt(2, /holds event 3/);
  await write(second, 2);
  await corruptAt(2, /format 2/);
  await put(recordKey(2), 'not JSON');
  await corruptAt(2, /not JSON/);
  await put(recordKey(2), JSON.stringify({ v: 1, tx: 'x', e: [second, events[2]] }));
  await corruptAt(3, /two records/);
  await write(second);
  assert.equal(await all(open()), events);
});

test('gives types and schemas that this program does not know as they are stored: whoever applies them stops', async () => {
  const log = open();
  const [event] = eventsAfter(EMPTY_HEAD, 1);
  if (event === undefined) throw new Error('no event');
  for (const stored of [seal({ ...event, type: 'MoonLanded' }), seal({ ...event, schema: 2 })]) {
    await put(recordKey(1), JSON.stringify({ v: 1, tx: 'x', e: [stored] }));
    await put(HEAD_KEY, headText(stored));
    assert.equal(await all(open()), [stored]);
    assert.throws(() => applyAll(initialState, [stored]), /event 1: .*MoonLanded|event 1: LogCreated has schema 2/);
  }
  log.close();
});

test('stops when etcd holds another history than the one read before', async () => {
  const log = open();
  const one = eventsAfter(EMPTY_HEAD, 1);
  await log.append(one, EMPTY_HEAD);
  assert.equal(await all(log), one);
  const other = eventsAfter(EMPTY_HEAD, 2, 'restored');
  await put(recordKey(1), JSON.stringify({ v: 1, tx: 'x', e: other.slice(0, 1) }));
  await put(recordKey(2), JSON.stringify({ v: 1, tx: 'y', e: other.slice(1) }));
  await put(HEAD_KEY, headText(endOf(other)));
  try {
    await all(log, 2);
    assert.unreachable('it was read');
  } catch (error) {
    assert.is((error as LogCorruptError).seq, 2);
  }
});

test('the head that cannot be read is named', async () => {
  await put(HEAD_KEY, '{"seq":');
  await corruptAt(0, /head is unreadable/);
});

test.run();
