// The real server on a real etcd that loses its log: it says which events are missing, and records nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import type { EtcdKv } from '../../../src/infra/etcd/kv.ts';
import { HEAD_KEY, headOf, LOG_PREFIX } from '../../../src/infra/etcd/log.ts';
import { run } from '../../cli/support.ts';
import { dockerSocket } from '../../support/docker.ts';
import { startEtcd, type TestEtcd } from '../../support/etcd.ts';
import { type Answer, serve, type TestServer } from '../../support/server.ts';
import { folder } from './support.ts';

const test = suite('a server whose log has a hole');

interface Body {
  readonly code: number;
  readonly msg: string;
}
const readyz = (server: TestServer): Promise<Answer<Body>> => server.request<Body>('GET', '/readyz');
const createVolume = (server: TestServer): Promise<Answer<Body>> =>
  server.request<Body>('POST', '/api/v1/volumes', { name: 'bar', size: 'nonsense' });

async function untilUnready(server: TestServer, ms: number): Promise<string> {
  for (const deadline = Date.now() + ms; ; await sleep(100)) {
    const { status, body } = await readyz(server);
    if (status === 503 && body.msg.includes('missing from etcd')) return body.msg;
    if (Date.now() > deadline) throw new Error(`ready for ${ms} ms: ${JSON.stringify(body)}`);
  }
}

const records = async (kv: EtcdKv): Promise<number> => (await kv.range(LOG_PREFIX, `${LOG_PREFIX}~`)).length;
/** As `etcdctl del --prefix` does. */
const deleteLog = (kv: EtcdKv): Promise<number> => kv.deleteRange(LOG_PREFIX, `${LOG_PREFIX}~`);

async function withEtcd(use: (etcd: TestEtcd, kv: EtcdKv) => Promise<void>): Promise<void> {
  const etcd = await startEtcd();
  const kv = connectEtcd({ endpoints: [etcd.endpoint] });
  try {
    await use(etcd, kv);
  } finally {
    kv.close();
    await etcd.stop();
  }
}

test('at a start: not ready, the missing events are named, nothing is recorded; log verify counts the checkpoints', () =>
  withEtcd(async (etcd, kv) => {
    const dataDir = folder();
    const options = { etcd: etcd.endpoint, docker: dockerSocket(), dataDir, args: ['--gpus', 'simulated:4'] };
    const before = await serve(options);
    assert.is(await before.stop(), 0);
    const { seq } = headOf(await kv.get(HEAD_KEY));
    assert.ok((await deleteLog(kv)) > 0);

    const server = await serve({ ...options, until: 'answering' });
    const why = await untilUnready(server, 10_000);
    assert.match(why, `events 1-${seq} are missing from etcd: see docs/disaster-recovery.md`);
    assert.is((await createVolume(server)).status, 503);
    assert.match(server.output(), 'nothing is recorded meanwhile');
    assert.is(await records(kv), 0);
    const verified = await run('log', 'verify', '--etcd', etcd.endpoint, '--data-dir', dataDir);
    assert.is(verified.code, 3, verified.err);
    assert.match(verified.out, /signed checkpoints? in .* are of events that are not there to be compared/);
    assert.not.match(verified.out, 'No checkpoints to compare with');

    // The head is gone, too: what is left are the snapshot and the checkpoint.
    await server.stop();
    await kv.deleteRange(HEAD_KEY, `${HEAD_KEY}~`);
    const empty = await serve({ ...options, until: 'answering' });
    assert.match(await untilUnready(empty, 10_000), `events 1-${seq} are missing from etcd`);
    assert.is(await records(kv), 0);
    await empty.stop();
    assert.is(await records(kv), 0);
  }));

test('under a running server: within a minute not ready, and nothing more is recorded', () =>
  withEtcd(async (etcd, kv) => {
    const server = await serve({ etcd: etcd.endpoint, docker: dockerSocket(), dataDir: folder(), args: ['--gpus', 'simulated:4'] });
    await deleteLog(kv);
    const why = await untilUnready(server, 60_000);
    assert.match(why, /events 1-\d+ are missing from etcd/);
    assert.is((await createVolume(server)).status, 503);
    const { status } = await server.request('GET', '/api/v1/replicaSet');
    assert.is(status, 200, 'reads are answered from memory');
    await sleep(1_000);
    assert.is(await records(kv), 0);
    await server.stop();
  }));

test('some records from the middle, under a running server: noticed while it runs, and at its next start', () =>
  withEtcd(async (etcd, kv) => {
    const options = { etcd: etcd.endpoint, docker: dockerSocket(), dataDir: folder(), args: ['--gpus', 'simulated:4'] };
    const server = await serve(options);
    for (const name of ['a', 'b', 'c']) await server.request('POST', '/api/v1/volumes', { name, size: '20MB' });
    for (const name of ['a', 'b', 'c']) await server.request('DELETE', `/api/v1/volumes/${name}`);
    // A look has counted them.
    await sleep(16_000);
    const all = await kv.range(LOG_PREFIX, `${LOG_PREFIX}~`);
    const middle = all[Math.floor(all.length / 2)];
    const next = all[Math.floor(all.length / 2) + 1];
    await kv.deleteRange(middle?.key ?? '', next?.key ?? '');
    const [from, to] = [middle, next].map((record) => Number(record?.key.slice(LOG_PREFIX.length)));
    const sentence = to === (from ?? 0) + 1 ? `event ${from} is missing` : `events ${from}-${(to ?? 0) - 1} are missing`;
    assert.match(await untilUnready(server, 60_000), sentence);
    assert.is((await createVolume(server)).status, 503);
    assert.is(await records(kv), all.length - 1, 'nothing is appended');
    await server.stop();
    const again = await serve({ ...options, until: 'answering' });
    assert.match(await untilUnready(again, 10_000), sentence);
    assert.is(await records(kv), all.length - 1);
    await again.stop();
  }));

test.run();
