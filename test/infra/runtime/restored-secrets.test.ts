// Secret variables of what a restored log takes back: they are secret as before, whether their key is there or not.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { Secret, type SecretKeys, type SecretVariable } from '../../../src/commands/outside/secrets.ts';
import type { ContainerSpec } from '../../../src/events/shapes.ts';
import { findVersion } from '../../../src/projections/state.ts';
import { MemorySecretKeys } from '../../doubles/memory-secret-keys.ts';
import { TestCore } from '../../support/core.ts';
import { eventsOf, putBack } from '../../support/put-back.ts';
import { HOST, runs } from '../../support/scenario.ts';
import { until } from '../../support/until.ts';

type Mutation = Exclude<Command, { do: 'execute' }>;
const test = suite('restored secrets');
const OPTIONS = { gpus: 2, reconcileEveryMs: 30 };
const ANN = { actor: 'ann' };
const VALUES = { TOKEN: 'hf_one', LATER: 'hf_two' };
const secret = (name: string, value: string): SecretVariable => ({ name, value: new Secret(value) });

async function order(t: TestCore, command: Mutation): Promise<void> {
  const outcome = await t.submit(command);
  assert.ok(outcome.ok, JSON.stringify(outcome));
}
const envOf = (t: TestCore, containerName: string): readonly string[] =>
  (t.engine.host.containerBy(containerName)?.env ?? []).filter((entry) => /hf_/.test(entry)).sort();
const specOf = (t: TestCore, version: number): ContainerSpec | undefined => {
  const rs = t.core.state().replicaSets.get('a');
  return rs === undefined ? undefined : findVersion(rs, version)?.spec;
};
const namesOf = (t: TestCore, version: number): string[] => (specOf(t, version)?.secretEnv ?? []).map(({ name }) => name).sort();
async function assertHidden(t: TestCore, more: unknown): Promise<void> {
  const text = JSON.stringify([await eventsOf(t.store), more]);
  for (const value of Object.values(VALUES)) assert.not.ok(text.includes(value), `${value} is in the log or an answer`);
}

/** `a` is run before the backup with one secret, or after it, and then patched with another: a log that knows version 1 at most. */
async function lost(isRunBefore: boolean, secretKeys: MemorySecretKeys): Promise<TestCore> {
  const t = await new TestCore({ ...OPTIONS, secretKeys }).start();
  const empty = t.core.state().head.seq;
  await order(t, { ...runs('a'), secretEnv: [secret('TOKEN', VALUES.TOKEN)] } as Mutation);
  const backup = isRunBefore ? t.core.state().head.seq : empty;
  await order(t, { do: 'patch', name: 'a', secretEnv: [secret('LATER', VALUES.LATER)] });
  t.die();
  return new TestCore({ ...OPTIONS, secretKeys, engine: t.engine, store: await putBack(t.store, backup) }).start();
}

for (const isRunBefore of [true, false])
  for (const hasKey of [true, false])
    test(`version 1 is ${isRunBefore ? 'known' : 'lost'}, the key ${hasKey ? 'is there' : 'is lost'}: secret as before, in a patch and a rollback too`, async () => {
      const secretKeys = new MemorySecretKeys();
      const t = await lost(isRunBefore, secretKeys);
      if (!hasKey) secretKeys.keys.clear();
      const uid = [...t.engine.host.containers.values()][0]?.owner?.uid ?? '';
      const before = [...(secretKeys.keys.get(uid)?.keys() ?? [])];
      assert.is(before.length, hasKey ? 1 : 0, 'a restored log ends no life');

      const plan = await t.core.adopt('replicaSet', 'a', ANN, true);
      assert.ok(plan.ok, JSON.stringify(plan));
      assert.equal([...(secretKeys.keys.get(uid)?.keys() ?? [])], before, 'a plan makes no key');
      const outcome = await t.core.adopt('replicaSet', 'a', ANN, false);
      assert.ok(outcome.ok, JSON.stringify(outcome));
      await until('settled', () => t.core.state().hosts.get(HOST)?.restored === undefined);
      assert.equal(namesOf(t, 2), ['LATER', 'TOKEN']);
      assert.equal(specOf(t, 2)?.env, []);
      if (!isRunBefore) {
        assert.equal(namesOf(t, 1), ['TOKEN']);
        assert.ok(outcome.ok && outcome.adoption.approximate.some((text) => /version 1 \(TOKEN\).*taken to be those/.test(text)));
      }
      const after = [...(secretKeys.keys.get(uid)?.keys() ?? [])];
      assert.is(after.length, 1);
      if (hasKey) assert.equal(after, before, 'the key of before is used again');

      await order(t, { do: 'patch', name: 'a', gpuPatch: { gpuCount: 2 } });
      assert.equal(envOf(t, 'a-3'), ['LATER=hf_two', 'TOKEN=hf_one']);
      const back = await t.submit({ do: 'rollback', name: 'a', version: 1 });
      if (isRunBefore && !hasKey) assert.ok(!back.ok && /key of the secret variable TOKEN/.test(back.rejection.message), 'its key is lost');
      else {
        assert.ok(back.ok, JSON.stringify(back));
        assert.equal(envOf(t, 'a-4'), ['TOKEN=hf_one']);
      }
      await assertHidden(t, [plan, outcome]);
      await order(t, { do: 'delete', name: 'a' });
      await until('its keys are gone', () => !secretKeys.keys.has(uid));
      t.die();
    });

test('a refused adoption leaves the key of a life that the log does not know, and makes none', async () => {
  const secretKeys = new MemorySecretKeys();
  const t = await lost(false, secretKeys);
  const lives = [...secretKeys.keys.keys()];
  assert.is(lives.length, 1);
  const twin = [...t.engine.host.containers.values()][0];
  assert.ok(twin !== undefined);
  const other = await t.core.adopt('replicaSet', 'none', ANN, false);
  assert.not(other.ok);
  // Somebody has the log refuse it: the append fails.
  t.onAppend = () => {
    throw new Error('no space');
  };
  const failed = await t.core.adopt('replicaSet', 'a', ANN, false).then(
    ({ ok }) => ok,
    () => false,
  );
  assert.not(failed);
  t.onAppend = () => {};
  assert.equal([...secretKeys.keys.keys()], lives);
  const outcome = await t.core.adopt('replicaSet', 'a', ANN, false);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  t.die();
});

test('a look at the keys that began before an adoption does not take the key that it uses', async () => {
  const secretKeys = new MemorySecretKeys();
  const t = await lost(false, secretKeys);
  // The log holds as it is; the life is over for the sweep.
  const list = secretKeys.list.bind(secretKeys);
  let adopted: Promise<unknown> | null = null;
  secretKeys.list = async (): ReturnType<SecretKeys['list']> => {
    const seen = await list();
    if (adopted === null && t.core.state().hosts.get(HOST)?.restored === undefined) {
      adopted = t.core.adopt('replicaSet', 'a', ANN, false);
      await adopted;
    }
    return seen;
  };
  const settled = await t.core.acceptRestore(HOST, ANN, false);
  assert.ok(settled.ok, JSON.stringify(settled));
  await until('the sweep has looked', () => adopted !== null);
  const outcome = (await adopted) as unknown as { ok: boolean };
  assert.ok(outcome.ok, JSON.stringify(outcome));
  await new Promise((resolve) => setTimeout(resolve, 150));
  await order(t, { do: 'patch', name: 'a', gpuPatch: { gpuCount: 2 } });
  assert.equal(envOf(t, 'a-3'), ['LATER=hf_two', 'TOKEN=hf_one']);
  t.die();
});

test.run();
