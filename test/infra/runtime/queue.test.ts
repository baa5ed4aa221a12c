// Who waits in the queue of commands: for how long, in which order, and how many of them.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { deferred } from '../../../src/infra/async/deferred.ts';
import { sleep } from '../../../src/infra/async/time.ts';
import { Places } from '../../../src/infra/runtime/queue/places.ts';
import { TestCore } from '../../support/core.ts';
import { runs } from '../../support/scenario.ts';
import { until } from '../../support/until.ts';

const test = suite('the queue of commands');

const run = (name: string) => runs(name, { gpuCount: 0 });
const ACTOR = { actor: 'test' };

/** A core on which every stop waits until `release` is called. */
async function stuckCore() {
  const core = await new TestCore().start();
  const gate = deferred<void>();
  let stops = 0;
  core.engine.before = async (call) => {
    if (call !== 'stopContainer') return;
    stops++;
    await gate.promise;
  };
  const untilStops = (count: number): Promise<void> => until(`${count} stops`, () => stops >= count);
  return { core, queue: core.core.queue, release: () => gate.resolve(), untilStops };
}

const textOf = async (outcome: Promise<{ ok: boolean; rejection?: { kind: string; message: string } }>): Promise<string> => {
  const found = await outcome;
  return found.ok ? 'ok' : `${found.rejection?.kind}: ${found.rejection?.message}`;
};

test('a command whose client hangs up before it is decided is taken out, and one that is decided goes on', async () => {
  const { core, queue, release, untilStops } = await stuckCore();
  await queue.submit(run('foo'), ACTOR);
  const [decided, waiting] = [new AbortController(), new AbortController()];
  const stop = queue.submit({ do: 'stop', name: 'foo' }, ACTOR, {}, decided.signal);
  const restart = queue.submit({ do: 'restart', name: 'foo' }, ACTOR, {}, waiting.signal);
  const pause = queue.submit({ do: 'delete', name: 'foo' }, ACTOR);
  await untilStops(1); // the delete cuts its grace period short
  waiting.abort(new Error('the client hung up'));
  assert.match(await textOf(restart), /^busy: the client hung up: .*taken out, nothing was changed; GET \/api\/v1\/operations/);
  decided.abort(new Error('no answer within the 5 s that a request may wait'));
  assert.match(await textOf(stop), /^late: no answer within .*goes on; do not send it again; GET \/api\/v1\/operations/);
  assert.is(core.core.operations()[0]?.kind, 'stop');
  release();
  assert.is(await textOf(pause), 'ok');
  const commands = core.store.records.flatMap(({ text }) => [...text.matchAll(/"kind":"(\w+)"/g)].map(([, kind]) => kind));
  assert.is(commands.includes('restart'), false, 'what was taken out left nothing in the log');
  core.die();
});

test('a client that hung up while facts were gathered, or before its turn, changes nothing', async () => {
  const core = await new TestCore().start();
  const gate = deferred<void>();
  core.engine.before = async (call) => (call === 'inspectImage' ? gate.promise : undefined);
  const hungUp = new AbortController();
  const waits = core.core.queue.submit(run('foo'), ACTOR, {}, hungUp.signal);
  const gone = core.core.queue.submit(run('bar'), ACTOR, {}, AbortSignal.abort(new Error('the client hung up')));
  assert.match(await textOf(gone), /^busy/);
  await sleep(20);
  hungUp.abort(new Error('the client hung up'));
  assert.match(await textOf(waits), /^busy/);
  gate.resolve();
  await sleep(20);
  assert.is(core.core.state().replicaSets.size, 0);
  assert.is(await textOf(core.core.queue.submit(run('foo'), ACTOR)), 'ok');
  core.die();
});

test('a size walk whose client has hung up before it began is not made, for a command and for a dry run', async () => {
  const core = await new TestCore().start();
  const { queue } = core.core;
  await queue.submit(run('foo'), ACTOR);
  const gate = deferred<void>();
  let walks = 0;
  core.engine.before = async (call) => {
    if (call !== 'checkDiskSpace') return;
    walks++;
    await gate.promise;
  };
  const restart = { do: 'restart', name: 'foo' } as const;
  const hungUp = new AbortController();
  const outcomes = Array.from({ length: 4 }, async () => queue.plan(restart, ACTOR, {}, hungUp.signal));
  for (let i = 0; i < 10; i++) {
    const one = new AbortController();
    const outcome = queue.submit(restart, ACTOR, {}, one.signal);
    await sleep(5);
    one.abort(new Error('the client hung up'));
    assert.match(await textOf(outcome), /^busy/);
  }
  hungUp.abort(new Error('the client hung up'));
  for (const outcome of outcomes) assert.match(await textOf(outcome), /^busy: the client hung up: nothing was planned/);
  gate.resolve();
  await sleep(50);
  assert.is(walks, 4, 'as many as were begun at once');
  core.die();
});

test('volumes of others that come and go hold up nobody who mounts another', async () => {
  const core = await new TestCore().start();
  const { queue } = core.core;
  const created = (name: string) => queue.submit({ do: 'createVolume', name, size: '1GB' }, ACTOR);
  assert.is(await textOf(created('bar')), 'ok');
  let others = 0;
  core.engine.before = async (call) => {
    if (call === 'inspectVolume') assert.is(await textOf(created(`other${others++}`)), 'ok');
  };
  const mounts = (name: string) => queue.submit({ ...run(name), binds: [{ src: 'bar-1', dest: '/data' }] }, ACTOR);
  assert.is(await textOf(mounts('foo')), 'ok');
  assert.is(others, 1, 'looked at once');
  await queue.submit({ do: 'delete', name: 'foo' }, ACTOR);
  let looks = 0;
  core.engine.before = async (call) => {
    if (call === 'inspectVolume' && looks++ === 0)
      assert.is(await textOf(queue.submit({ do: 'resizeVolume', name: 'bar', size: '2GB' }, ACTOR)), 'ok');
  };
  const mountsNext = { ...run('foo'), binds: [{ src: 'bar-2', dest: '/data' }] };
  assert.is(await textOf(queue.submit(mountsNext, ACTOR)), 'ok');
  assert.is(looks, 2, 'what became of the volume itself is looked at again');
  core.die();
});

test('of two requests with one key the one that stays gets the answer, and only when both are gone is the command taken out', async () => {
  const { core, queue, release, untilStops } = await stuckCore();
  await queue.submit(run('foo'), ACTOR);
  void queue.submit({ do: 'stop', name: 'foo' }, ACTOR);
  await untilStops(1);
  const keyed = (key: string) => ({ ...ACTOR, idempotencyKey: key, bodyHash: 'h' });
  const clients = Array.from({ length: 4 }, () => new AbortController());
  const [first, second, third, fourth] = clients.map(({ signal }, i) =>
    queue.submit({ do: 'restart', name: 'foo' }, keyed(i < 2 ? 'a' : 'b'), {}, signal),
  );
  assert.ok(first && second && third && fourth);
  for (const i of [0, 2, 3]) clients[i]?.abort(new Error('the client hung up'));
  assert.match(await textOf(first), /^late/);
  for (const one of [third, fourth]) assert.match(await textOf(one), /^(late|busy)/);
  assert.match(await textOf(fourth), /^busy: .*taken out/);
  release();
  assert.is(await textOf(second), 'ok');
  assert.is(core.core.state().replicaSets.get('foo')?.current, 2, 'restarted once');
  core.die();
});

test('who waits no longer for a keyed command is told to send it again under its key, and gets its answer so', async () => {
  const { core, queue, release, untilStops } = await stuckCore();
  await queue.submit(run('foo'), ACTOR);
  const keyed = { ...ACTOR, idempotencyKey: 'k', bodyHash: 'h' };
  const late = new AbortController();
  const first = queue.submit({ do: 'stop', name: 'foo' }, keyed, {}, late.signal);
  await untilStops(1);
  late.abort(new Error('no answer within the 5 s that a request may wait'));
  assert.match(await textOf(first), /^late: .*goes on; sent again under the same Idempotency-Key, it waits for the answer;/);
  const again = queue.submit({ do: 'stop', name: 'foo' }, keyed);
  release();
  assert.is(await textOf(again), 'ok');
  core.die();
});

test('an execute whose client hung up before it was begun is not run', async () => {
  const core = await new TestCore().start();
  await core.submit(run('foo'));
  const command = { do: 'execute', name: 'foo', cmd: ['true'] } satisfies Command;
  const { seq } = core.core.state().head;
  const outcome = await core.core.execRunner.run(command, ACTOR, AbortSignal.abort(new Error('the client hung up')));
  assert.is(outcome.ok, false);
  assert.is(core.core.state().head.seq, seq);
  core.die();
});

test('no number of stuck names fills the queue for the others', async () => {
  const { core, queue, release, untilStops } = await stuckCore();
  const names = Array.from({ length: 16 }, (_, i) => `stuck${i}`);
  await Promise.all([...names, 'fine'].map((name) => queue.submit(run(name), ACTOR)));
  const waiting = names.flatMap((name) => Array.from({ length: 64 }, () => queue.submit({ do: 'stop', name }, { actor: name })));
  await untilStops(names.length);
  const others = ['another', 'one more'].map((actor) => queue.submit({ do: 'restart', name: 'fine' }, { actor }));
  const unheard = await Promise.race([Promise.all(others.map(textOf)), sleep(200).then(() => 'waits')]);
  assert.is(unheard, 'waits', 'it is not refused, and stops its container');
  release();
  assert.equal(await Promise.all(others.map(textOf)), ['ok', 'ok']);
  await Promise.all(waiting);
  core.die();
});

test('places: names and actors that come later always find some', () => {
  const places = new Places({ what: 'commands wait', most: 1_024, mostPerName: 64, perFree: { name: 1 / 8, actor: 1 } });
  const take = (name: string, actor: string, times: number): number =>
    Array.from({ length: times }, () => places.take(name, actor)).filter((place) => typeof place !== 'string').length;
  for (let i = 0; i < 100; i++) take(`name ${i}`, 'greedy', 64);
  assert.ok(take('fresh', 'other', 64) >= 16, 'another actor');
  for (let actor = 0; actor < 5; actor++) for (let i = 0; i < 100; i++) take(`name ${i}`, `greedy ${actor}`, 64);
  assert.ok(take('fresh too', 'one more', 1) === 1, 'one more');
});

test('places: a place is given back once, and one name alone has what it may', () => {
  const places = new Places({ what: 'commands wait', most: 1_024, mostPerName: 64, perFree: { name: 1 / 8, actor: 1 } });
  const taken = Array.from({ length: 65 }, () => places.take('foo', 'a'));
  assert.is(taken[64], '64 commands wait for foo already');
  const [back] = taken;
  assert.type(back, 'function');
  if (typeof back !== 'function') return;
  back();
  back();
  assert.type(places.take('foo', 'a'), 'function');
  assert.type(places.take('foo', 'a'), 'string');
});

test.run();
