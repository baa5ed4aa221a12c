// A stop that saves the disk, over the fake engine: who waits for it, who is told, and what a prune leaves.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { replicaSetList } from '../../../src/projections/views/replica-set.ts';
import type { FakeContainer } from '../../doubles/fake-host.ts';
import { TestCore } from '../../support/core.ts';
import { runs } from '../../support/scenario.ts';

const test = suite('a stop saves the disk');

const soon = async (isSo: () => boolean, what: string): Promise<void> => {
  for (let i = 0; i < 150 && !isSo(); i++) await new Promise((r) => setTimeout(r, 20));
  assert.ok(isSo(), what);
};
function container({ engine }: TestCore, name: string): FakeContainer {
  const found = engine.host.containerBy(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}
const disks = ({ engine }: TestCore): number => [...engine.host.images.values()].filter(({ disk }) => disk !== undefined).length;

test('what a stop gives back is free before its disk is saved', async () => {
  const t = await new TestCore({ gpus: 1 }).start();
  await t.submit(runs('foo'));
  let go = (): void => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  t.engine.before = async (call) => {
    if (call === 'saveDisk') await held;
  };
  const stopped = t.submit({ do: 'stop', name: 'foo' });
  await soon(() => t.core.state().replicaSets.get('foo')?.gpus.length === 0, 'released');
  assert.ok((await t.submit(runs('bar'))).ok, 'another has the GPU while the disk is being saved');
  assert.is(disks(t), 0);
  go();
  assert.equal(await stopped, { ok: true });
  assert.is(disks(t), 1);
  t.die();
});

test('a stop without a saved disk is answered with a warning, also when it is sent again; the list has it', async () => {
  const t = await new TestCore({ gpus: 1 }).start();
  await t.submit(runs('foo'));
  t.engine.host.write(container(t, 'foo-1'), '/big', 'x'.repeat(100));
  t.engine.freeBytes = 1;
  const origin = { actor: 'test', idempotencyKey: 'one', bodyHash: 'hash' };
  const first = await t.core.queue.submit({ do: 'stop', name: 'foo' }, origin);
  assert.ok(first.ok && first.warning !== undefined);
  if (first.ok) assert.match(first.warning ?? '', /system disk of container foo-1 is not saved: .*stop again/);
  assert.equal(await t.core.queue.submit({ do: 'stop', name: 'foo' }, origin), first);
  const [entry] = replicaSetList(t.core.state());
  assert.is(entry?.state, 'stopped');
  assert.is(entry?.reason, first.ok && first.warning);
  t.engine.freeBytes = Number.POSITIVE_INFINITY;
  assert.equal(await t.submit({ do: 'stop', name: 'foo' }), { ok: true });
  assert.is(replicaSetList(t.core.state())[0]?.reason, undefined);
  t.die();
});

test('pruned after the stop, it is stopped after the doubt and restarted with its files', async () => {
  const t = await new TestCore({ gpus: 2, reconcileEveryMs: 30 }).start();
  await t.submit(runs('foo'));
  t.engine.host.write(container(t, 'foo-1'), '/data/a', 'A');
  await t.submit({ do: 'stop', name: 'foo' });
  for (const { state, containerName } of [...t.engine.host.containers.values()]) if (state === 'exited') t.engine.vanish(containerName);
  const outcome = await t.submit({ do: 'restart', name: 'foo' });
  assert.ok(outcome.ok || outcome.rejection.kind === 'unavailable', 'doubted first, or met by the restart itself');
  await soon(() => t.core.state().replicaSets.get('foo')?.versions[0]?.container === 'removed', 'given up');
  if (!outcome.ok) assert.ok((await t.submit({ do: 'restart', name: 'foo' })).ok);
  assert.is(t.engine.host.read(container(t, 'foo-2'), '/data/a'), 'A');
  t.die();
});

test('a disk that cannot be saved now for want of an answer is saved later', async () => {
  const t = await new TestCore().start();
  await t.submit(runs('foo'));
  let tries = 0;
  t.engine.before = async (call) => {
    if (call === 'saveDisk' && ++tries < 3) throw new EngineError('unavailable', 'no answer');
  };
  assert.equal(await t.submit({ do: 'pause', name: 'foo' }), { ok: true });
  assert.is(disks(t), 1);
  t.die();
});

test.run();
