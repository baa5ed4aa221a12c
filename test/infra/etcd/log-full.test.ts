// An append whose answer is lost while etcd runs out of space: what is refused then may have been written before.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_HEAD } from '../../../src/events/envelope.ts';
import { FencedError, LogFullError } from '../../../src/events/log.ts';
import { type EtcdKv, EtcdUnavailableError } from '../../../src/infra/etcd/kv.ts';
import { EtcdLog, type Fence } from '../../../src/infra/etcd/log.ts';
import { FakeEtcd } from '../../doubles/fake-etcd.ts';
import { clock, eventsAfter, ids, until } from './support.ts';

const test = suite('a full log');
const FIRST = eventsAfter(EMPTY_HEAD, 2);

/** A log whose first append meets `fate` before or after it is carried out, and gets no answer. */
function logOf(store: FakeEtcd, when: 'before' | 'after', fate: () => void, fence: Fence | null = null): EtcdLog {
  let attempts = 0;
  const hook = async (call: keyof EtcdKv): Promise<void> => {
    if (call !== 'txn' || attempts++ > 0) return;
    fate();
    throw new EtcdUnavailableError('no answer');
  };
  return new EtcdLog({ kv: store.client({ [when]: hook }), clock, ids, fence: () => fence });
}

test('an append that was written and lost its answer is committed, though its repetition is refused for want of space', async () => {
  const store = new FakeEtcd(clock);
  const log = logOf(store, 'after', () => store.fill());
  assert.is(await log.append(FIRST, EMPTY_HEAD), 'committed');
  assert.is((await log.head()).seq, 2);
});

test('an append that was not written is neither refused nor done until there is space, and then written once', async () => {
  const store = new FakeEtcd(clock);
  const log = logOf(store, 'before', () => store.fill());
  let answer: unknown;
  void log.append(FIRST, EMPTY_HEAD).then((told) => (answer = told));
  await until('the first attempt is lost', () => log.trouble() !== null);
  await clock.sleep(100);
  assert.is(answer, undefined);
  store.makeRoom();
  await until('the append is answered', () => answer !== undefined);
  assert.is(answer, 'committed');
  assert.is((await log.head()).seq, 2);
});

test('one that another writer was quicker than is a conflict, and one whose lease is lost is fenced, also without space', async () => {
  const store = new FakeEtcd(clock);
  const other = new EtcdLog({ kv: store.client(), clock, ids });
  const late = logOf(store, 'before', () => undefined);
  await other.append(FIRST, EMPTY_HEAD);
  store.fill();
  assert.is(await late.append(FIRST, EMPTY_HEAD), 'conflict');
  const fenced = logOf(store, 'before', () => undefined, { key: '/lease', revision: '7' });
  assert.instance(
    await fenced.append(eventsAfter(await other.head(), 1), await other.head()).catch((error: unknown) => error),
    FencedError,
  );
});

test('the append that crosses the quota is carried out, though etcd says that it has no space: it is committed, and the next one is refused', async () => {
  const store = new FakeEtcd(clock);
  store.fill(true);
  const log = new EtcdLog({ kv: store.client(), clock, ids });
  assert.is(await log.append(FIRST, EMPTY_HEAD), 'committed');
  const head = await log.head();
  assert.is(head.seq, 2);
  assert.instance(await log.append(eventsAfter(head, 1), head).catch((error: unknown) => error), LogFullError);
  assert.is((await log.head()).seq, 2);
  store.makeRoom();
  assert.is(await log.append(eventsAfter(head, 1), head), 'committed');
});

test('the look at the keys after that has no answer at first: it is looked again, and nothing is sent twice', async () => {
  const store = new FakeEtcd(clock);
  store.fill();
  let txns = 0;
  const before = async (call: keyof EtcdKv): Promise<void> => {
    if (call === 'txn' && ++txns === 2) throw new EtcdUnavailableError('no answer');
  };
  const log = new EtcdLog({ kv: store.client({ before }), clock, ids });
  assert.instance(await log.append(FIRST, EMPTY_HEAD).catch((error: unknown) => error), LogFullError);
  assert.is(txns, 3);
});

test('the first attempt of an append is refused at once', async () => {
  const store = new FakeEtcd(clock);
  store.fill();
  const log = new EtcdLog({ kv: store.client(), clock, ids });
  assert.instance(await log.append(FIRST, EMPTY_HEAD).catch((error: unknown) => error), LogFullError);
});

test.run();
