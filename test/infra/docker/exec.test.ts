// Commands in real containers: limits, timeouts and the end of everything that a command started.
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerEngine } from '../../../src/commands/outside/engine.ts';
import { dockerApi } from '../../../src/infra/docker/connection/connect.ts';
import { exec as execOver } from '../../../src/infra/docker/containers/exec.ts';
import { dockerSocket } from '../../support/docker.ts';
import { base, connectEngine, docker, exec, IMAGES, refusal, removeAll, requestFor, run, sh, uniqueName } from './support.ts';

const test = suite<{ engine: ContainerEngine; ref: Awaited<ReturnType<typeof run>> }>('exec');

test.before(async (context) => {
  context.engine = await connectEngine();
  context.ref = await run(context.engine, requestFor(await base(context.engine, IMAGES.sleep), uniqueName('e')));
});
test.after(({ engine }) => removeAll(engine));

test('stdout and stderr as they came, the exit code, the directory', async ({ engine, ref }) => {
  const result = await exec(engine, ref, ['sh', '-c', 'echo out; sleep 0.1; echo err >&2; sleep 0.1; pwd; exit 7'], { workDir: '/var' });
  assert.equal(result, { exitCode: 7, stdout: 'out\nerr\n/var\n', outputBytes: 13, truncated: false, timedOut: false, aborted: false });
});

test('200 MB of output are read to the end and kept to the limit', async ({ engine, ref }) => {
  const result = await exec(engine, ref, ['sh', '-c', 'head -c 200000000 /dev/zero; exit 5'], { maxOutputBytes: 1_000 });
  assert.equal(
    { ...result, stdout: result.stdout.length },
    { exitCode: 5, stdout: 1_000, outputBytes: 200_000_000, truncated: true, timedOut: false, aborted: false },
  );
});

test('100,000 small frames', async ({ engine, ref }) => {
  const result = await exec(engine, ref, ['sh', '-c', 'i=0; while [ $i -lt 100000 ]; do echo x; i=$((i+1)); done'], { timeoutMs: 60_000 });
  assert.is(result.exitCode, 0);
  assert.is(result.outputBytes, 200_000);
  assert.is(result.stdout, 'x\n'.repeat(100_000));
});

test('bytes that are no UTF-8 are replaced; characters cut by frames or by the other stream are not', async ({ engine, ref }) => {
  const cut = "printf '\\303'; sleep 0.2; printf E >&2; sleep 0.2; printf '\\274'; printf '\\377'";
  assert.is((await exec(engine, ref, ['sh', '-c', cut])).stdout, 'Eü\ufffd');
});

test('a timeout ends the command and all that it started', async ({ engine, ref }) => {
  const began = performance.now();
  const result = await exec(engine, ref, ['sh', '-c', 'echo begun; (sleep 4321 & sleep 4321 | cat) & setsid sleep 4321; echo not'], {
    timeoutMs: 500,
  });
  assert.ok(performance.now() - began < 5_000);
  assert.equal(
    { timedOut: result.timedOut, aborted: result.aborted, exitCode: result.exitCode },
    { timedOut: true, aborted: false, exitCode: 137 },
  );
  assert.is(result.stdout, 'begun\n');
  assert.is(await sh(engine, ref, 'ps | grep -c "[s]leep 4321"; true'), '0\n');
});

test("the same from where the container's processes cannot be seen", async ({ engine, ref }) => {
  const deadlines = { quickMs: 10_000, slowMs: 10_000, silenceMs: 10_000 };
  const api = dockerApi({ dockerHost: `unix://${dockerSocket()}`, deadlines });
  const request = {
    cmd: ['sh', '-c', 'sleep 5432 & sleep 5432 | cat'],
    maxOutputBytes: 10,
    timeoutMs: 300,
    signal: new AbortController().signal,
  };
  const result = await execOver(api, ref, request, false);
  assert.equal({ timedOut: result.timedOut, exitCode: result.exitCode }, { timedOut: true, exitCode: 137 });
  assert.is(await sh(engine, ref, 'ps | grep -c "[s]leep 5432"; true'), '0\n');
});

test('a client that hangs up ends the command', async ({ engine, ref }) => {
  const hangUp = new AbortController();
  setTimeout(() => hangUp.abort(), 300);
  const result = await exec(engine, ref, ['sh', '-c', 'yes & sleep 6543'], { signal: hangUp.signal });
  assert.equal({ aborted: result.aborted, timedOut: result.timedOut }, { aborted: true, timedOut: false });
  assert.is(await sh(engine, ref, 'ps | grep -c "[s]leep 6543\\|[y]es"; true'), '0\n');
});

test('a command that closes its output and goes on is waited for', async ({ engine, ref }) => {
  const result = await exec(engine, ref, ['sh', '-c', 'echo a; exec >&- 2>&-; sleep 1; exit 3']);
  assert.equal({ exitCode: result.exitCode, stdout: result.stdout }, { exitCode: 3, stdout: 'a\n' });
});

test('a command that leaves a child with its output behind is answered at its own end', async ({ engine, ref }) => {
  const began = performance.now();
  const result = await exec(engine, ref, ['sh', '-c', 'sleep 7654 & echo a; exit 4'], { timeoutMs: 15_000 });
  assert.equal(
    { exitCode: result.exitCode, stdout: result.stdout, timedOut: result.timedOut },
    { exitCode: 4, stdout: 'a\n', timedOut: false },
  );
  assert.ok(performance.now() - began < 10_000);
  await sh(engine, ref, 'pkill -9 sleep; true');
});

test('what cannot be started says why', async ({ engine, ref }) => {
  assert.match((await refusal(exec(engine, ref, ['/nope']), 'refused')).message, /\/nope/);
  assert.match((await refusal(exec(engine, ref, ['/etc/passwd']), 'refused')).message, /"\/etc\/passwd" is not an executable file/);
  await refusal(exec(engine, ref, ['sh'], { workDir: '/etc/passwd' }), 'refused');
  assert.is((await exec(engine, ref, ['sh', '-c', 'exit 126'])).exitCode, 126);
  assert.is((await exec(engine, ref, ['sh', '-c', 'echo OCI; exit 127'])).exitCode, 127);
});

test('a paused container refuses, one that is killed ends the command', async ({ engine }) => {
  const ref = await run(engine, requestFor(await base(engine, IMAGES.sleep), uniqueName('e')));
  const container = docker().getContainer(ref.id);
  await container.pause();
  assert.match((await refusal(exec(engine, ref, ['echo']), 'refused')).message, /paused/);
  await container.unpause();
  const running = exec(engine, ref, ['sleep', '100']);
  await sleep(300);
  await container.kill();
  const { exitCode, timedOut } = await running;
  assert.equal({ exitCode, timedOut }, { exitCode: 137, timedOut: false });
});

test.run();
