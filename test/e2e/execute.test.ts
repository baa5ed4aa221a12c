import assert from 'node:assert/strict';
import { request } from 'node:http';
import { suite } from 'uvu';
import { IMAGES } from '../support/docker.ts';
import { eventually, RS, World } from './world.ts';

interface Executed {
  readonly stdout: string;
  readonly exitCode: number | null;
  readonly truncated: boolean;
  readonly timedOut?: boolean;
}

const test = suite('execute');
let world: World;
let name: string;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s', '--max-exec-output', '1kb', '--exec-timeout', '3s']);
  name = await world.run('exec', IMAGES.sleep, { env: ['USER=foo'], gpuCount: 1 });
});
test.after(() => world.stop());

const execute = (cmd: readonly string[], more: object = {}): Promise<Executed> =>
  world.ok<Executed>('POST', `${RS}/${name}/execute`, { cmd, ...more });
/** Processes of the container whose command line has the text. */
const processes = (text: string): Promise<string> => world.sh(name, `ps -o args | grep -v grep | grep -c '${text}'; true`);

test('output and exit code come back; stdout and stderr as they came', async () => {
  assert.deepEqual(await execute(['echo', 'a b', 'ü']), { stdout: 'a b ü\n', exitCode: 0, truncated: false });
  const both = await execute(['sh', '-c', 'echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; exit 3']);
  assert.deepEqual(both, { stdout: 'one\ntwo\nthree\n', exitCode: 3, truncated: false });
  assert.deepEqual(await execute(['true']), { stdout: '', exitCode: 0, truncated: false });
  const [, second] = await world.eventsOf('CommandExecuted', name);
  assert.deepEqual([second?.data.exitCode, second?.data.outputBytes, second?.data.truncated], [3, 14, false]);
});

test('it has the environment of the container, and the directory that is asked for', async () => {
  assert.match((await execute(['env'])).stdout, /^USER=foo$/m);
  assert.equal((await execute(['pwd'], { workDir: '/home' })).stdout, '/home\n');
  assert.equal((await execute(['pwd'], { workDir: '' })).stdout, '/\n');
});

test('output beyond --max-exec-output is dropped, and that is said; the command goes on to its end', async () => {
  const { stdout, exitCode, truncated } = await execute(['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x; touch /ended']);
  assert.deepEqual([stdout, exitCode, truncated], ['x'.repeat(1024), 0, true]);
  assert.equal(await world.sh(name, 'ls /ended'), '/ended\n');
  const event = (await world.eventsOf('CommandExecuted', name)).find((e) => e.data.truncated);
  assert.equal(event?.data.outputBytes, 3_000_000);
});

test('after --exec-timeout the command is killed with its children, and what it said until then comes back', async () => {
  const result = await execute(['sh', '-c', 'echo began; sleep 1001 & sleep 1001']);
  assert.deepEqual([result.stdout, result.timedOut], ['began\n', true]);
  assert.equal(await processes('sleep 1001'), '0\n');
  const event = (await world.eventsOf('CommandExecuted', name)).at(-1);
  assert.match(JSON.stringify(await world.eventsOf('CommandExecuted', name)), /timed out/, JSON.stringify(event));
});

test('what cleared its environment, or left for a session of its own, is killed as well, and nothing else is', async () => {
  const daemon = await execute(['sh', '-c', 'env -i /bin/sleep 1010 >/dev/null 2>&1 &']);
  assert.equal(daemon.timedOut, undefined, 'a command that has ended may leave something behind');
  for (const line of [
    'env -i /bin/sleep 1011',
    'env -i /bin/sleep 1011 & env -i /bin/sh -c "setsid /bin/sleep 1011; true"',
    'env -i setsid /bin/sh -c "/bin/sleep 1011 & /bin/sleep 1011" & wait',
  ]) {
    const result = await execute(['sh', '-c', line]);
    assert.equal(result.timedOut, true, line);
    assert.equal(await processes('sleep 1011'), '0\n', line);
  }
  assert.equal(await processes('sleep 1010'), '1\n', 'a command before it');
  assert.equal((await world.entry(name)).state, 'running');
});

test('when the client hangs up the command is killed, and the log says so', async () => {
  const patient = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
  try {
    const rs = await patient.run('hang', IMAGES.sleep);
    const call = request(new URL(`${RS}/${rs}/execute`, patient.server.url), { method: 'POST', agent: false });
    call.on('error', () => {});
    call.end(JSON.stringify({ cmd: ['sh', '-c', 'sleep 1002'] }));
    const count = (): Promise<string> => patient.sh(rs, `ps -o args | grep -v grep | grep -c 'sleep 1002'; true`);
    await eventually('the command runs', async () => (await count()) !== '0\n');
    call.destroy();
    await eventually('the command is gone', async () => (await count()) === '0\n');
    const ended = await eventually('its end is in the log', async () => {
      const events = await patient.eventsOf('CommandExecuted', rs);
      return events.find((e) => e.data.failure !== undefined);
    });
    assert.match(ended.data.failure ?? '', /hung up/);
  } finally {
    await patient.stop();
  }
});

test('it runs beside a patch and blocks none', async () => {
  const other = await world.run('beside', IMAGES.sleep);
  const [slow] = await Promise.all([execute(['sh', '-c', 'sleep 0.8; echo done']), world.patch(other)]);
  assert.equal(slow.stdout, 'done\n');
  await world.delete(other);
});

test('1006: a command that does not exist, a replicaSet that does not exist or does not run', async () => {
  const path = `${RS}/${name}/execute`;
  await world.refused('POST', path, { cmd: ['/no/such'] }, { status: 422, code: 1006, says: /\/no\/such/ });
  await world.refused('POST', path, { cmd: ['/etc/passwd'] }, { status: 422, code: 1006, says: /is not an executable file/ });
  const none = world.name('none');
  const says = new RegExp(`replicaSet ${none} does not exist`);
  await world.refused('POST', `${RS}/${none}/execute`, { cmd: ['true'] }, { status: 404, code: 1006, says });
  const stopped = await world.run('stopped', IMAGES.sleep);
  for (const [verb, state] of [
    ['pause', 'paused'],
    ['stop', 'stopped'],
  ] as const) {
    await world.order(stopped, verb);
    const reason = new RegExp(`${stopped} is ${state}`);
    await world.refused('POST', `${RS}/${stopped}/execute`, { cmd: ['true'] }, { status: 409, code: 1006, says: reason });
  }
  await world.delete(stopped);
});

test('1006: a working directory that does not exist is named', async () => {
  const answer = await world.send<Executed>('POST', `${RS}/${name}/execute`, { cmd: ['pwd'], workDir: '/no/such' });
  assert.deepEqual([answer.status, answer.body.code], [422, 1006], JSON.stringify(answer.body));
  assert.match(answer.body.msg, /\/no\/such/);
});

test('1000: a body without a command', async () => {
  for (const [body, says] of [
    [{}, /cmd is missing/],
    [{ cmd: [] }, /cmd must have at least 1 entry/],
    [{ cmd: [''] }, /cmd is empty/],
    [{ cmd: 'ls' }, /cmd must be a list/],
    [{ cmd: [1] }, /cmd\[0\] must be a string/],
    [{ cmd: ['a\u0000b'] }, /NUL/],
    [{ cmd: ['ls'], workDir: 'home' }, /workDir must be an absolute path, not the string "home"/],
  ] as const) {
    await world.refused('POST', `${RS}/${name}/execute`, body, { status: 400, code: 1000, says });
  }
});

test.run();
