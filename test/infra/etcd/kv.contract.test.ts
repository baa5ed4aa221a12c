// One contract for every etcd: the one in memory, which the simulation runs on, and the real one.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import { type EtcdKv, EtcdLeaseGoneError, EtcdNoSpaceError, EtcdRefusedError } from '../../../src/infra/etcd/kv.ts';
import { FakeEtcd } from '../../doubles/fake-etcd.ts';
import { startEtcd } from '../../support/etcd.ts';
import { clock, until } from './support.ts';

interface World {
  readonly kv: EtcdKv;
  /** Uses the quota up. */
  fill(): Promise<void>;
  end(): Promise<void>;
}

const QUOTA = 16 * 1024 * 1024;

const worlds: Record<string, () => Promise<World>> = {
  memory: async () => {
    const etcd = new FakeEtcd(clock);
    const kv = etcd.client();
    return { kv, fill: async () => etcd.fill(), end: async () => kv.close() };
  },
  etcd: async () => {
    const etcd = await startEtcd({ quotaBytes: QUOTA });
    const kv = connectEtcd({ endpoints: [etcd.endpoint] });
    const fill = async (): Promise<void> => {
      const value = 'x'.repeat(1024 * 1024);
      for (let i = 0; i < 64; i++) await kv.txn({ if: [], write: [{ put: `fill/${i}`, value }] });
    };
    return {
      kv,
      fill: () => fill().catch((error: unknown) => assert.instance(error, EtcdNoSpaceError)),
      end: async () => {
        kv.close();
        await etcd.stop();
      },
    };
  },
};

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

for (const [name, create] of Object.entries(worlds)) {
  const test = suite(`etcd: ${name}`);
  const { kv, fill, end } = await create();
  test.after(end);
  test.before.each(async () => {
    await kv.deleteRange('a', 'z');
  });

  test('a key that is not there is null, one that is has the revisions of its creation and its last change', async () => {
    assert.is(await kv.get('k'), null);
    const first = await kv.txn({ if: [], write: [{ put: 'k', value: '1' }] });
    const second = await kv.txn({ if: [], write: [{ put: 'k', value: '2' }] });
    assert.ok(BigInt(second.revision) > BigInt(first.revision));
    assert.equal(await kv.get('k'), { key: 'k', value: '2', createRevision: first.revision, modRevision: second.revision, lease: '0' });
    await kv.txn({ if: [], write: [{ delete: 'k' }] });
    const third = await kv.txn({ if: [{ key: 'k', absent: true }], write: [{ put: 'k', value: '3' }] });
    assert.is((await kv.get('k'))?.createRevision, third.revision);
  });

  test('keys are counted as they are listed', async () => {
    for (const key of ['k1', 'k2', 'k3', 'm']) await kv.txn({ if: [], write: [{ put: key, value: 'x' }] });
    assert.equal([await kv.count('k1', 'k3'), await kv.count('k', 'z'), await kv.count('n', 'z')], [2, 4, 0]);
  });

  test('a transaction writes all or nothing, and says what stood in its way', async () => {
    const made = await kv.txn({
      if: [{ key: 'k', absent: true }],
      write: [
        { put: 'k', value: '1' },
        { put: 'l', value: '2' },
      ],
    });
    assert.is(made.succeeded, true);
    assert.equal(made.found, []);
    for (const compare of [
      { key: 'k', absent: true },
      { key: 'k', value: 'other' },
      { key: 'k', createRevision: '1' },
      { key: 'none', value: 'x' },
    ] as const) {
      const refused = await kv.txn({
        if: [{ key: 'l', value: '2' }, compare],
        write: [{ put: 'l', value: '9' }],
        orGet: ['l', 'none', 'k'],
      });
      assert.is(refused.succeeded, false);
      assert.equal(
        refused.found.map((kv) => kv?.value ?? null),
        ['2', null, '1'],
      );
    }
    assert.is((await kv.get('l'))?.value, '2');
    const holds = await kv.txn({
      if: [
        { key: 'k', value: '1' },
        { key: 'k', createRevision: made.revision },
      ],
      write: [{ put: 'k', value: '3' }, { delete: 'l' }],
    });
    assert.is(holds.succeeded, true);
    assert.is((await kv.get('k'))?.value, '3');
    assert.is(await kv.get('l'), null);
  });

  test('the create revision of a key that is not there is 0', async () => {
    assert.is((await kv.txn({ if: [{ key: 'k', createRevision: '0' }], write: [] })).succeeded, true);
  });

  test('one key twice in a transaction is refused, and nothing is written', async () => {
    const twice = kv.txn({
      if: [],
      write: [
        { put: 'k', value: '1' },
        { put: 'k', value: '2' },
      ],
    });
    assert.instance(await failure(twice), EtcdRefusedError);
    assert.is(await kv.get('k'), null);
  });

  test('a range is in order and without its end; it can be deleted', async () => {
    for (const key of ['c', 'a', 'd', 'b']) await kv.txn({ if: [], write: [{ put: key, value: key }] });
    assert.equal(
      (await kv.range('a', 'd')).map((kv) => kv.key),
      ['a', 'b', 'c'],
    );
    assert.equal(await kv.range('x', 'y'), []);
    assert.is(await kv.deleteRange('b', 'd'), 2);
    assert.equal(
      (await kv.range('a', 'z')).map((kv) => kv.key),
      ['a', 'd'],
    );
  });

  test('a watch rings at once and after a change of its key, by whatever hand, until its signal', async () => {
    const over = new AbortController();
    let rings = 0;
    kv.watch('k', () => rings++, over.signal);
    await until('the first ring', () => rings > 0);
    let before = rings;
    await kv.txn({ if: [], write: [{ put: 'k', value: '1' }] });
    await until('a ring for a put', () => rings > before);
    before = rings;
    await kv.deleteRange('k', 'l');
    await until('a ring for a deletion', () => rings > before);
    over.abort();
    before = rings;
    await kv.txn({ if: [], write: [{ put: 'k', value: '2' }] });
    await clock.sleep(50);
    assert.is(rings, before);
  });

  test('keys go with their lease when it is revoked; revoking twice is no error', async () => {
    const lease = await kv.leaseGrant(60);
    await kv.txn({ if: [], write: [{ put: 'k', value: '1', lease }] });
    assert.is((await kv.get('k'))?.lease, lease);
    assert.is(await kv.leaseKeepAlive(lease, 1_000), 60);
    await kv.leaseRevoke(lease);
    await kv.leaseRevoke(lease);
    assert.is(await kv.get('k'), null);
    assert.is(await kv.leaseKeepAlive(lease, 1_000), 0);
    assert.instance(await failure(kv.txn({ if: [], write: [{ put: 'k', value: '1', lease }] })), EtcdLeaseGoneError);
  });

  test('a lease that is renewed lasts, one that is not runs out with its keys, and the watch rings', async () => {
    const [kept, left] = [await kv.leaseGrant(2), await kv.leaseGrant(2)];
    await kv.txn({
      if: [],
      write: [
        { put: 'k', value: '1', lease: kept },
        { put: 'l', value: '1', lease: left },
      ],
    });
    const over = new AbortController();
    let rings = 0;
    kv.watch('l', () => rings++, over.signal);
    await until('the first ring', () => rings > 0);
    const before = rings;
    for (let i = 0; i < 8; i++) {
      await clock.sleep(500);
      assert.is(await kv.leaseKeepAlive(kept, 1_000), 2);
    }
    await until('the lease that was left is gone', async () => (await kv.get('l')) === null);
    assert.ok(rings > before);
    assert.is((await kv.get('k'))?.value, '1');
    over.abort();
  });

  test('a compacted or future revision cannot be compacted to', async () => {
    const { revision } = await kv.status();
    await kv.compact(revision);
    assert.instance(await failure(kv.compact(revision)), EtcdRefusedError);
    assert.instance(await failure(kv.compact(String(BigInt(revision) + 1_000n))), EtcdRefusedError);
  });

  test('without space writes and grants are refused, reads and deletes go on, and the alarm has to be taken back', async () => {
    assert.equal(await kv.alarms(), []);
    await kv.txn({ if: [], write: [{ put: 'k', value: '1' }] });
    const lease = await kv.leaseGrant(60);
    await fill();
    assert.instance(await failure(kv.txn({ if: [], write: [{ put: 'k', value: '2' }] })), EtcdNoSpaceError);
    assert.instance(await failure(kv.txn({ if: [{ key: 'k', absent: true }], write: [{ put: 'k', value: '2' }] })), EtcdNoSpaceError);
    assert.instance(await failure(kv.leaseGrant(60)), EtcdNoSpaceError);
    assert.is(await kv.leaseKeepAlive(lease, 1_000), 60);
    assert.is((await kv.get('k'))?.value, '1');
    assert.ok((await kv.deleteRange('a', 'z')) > 0);
    await kv.compact((await kv.status()).revision);
    await kv.defragment();
    const alarms = await kv.alarms();
    assert.equal(
      alarms.map(({ alarm }) => alarm),
      ['Nospace'],
    );
    for (const alarm of alarms) await kv.disarm(alarm);
    await kv.leaseRevoke(lease);
    assert.equal(await kv.alarms(), []);
    assert.is((await kv.txn({ if: [], write: [{ put: 'k', value: '2' }] })).succeeded, true);
  });

  test('a closed client refuses', async () => {
    kv.close();
    assert.instance(await failure(kv.get('k')), EtcdRefusedError);
  });

  test.run();
}
