import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { docker, IMAGES, portRange, readPid1Env } from '../support/docker.ts';
import { RS, World, withServer } from './world.ts';

const test = suite('run');
const PORTS = 4;
let world: World;
const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bind-'));

test.before(async () => {
  const { from } = portRange();
  world = await World.start(['--port-range', `${from}-${from + PORTS - 1}`, '--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(async () => {
  await world.stop();
  rmSync(directory, { recursive: true, force: true });
});

const body = (more: object = {}): object => ({
  imageName: IMAGES.sleep,
  replicaSetName: world.name('x'),
  gpuCount: 0,
  binds: [],
  env: [],
  containerPorts: [],
  ...more,
});

test('a run creates and starts a container with GPUs, ports, binds, environment and command', async () => {
  const name = await world.run('all', IMAGES.sleep, {
    gpuCount: 2,
    binds: [{ src: directory, dest: '/data' }],
    env: ['USER=foo', 'EMPTY='],
    containerPorts: ['22', '443'],
    cmd: ['sh', '-c', 'echo up > /data/up; trap "exit 0" TERM; while :; do sleep 1 & wait $!; done'],
  });
  const { Config, HostConfig, State } = await docker().getContainer(`${name}-1`).inspect();
  assert.equal(State.Running, true);
  assert.deepEqual(HostConfig.Binds, [`${directory}:/data`]);
  assert.deepEqual(Object.keys(HostConfig.PortBindings as object), ['22/tcp', '443/tcp']);
  for (const entry of ['USER=foo', 'EMPTY=', 'CONTAINER_VERSION=1']) assert.ok(Config.Env.includes(entry), entry);
  const pid1 = await readPid1Env(`${name}-1`);
  assert.equal(pid1['NVIDIA_VISIBLE_DEVICES'], (await world.usedGpus()).join(','));
  assert.equal((await world.usedGpus()).length, 2);
  assert.equal(await world.sh(name, 'cat /data/up'), 'up\n');
  const { StartPort } = await world.ports();
  assert.deepEqual((await world.entry(name)).ports, { 22: StartPort, 443: StartPort + 1 });
  await world.assertTrue();
  await world.delete(name);
  assert.deepEqual([await world.usedGpus(), await world.usedPorts()], [[], []]);
});

test('what a Go client leaves out or sends as null is empty', async () => {
  const replicaSetName = world.name('lean');
  const data = await world.ok('POST', RS, { imageName: IMAGES.sleep, replicaSetName, binds: null, env: null });
  assert.deepEqual(data, { name: `${replicaSetName}-1` });
  const pid1 = await readPid1Env(`${replicaSetName}-1`);
  assert.equal(pid1['NVIDIA_VISIBLE_DEVICES'], 'void', 'without a GPU even a CUDA image sees none');
  await world.delete(replicaSetName);
});

test('a container that ends at once with 0 has run', async () => {
  const name = await world.run('brief', IMAGES.busybox, { cmd: ['true'] });
  const { exitCode } = await world.untilState(name, 'exited');
  assert.equal(exitCode, 0);
  await world.delete(name);
});

test('1000: a body that cannot be read or does not fit is refused, with the place and the reason', async () => {
  const cases: readonly (readonly [body: unknown, says: RegExp])[] = [
    ['{"imageName": ', /not JSON/],
    ['[]', /must be a JSON object/],
    [body({ gpuCount: 'two' }), /gpuCount must be a whole number, not the string "two"/],
    [body({ gpuCount: 1.5 }), /gpuCount/],
    [body({ env: 'A=b' }), /env must be a list/],
    [body({ binds: [{ src: '/x' }] }), /binds\[0\]\.dest is missing/],
    [body({ binds: [{ src: directory, dest: '/' }] }), /mounted at \//],
    [body({ binds: [{ src: directory, dest: 'data' }] }), /"data" must be an absolute path/],
    [body({ binds: [{ src: `${directory}:/etc`, dest: '/d' }] }), /colon/],
    [body({ binds: [{ src: '../x', dest: '/d' }] }), /"\.\.\/x" is neither/],
    [
      body({
        binds: [
          { src: directory, dest: '/d' },
          { src: 'vol', dest: '/d/' },
        ],
      }),
      /two binds have the destination \/d/,
    ],
    [body({ env: ['A=1', 'NOVALUE'] }), /env\[1\] is not of the form NAME=value/],
    [body({ env: ['NVIDIA_VISIBLE_DEVICES=all'] }), /gpuCount/],
    [body({ containerPorts: ['0'] }), /"0"/],
    [body({ containerPorts: ['65536'] }), /"65536".*1 to 65535/],
    [body({ containerPorts: ['22/udp'] }), /"22\/udp"/],
    [body({ containerPorts: ['22', '022'] }), /22 twice/],
    [body({ replicaSetName: 'a/b' }), /"a\/b" cannot be used/],
    [body({ replicaSetName: `a${'b'.repeat(63)}` }), /63 characters/],
    [body({ stopTimeout: -1 }), /stopTimeout must be at least 0/],
  ];
  for (const [request, says] of cases) await world.refused('POST', RS, request, { status: 400, code: 1000, says });
});

test('1001, 1002, 1003, 1012: no image, no name, a dash, a negative count', async () => {
  await world.refused('POST', RS, body({ imageName: '' }), { status: 400, code: 1001, says: /imageName/ });
  await world.refused('POST', RS, body({ replicaSetName: '' }), { status: 400, code: 1002, says: /replicaSetName/ });
  await world.refused('POST', RS, body({ replicaSetName: 'a-b' }), { status: 400, code: 1003, says: [/"a-b"/, /dash/] });
  await world.refused('POST', RS, body({ gpuCount: -1 }), { status: 400, code: 1012, says: /-1/ });
  await world.refused('POST', RS, '', { status: 400, code: 1001, says: /imageName/ });
});

test('1004: an image that is not on the host is named, with the way to get it', async () => {
  const imageName = `${world.prefix}/none:1`;
  await world.refused('POST', RS, body({ imageName, gpuCount: 1, containerPorts: ['80'] }), {
    status: 422,
    code: 1004,
    says: [new RegExp(imageName), /docker pull/],
  });
});

test('1004: what is no name of an image is refused, and never becomes another path of Docker’s API', async () => {
  for (const imageName of ['../../x', '../containers', '..', '.', '/x', 'x//y', 'x/', 'x?y=z#a', 'a%2f..%2f..%2fversion']) {
    await world.refused('POST', RS, body({ imageName }), { status: 422, code: 1004, says: /image/ });
  }
  for (const imageName of ['Not An Image', 'x\ny'])
    await world.refused('POST', RS, body({ imageName }), { status: 400, code: 1000, says: /a space or a control character/ });
});

test('1004: a container that fails at once gives everything back, and the message has its exit code and last words', () =>
  withServer(['--settle', '500ms'], async (settling) => {
    const request = { replicaSetName: settling.name('x'), gpuCount: 2, containerPorts: ['80'] };
    const fails = { ...request, imageName: IMAGES.fails };
    await settling.refused('POST', RS, fails, { status: 422, code: 1004, says: /exit code 3/ });
    const speaks = { ...request, imageName: IMAGES.busybox, cmd: ['sh', '-c', 'echo no such luck; exit 7'] };
    await settling.refused('POST', RS, speaks, { status: 422, code: 1004, says: [/exit code 7/, /no such luck/] });
    const output = Array.from({ length: 20 }, (_, i) => `line ${i + 11}`);
    const cmd = ['sh', '-c', 'for i in $(seq 30); do echo "line $i"; done; exit 7'];
    const answer = await settling.send('POST', RS, { ...speaks, cmd });
    assert.deepEqual(answer.body.data, { output });
    const failed = (await settling.events()).findLast(({ type }) => type === 'ContainerVersionFailed');
    assert.deepEqual(failed?.data, { version: 1, step: 'startContainer', message: answer.body.msg, output });
  }));

test('1004: a program that does not exist is named, and everything is given back', async () => {
  const request = body({ gpuCount: 8, containerPorts: ['80', '81', '82', '83'], cmd: ['/no/such/program'] });
  await world.refused('POST', RS, request, { status: 422, code: 1004, says: /\/no\/such\/program/ });
  const name = await world.run('x', IMAGES.sleep, { gpuCount: 8, containerPorts: ['1', '2', '3', '4'] });
  await world.delete(name);
});

test('1004: a container of somebody else with the same name is left alone', async () => {
  const name = world.name('theirs');
  const theirs = await docker().createContainer({ Image: IMAGES.sleep, name: `${name}-1` });
  await world.refused('POST', RS, body({ replicaSetName: name, gpuCount: 1, containerPorts: ['80'] }), {
    status: 422,
    code: 1004,
    says: new RegExp(`${name}-1.*not made for this`),
  });
  assert.equal((await theirs.inspect()).State.Status, 'created');
  await theirs.remove();
});

test('1008: a name that exists is refused, with the version and the state of what has it', async () => {
  const name = await world.run('twice', IMAGES.sleep, { gpuCount: 1 });
  const again = body({ replicaSetName: name, gpuCount: 1 });
  await world.refused('POST', RS, again, { status: 409, code: 1008, says: [new RegExp(name), /version 1, running/] });
  await world.order(name, 'stop');
  await world.refused('POST', RS, again, { status: 409, code: 1008, says: /stopped/ });
  await world.delete(name);
});

test('1013: more GPUs than are free, and more than exist', async () => {
  await world.refused('POST', RS, body({ gpuCount: 9 }), { status: 409, code: 1013, says: [/9 GPUs asked for/, /8 of 8 free/] });
  const name = await world.run('most', IMAGES.sleep, { gpuCount: 6 });
  await world.refused('POST', RS, body({ gpuCount: 3, containerPorts: ['80'] }), {
    status: 409,
    code: 1013,
    says: [/3 GPUs asked for/, /2 of 8 free/],
  });
  await world.delete(name);
});

test('1014: more ports than the range has left', async () => {
  const name = await world.run('ports', IMAGES.sleep, { containerPorts: ['1', '2', '3'] });
  await world.refused('POST', RS, body({ gpuCount: 1, containerPorts: ['1', '2'] }), {
    status: 409,
    code: 1014,
    says: [/2 host ports asked for/, /of 4 has 3 leased/],
  });
  await world.order(name, 'stop');
  const last = await world.run('last', IMAGES.sleep, { containerPorts: ['1', '2'] });
  const restart = `${RS}/${name}/restart`;
  await world.refused('PATCH', restart, undefined, { status: 409, code: 1014, says: [/3 host ports asked for/, /has 2 leased/] });
  const numbers = await world.run('numbers', IMAGES.sleep, { containerPorts: [80, '81'] });
  assert.equal((await world.ports()).AvailableCount, 0);
  for (const each of [name, last, numbers]) await world.delete(each);
  assert.equal((await world.ports()).AvailableCount, PORTS);
});

test.run();
