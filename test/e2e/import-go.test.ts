// timeout: 300
// A box of the Go program changes over: its containers run on, what they use is leased, and all commands work on them.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { run } from '../cli/support.ts';
import { type Dockerd, IMAGES, readPid1Env, startDockerd } from '../support/docker.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { GoProgram } from '../support/go-program.ts';
import { portRange, servicePort } from '../support/ports.ts';
import { type Envelope, eventually, RS, VOLUMES, World } from './world.ts';

process.setMaxListeners(100);
const test = suite('import-go');
const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-go-'));
const { from: firstPort } = portRange();
const secondPort = firstPort + 1;
let engine: Dockerd;
let etcd: TestEtcd;
let world: World;
let go: GoProgram;
let gpus: readonly string[];
/** Id and time of the start, by the container's name. */
let before: Readonly<Record<string, string>>;
/** What the Go program has in etcd. */
let keys: string;

interface GpuEntry {
  readonly gpu: string;
  readonly holder: string | null;
  readonly foreign?: string;
}
const shown = async (): Promise<readonly (string | null)[]> =>
  (await world.ok<{ gpus: GpuEntry[] }>('GET', '/api/v1/gpus')).gpus.map(
    ({ holder, foreign }) => holder ?? (foreign === undefined ? null : `(${foreign})`),
  );
const importGo = (...more: readonly string[]) =>
  run(
    'import-go',
    '--etcd',
    etcd.endpoint,
    '--server',
    world.server.url,
    '--by',
    'ann',
    ...(more.includes('--go-addr') ? [] : ['--go-is-stopped']),
    ...more,
  );

async function started(): Promise<Readonly<Record<string, string>>> {
  const list = await world.docker.listContainers({ all: true });
  const found = await Promise.all(
    list.map(async ({ Id, Names }) => {
      const { State } = await world.docker.getContainer(Id).inspect();
      return [(Names[0] ?? '').slice(1), `${Id} ${State.Status} ${State.StartedAt}`] as const;
    }),
  );
  return Object.fromEntries(found);
}
const labelsOf = async (name: string): Promise<Readonly<Record<string, string>>> =>
  (await world.docker.getContainer(name).inspect()).Config.Labels;
const exists = async (name: string): Promise<boolean> => Object.hasOwn(await started(), name);
const refusal = async (method: string, path: string, body?: unknown): Promise<string> => {
  const answer = await world.send<Envelope>(method, path, body);
  assert.notEqual(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.msg;
};

test.before(async () => {
  engine = await startDockerd();
  etcd = await startEtcd();
  world = await World.start(['--stop-timeout', '0s', '--replace-grace', '0s', '--port-range', `${firstPort}-${firstPort + 40}`], {
    socket: engine.socket,
    etcd,
  });
  go = new GoProgram(etcd, world.docker);
  gpus = (await world.ok<{ gpus: GpuEntry[] }>('GET', '/api/v1/gpus')).gpus.map(({ gpu }) => gpu);
});
test.after(async () => {
  await world.stop();
  await engine.dispose();
  rmSync(dir, { recursive: true, force: true });
});

test('without keys, without an etcd, and while the Go program runs, nothing is done, and the reason is said', async () => {
  const none = await importGo();
  assert.equal(none.code, 1);
  assert.match(none.err, /has nothing under \/gpu-docker-api\/apis\/v1\/: is it the one that the Go program used/);
  const nobody = `http://127.0.0.1:${await servicePort()}`;
  const gone = await run('import-go', '--etcd', nobody, '--server', world.server.url, '--go-is-stopped');
  assert.match(gone.err, new RegExp(`etcd at ${nobody} cannot be read \\(connect ECONNREFUSED [\\d.:]+\\): is it an etcd`));
  assert.equal((await run('import-go')).code, 2);
  assert.match((await run('import-go', '--etcd', 'https://box:2379')).err, /plain TCP: give that address, as http:/);

  const port = await servicePort();
  const itself = createServer((_, answer) => answer.setHeader('content-type', 'application/json').end('{"message":"pong"}'));
  await new Promise<void>((resolve) => itself.listen(port, '127.0.0.1', resolve));
  assert.match((await importGo('--go-addr', `127.0.0.1:${port}`)).err, /the Go program answers at 127.0.0.1:\d+: stop it first/);
  assert.match((await importGo('--go-addr', `:${port}`)).err, /the Go program answers at 127.0.0.1:\d+: stop it first/);
  const typed = await importGo('--go-addr', `http://127.0.0.1:${port}`);
  assert.equal([typed.code, /--go-addr: .* must be host:port/.test(typed.err)].join(), '2,true', typed.err);
  itself.close();

  const binary = join(dir, 'gpu-docker-api-linux-amd64');
  copyFileSync('/bin/sleep', binary);
  const child: ChildProcess = spawn(binary, ['60'], { stdio: 'ignore' });
  try {
    const says = new RegExp(`the Go program runs as process [\\d, ]*\\b${child.pid}\\b.*: stop it first`);
    await eventually('it is seen', async () => says.test((await importGo('--go-addr', '127.0.0.1:1')).err));
    assert.match((await importGo()).err, /has nothing under/);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a dry run says what would be taken in, what not, and why; until then its GPUs and ports are nobody’s', async () => {
  const [a = '', b = '', c = '', d = ''] = gpus;
  mkdirSync(join(dir, 'host'));
  writeFileSync(join(dir, 'host', 'note'), 'of the host');
  await world.docker.createVolume({ Name: 'data-1' });
  await world.docker.createVolume({ Name: 'plain-1' });
  await go.putVolume('data', 1, '20GB');
  await go.putVolume('plain', 1);
  await go.putVolume('deleted', 3, '1GB');

  const env = ['A=1', 'HF_TOKEN=hunter2'];
  const foo = { image: IMAGES.sleep, gpus: [a, b], ports: { 22: firstPort }, binds: ['data-1:/data', `${join(dir, 'host')}:/host`], env };
  await go.putContainer('foo', 1, { ...foo, gpus: [a], ports: { 22: 45_000 } });
  await go.putContainer('foo', 2, foo);
  await go.start('foo', 2, foo);
  const plain = { image: IMAGES.busybox, binds: ['plain-1:/p'], ports: { 80: secondPort }, cmd: ['sh', '-c', 'echo begun; sleep 3600'] };
  await go.putContainer('bar', 1, plain);
  await go.start('bar', 1, plain);
  // The Go program's own double booking.
  await go.putContainer('twin', 1, { image: IMAGES.sleep, gpus: [a] });
  await go.start('twin', 1, { image: IMAGES.sleep, gpus: [a] });
  await go.putContainer('halted', 1, { image: IMAGES.sleep, gpus: [c] });
  const halted = await go.start('halted', 1, { image: IMAGES.sleep, gpus: [c] });
  await world.docker.getContainer(halted).stop({ t: 0 });
  // Killed between the container and its key.
  await go.putContainer('moved', 1, { image: IMAGES.sleep });
  await go.start('moved', 2, { image: IMAGES.sleep, gpus: [d] });
  await go.putContainer('lost', 4, { image: IMAGES.sleep, gpus: [gpus[5] ?? ''] });
  await go.put('containers/broken', '{"version":"one"}');
  await go.putMaps({
    versions: { foo: 2, bar: 1, twin: 1, halted: 1, moved: 2, lost: 4 },
    volumes: { data: 1, plain: 1 },
    gpus: Object.fromEntries(gpus.map((gpu, i) => [gpu, i === 3 || i > 5 ? 0 : 1])),
    ports: [firstPort, secondPort, 45_001],
  });

  const all = { imageName: IMAGES.sleep, replicaSetName: 'all', gpuCount: gpus.length };
  assert.match(await refusal('POST', RS, all), /8 GPUs asked for, but 5 of 8 free \(3 are used by containers outside this log: /);
  assert.deepEqual((await shown()).slice(1, 4), ['(foo-2)', null, '(moved-2)']);
  assert.match(
    await refusal('POST', RS, { ...all, replicaSetName: 'bar', gpuCount: 0 }),
    /container named bar-1 is on this host that was not made for this/,
  );
  before = await started();
  keys = await go.keys();
  const events = (await world.events()).length;
  const { code, out } = await importGo('--dry-run');
  assert.equal(code, 3, out);
  assert.match(out, new RegExp(`foo: would be taken in: foo-2 \\(running\\), with GPUs ${a}, ${b}; ports ${firstPort}->22`));
  assert.match(out, /twin: not taken in: it uses GPU \S+, which foo uses, too/);
  assert.match(out, /broken: not taken in: \/gpu-docker-api\/apis\/v1\/containers\/broken is not what the Go program writes: /);
  assert.match(out, /lost: not in Docker: lost-4/);
  assert.match(out, /volume deleted: not in Docker: deleted-3/);
  assert.match(out, /halted: would be taken in: halted-1 \(exited\)\n/);
  assert.equal((await world.events()).length, events, 'nothing is recorded');
});

test('all that is there is taken in, and nothing is stopped', async () => {
  const { code, out } = await importGo();
  assert.equal(code, 3, out);
  assert.match(out, /foo: taken in: foo-2 \(running\)/);
  assert.match(out, /only the configuration of earlier versions \(1\) is taken in/);
  assert.match(out, /twin: not taken in: container twin-1 uses GPU 0 \(\S+\), which is leased to replicaSet foo/);
  assert.match(out, /moved: taken in: moved-2 \(running\)/);
  assert.match(out, /volume data: taken in: data-1 \(20GB\)/);
  assert.match(out, /volume plain: taken in: plain-1\n.*made without a size/);
  assert.match(out, /the version in the key and in the map differ of moved \(1, 2\)/);
  assert.match(
    out,
    new RegExp(`GPUs in use by its map, and by no running container that was taken in: ${gpus[2]}, ${gpus[4]}, ${gpus[5]}`),
  );
  assert.match(out, new RegExp(`GPUs free by its map, and in use: ${gpus[3]} \\(moved\\)`));
  assert.match(out, /ports in use by its map, .*: 45001/);
  assert.deepEqual(await started(), before, 'no container was touched');
  assert.equal(await go.keys(), keys, 'and no key');
  assert.deepEqual((await shown()).slice(0, 5), ['foo', 'foo', null, 'moved', null]);
  assert.deepEqual([...(await world.usedPorts())].sort(), [firstPort, secondPort]);
  assert.deepEqual((await world.replicaSets()).map(({ name, version, state }) => `${name}-${version} ${state}`).sort(), [
    'bar-1 running',
    'foo-2 running',
    'halted-1 stopped',
    'moved-2 running',
  ]);
  assert.deepEqual(
    (await world.volumes()).map(({ volumeName, mountedBy }) => [volumeName, mountedBy.join()]),
    [
      ['data-1', 'foo'],
      ['plain-1', 'bar'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(await world.events()), /hunter2/, 'no secret is in the log');
  await eventually('the second holder is named', async () =>
    JSON.stringify((await world.send('GET', '/readyz')).body).includes(
      'is leased to replicaSet foo, and used by twin-1 outside this log, too',
    ),
  );
});

test('a second call finds it done, and one GPU is never given twice', async () => {
  const events = (await world.events()).length;
  const again = await importGo();
  for (const name of ['foo', 'bar', 'halted', 'moved', 'volume data']) assert.match(again.out, new RegExp(`${name}: already in the log`));
  assert.equal((await world.events()).length, events);
  const name = await world.run('rest', IMAGES.sleep, { gpuCount: gpus.length - 3 });
  assert.deepEqual(
    (await shown()).map((holder) => holder ?? ''),
    ['foo', 'foo', name, 'moved', ...gpus.slice(4).map(() => name)],
  );
  assert.match(await refusal('POST', RS, { imageName: IMAGES.sleep, replicaSetName: 'more', gpuCount: 1 }), /0 of 8 free/);
  await world.delete(name);
});

test('logs and exec, pause and continue, stop and restart of an imported container', async () => {
  assert.match((await run('logs', 'bar', '--server', world.server.url)).out, /begun/);
  assert.equal((await world.sh('bar', 'echo kept > /mine; echo in > /p/file; echo $CONTAINER_VERSION')).trim(), '1');
  await world.order('bar', 'freeze');
  await world.order('bar', 'thaw');
  await world.order('bar', 'pause');
  await world.order('bar', 'continue');
  assert.equal((await started())['bar-1']?.split(' ')[0], before['bar-1']?.split(' ')[0], 'it is the same container');
  assert.ok((await world.usedPorts()).includes(secondPort));
  await world.order('bar', 'stop');
  assert.ok(!(await world.usedPorts()).includes(secondPort));
  await world.order('bar', 'restart');
  assert.equal((await labelsOf('bar-2'))['gpu-docker-api.name'], 'bar');
  assert.equal(await exists('bar-1'), false);
  assert.equal((await world.sh('bar', 'cat /mine /p/file')).replaceAll('\r', ''), 'kept\nin\n');
  await world.ok('POST', `${RS}/bar/commit`, { newImageName: 'gda/of-go:latest' });
  await world.delete('bar');
  assert.equal(await exists('bar-2'), false);
});

test('a patch makes it one of ours, with its files, its volumes, its port and its secrets; its imported past cannot be rolled back to', async () => {
  await world.sh('foo', 'echo work > /root/.hidden; echo rows > /data/table');
  await world.patch('foo', { gpuPatch: { gpuCount: 3 } });
  const labels = await labelsOf('foo-3');
  assert.deepEqual([labels['gpu-docker-api.name'], labels['gpu-docker-api.version']], ['foo', '3']);
  assert.equal(await exists('foo-2'), false);
  assert.equal((await world.sh('foo', 'cat /root/.hidden /data/table /host/note')).replaceAll('\r', ''), 'work\nrows\nof the host');
  assert.deepEqual((await world.entry('foo')).ports, { 22: firstPort });
  const { Id } = await world.docker.getContainer('foo-3').inspect();
  const pid1 = await readPid1Env(Id, world.docker);
  assert.deepEqual([pid1['A'], pid1['HF_TOKEN'], pid1['CONTAINER_VERSION']], ['1', 'hunter2', '3']);
  const disk = await world.docker.getImage('gpu-docker-api/disk:foo-2').inspect();
  assert.doesNotMatch(JSON.stringify(disk), /hunter2/, 'no value is in the saved disk');
  assert.match(
    await refusal('PATCH', `${RS}/foo/rollback`, { version: 1 }),
    /version 1 of foo has no saved system disk; it can go back to 2/,
  );
  const { history } = await world.ok<{ history: { version: number }[] }>('GET', `${RS}/foo/history`);
  assert.deepEqual(
    history.map(({ version }) => version),
    [3, 2, 1],
  );
  await world.rollback('foo', 2);
  assert.deepEqual((await world.entry('foo')).gpus.length, 2);
  await world.sh('foo', 'test -f /root/.hidden');
  assert.match((await importGo()).out, /foo: already in the log/);
});

test('a stopped one gets free GPUs with its restart; the second holder of a GPU comes in once it is stopped', async () => {
  await world.order('halted', 'restart');
  assert.equal((await world.entry('halted')).gpus.length, 1);
  await world.docker.getContainer('twin-1').stop({ t: 0 });
  assert.match((await importGo()).out, /twin: taken in: twin-1 \(exited\)/);
  await world.order('twin', 'restart');
  const holders = (await shown()).filter((holder) => holder !== null);
  assert.deepEqual([...holders].sort(), ['foo', 'foo', 'halted', 'moved', 'twin']);
  await world.delete('twin');
  await world.delete('halted');
});

test('one whose key cannot be read is taken in by itself, and then nothing is left to do', async () => {
  await go.start('broken', 1, { image: IMAGES.sleep });
  const one = await run('adopt', 'broken', '--unlabelled', '1', '--server', world.server.url);
  assert.match(one.out, /^broken-1 \(running\) is taken in\.$/m, one.err);
  const { code, out } = await importGo();
  assert.match(out, /^broken: already in the log$/m);
  assert.equal(code, 0, out);
  await world.delete('broken');
});

test('an imported volume is resized with its files, and removed', async () => {
  await world.delete('foo');
  await world.ok('PATCH', `${VOLUMES}/data/size`, { size: '30GB' });
  const { Volumes } = await world.docker.listVolumes();
  assert.deepEqual(
    Volumes.map(({ Name }) => Name).filter((name) => name.startsWith('data')),
    ['data-2'],
  );
  const name = await world.run('reader', IMAGES.sleep, { binds: [{ src: 'data-2', dest: '/data' }] });
  assert.equal((await world.sh(name, 'cat /data/table')).trim(), 'rows');
  await world.delete(name);
  await world.ok('DELETE', `${VOLUMES}/data`);
  await world.ok('DELETE', `${VOLUMES}/plain`);
});

test('a reboot after the import: it died with the machine, holds what it held, and starts again as it was', async () => {
  const id = (await started())['moved-2']?.split(' ')[0];
  await world.server.stop();
  await engine.powerOff();
  await engine.start();
  await world.server.restart();
  const entry = await world.untilState('moved', 'exited');
  assert.deepEqual(entry.gpus, [gpus[3]]);
  await world.order('moved', 'continue');
  assert.equal((await started())['moved-2']?.split(' ')[0], id);
  await world.docker.getContainer('moved-2').rename({ name: 'elsewhere' });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.equal((await world.entry('moved')).state, 'running', 'it is known by its id');
  await world.docker.getContainer('elsewhere').rename({ name: 'moved-2' });
  await world.docker.getContainer('moved-2').stop({ t: 0 });
  await world.untilState('moved', 'exited');
  await world.delete('moved');
  assert.deepEqual(Object.keys(await started()), []);
});

test.run();
