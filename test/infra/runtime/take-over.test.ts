// Taking a host over while the outside fails. Each of these was found by the simulation.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { FencedError, LogFullError } from '../../../src/events/log.ts';
import { TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';

type Mutation = Exclude<Command, { do: 'execute' }>;
const test = suite('take-over');

/** A server that died with a run under way. */
async function leftOpen(): Promise<TestCore> {
  const dead = await new TestCore().start();
  dead.engine.before = async (call) => {
    if (call === 'createContainer') await new Promise(() => {});
  };
  void dead.submit(run('foo') as Mutation);
  await new Promise((r) => setTimeout(r, 20));
  dead.die();
  dead.engine.before = undefined;
  return dead;
}
const count = (t: TestCore, type: string): number =>
  t.store.records.map((r) => r.text.split(`"type":"${type}"`).length - 1).reduce((a, b) => a + b, 0);

test('Docker failing half-way does not begin it anew: one start in the log, every step once', async () => {
  const dead = await leftOpen();
  const heir = new TestCore({ store: dead.store, engine: dead.engine });
  let lists = 0;
  let creates = 0;
  heir.engine.before = async (call) => {
    if (call === 'createContainer') creates++;
    if (call === 'listContainers' && ++lists === 2) throw new EngineError('unavailable', 'connection refused');
  };
  await heir.start();
  await heir.settled();
  assert.is(count(heir, 'HostStarted'), 2);
  assert.is(creates, 1);
  assert.is(heir.core.state().replicaSets.get('foo')?.state, 'running');
  heir.die();
});

test('a log without room is waited for', async () => {
  const dead = await leftOpen();
  const heir = new TestCore({ store: dead.store, engine: dead.engine });
  let full = 1;
  heir.onAppend = () => {
    if (full-- > 0) throw new LogFullError('etcd has no space left');
  };
  await heir.start();
  assert.is(heir.core.readiness().ready, true);
  heir.die();
});

test('a server that is deposed before it knows waits for the end of its term', async () => {
  const dead = await leftOpen();
  const heir = new TestCore({ store: dead.store, engine: dead.engine });
  heir.onAppend = () => {
    throw new FencedError('another server has taken the lease');
  };
  const started = heir.start().then(
    () => 'leads',
    (error: unknown) => String(error),
  );
  assert.is(await Promise.race([started, new Promise((r) => setTimeout(() => r('waits'), 50))]), 'waits');
  heir.die();
  assert.match(await started, 'killed');
});

for (const [what, saves] of [
  ['takes long', () => new Promise<void>(() => {})],
  ['gets no answer', () => Promise.reject(new EngineError('unavailable', 'no answer'))],
] as const) {
  test(`--accept-loss waits for no operation that ${what}`, async () => {
    const dead = await new TestCore().start();
    await dead.submit(run('foo') as Mutation);
    await dead.submit(run('bar') as Mutation);
    dead.engine.before = async (call) => {
      if (call === 'saveDisk') await saves();
    };
    void dead.submit({ do: 'pause', name: 'foo' });
    await new Promise((r) => setTimeout(r, 50));
    dead.die();
    dead.engine.host.containers.delete(dead.engine.host.containerBy('bar-1')?.id ?? '');
    const doubtMs = what === 'takes long' ? 300 : 60_000;
    const heir = new TestCore({ store: dead.store, engine: dead.engine, acceptLoss: true, doubtMs });
    const started = heir.start().then(() => 'leads');
    assert.is(await Promise.race([started, new Promise((r) => setTimeout(() => r('waits'), 3_000))]), 'leads');
    assert.is(heir.core.state().replicaSets.get('bar')?.versions[0]?.container, 'removed', 'the word is heeded');
    heir.die();
  });
}

test.run();
