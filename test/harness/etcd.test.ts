import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';

const etcd = suite('the etcd of a test');

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function call<Body>(server: TestEtcd, method: string, body: unknown): Promise<Body> {
  const answer = await fetch(`${server.endpoint}/v3/kv/${method}`, { method: 'POST', body: JSON.stringify(body) });
  assert.is(answer.status, 200);
  return (await answer.json()) as Body;
}

etcd('keeps its data and its address over a kill and a new start', async () => {
  const server = await startEtcd();
  const { endpoint, pid } = server;
  await call(server, 'put', { key: base64('k'), value: base64('v') });
  await server.kill();
  assert.throws(() => process.kill(pid, 0), /ESRCH/);
  await server.start();
  assert.is(server.endpoint, endpoint);
  const { kvs } = await call<{ kvs: { value: string }[] }>(server, 'range', { key: base64('k') });
  assert.is(kvs[0]?.value, base64('v'));
  await server.stop();
});

etcd('runs several side by side', async () => {
  const [a, b] = await Promise.all([startEtcd(), startEtcd({ quotaBytes: 16 * 1024 * 1024 })]);
  assert.is.not(a.endpoint, b.endpoint);
  // Nobody stops them here: both end with the test process.
});

etcd.run();
