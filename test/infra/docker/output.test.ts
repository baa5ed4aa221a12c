// The output of real containers: with a terminal and without one, of ended ones, since a time, from a driver that stores nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerEngine, OutputRequest } from '../../../src/commands/outside/engine.ts';
import { startOf } from '../../../src/infra/docker/containers/output/output.ts';
import { connectEngine, docker, IMAGES, owner, refusal, uniqueName } from './support.ts';

const test = suite('output of real containers');

let engine: ContainerEngine;
const made: string[] = [];
test.before(async () => {
  engine = await connectEngine();
});
test.after(async () => {
  for (const id of made) await docker().getContainer(id).remove({ force: true, v: true });
});

/** The reference of a running container. */
async function start(script: string, more: object = {}, host: object = {}) {
  const name = uniqueName('out');
  const container = await docker().createContainer({
    name: `${name}-1`,
    Image: IMAGES.busybox,
    Cmd: ['sh', '-c', script],
    Tty: true,
    HostConfig: host,
    ...more,
  });
  made.push(container.id);
  await container.start();
  return { containerName: `${name}-1`, owner: owner(name), id: container.id };
}

type Ref = Awaited<ReturnType<typeof start>>;

const asked = (more: Partial<OutputRequest> = {}): OutputRequest => ({
  follow: false,
  timestamps: false,
  signal: new AbortController().signal,
  ...more,
});

async function read(ref: Ref, more: Partial<OutputRequest> = {}): Promise<string> {
  let text = '';
  for await (const piece of await engine.readOutput(ref, asked(more))) text += Buffer.from(piece).toString();
  return text;
}

test('with a terminal as it came; without one stdout and stderr without their frames', async () => {
  const script = 'echo out; sleep 0.2; echo err >&2; sleep 0.2; printf ü';
  // Docker may end a follower before it has sent the last piece of a container that ends, as its own command line shows, too.
  const began = async (ref: Ref): Promise<string> => {
    const followed = await read(ref, { follow: true });
    const whole = await read(ref);
    assert.ok(followed.startsWith('out') && whole.startsWith(followed), followed.slice(0, 100));
    return whole;
  };
  assert.is(await began(await start(script)), 'out\r\nerr\r\nü');
  const plain = await start(`${script}; head -c 300000 /dev/zero | tr '\\0' x`, { Tty: false });
  const all = await began(plain);
  assert.is(all, `out\nerr\nü${'x'.repeat(300_000)}`);
  assert.is(await read(plain), all, 'and again once it has ended');
});

test('the last lines, from a time on, and with times', async () => {
  const ref = await start('echo one; echo two; sleep 1.5; echo three');
  const between = Date.now() + 700;
  await sleep(2_000);
  assert.is(await read(ref, { tail: 2 }), 'two\r\nthree\r\n');
  assert.is(await read(ref, { tail: 0 }), '');
  assert.is(await read(ref, { sinceMs: between }), 'three\r\n');
  assert.match(await read(ref, { tail: 1, timestamps: true }), /^20\d\d-\d\d-\d\dT[\d:.]+Z three\r\n$/);
});

test('since the last start by Docker’s own clock: all of this run, from its first line, and nothing of the one before', async () => {
  const ref = await start(
    'trap "echo bye; exit 0" TERM; n=$(cat /n 2>/dev/null); echo $((n + 1)) > /n; echo "run $n"; while :; do sleep 0.05; done',
  );
  const printed = async (last: string, more: Partial<OutputRequest> = {}): Promise<string> => {
    for (let looks = 0; looks < 200; looks++, await sleep(50)) {
      const text = await read(ref, more);
      if (text.endsWith(`${last}\r\n`)) return text;
    }
    throw new Error(`not printed: ${last}`);
  };
  await printed('run ');
  for (let run = 1; run <= 3; run++) {
    await docker().getContainer(ref.id).restart({ t: 30 });
    await printed(`run ${run}`);
    assert.is(await printed(`run ${run}`, { sinceStart: true }), `run ${run}\r\n`);
  }
});

test('where the moment of the last start is: halfway from the end before it, whatever time this machine thinks it is', () => {
  const state = { Pid: 1, Status: 'running', Running: true, Paused: false, Restarting: false, OOMKilled: false, ExitCode: 0 } as const;
  const at = (text: string): string | undefined => {
    const [StartedAt, FinishedAt] = text.split(' ');
    const ms = startOf({ ...state, ...(StartedAt !== undefined && { StartedAt }), ...(FinishedAt !== undefined && { FinishedAt }) });
    return ms === undefined ? undefined : new Date(ms).toISOString();
  };
  assert.is(at('2001-01-01T00:00:10.123456789Z 2001-01-01T00:00:09.123456789Z'), '2001-01-01T00:00:09.623Z');
  assert.is(at('2099-01-01T00:00:10Z 0001-01-01T00:00:00Z'), '2099-01-01T00:00:09.950Z', 'it has never ended');
  assert.is(at('2001-01-01T00:00:10Z 2001-01-01T00:00:11Z'), '2001-01-01T00:00:09.950Z', 'it has ended since');
  assert.is(at('0001-01-01T00:00:00Z 0001-01-01T00:00:00Z'), undefined, 'it has never run');
});

test('a reader that goes gives the connection back; one that never begins does, too', async () => {
  const ref = await start('while :; do echo x; sleep 0.05; done');
  const over = new AbortController();
  const output = await engine.readOutput(ref, asked({ follow: true, signal: over.signal }));
  for await (const piece of output) {
    assert.ok(piece.length > 0);
    break;
  }
  const silent = await engine.readOutput(ref, asked({ follow: true, signal: over.signal }));
  over.abort(new Error('gone'));
  const cut = await refusal(
    (async () => {
      for await (const _ of silent);
    })(),
    'unavailable',
  );
  assert.match(cut.message, /output of container/);
});

test('a log driver that stores nothing is named; a container that has gone, too', async () => {
  const none = await start('echo lost', {}, { LogConfig: { Type: 'none', Config: {} } });
  const { message } = await refusal(engine.readOutput(none, asked()), 'refused');
  assert.match(message, /log driver, none, stores nothing that Docker could read/);
  await docker().getContainer(none.id).remove({ force: true });
  made.splice(made.indexOf(none.id), 1);
  await refusal(engine.readOutput(none, asked()), 'not-found');
});

test.run();
