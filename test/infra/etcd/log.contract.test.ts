// One contract for every event log: the one in memory and the one in etcd.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_HEAD, type Envelope } from '../../../src/events/envelope.ts';
import { seal } from '../../../src/events/hash.ts';
import { type EventLog, FencedError, LogClosedError } from '../../../src/events/log.ts';
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import { EtcdLog, type Fence, HEAD_KEY, LOG_PREFIX } from '../../../src/infra/etcd/log.ts';
import { MemoryLog, MemoryStore } from '../../doubles/memory-log.ts';
import { startEtcd } from '../../support/etcd.ts';
import { all, appendEach, clock, endOf, eventsAfter, ids, until } from './support.ts';

interface World {
  /** Another writer on the same log. */
  open(fence?: () => Fence | null): EventLog & { close(): void };
  /** Makes the lease key exist anew; its fence. */
  newLease(key: string): Promise<Fence>;
}

const etcd = await startEtcd();
const kv = connectEtcd({ endpoints: [etcd.endpoint] });

const worlds: Record<string, () => Promise<World>> = {
  memory: async () => {
    const store = new MemoryStore();
    let revision = 0;
    return {
      open: (fence) => new MemoryLog({ store, ...(fence === undefined ? {} : { fence }) }),
      newLease: async (key) => {
        const next = String(++revision);
        store.leases.set(key, next);
        return { key, revision: next };
      },
    };
  },
  etcd: async () => {
    await kv.deleteRange(LOG_PREFIX, `${LOG_PREFIX}~`);
    await kv.deleteRange(HEAD_KEY, `${HEAD_KEY}\0`);
    return {
      open: (fence) => new EtcdLog({ kv, clock, ids, ...(fence === undefined ? {} : { fence }) }),
      newLease: async (key) => {
        await kv.deleteRange(key, `${key}\0`);
        const { revision } = await kv.txn({ if: [{ key, absent: true }], write: [{ put: key, value: 'held' }] });
        return { key, revision };
      },
    };
  },
};

for (const [name, create] of Object.entries(worlds)) {
  const test = suite(`event log: ${name}`);

  test('an empty log has the empty head and no events', async () => {
    const log = (await create()).open();
    assert.equal(await log.head(), EMPTY_HEAD);
    assert.equal(await all(log), []);
    assert.equal(await all(log, 5, 9), []);
    assert.is(log.trouble(), null);
  });

  test('gives back what was appended, record by record, and moves the head', async () => {
    const log = (await create()).open();
    const one = eventsAfter(EMPTY_HEAD, 3);
    const two = eventsAfter(endOf(one), 2);
    assert.is(await log.append(one, EMPTY_HEAD), 'committed');
    assert.is(await log.append(two, endOf(one)), 'committed');
    assert.equal(await log.head(), endOf(two));
    const records: (readonly Envelope[])[] = [];
    for await (const record of log.read(1)) records.push(record);
    assert.equal(records, [one, two]);
  });

  test('reads from and to the middle of a record', async () => {
    const log = (await create()).open();
    const events = eventsAfter(EMPTY_HEAD, 20);
    await log.append(events.slice(0, 10), EMPTY_HEAD);
    await log.append(events.slice(10), endOf(events.slice(0, 10)));
    assert.equal(await all(log, 4, 7), events.slice(3, 7));
    assert.equal(await all(log, 4, 15), events.slice(3, 15));
    assert.equal(await all(log, 11), events.slice(10));
    assert.equal(await all(log, 20), events.slice(19));
    assert.equal(await all(log, 15, 99), events.slice(14));
    assert.equal(await all(log, 21), []);
    assert.equal(await all(log, 21, 30), []);
  });

  test('reads across many pages of small and large records', async () => {
    const world = await create();
    const log = world.open();
    const events: Envelope[] = [];
    for (let size = 1; events.length < 4_200; size = (size * 7 + 3) % 500 || 1) {
      const record = eventsAfter(endOf(events), size);
      assert.is(await log.append(record, endOf(events)), 'committed');
      events.push(...record);
    }
    const fresh = world.open();
    assert.equal(await all(fresh), events);
    for (const from of [2, 400, 999, 1_000, 1_001, 1_499, 2_000, 3_333]) {
      assert.equal(
        (await all(fresh, from)).map((e) => e.seq),
        events.slice(from - 1).map((e) => e.seq),
        `from ${from}`,
      );
      assert.equal((await all(fresh, from, from + 1_000)).length, Math.min(1_001, events.length - from + 1), `1001 from ${from}`);
    }
  });

  test('refuses an append on a head that has moved, and writes nothing', async () => {
    const world = await create();
    const [a, b] = [world.open(), world.open()];
    const mine = eventsAfter(EMPTY_HEAD, 2, 'a');
    assert.is(await a.append(mine, EMPTY_HEAD), 'committed');
    assert.is(await b.append(eventsAfter(EMPTY_HEAD, 1, 'b'), EMPTY_HEAD), 'conflict');
    const elsewhere = { seq: 2, hash: 'f'.repeat(64) };
    assert.is(await b.append(eventsAfter(elsewhere, 1, 'b'), elsewhere), 'conflict');
    assert.equal(await all(b), mine);
  });

  test('takes 500 events and 512 KB, and not more', async () => {
    const log = (await create()).open();
    const refused = async (events: readonly Envelope[]): Promise<void> => {
      try {
        await log.append(events, EMPTY_HEAD);
      } catch (error) {
        assert.instance(error, RangeError);
        return;
      }
      assert.unreachable('it took them');
    };
    await refused([]);
    await refused(eventsAfter(EMPTY_HEAD, 501));
    await refused(eventsAfter({ seq: 1, hash: 'a' }, 1));
    const [first] = eventsAfter(EMPTY_HEAD, 1);
    if (first === undefined) throw new Error('no event');
    await refused([seal({ ...first, data: { id: 'x'.repeat(512 * 1024) } })]);
    assert.equal(await log.head(), EMPTY_HEAD);
    const many = eventsAfter(EMPTY_HEAD, 500);
    assert.is(await log.append(many, EMPTY_HEAD), 'committed');
    const large = seal({ ...first, seq: 501, prev: endOf(many).hash, data: { id: 'x'.repeat(511 * 1024) } });
    assert.is(await log.append([large], endOf(many)), 'committed');
    assert.equal(await all(log), [...many, large]);
  });

  test('two racing writers leave no hole and no double', async () => {
    const world = await create();
    const [a, b] = await Promise.all([appendEach(world.open(), 300, 'a'), appendEach(world.open(), 300, 'b')]);
    const events = await all(world.open());
    assert.equal(
      events.map((e) => e.seq),
      Array.from({ length: 600 }, (_, i) => i + 1),
    );
    const of = (who: string): number[] => events.filter((e) => (e.data as { id: string }).id === who).map((e) => e.seq);
    assert.equal(of('a'), a);
    assert.equal(of('b'), b);
  });

  test('a deposed writer is refused, whatever head it states', async () => {
    const world = await create();
    const old = await world.newLease('/gpu-docker-api/v1/lease/box');
    const deposed = world.open(() => old);
    const one = eventsAfter(EMPTY_HEAD, 1);
    assert.is(await deposed.append(one, EMPTY_HEAD), 'committed');
    const now = await world.newLease('/gpu-docker-api/v1/lease/box');
    for (const head of [endOf(one), { seq: 7, hash: 'a' }]) {
      try {
        await deposed.append(eventsAfter(head, 1), head);
        assert.unreachable('it was let through');
      } catch (error) {
        assert.instance(error, FencedError);
      }
    }
    assert.is(await world.open(() => now).append(eventsAfter(endOf(one), 1), endOf(one)), 'committed');
    assert.is(await world.open(() => null).append(eventsAfter(EMPTY_HEAD, 1), EMPTY_HEAD), 'conflict');
  });

  test('rings after an append, until the signal', async () => {
    const world = await create();
    const [reader, writer] = [world.open(), world.open()];
    const stop = new AbortController();
    let rings = 0;
    reader.onMoved(() => rings++, stop.signal);
    let head = EMPTY_HEAD;
    for (let i = 0; i < 5; i++) {
      const before = rings;
      const events = eventsAfter(head, 1);
      await writer.append(events, head);
      head = endOf(events);
      await until('a ring', () => rings > before, 3_000);
    }
    stop.abort();
    const after = rings;
    await writer.append(eventsAfter(head, 1), head);
    await clock.sleep(1_100);
    assert.is(rings, after);
  });

  test('a closed log says so', async () => {
    const log = (await create()).open();
    log.close();
    for (const ask of [() => log.head(), () => all(log), () => log.append(eventsAfter(EMPTY_HEAD, 1), EMPTY_HEAD)]) {
      try {
        await ask();
        assert.unreachable('it answered');
      } catch (error) {
        assert.instance(error, LogClosedError);
      }
    }
  });

  if (name === 'etcd') {
    test.after(async () => {
      kv.close();
      await etcd.stop();
    });
  }
  test.run();
}
