// A server that stands by for months.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acquireLease } from '../../../src/infra/etcd/lease.ts';
import { FakeEtcd } from '../../doubles/fake-etcd.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const test = suite('standby');

test('half a day of waiting for the lease leaves nothing behind in memory', async () => {
  let waits = 0;
  const clock = {
    now: () => 0,
    boot: () => 0,
    sleep: async () => {
      if (++waits % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const kv = new FakeEtcd(clock).client();
  await kv.txn({ if: [], write: [{ put: '/lease', value: '{"pid":1}' }] });
  const stop = new AbortController();
  const holder = { host: 'box', pid: 2, startTime: '0', bootId: 'boot', dataDir: '/data', addr: 'box:2' };
  const waiting = acquireLease({ kv, clock, key: '/lease', holder, ttlSeconds: 5, signal: stop.signal, isGone: () => false });
  waiting.catch(() => {});
  const heapAfter = async (most: number): Promise<number> => {
    while (waits < most) await new Promise((resolve) => setImmediate(resolve));
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(1_000);
  const grown = (await heapAfter(43_200)) - before;
  stop.abort(new Error('enough'));
  assert.ok(grown < 3_000_000, `${grown} bytes`);
});

test.run();
