// Operations that make no progress: seen, tried again, undone by order, and nobody else's matter.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import type { OperationInfo } from '../../../src/commands/service.ts';
import { sleep } from '../../../src/infra/async/time.ts';
import { Stalls } from '../../../src/infra/runtime/operations/stalls.ts';
import { openOperations } from '../../../src/projections/state.ts';
import { TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';
import { answered, until } from '../../support/until.ts';

type Mutation = Exclude<Command, { do: 'execute' }>;
const test = suite('operations under way');

const runOf = (name: string): Mutation => ({ ...run(name), gpuCount: 1, containerPorts: [], binds: [] }) as Mutation;
const only = (t: TestCore): OperationInfo => {
  const [first] = t.core.operations();
  assert.ok(first, 'an operation is under way');
  return first;
};

test('an error that nobody foresaw ends no operation: it is seen, and tried again', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  let failures = 1;
  t.onAppend = () => {
    const { done = [] } = t.core.state().replicaSets.get('foo')?.operation ?? {};
    if (done.includes('ContainerVersionCreated') && failures-- > 0) throw new RangeError('a record holds at most 524288 bytes, not 524310');
  };
  const restarted = t.submit({ do: 'restart', name: 'foo' });
  await until('the stall', () => t.core.operations().some(({ stalled }) => stalled !== undefined));
  const { stalled, kind, phase, actor } = only(t);
  assert.equal([kind, phase, actor], ['restart', 'forward', 'test']);
  assert.match(stalled?.reason ?? '', /524310/);
  assert.is(await answered(restarted), 'ok');
  assert.equal(t.core.operations(), []);
  t.die();
});

test('an operation that makes no progress is undone by an operator’s order, and says so', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  t.engine.before = async (call) => {
    if (call === 'saveDisk') throw new EngineError('unavailable', 'the disk is slow today');
  };
  const patched = t.submit({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } });
  await until('the stall', () => t.core.operations().some(({ stalled }) => (stalled?.attempts ?? 0) > 1));
  const { id, step, undoable } = only(t);
  assert.equal([step, undoable], ['saveDisk', true]);
  const origin = { actor: 'alice' };
  const unknown = t.core.undo('nothing', origin);
  assert.match(unknown.ok ? '' : unknown.rejection.message, /no operation nothing is under way/);
  assert.is(t.core.undo(id, origin).ok, true);
  assert.match(await answered(patched), /undone by order of alice, instead of the step saveDisk, which failed before: .*slow today/);
  const foo = t.core.state().replicaSets.get('foo');
  assert.equal([foo?.state, foo?.current, foo?.gpus.length], ['running', 1, 1], 'as it was');
  t.engine.before = undefined;
  assert.is(await answered(t.submit({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } })), 'ok', 'the order was for that one alone');
  t.die();
});

test('an order to undo a stop that Docker carried out, but never answered, starts the container again', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  t.engine.after = async (call) => {
    if (call === 'stopContainer') throw new EngineError('unavailable', 'no answer in 60000 ms');
  };
  const patched = t.submit({ do: 'patch', name: 'foo' });
  await until('the stall', () => t.core.operations().some(({ stalled }) => stalled !== undefined));
  assert.is(only(t).step, 'stopContainer');
  assert.is(t.core.undo(only(t).id, { actor: 'alice' }).ok, true);
  assert.match(await answered(patched), /undone by order of alice, instead of the step stopContainer/);
  assert.equal([t.core.state().replicaSets.get('foo')?.state, t.engine.host.containerBy('foo-1')?.state], ['running', 'running']);
  t.die();
});

test('an operation that only takes away what is left over cannot be undone any more', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  let busy = true;
  t.engine.before = async (call) => {
    if (call === 'removeContainer' && busy) throw new EngineError('unavailable', 'device busy');
  };
  const restarted = t.submit({ do: 'restart', name: 'foo' });
  await until('the stall', () => t.core.operations().some(({ stalled }) => stalled !== undefined));
  assert.is(only(t).undoable, false);
  const refused = t.core.undo(only(t).id, { actor: 'alice' });
  assert.match(refused.ok ? '' : refused.rejection.message, /cannot be undone any more/);
  busy = false;
  assert.is(await answered(restarted), 'ok');
  t.die();
});

/** A volume `bar` whose first version is retired, and is being removed by nobody's order until `answer` is called. */
async function removingRetired(t: TestCore): Promise<(error?: EngineError) => void> {
  await t.submit({ do: 'createVolume', name: 'bar', size: '1GB' });
  await t.submit({ ...runOf('foo'), binds: [{ src: 'bar-1', dest: '/v' }] } as Mutation);
  await t.submit({ do: 'stop', name: 'foo' });
  await t.submit({ do: 'resizeVolume', name: 'bar', size: '2GB' });
  let answer: ((error?: EngineError) => void) | undefined;
  t.engine.before = async (call) => {
    if (call !== 'removeVolume') return;
    t.engine.before = undefined;
    await new Promise<void>((resolve, reject) => {
      answer = (error) => (error === undefined ? resolve() : reject(error));
    });
  };
  await t.submit({ do: 'delete', name: 'foo' });
  await until('the removal of bar-1', () => answer !== undefined);
  return (error) => answer?.(error);
}

test('what housekeeping has under way when an operation begins is not taken for a step of it: its end would be nobody’s answer', async () => {
  const t = await new TestCore().start();
  const answer = await removingRetired(t);
  const deleted = t.submit({ do: 'deleteVolume', name: 'bar' });
  await until('the delete', () => t.core.operations().some(({ kind }) => kind === 'deleteVolume'));
  answer(new EngineError('in-use', 'volume bar-1 is used by a container'));
  assert.is(await Promise.race([answered(deleted), sleep(5_000).then(() => 'no answer')]), 'ok');
  assert.equal([t.core.state().volumes.has('bar'), t.engine.host.volumes.size], [false, 0]);
  t.die();
});

test('an operation that begins while housekeeping waits for Docker goes on when that has its answer', async () => {
  const t = await new TestCore().start();
  const answer = await removingRetired(t);
  const resized = t.submit({ do: 'resizeVolume', name: 'bar', size: '3GB' });
  await until('the resize', () => t.core.operations().some(({ kind }) => kind === 'resizeVolume'));
  answer();
  assert.is(await Promise.race([answered(resized), sleep(5_000).then(() => 'no answer')]), 'ok');
  const stateOf = (i: number): unknown => t.core.state().volumes.get('bar')?.versions[i]?.state;
  await until('both removals in the log', () => stateOf(0) === 'removed' && stateOf(1) === 'removed');
  assert.equal([...t.engine.host.volumes.keys()], ['bar-3']);
  t.die();
});

test('ready is compared, not finished: one name’s slow step keeps nobody else waiting after a restart', async () => {
  const dead = await new TestCore().start();
  await dead.submit(runOf('slow'));
  await dead.submit(runOf('quick'));
  dead.engine.before = async (call) => {
    if (call === 'stopContainer') await new Promise(() => {});
  };
  void dead.submit({ do: 'stop', name: 'slow' });
  await until('the stop', () => openOperations(dead.core.state()).length === 1);
  dead.die();
  const heir = new TestCore({ store: dead.store, engine: dead.engine });
  let stopped = (): void => {};
  dead.engine.before = async (call, [ref]) => {
    const { containerName } = (ref ?? {}) as { containerName?: string };
    if (call === 'stopContainer' && containerName === 'slow-1') await new Promise<void>((resolve) => (stopped = resolve));
  };
  await heir.start();
  assert.is(heir.core.readiness().ready, true);
  assert.is(await answered(heir.submit({ do: 'restart', name: 'quick' })), 'ok');
  const again = heir.submit({ do: 'restart', name: 'slow' });
  assert.is(await Promise.race([again, sleep(50).then(() => 'waits')]), 'waits');
  dead.engine.before = undefined;
  stopped();
  assert.is(await answered(again), 'ok');
  heir.die();
});

test('a warning comes when an operation has made no progress for half a minute', () => {
  let now = 0;
  const stalls = new Stalls({ now: () => now, boot: () => now, sleep: async () => {} });
  stalls.failed('replicaSet/a', 'no answer');
  now = 29_000;
  assert.equal(stalls.warnings(), []);
  stalls.failed('replicaSet/a', 'still no answer');
  stalls.failed('replicaSet/b', 'busy');
  now = 30_000;
  assert.match(stalls.warnings()[0] ?? '', /^the operation on replicaSet\/a has made no progress since 1970-.*: still no answer$/);
  now = 60_000;
  assert.match(stalls.warnings()[0] ?? '', /\(and 1 more: GET \/api\/v1\/operations\)$/);
  stalls.gotOn('replicaSet/a');
  stalls.gotOn('replicaSet/b');
  assert.equal(stalls.warnings(), []);
});

test('an operation that waited for its container and was undone by order is no loss to accept', async () => {
  const t = await new TestCore({ reconcileEveryMs: 40, doubtMs: 300_000 }).start();
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) await t.submit(runOf(name));
  const { containers } = t.engine.host;
  const hidden = [...containers];
  t.engine.before = async (call) => {
    if (call === 'stopContainer') for (const [id] of hidden) containers.delete(id);
  };
  const stops = names.map((name) => t.submit({ do: 'stop', name }));
  await until('the stalls', () => t.core.operations().filter(({ stalled }) => stalled !== undefined).length === names.length);
  for (const { id } of t.core.operations()) assert.ok(t.core.undo(id, { actor: 'alice' }).ok);
  await Promise.all(stops);
  for (const [id, container] of hidden) containers.set(id, container);
  t.engine.before = undefined;
  await until('all of them', () => names.every((name) => t.core.state().replicaSets.get(name)?.missing === undefined));
  assert.equal(t.core.readiness(), { ready: true });
  const loss = await t.core.acceptLoss('box', { actor: 'alice' }, false);
  assert.equal(loss.ok && loss.loss.replicaSets, []);
  assert.equal(
    names.map((name) => t.core.state().replicaSets.get(name)?.state),
    names.map(() => 'running'),
  );
  t.die();
});

test('a step that an earlier term began, and that waited for a host path, starts nothing in a later one', async () => {
  const shared = { settings: { allowBind: ['/nfs'] }, dataRoot: '/d', gpus: 1 };
  const t = new TestCore(shared);
  const over = new AbortController();
  await t.core.follow(over.signal);
  const first = new AbortController();
  await t.core.lead(first.signal, () => {});
  let answer = (): void => {};
  let hangs = false;
  const plain = t.links.get.bind(t.links);
  t.links.get = (path) => (hangs ? (new Promise((resolve) => (answer = () => resolve(path))) as unknown as string) : plain(path));
  t.engine.before = async (call) => {
    if (call === 'createContainer') hangs = true;
  };
  void t
    .submit({ ...run('foo'), gpuCount: 1, containerPorts: [], binds: [{ src: '/nfs/x', dest: '/x' }] } as Mutation)
    .catch(() => undefined);
  await until('the start', () => t.core.operations().some(({ step }) => step === 'startContainer'));
  t.engine.before = undefined;
  first.abort(new Error('the lease is lost'));
  const other = await new TestCore({ ...shared, store: t.store, engine: t.engine }).start();
  await other.settled();
  assert.ok((await other.submit({ do: 'stop', name: 'foo' })).ok);
  assert.ok((await other.submit(runOf('other'))).ok);
  other.die();
  hangs = false;
  await t.core.lead(over.signal, () => {});
  const started: unknown[] = [];
  t.engine.before = async (call, [container]) => {
    if (call === 'startContainer') started.push(container);
  };
  answer();
  await sleep(100);
  assert.equal(started, []);
  over.abort(new Error('over'));
});

test.run();
