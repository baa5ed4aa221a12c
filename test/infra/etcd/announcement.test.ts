// Servers announce themselves in etcd for as long as they run.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { announce, announced } from '../../../src/infra/etcd/announcement.ts';
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import { startEtcd } from '../../support/etcd.ts';
import { clock, until } from './support.ts';

const test = suite('announcement');
const etcd = await startEtcd();
const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 1_000 });
test.after(async () => {
  kv.close();
  await etcd.stop();
});

test('two servers of one host are both there, and gone when they stop; what is no announcement is passed over', async () => {
  await kv.txn({ if: [], write: [{ put: '/gpu-docker-api/v1/servers/odd', value: '{"host":5}' }] });
  const stop = new AbortController();
  const all = ['10.0.0.1:1', '10.0.0.2:1'].map((addr) => announce({ kv, clock, me: { host: 'box', addr, reads: 2 }, signal: stop.signal }));
  await until('both', async () => (await announced(kv)).length === 2);
  assert.equal(
    (await announced(kv)).map(({ host, reads }) => [host, reads]),
    [
      ['box', 2],
      ['box', 2],
    ],
  );
  stop.abort();
  await Promise.all(all);
  assert.equal(await announced(kv), []);
});

test.run();
