// What an Idempotency-Key promises where more than one server or kind of command is about; the rest is in core.test.ts.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { MemoryLog } from '../../doubles/memory-log.ts';
import { TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';

const runOf = (name: string): Exclude<Command, { do: 'execute' }> => run(name) as Exclude<Command, { do: 'execute' }>;
const keyed = (key: string, bodyHash = 'h1') => ({ actor: 'test', idempotencyKey: key, bodyHash });
const test = suite('idempotency');

test('Idempotency-Key: of an execute that could not be begun a repetition is told the same, and why', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  const execute = () =>
    t.core.execRunner.run({ do: 'execute', name: 'foo', cmd: ['no-such-program'] }, keyed('e'), new AbortController().signal);
  const [first, again] = [await execute(), await execute()];
  assert.is(first.ok, false);
  assert.match(again.ok ? '' : again.rejection.message, /executable file not found/);
  t.die();
});

test('Idempotency-Key: one key is one command, also for an execute that another server, or another command, was quicker with', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  const standby = new TestCore({ store: t.store, engine: t.engine });
  await standby.core.follow(new AbortController().signal);
  const { signal } = new AbortController();
  const execute = ({ core }: TestCore, key: string, hash = 'h1') =>
    core.execRunner.run({ do: 'execute', name: 'foo', cmd: ['echo', 'hello'] }, keyed(key, hash), signal);
  await Promise.all([execute(t, 'e'), execute(standby, 'e')]);
  const [paused, mixed] = await Promise.all([
    t.core.queue.submit({ do: 'pause', name: 'foo' }, keyed('p', 'pause')),
    execute(t, 'p', 'execute'),
  ]);
  assert.is(paused.ok === mixed.ok, false, 'one of the two was refused');
  const ids = new Map<string, Set<string>>();
  for await (const events of new MemoryLog({ store: t.store }).read(1)) {
    for (const { id, idempotencyKey: key } of events.map(({ command }) => command)) {
      if (key !== undefined) ids.set(key, new Set([...(ids.get(key) ?? []), id]));
    }
  }
  assert.equal(
    [...ids].map(([key, { size }]) => [key, size]),
    [
      ['e', 1],
      ['p', 1],
    ],
  );
  t.die();
});

test('Idempotency-Key: what was so already is not done later by a repetition, when it is no longer so', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  await t.submit({ do: 'stop', name: 'foo' });
  const stop = (key: string, bodyHash?: string) => t.core.queue.submit({ do: 'stop', name: 'foo' }, keyed(key, bodyHash));
  assert.equal(await stop('k'), { ok: true });
  await t.submit({ do: 'restart', name: 'foo' });
  const { seq } = t.core.state().head;
  assert.equal(await stop('k'), { ok: true });
  assert.is((await stop('k', 'h2')).ok, false);
  assert.is(t.core.state().head.seq, seq);
  assert.is(t.core.state().replicaSets.get('foo')?.state, 'running');
  t.die();
});

test.run();
