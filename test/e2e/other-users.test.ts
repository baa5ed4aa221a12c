// Others on the same Docker, on an engine of the test's own: a second log, and containers that take GPUs by hand.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { compareWithDocker } from '../../src/cli/log/replay-check.ts';
import { dockerEngine } from '../../src/infra/docker/engine.ts';
import { type Dockerd, IMAGES, startDockerd } from '../support/docker.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { HOST, Scenario } from '../support/scenario.ts';
import { type Answer, serve, type TestServer } from '../support/server.ts';
import { type Envelope, eventually, RS, World } from './world.ts';

const test = suite('others on the same Docker');
/** All servers of this file are on one machine. */
const env = { STUB_MACHINE: 'aaaaaaaaaaaa' };
const ARGS = ['--stop-timeout', '0s', '--replace-grace', '0s', '--gpu-monitors', 'exporter,other-exporter'];
let engine: Dockerd;
let one: World;
let etcd: TestEtcd;

interface GpuEntry {
  readonly gpu: string;
  readonly index: number;
  readonly holder: string | null;
  readonly foreign?: string;
}
const gpusOf = async (world: World): Promise<readonly GpuEntry[]> => (await world.ok<{ gpus: GpuEntry[] }>('GET', '/api/v1/gpus')).gpus;
const request = (name: string, gpuCount: number): object => ({ imageName: IMAGES.sleep, replicaSetName: name, gpuCount });

/** A running container that somebody started by hand with `docker run --gpus`. */
async function byHand(
  name: string,
  devices: { readonly Count?: number; readonly DeviceIDs?: readonly string[] },
): Promise<() => Promise<void>> {
  const DeviceRequests = [{ Driver: 'nvidia', Capabilities: [['gpu']], ...devices, DeviceIDs: [...(devices.DeviceIDs ?? [])] }];
  const container = await one.docker.createContainer({ name, Image: IMAGES.sleep, HostConfig: { DeviceRequests } });
  await container.start();
  return async () => void (await container.remove({ force: true }));
}

test.before(async () => {
  engine = await startDockerd();
  one = await World.start(ARGS, { socket: engine.socket, env });
  etcd = await startEtcd();
});
test.after(async () => {
  await one.stop();
  await etcd.stop();
  await engine.dispose();
});

test('GPUs that a container started by hand uses are shown and not given out', async () => {
  const [, first] = await gpusOf(one);
  assert.ok(first);
  const remove = await byHand('jupyter', { DeviceIDs: [first.gpu, '2'] });
  const says = /8 GPUs asked for, but 6 of 8 free \(2 are used by containers outside this log: jupyter\)/;
  const answer = await one.send('POST', RS, request(one.name('all'), 8));
  assert.deepEqual([answer.status, answer.body.code], [409, 1013]);
  assert.match(answer.body.msg, says);
  const name = await one.run('some', IMAGES.sleep, { gpuCount: 3 });
  const shown = await gpusOf(one);
  assert.deepEqual(
    shown.map(({ holder, foreign }) => holder ?? foreign ?? null),
    [name, 'jupyter', 'jupyter', name, name, null, null, null],
  );
  assert.deepEqual(Object.values(await one.gpus()), [1, 1, 1, 1, 1, 0, 0, 0], 'in the documented view they count as used');
  const ready = await one.send<{ warnings?: string[] }>('GET', '/readyz');
  assert.match(JSON.stringify(ready.body), /containers outside this log use GPUs.*GPU 1 .* by jupyter; GPU 2 .* by jupyter/);
  assert.match(JSON.stringify((await one.send('GET', '/metrics')).body), /gpu_docker_api_gpus_foreign 2/);
  await remove();
  await one.patch(name, { gpuPatch: { gpuCount: 8 } });
  assert.equal((await one.entry(name)).gpus.length, 8);
  await one.delete(name);
});

test('a container that asks for all GPUs, or for a number of them, has them all', async () => {
  for (const Count of [-1, 2]) {
    const remove = await byHand('greedy', { Count });
    const answer = await one.send('POST', RS, request(one.name('x'), 1));
    assert.match(answer.body.msg, /1 GPU asked for, but 0 of 8 free \(8 are used by containers outside this log: greedy\)/);
    await remove();
  }
});

test('an exporter that the operator has named holds back no GPU', async () => {
  const remove = await byHand('exporter', { Count: -1 });
  const name = await one.run('beside', IMAGES.sleep, { gpuCount: 8 });
  await one.delete(name);
  await remove();
});

test('replay --check lists them', async () => {
  const remove = await byHand('jupyter', { DeviceIDs: ['0', '3'] });
  const log = new Scenario(4);
  const { differences } = await compareWithDocker(log.state, HOST, dockerEngine({ dockerHost: `unix://${engine.socket}` }));
  assert.deepEqual(
    differences.filter(({ kind }) => kind === 'foreign'),
    ['GPU-0', 'GPU-3'].map((what) => ({ kind: 'foreign', what, log: 'free', docker: 'used by jupyter' })),
  );
  await remove();
});

test('another log’s containers: not led, nothing recorded, reads answered, and led when they are gone', async () => {
  const name = await one.run('mine', IMAGES.sleep);
  await one.order(name, 'stop');
  const two = await serve({ etcd: etcd.endpoint, docker: engine.socket, args: ARGS, env, until: 'answering', ignoreOtherLogs: false });
  const readiness = (): Promise<Answer<Envelope>> => two.request<Envelope>('GET', '/readyz');
  const why = await eventually('says why', async () => {
    const { body } = await readiness();
    return /has containers or volumes of another log/.test(body.msg) && body.msg;
  });
  assert.match(why, new RegExp(`log [0-9a-f-]{36} \\(container ${name}-1\\).*--data-dir.*--ignore-other-logs`));
  assert.equal((await two.request('POST', RS, request('other', 1))).status, 503);
  await sleep(500);
  assert.deepEqual(await recordsIn(etcd), [], 'nothing is recorded');
  await one.delete(name);
  await eventually('leads', async () => (await readiness()).status === 200);
  await two.stop();
});

test('with --ignore-other-logs the other log’s GPUs are in use', async () => {
  const name = await one.run('mine', IMAGES.sleep, { gpuCount: 6 });
  const two: TestServer = await serve({ etcd: etcd.endpoint, docker: engine.socket, args: ARGS, env });
  const answer = await two.request<Envelope>('POST', RS, request('other', 3));
  assert.match(
    answer.body.msg,
    new RegExp(`3 GPUs asked for, but 2 of 8 free \\(6 are used by containers outside this log: ${name}-1 \\(log [0-9a-f]{4}…\\)\\)`),
  );
  await two.stop();
  await one.delete(name);
});

async function recordsIn({ endpoint }: TestEtcd): Promise<readonly unknown[]> {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const prefix = '/gpu-docker-api/v1/log/';
  const body = JSON.stringify({ key: encode(prefix), range_end: encode(`${prefix.slice(0, -1)}0`) });
  const { kvs = [] } = (await (await fetch(`${endpoint}/v3/kv/range`, { method: 'POST', body })).json()) as { kvs?: unknown[] };
  return kvs;
}

test.run();
