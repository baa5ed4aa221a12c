// What an Idempotency-Key promises where more than one server or kind of command is about; the rest is in core.test.ts.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { EMPTY_HEAD } from '../../../src/events/envelope.ts';
import { seal } from '../../../src/events/hash.ts';
import { MemoryLog, MemoryStore } from '../../doubles/memory-log.ts';
import { TestCore } from '../../support/core.ts';
import { HOST, run } from '../../support/scenario.ts';

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

test('Idempotency-Key: a policy that is so already leaves no kind in a log of level 1 that its readers do not know', async () => {
  const store = new MemoryStore();
  const time = '2026-01-01T00:00:00.000Z';
  const command = { id: 'x', name: 'start', actor: 'system:start' };
  const created = { seq: 1, type: 'LogCreated', schema: 1, stream: 'log', time, host: HOST, command, data: { id: 'log-1' } } as const;
  await new MemoryLog({ store }).append([seal({ ...created, prev: EMPTY_HEAD.hash })], EMPTY_HEAD);
  const t = await new TestCore({ store }).start();
  await t.submit(runOf('foo'));
  const { head, logLevel } = t.core.state();
  assert.is(logLevel, 1);
  const same = (key: string) => t.core.queue.submit({ do: 'setPolicy', name: 'foo' }, keyed(key));
  assert.equal([await same('k'), await same('k')], [{ ok: true }, { ok: true }]);
  assert.is(t.core.state().head.seq, head.seq);
  t.die();
});

test('Idempotency-Key: two actors that count from 1 both are served', async () => {
  const t = await new TestCore().start();
  const by = (actor: string, name: string) => t.core.queue.submit(runOf(name), { actor, idempotencyKey: '1', bodyHash: name });
  const outcomes = await Promise.all([by('ann', 'foo'), by('bob', 'bar')]);
  assert.equal(outcomes, [
    { ok: true, version: 1 },
    { ok: true, version: 1 },
  ]);
  assert.equal(await by('bob', 'bar'), { ok: true, version: 1 });
  assert.is((await by('ann', 'bar')).ok, false);
  t.die();
});

test('Idempotency-Key: of an execute that a dead server left open a repetition is told so, by the next server, too', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  t.engine.before = async (call) => {
    if (call === 'exec') await new Promise(() => {});
  };
  const execute = ({ core }: TestCore) =>
    core.execRunner.run({ do: 'execute', name: 'foo', cmd: ['echo', 'hello'] }, keyed('e'), new AbortController().signal);
  void execute(t);
  await new Promise((r) => setTimeout(r, 20));
  t.die();
  t.engine.before = undefined;
  const heir = await new TestCore({ store: t.store, engine: t.engine }).start();
  const again = await execute(heir);
  assert.match(again.ok ? '' : again.rejection.message, /whether it ended is not known/);
  heir.die();
});

test.run();
