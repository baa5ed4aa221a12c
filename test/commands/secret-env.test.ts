// Secret variables in decisions and in the service: what is recorded, what is refused, and when a key goes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decide, type Mutation } from '../../src/commands/command.ts';
import { Secret, type SecretVariable } from '../../src/commands/outside/secrets.ts';
import type { CommandOutcome } from '../../src/commands/service.ts';
import { MemorySecretKeys } from '../doubles/memory-secret-keys.ts';
import { TestCore } from '../support/core.ts';
import { goodFacts, settings } from '../support/scenario.ts';

const test = suite('secret variables');

const secrets = (...pairs: [string, string][]): SecretVariable[] => pairs.map(([name, value]) => ({ name, value: new Secret(value) }));
type Run = Extract<Mutation, { do: 'run' }>;
const command = (over: Partial<Run> = {}): Run => ({
  ...{ do: 'run', imageName: 'img', replicaSetName: 'foo', gpuCount: 0, binds: [], env: [], containerPorts: [] },
  ...over,
});
const said = (outcome: CommandOutcome): string => (outcome.ok ? '' : outcome.rejection.message);
const envOf = (t: TestCore): readonly string[] => [...t.engine.host.containers.values()].at(-1)?.env ?? [];
const specOf = (t: TestCore) => t.core.state().replicaSets.get('foo')?.versions.at(-1)?.spec;

test('run, patch, rollback and restart carry the values on; a patch replaces, adds, and takes the place of a plain one', async () => {
  const t = await new TestCore().start();
  assert.ok((await t.submit(command({ env: ['U=1', 'X=plain'], secretEnv: secrets(['A', 'a'], ['B', 'b']) }))).ok);
  assert.ok(['U=1', 'X=plain', 'A=a', 'B=b'].every((entry) => envOf(t).includes(entry)));
  assert.ok((await t.submit({ do: 'patch', name: 'foo', secretEnv: secrets(['B', 'b2'], ['X', 'hidden']) })).ok);
  assert.ok(['U=1', 'X=hidden', 'A=a', 'B=b2'].every((entry) => envOf(t).includes(entry)));
  assert.equal([specOf(t)?.env, specOf(t)?.secretEnv?.map(({ name }) => name)], [['U=1'], ['A', 'B', 'X']]);
  assert.ok((await t.submit({ do: 'restart', name: 'foo' })).ok);
  assert.ok(envOf(t).includes('B=b2'));
  assert.ok((await t.submit({ do: 'rollback', name: 'foo', version: 1 })).ok);
  assert.ok(['X=plain', 'B=b'].every((entry) => envOf(t).includes(entry)));
  assert.is(t.secretKeys.keys.size, 1);
  assert.ok((await t.submit({ do: 'delete', name: 'foo' })).ok);
  assert.is(t.secretKeys.keys.size, 0);
  // The next life of the name has a key of its own.
  assert.ok((await t.submit(command({ secretEnv: secrets(['A', 'a']) }))).ok);
  assert.is(t.secretKeys.keys.size, 1);
  t.die();
});

test('a key of a run that was refused, planned, or failed is not left behind', async () => {
  const t = await new TestCore().start();
  const refused = await t.submit(command({ gpuCount: 99, secretEnv: secrets(['A', 'a']) }));
  assert.not.ok(refused.ok);
  const plan = await t.core.queue.plan(command({ secretEnv: secrets(['A', 'a']) }), { actor: 'test' });
  assert.ok(plan.ok);
  t.engine.addImage('broken', { cmd: ['exit 3'] });
  assert.not.ok((await t.submit(command({ imageName: 'broken', secretEnv: secrets(['A', 'a']) }))).ok);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(t.secretKeys.keys.size, 0);
  t.die();
});

test('a key that is lost: nothing is stopped for what cannot be made, and a patch that gives all anew succeeds', async () => {
  const t = await new TestCore().start();
  await t.submit(command({ secretEnv: secrets(['A', 'a'], ['B', 'b']) }));
  t.secretKeys.keys.clear();
  const before = t.core.state().head.seq;
  assert.match(said(await t.submit({ do: 'restart', name: 'foo' })), /secret variables A, B is not on this server/);
  assert.match(
    said(await t.submit({ do: 'patch', name: 'foo', secretEnv: secrets(['A', 'a']) })),
    /secret variable B is not on this server/,
  );
  assert.is(t.core.state().head.seq, before);
  assert.is(t.core.state().replicaSets.get('foo')?.state, 'running');
  assert.ok((await t.submit({ do: 'patch', name: 'foo', secretEnv: secrets(['A', 'a3'], ['B', 'b3']) })).ok);
  assert.ok(envOf(t).includes('A=a3'));
  t.die();
});

test('a server that starts removes the keys of lives that ended, and says whose key is missing', async () => {
  const secretKeys = new MemorySecretKeys();
  const t = await new TestCore({ secretKeys }).start();
  await t.submit(command({ secretEnv: secrets(['A', 'a']) }));
  t.die();
  secretKeys.keys.set('dead', new Map([['x', Buffer.alloc(32)]]));
  const again = await new TestCore({ store: t.store, engine: t.engine, secretKeys, reconcileEveryMs: 20 }).start();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.is(secretKeys.keys.has('dead'), false);
  assert.is(secretKeys.keys.size, 1);
  secretKeys.keys.clear();
  await new Promise((resolve) => setTimeout(resolve, 60));
  const readiness = again.core.readiness();
  assert.match(JSON.stringify(readiness), /replicaSet foo: the key of the secret variable A is not on this server/);
  again.die();
});

test('a log of level 1 takes plain names that look secret as they are, and no secretEnv', async () => {
  const t = await new TestCore().start();
  const state = { ...t.core.state(), logLevel: 1 };
  const context = { settings, facts: goodFacts(), id: 'u1' };
  const plain = decide(state, command({ env: ['TOKEN=x'] }), context);
  assert.match(JSON.stringify(plain), /TOKEN=x/);
  const sealed = decide(state, command({ secretEnv: secrets(['A', 'a']) }), context);
  assert.match(JSON.stringify(sealed), /level 1, which has no secretEnv: raise it with gpu-docker-api log raise/);
  // At level 2 one that was not hidden at the door is not recorded.
  assert.match(JSON.stringify(decide(t.core.state(), command({ env: ['TOKEN=x'] }), context)), /raised meanwhile/);
  t.die();
});

test('what cannot be a variable is refused without its value', async () => {
  const t = await new TestCore().start();
  const wrong: [Partial<Run>, RegExp][] = [
    [{ secretEnv: secrets(['', 'hunter2']) }, /^secretEnv\[0\] is not of the form NAME=value$/],
    [{ secretEnv: secrets(['A', 'hunter2'], ['A', 'hunter2']) }, /^the variable "A" is given twice$/],
    [{ env: ['A=1'], secretEnv: secrets(['A', 'hunter2']) }, /^the variable "A" is given twice$/],
    [{ secretEnv: secrets(['NVIDIA_VISIBLE_DEVICES', 'all']) }, /gpuCount/],
    [{ env: ['hunter2'] }, /^env\[0\] is not of the form NAME=value$/],
  ];
  for (const [over, says] of wrong) assert.match(said(await t.submit(command(over))), says);
  t.die();
});

test.run();
