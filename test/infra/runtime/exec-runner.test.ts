// What becomes of a command in a container when the log cannot take its outcome.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { LogFullError } from '../../../src/events/log.ts';
import { TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';

const test = suite('exec runner');

test('the outcome of an execute that the log has no room for is recorded as soon as it has, and the client is told then', async () => {
  const t = await new TestCore().start();
  await t.submit(run('foo') as Exclude<Command, { do: 'execute' }>);
  let refused = 0;
  t.engine.after = async (call) => {
    // The command has run; from now on the log is full for a while.
    if (call === 'exec')
      t.onAppend = () => {
        if (++refused <= 2) throw new LogFullError('etcd has no space left');
      };
  };
  const outcome = await t.core.execRunner.run(
    { do: 'execute', name: 'foo', cmd: ['echo', 'hello'] },
    { actor: 'test' },
    new AbortController().signal,
  );
  assert.is(refused, 3);
  assert.is(outcome.ok && outcome.result.exitCode, 0);
  assert.is(t.core.state().executions.size, 0);
  t.die();
});

test('a standby runs nothing: should it die, no one would record what became of the command', async () => {
  const t = await new TestCore().start();
  await t.submit(run('foo') as Exclude<Command, { do: 'execute' }>);
  const standby = new TestCore({ store: t.store, engine: t.engine });
  await standby.core.follow(new AbortController().signal);
  const ran: string[] = [];
  t.engine.before = async (call) => void ran.push(call);
  const { seq } = t.core.state().head;
  const outcome = await standby.core.execRunner.run(
    { do: 'execute', name: 'foo', cmd: ['echo', 'hello'] },
    { actor: 'test' },
    new AbortController().signal,
  );
  assert.is(outcome.ok, false);
  assert.is(outcome.ok ? '' : outcome.rejection.kind, 'unavailable');
  assert.not(ran.includes('exec'));
  assert.is(t.core.state().head.seq, seq);
  t.die();
});

test.run();
