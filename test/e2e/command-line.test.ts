// Each verb of the command line once, against the real server, a real etcd and a real dockerd.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import { runSubCommand } from '../../src/cli/run.ts';
import { json, type Ran, run, terminal } from '../cli/support.ts';
import { IMAGES } from '../support/docker.ts';
import { eventually, RS, World } from './world.ts';

const test = suite('the command line as a client');
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let world: World;
let directory: string;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '1s', '--max-exec-output', '64kb']);
  process.env['GPU_DOCKER_API_SERVER'] = world.server.url;
  directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-verbs-'));
});
test.after(async () => {
  delete process.env['GPU_DOCKER_API_SERVER'];
  rmSync(directory, { recursive: true, force: true });
  await world.stop();
});

/** What a verb printed, which must have gone well. */
async function ok(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await run(...argv);
  assert.equal(code, 0, `${argv.join(' ')}: ${err}`);
  return out;
}

async function refused(says: RegExp, code: number, ...argv: readonly string[]): Promise<void> {
  const ran = await run(...argv);
  assert.deepEqual([ran.code, ran.out], [code, ''], argv.join(' '));
  assert.match(ran.err, says, argv.join(' '));
}

const head = async (): Promise<number> => (await world.events()).length;

test('run, exec, patch, rollback, restart: a container with GPUs, a port, variables and a mount', async () => {
  const name = world.name('tour');
  const file = join(directory, 'env');
  writeFileSync(file, '# a comment\n\nFROM_FILE=1\nTWICE=file\n');
  process.env['OF_SHELL'] = 'shell';
  const options = [
    '--name',
    name,
    '--gpus',
    '2',
    '-p',
    '80',
    '-v',
    `${directory}:/data`,
    '--env-file',
    file,
    '-e',
    'TWICE=flag',
    '-e',
    'OF_SHELL',
  ];
  assert.equal(await ok('run', '-d', ...options, '--secret-env', 'TOKEN=hidden', IMAGES.busybox, 'sh', '-c', 'sleep 1000'), `${name}-1\n`);
  delete process.env['OF_SHELL'];
  const { out: env } = await run('exec', name, 'env');
  for (const line of ['FROM_FILE=1', 'TWICE=flag', 'OF_SHELL=shell', 'TOKEN=hidden']) assert.match(env, new RegExp(`^${line}$`, 'm'));
  assert.deepEqual([(await world.entry(name)).gpus.length, Object.keys((await world.entry(name)).ports)], [2, ['80']]);

  await ok('exec', name, 'sh', '-c', 'echo precious > /result');
  assert.equal(await ok('patch', name, '--gpus', '1', '-v', `${directory}:/data=${directory}:/other`), `${name}-2\n`);
  assert.equal(await ok('exec', '-w', '/other', name, '--', 'pwd'), '/other\n');
  assert.equal(await ok('rollback', name, '1'), `${name}-3\n`);
  assert.equal(await ok('exec', name, 'cat', '/result'), 'precious\n');
  assert.equal(await ok('restart', name), `${name}-4\n`);
  assert.equal((await world.entry(name)).gpus.length, 2);
  const [shown] = json<{ kind: string; etag: number; state: string; info: { version: number } }[]>(await ok('inspect', name));
  assert.deepEqual([shown?.kind, shown?.state, shown?.info.version], ['replicaSet', 'running', 4]);
  assert.match(await ok('history', name), /^ +4 .* restart /m);

  await refused(/someone else changed it|changed it/, 1, 'patch', name, '--gpus', '0', '--if-match', '1');
  assert.equal(await ok('patch', name, '--gpus', '0', '--if-match', String(shown?.etag)), `${name}-5\n`);
  const key = ['--idempotency-key', `key-${name}`];
  const first = await ok('restart', name, ...key);
  assert.equal(await ok('restart', name, ...key), first);
  assert.equal(await ok('versions', 'rm', name, '2'), `${name}-2\n`);
  assert.match(await ok('disks', name), /^VERSION +DISK +SHARED/m);
  assert.equal(await ok('rm', '-f', name), `${name}\n`);
  const by = (await world.eventsOf('ReplicaSetDeleted', name)).map((event) => event.stream);
  assert.deepEqual(by, [`replicaSet/${name}`]);
  await world.assertTrue();
});

test('exec: the exit code is the command’s; what cannot be run is an error', async () => {
  const name = await world.run('exec', IMAGES.sleep);
  for (const code of [0, 1, 3, 42, 137]) assert.equal((await run('exec', name, 'sh', '-c', `exit ${code}`)).code, code);
  const both = await run('exec', name, 'sh', '-c', 'echo out; sleep 0.1; echo err >&2; exit 7');
  assert.deepEqual(both, { code: 7, out: 'out\nerr\n', err: '' });
  assert.deepEqual(json((await run('exec', '--json', name, 'true')).out), { stdout: '', exitCode: 0, truncated: false });
  const long = await run('exec', name, 'sh', '-c', 'head -c 100000 /dev/zero | tr "\\0" x');
  assert.deepEqual([long.code, long.out.length], [0, 65_536]);
  assert.match(long.err, /cut off here/);
  await refused(/there is no file "\/no\/such"/, 1, 'exec', name, '/no/such');
  await refused(/does not exist/, 1, 'exec', world.name('nobody'), 'true');
  await refused(/needs CMD/, 2, 'exec', name);
  await refused(/exec has no -i.*: there is no terminal/, 2, 'exec', '-it', name, 'sh');
  await ok('rm', name);
});

test('logs: the last lines, and followed until the container ends', async () => {
  const name = world.name('talk');
  await ok('run', '--name', name, IMAGES.busybox, 'sh', '-c', 'echo one; echo zwölf; sleep 2; echo three');
  await eventually('it speaks', async () => (await ok('logs', name)).includes('zwölf'));
  assert.match(await ok('logs', '-n', '1', name), /^zwölf\r?\n$/);
  assert.match(await ok('logs', '-f', name), /^one\r?\nzwölf\r?\nthree\r?\n$/);
  assert.match(await ok('logs', '-t', '--since', '10m', name), /^\d{4}-\d\d-\d\dT\S+Z one/);
  await refused(/does not exist/, 1, 'logs', world.name('nobody'));
  await ok('rm', name);
});

test('stop, continue, pause, commit, policy, ps -q: several names, of which one fails', async () => {
  const names = await Promise.all(['a', 'b', 'c'].map((suffix) => world.run(`many${suffix}`, IMAGES.sleep, { gpuCount: 1 })));
  const [a = '', b = '', c = ''] = names;
  assert.equal(await ok('ps', '--filter', `name=${a}`, '--format', '{{.Name}} {{.State}} {{.Gpus}}'), `${a} running 1\n`);
  assert.deepEqual((await ok('ps', '-q', '--filter', `name=${world.name('many')}`)).trim().split('\n').sort(), [...names].sort());
  assert.deepEqual((await ok('pause', a, b)).trim().split('\n').sort(), [a, b].sort());
  assert.equal(await ok('ps', '-aq', '--filter', 'status=running', '--filter', `name=${world.name('many')}`), `${c}\n`);
  assert.equal(await ok('continue', a), `${a}\n`);
  const some = await run('stop', '-t', '0', a, world.name('nobody'), c);
  assert.equal(some.code, 1);
  assert.deepEqual(some.out.trim().split('\n').sort(), [a, c].sort());
  assert.match(some.err, /nobody does not exist/);
  const parts = (await ok('stop', '--json', a, b))
    .trim()
    .split('\n')
    .map((line) => json<{ name: string }>(line).name);
  assert.deepEqual(parts.sort(), [a, b].sort());
  await refused(/--idempotency-key is about one request/, 2, 'stop', a, b, '--idempotency-key', 'x');

  assert.equal(await ok('commit', b, `${world.prefix}/image:1`), `${world.prefix}/image:1\n`);
  await world.docker.getImage(`${world.prefix}/image:1`).remove();

  assert.match(await ok('policy', b), /as the server says, restart: as the server says/);
  await ok('policy', b, '--keep-versions', '5');
  await ok('policy', b, '--restart', 'on-failure:2');
  assert.deepEqual(json(await ok('policy', b, '--json')), { policy: { keepVersions: 5, restart: 'on-failure:2' } });
  await ok('policy', b, '--keep-versions', 'default');
  assert.deepEqual(json(await ok('policy', b, '--json')), { policy: { restart: 'on-failure:2' } });
  await ok('rm', ...names);
  assert.equal(await ok('ps', '-q', '--filter', `name=${world.name('many')}`), '');
});

test('freeze and thaw: the same processes go on', async () => {
  const name = await world.run('ice', IMAGES.sleep, { gpuCount: 1 });
  const state = (): Promise<string> => ok('ps', '--filter', `name=${name}`, '--format', '{{.State}} {{.Gpus}}');
  const started = async (): Promise<string> => (await world.docker.getContainer(`${name}-1`).inspect()).State.StartedAt;
  const before = await started();
  assert.equal(await ok('freeze', name), `${name}\n`);
  assert.equal(await state(), 'frozen 1\n');
  assert.equal((await world.docker.getContainer(`${name}-1`).inspect()).State.Paused, true);
  await refused(/is frozen.*thaw/, 1, 'exec', name, 'true');
  assert.match(await ok('thaw', '--plan', name), /1\. let the processes of \S+-1 go on/);
  assert.equal(await ok('thaw', name), `${name}\n`);
  assert.deepEqual([await state(), await started()], ['running 1\n', before]);
  assert.equal((await run('exec', name, 'true')).code, 0);
  await ok('rm', name);
});

test('--detach: the id at once; operations -f waits for the end, and says what became of it', async () => {
  const name = await world.run('apart', IMAGES.entry);
  const id = (await ok('stop', '-d', '-t', '2', name)).trim();
  assert.match(await ok('operations'), new RegExp(`^${id} +replicaSet/${name} +stop `, 'm'));
  assert.match(await ok('operations', id), /^now +stopping the container$/m);
  assert.match(await ok('operations', '-f', id), /^outcome +done$/m);
  assert.equal(json<{ state: string }>(await ok('operations', id, '--json')).state, 'done');
  assert.match(await ok('restart', '-d', name, '--json'), new RegExp(`^\\{"name":"${name}","operation":"[^"]+"\\}\n$`));
  await eventually('it runs again', async () => (await world.entry(name)).state === 'running');
  await refused(/--plan and --detach: choose one/, 2, 'stop', '-d', '--plan', name);
  await ok('rm', name);
});

test('a long one goes on over a restart of the server', async () => {
  const name = await world.run('long', IMAGES.entry);
  const io = terminal();
  const stopping = runSubCommand(['stop', '-t', '6', name], io);
  await eventually('it is under way', async () => (await ok('operations')).includes(name));
  // Past the time for which the server lets an order wait.
  await sleep(2_500);
  await world.server.stop();
  await world.server.restart();
  assert.deepEqual([await stopping, io.said.out], [0, `${name}\n`]);
  assert.match(io.said.err, /no word of operation \S+, which goes on/);
  await ok('rm', name);
});

test('volume create, ls, inspect, resize, history, rm', async () => {
  const name = world.name('vol');
  assert.equal(await ok('volume', 'create', name, '10MB'), `${name}-1\n`);
  assert.equal(await ok('volume', 'resize', name, '20MB'), `${name}-2\n`);
  assert.match(await ok('volume', 'ls'), new RegExp(`^${name} +2 +20MB`, 'm'));
  assert.match(await ok('volume', 'ls', '-q'), new RegExp(`^${name}$`, 'm'));
  const [shown] = json<{ kind: string; size: string; info: { version: number } }[]>(await ok('volume', 'inspect', name));
  assert.deepEqual([shown?.kind, shown?.size, shown?.info.version], ['volume', '20MB', 2]);
  assert.match(await ok('volume', 'history', name), /^ +2 +\d{4}-\d\d-\d\dT[\d:]{8}Z +resizeVolume +\S+ +20MB/m);
  await refused(/unit|KB, MB/, 1, 'volume', 'resize', name, '5XB');
  const mounted = world.name('mounts');
  await ok('run', '--name', mounted, '-v', `${name}-2:/data`, IMAGES.sleep);
  await refused(/mount/, 1, 'volume', 'rm', name);
  await ok('rm', mounted);
  assert.equal(await ok('volume', 'rm', name), `${name}\n`);
  const none = await run('inspect', name, '--type', 'volume');
  assert.deepEqual([none.code, none.out], [1, '[]\n']);
});

test('--plan: the events and steps in words, and not one event is written', async () => {
  const name = await world.run('plan', IMAGES.sleep, { gpuCount: 1 });
  const volume = world.name('planned');
  await ok('volume', 'create', volume, '10MB');
  const before = await head();
  const plans: readonly (readonly string[])[] = [
    ['run', '--name', world.name('new'), '--gpus', '1', '-p', '80', IMAGES.sleep],
    ['patch', name, '--gpus', '2'],
    ['restart', name],
    ['stop', name],
    ['pause', name],
    ['continue', name],
    ['commit', name, `${world.prefix}/image:2`],
    ['policy', name, '--keep-versions', '3'],
    ['rm', name],
    ['volume', 'create', world.name('v'), '10MB'],
    ['volume', 'resize', volume, '20MB'],
    ['volume', 'rm', volume],
  ];
  for (const argv of plans) {
    // Before the image: what follows it is the command of the container.
    const [verb = '', ...rest] = argv;
    const out = verb === 'volume' ? await ok(...argv, '--plan') : await ok(verb, '--plan', ...rest);
    assert.match(out, /It would be written that:\n {2}operation started/, argv.join(' '));
    assert.match(out, /Nothing was done\.\n$/);
  }
  const patch = await ok('patch', name, '--gpus', '2', '--plan');
  for (const says of [
    /stop container \S+-1 \(SIGTERM/,
    /save the system disk of/,
    /create container \S+-2 from the saved/,
    /GPU allocated: version 2/,
  ])
    assert.match(patch, says);
  const plan = json<{ etag: number; steps: unknown[] }>(await ok('patch', name, '--gpus', '2', '--plan', '--json'));
  assert.ok(plan.steps.length > 3);
  assert.equal(await head(), before);
  await ok('rm', name);
  await ok('volume', 'rm', volume);
});

test('gpus, ports, top, ledger, operations, rejections, events: what is there', async () => {
  const name = await world.run('views', IMAGES.sleep, { gpuCount: 1, containerPorts: ['80'] });
  const [gpu = ''] = (await world.entry(name)).gpus;
  assert.match(await ok('gpus', gpu), new RegExp(`^ *\\d+ +${gpu} .* held +${name}$`, 'm'));
  const { gpus } = json<{ gpus: { gpu: string; holder: string | null; index: number }[] }>(await ok('gpus', '--json'));
  assert.equal(gpus.find((one) => one.gpu === gpu)?.holder, name);
  assert.equal((await ok('gpus', '--free', '-q')).includes(gpu), false);
  await refused(/there is no GPU 99/, 1, 'gpus', '99');
  const { leases } = json<{ leases: { replicaSet: string; containerPort: string }[] }>(await ok('ports', '--json'));
  assert.deepEqual(
    leases.map(({ replicaSet, containerPort }) => [replicaSet, containerPort]),
    [[name, '80']],
  );
  assert.match(await ok('top'), new RegExp(`1 of \\d+ GPUs held[\\s\\S]* held +${name}-1 +running`));
  assert.match(await ok('ledger', gpu), new RegExp(`^${name} `, 'm'));
  assert.equal(await ok('operations'), 'Nothing is under way.\n');
  await refused(/no operation nope/, 1, 'operations', 'nope');
  await refused(/nope/, 1, 'operations', 'undo', 'nope');
  await refused(/does not exist/, 1, 'stop', world.name('nobody'));
  assert.match(await ok('rejections'), new RegExp(`stop +replicaSet/${world.name('nobody')}`));
  const types = (await ok('events', '--replica-set', name, '--json'))
    .trim()
    .split('\n')
    .map((line) => json<{ type: string }>(line).type);
  assert.deepEqual([types[0], types.at(-1)], ['OperationStarted', 'OperationCompleted']);
  assert.match(await ok('events', '--gpu', gpu, '--type', 'GpuAllocated', '-n', '1'), new RegExp(`GpuAllocated +replicaSet/${name}`));
  assert.equal((await ok('events', '--since', '1', '--json')).trim().split('\n').length, await head());
  await refused(/there is no event type/, 2, 'events', '--type', 'Nope');
  await ok('rm', name);
});

test('events -f: what happens from then on, over a restart of the server, until ^C', async () => {
  const stop = new AbortController();
  const io = terminal({ signal: stop.signal });
  const name = world.name('live');
  const following = runSubCommand(['events', '-f', '-n', '0', '--replica-set', name, '--json'], io);
  const seen = (type: string): Promise<boolean> => eventually(type, async () => io.said.out.includes(`"type":"${type}"`));
  await sleep(500);
  await world.run('live', IMAGES.sleep);
  await seen('OperationCompleted');
  await world.server.stop();
  await eventually('it says so', async () => io.said.err.includes('the connection is lost'));
  await world.server.restart();
  await ok('rm', name);
  await seen('ReplicaSetDeleted');
  stop.abort();
  assert.equal(await following, 0);
  const seqs = io.said.out
    .trim()
    .split('\n')
    .map((line) => json<{ seq: number }>(line).seq);
  assert.deepEqual(
    seqs,
    (await world.events())
      .filter(({ stream }) => stream === `replicaSet/${name}`)
      .map((event) => (event as unknown as { seq: number }).seq),
  );
});

test('a terminal is told the steps, a pipe is not', async () => {
  const name = await world.run('steps', IMAGES.entry);
  const io = terminal({ progress: true });
  assert.equal(await runSubCommand(['stop', '-t', '2', name], io), 0);
  assert.match(io.said.err, new RegExp(`${name}: stopping the container, \\d+ s`));
  assert.equal(io.said.out, `${name}\n`);
  assert.equal((await run('restart', name)).err, '');
  await ok('rm', name);
});

const program = (...argv: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['--import', 'tsx', MAIN, ...argv], { encoding: 'utf8', timeout: 60_000 });

test('as a process: exit codes, and a reader that goes away', async () => {
  const name = await world.run('process', IMAGES.sleep);
  assert.equal(program('exec', name, 'sh', '-c', 'exit 42').status, 42);
  const none = program('stop', name, '--server', 'http://127.0.0.1:1');
  assert.equal(none.status, 1);
  assert.match(none.stderr, /http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\).*--server URL or GPU_DOCKER_API_SERVER/);
  assert.equal(program('rnu').status, 2);
  const ended = await new Promise<readonly [number | null, string]>((resolve) => {
    const child = spawn('sh', ['-c', `"$0" --import tsx "$1" events --since 1 --json | head -n 1; echo "$?"`, process.execPath, MAIN], {
      stdio: 'pipe',
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('close', (code) => resolve([code, text]));
  });
  assert.equal(ended[0], 0);
  assert.match(ended[1], /^\{.*\}\n0\n$/);
  await ok('rm', name);
});

test('a key that is needed, and one that is not allowed', async () => {
  const key = json<{ key: string }>(await ok('keys', 'create', 'root', '--role', 'admin', '--server', world.server.url, '--json')).key;
  try {
    await refused(/a key is needed.*GPU_DOCKER_API_KEY/, 1, 'ps');
    process.env['GPU_DOCKER_API_KEY'] = key;
    assert.equal(await ok('ps', '-q'), '');
  } finally {
    await world.send('DELETE', '/api/v1/keys/root?open=true', undefined, { authorization: `Bearer ${key}` });
    delete process.env['GPU_DOCKER_API_KEY'];
  }
});

test('wrong usage names what is wrong, and begins nothing', async () => {
  const before = await head();
  const wrong: readonly (readonly [RegExp, ...string[]])[] = [
    [/--name NAME is missing/, 'run', IMAGES.sleep],
    [/needs IMAGE/, 'run', '--name', 'x'],
    [/the host port is chosen/, 'run', '--name', 'x', '-p', '8080:80', IMAGES.sleep],
    [/it is a TCP port/, 'run', '--name', 'x', '-p', '53/udp', IMAGES.sleep],
    [/--gpus "all": it is a number/, 'run', '--name', 'x', '--gpus', 'all', IMAGES.sleep],
    [/no mode "ro"/, 'run', '--name', 'x', '-v', '/a:/b:ro', IMAGES.sleep],
    [/it is SRC:DEST/, 'run', '--name', 'x', '-v', '/a', IMAGES.sleep],
    [/run has no --memory: the service sets no limits/, 'run', '--memory', '1g', IMAGES.sleep],
    [/run has no --rm: a replicaSet and its disk stay/, 'run', '--rm', IMAGES.sleep],
    [/--env-file .* cannot be read \(ENOENT\)/, 'run', '--name', 'x', '--env-file', '/no/such', IMAGES.sleep],
    [/this shell has no variable/, 'run', '--name', 'x', '--secret-env', 'NO_SUCH_VARIABLE', IMAGES.sleep],
    [/it is OLD=NEW/, 'patch', 'x', '-v', '/a:/b'],
    [/VERSION: "one"/, 'rollback', 'x', 'one'],
    [/needs NAME/, 'stop'],
    [/--filter "colour=red"/, 'ps', '--filter', 'colour=red'],
    [/--lines and --since: choose one/, 'events', '-n', '3', '--since', '1'],
  ];
  for (const [says, ...argv] of wrong) await refused(says, 2, ...argv);
  assert.equal(await head(), before);
  const unused: Ran = await run('volume');
  assert.equal(unused.code, 2);
  assert.match(unused.err, /volume create NAME SIZE/);
});

test('what the log says of who ordered it: the user of the shell, or --by', async () => {
  const name = world.name('who');
  await ok('run', '--name', name, '--by', '王小明', IMAGES.sleep);
  const [made] = await world.eventsOf('ContainerVersionCreated', name);
  assert.equal((made as unknown as { command: { actor: string } }).command.actor, '王小明');
  assert.equal((await world.send('DELETE', `${RS}/${name}`)).status, 200);
});

test.run();
