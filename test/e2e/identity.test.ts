// Identity on real Docker: two daemons behind one socket, a machine with another name, and an engine that was replaced for good.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { LEVEL } from '../../src/events/catalogue.ts';
import { announced } from '../../src/infra/etcd/announcement.ts';
import { connectEtcd } from '../../src/infra/etcd/client.ts';
import { run as cli } from '../cli/support.ts';
import { type Dockerd, docker, IMAGES, startDockerd } from '../support/docker.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { type Answer, serve, type TestServer } from '../support/server.ts';
import { type Envelope, eventually, type ReplicaSetEntry, RS } from './world.ts';

const test = suite('who is who');
const NAMES = ['a', 'b', 'c', 'd'] as const;
const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-identity-'));
/** Leads to the one daemon or to the other. */
const socket = join(directory, 'docker.sock');
const dataDir = join(directory, 'data');
let etcd: TestEtcd;
let right: Dockerd;
let wrong: Dockerd;
let server: TestServer;

function pointTo(daemon: Dockerd): void {
  symlinkSync(daemon.socket, `${socket}.new`);
  renameSync(`${socket}.new`, socket);
}

/** The one machine of this file, as a server process. */
const start = (hostName = 'box', until: 'ready' | 'answering' = 'answering'): Promise<TestServer> =>
  serve({
    etcd: etcd.endpoint,
    docker: socket,
    dataDir,
    args: ['--host-name', hostName, '--stop-timeout', '0s', '--replace-grace', '0s'],
    env: { STUB_MACHINE: 'bbbbbbbbbbbb' },
    until,
  });

const send = <Data = unknown>(method: string, path: string, body?: unknown): Promise<Answer<Envelope<Data>>> =>
  server.request<Envelope<Data>>(method, path, body);
const readiness = (): Promise<Answer<Envelope<{ readonly warnings?: readonly string[] } | null>>> => send('GET', '/readyz');
const refusal = (says: RegExp): Promise<string> =>
  eventually(`refuses: ${says}`, async () => {
    const { status, body } = await readiness();
    return status === 503 && says.test(body.msg) && body.msg;
  });
async function ready(): Promise<void> {
  let said = '';
  const isReady = async (): Promise<boolean> => {
    const { status, body } = await readiness();
    said = body.msg;
    return status === 200;
  };
  await eventually('ready', isReady).catch((error: unknown) => assert.fail(`${String(error)}: ${said}\n${server.output().slice(-2_000)}`));
}
const lease = (name: string, gpuCount: number) => send('POST', RS, { imageName: IMAGES.sleep, replicaSetName: name, gpuCount });
const states = async (): Promise<Record<string, string>> => {
  const { body } = await send<{ replicaSets: ReplicaSetEntry[] }>('GET', RS);
  return Object.fromEntries(body.data.replicaSets.map(({ name, state, gpus }) => [name, `${state} ${gpus.length}`]));
};
const all = (state: string): Record<string, string> => Object.fromEntries(NAMES.map((name) => [name, state]));
const containersOf = async (daemon: Dockerd): Promise<readonly string[]> =>
  (await docker(daemon.socket).listContainers({ all: true })).map(({ Names, State }) => `${Names[0]?.slice(1)} ${State}`).sort();

/** Sequences and types of all events in etcd. */
async function events(): Promise<readonly string[]> {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const prefix = '/gpu-docker-api/v1/log/';
  const body = JSON.stringify({ key: encode(prefix), range_end: encode(`${prefix.slice(0, -1)}0`) });
  const answer = await fetch(`${etcd.endpoint}/v3/kv/range`, { method: 'POST', body });
  const { kvs = [] } = (await answer.json()) as { kvs?: { value: string }[] };
  return kvs.flatMap(({ value }) => {
    const record = JSON.parse(Buffer.from(value, 'base64').toString()) as { e: { seq: number; type: string }[] };
    return record.e.map(({ seq, type }) => `${seq} ${type}`);
  });
}

/** Nobody got anything, nobody lost anything, and the other daemon was left alone. */
async function assertUntouched(before: readonly string[]): Promise<void> {
  const { status, body } = await lease('more', 1);
  assert.equal(status, 503, body.msg);
  assert.equal((await send('DELETE', `${RS}/a`)).status, 503);
  await sleep(1_500);
  assert.deepEqual(await events(), before, 'nothing is recorded');
  assert.deepEqual(await states(), all('running 1'), 'nothing is freed');
  assert.deepEqual(await containersOf(wrong), [], 'nothing is made there');
}

test.before(async () => {
  etcd = await startEtcd();
  right = await startDockerd({ liveRestore: true });
  wrong = await startDockerd();
  pointTo(right);
  server = await start('box', 'ready');
  for (const name of NAMES) assert.equal((await lease(name, 1)).status, 200);
});
test.after(async () => {
  await server.stop();
  await etcd.stop();
  await right.dispose();
  await wrong.dispose();
  rmSync(directory, { recursive: true });
});

test('another daemon behind the socket of a running server: it stops leading and says so; the right one back, it goes on', async () => {
  const before = await events();
  await right.stop();
  pointTo(wrong);
  const why = await refusal(/does not lead/);
  assert.match(why, /not the machine that the log knows as host box: .*Docker's data root is .*hosts adopt box --seen [0-9a-f]{8}/);
  await assertUntouched(before);
  await right.start();
  pointTo(right);
  await ready();
  assert.deepEqual(await states(), all('running 1'));
  const many = await lease('many', 5);
  assert.equal(many.status, 409, 'four of eight are leased');
  assert.deepEqual(
    await containersOf(right),
    NAMES.map((name) => `${name}-1 running`),
  );
});

test('another daemon in the middle of an operation: what it lacks is not believed, it is noticed at once, and the right one ends the operation', async () => {
  const slow = { imageName: IMAGES.entry, replicaSetName: 'slow', gpuCount: 1, stopTimeout: 3 };
  assert.equal((await send('POST', RS, slow)).status, 200);
  const restarted = send('PATCH', `${RS}/slow/restart`);
  await sleep(500);
  // Both daemons run on: no connection breaks, so nothing rings.
  pointTo(wrong);
  const began = performance.now();
  await refusal(/does not lead/);
  assert.ok(performance.now() - began < 6_000, 'before the next comparison is due');
  assert.deepEqual(await containersOf(wrong), [], 'nothing is made there');
  assert.deepEqual(
    (await events()).filter((event) => /Vanished|Failed/.test(event)),
    [],
    'nothing is given up',
  );
  pointTo(right);
  await ready();
  await restarted;
  await eventually('slow runs again', async () => (await containersOf(right)).includes('slow-2 running'));
  await eventually('slow is idle', async () => (await states())['slow'] === 'running 1');
  assert.equal((await send('DELETE', `${RS}/slow`)).status, 200);
  assert.deepEqual(
    await containersOf(right),
    NAMES.map((name) => `${name}-1 running`),
  );
});

test('a start with the wrong DOCKER_HOST, then with the right one', async () => {
  await server.stop();
  pointTo(wrong);
  const before = await events();
  server = await start();
  await refusal(/not the machine that the log knows as host box.*does not lead/);
  await assertUntouched(before);
  pointTo(right);
  await ready();
  assert.deepEqual(await states(), all('running 1'));
});

test('a machine with another name is the same host: a label in the log, nothing leased twice', async () => {
  await server.stop();
  server = await start('box-new', 'ready');
  const { body } = await send<{ hosts: { name: string; machine: string }[] }>('GET', '/api/v1/hosts');
  assert.deepEqual(
    body.data.hosts.map(({ name, machine }) => [name, machine]),
    [['box', 'box-new']],
  );
  assert.equal((await events()).filter((event) => event.endsWith(' HostRenamed')).length, 1);
  const kv = connectEtcd({ endpoints: [etcd.endpoint] });
  const following = (await announced(kv)).map(({ host, reads }) => [host, reads]);
  kv.close();
  assert.deepEqual(following, [['box', LEVEL]], 'the servers that follow the log; those that stopped are gone');
  assert.equal((await lease('many', 5)).status, 409);
  assert.deepEqual(await states(), all('running 1'));
});

test('an engine that is replaced for good: adopted by a word about it alone, and what is missing is given up by another', async () => {
  await server.stop();
  await right.stop();
  pointTo(wrong);
  server = await start('box-new');
  const [, seen = ''] = /hosts adopt box --seen (\w+)/.exec(await refusal(/does not lead/)) ?? [];
  const adopt = (code: string) => cli('hosts', 'adopt', 'box', '--seen', code, '--by', 'ann', '--data-dir', dataDir);
  assert.equal((await adopt('00000000')).code, 0);
  await refusal(/ann said that this machine is host box, but of what was shown under another code/);
  assert.equal((await adopt(seen)).code, 0);
  await ready();
  assert.equal((await events()).filter((event) => event.endsWith(' HostAdopted')).length, 1);
  await eventually('missing', async () => /4 of 4 .* missing/.test((await readiness()).body.data?.warnings?.join() ?? ''));
  assert.deepEqual(await states(), all('unknown 1'), 'they hold what they hold');
  assert.equal((await lease('many', 5)).status, 409);
  assert.equal((await cli('hosts', 'accept-loss', 'box', '--server', server.url)).code, 0);
  assert.deepEqual(await states(), all('failed 0'));
  assert.equal((await lease('many', 8)).status, 200);
  assert.deepEqual(await containersOf(wrong), ['many-1 running']);
});

test.run();
