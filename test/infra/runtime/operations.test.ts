// Operations that do not get on: seen, tried again, undone by order, and nobody else's matter.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { EngineError } from '../../../src/commands/outside/engine.ts';
import type { CommandOutcome, OperationInfo } from '../../../src/commands/service.ts';
import { sleep } from '../../../src/infra/async/time.ts';
import { Stalls } from '../../../src/infra/runtime/operations/stalls.ts';
import { openOperations } from '../../../src/projections/state.ts';
import { TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';

type Mutation = Exclude<Command, { do: 'execute' }>;
const test = suite('operations under way');

const runOf = (name: string): Mutation => ({ ...run(name), gpuCount: 1, containerPorts: [], binds: [] }) as Mutation;
const only = (t: TestCore): OperationInfo => {
  const [first] = t.core.operations();
  assert.ok(first, 'an operation is under way');
  return first;
};
async function until(what: string, is: () => boolean): Promise<void> {
  for (let looks = 0; !is(); looks++) {
    if (looks > 500) throw new Error(`not seen: ${what}`);
    await sleep(10);
  }
}
const answered = async (outcome: Promise<CommandOutcome>): Promise<string> => {
  const found = await Promise.race([outcome, sleep(5_000).then(() => null)]);
  return found === null ? 'no answer' : found.ok ? 'ok' : found.rejection.message;
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

test('an operation that does not get on is undone by an operator’s order, and says so', async () => {
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

test('a warning comes when an operation has not got on for half a minute', () => {
  let now = 0;
  const stalls = new Stalls({ now: () => now, boot: () => now, sleep: async () => {} });
  stalls.failed('replicaSet/a', 'no answer');
  now = 29_000;
  assert.equal(stalls.warnings(), []);
  stalls.failed('replicaSet/a', 'still no answer');
  stalls.failed('replicaSet/b', 'busy');
  now = 30_000;
  assert.match(stalls.warnings()[0] ?? '', /^the operation on replicaSet\/a has not got on since 1970-.*: still no answer$/);
  now = 60_000;
  assert.match(stalls.warnings()[0] ?? '', /\(and 1 more: GET \/api\/v1\/operations\)$/);
  stalls.gotOn('replicaSet/a');
  stalls.gotOn('replicaSet/b');
  assert.equal(stalls.warnings(), []);
});

test.run();
