// A container that ends at once: what it printed last is in the event, in the answer, and in the operation while it is undone.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import type { Rejection } from '../../../src/commands/decision.ts';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { Secret } from '../../../src/commands/outside/secrets.ts';
import type { CommandOutcome } from '../../../src/commands/service.ts';
import { decodeRecord } from '../../../src/infra/etcd/record.ts';
import { TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';
import { until } from '../../support/until.ts';

type Mutation = Exclude<Command, { do: 'execute' }>;
const test = suite('last output');

const TOKEN = 'hf_0123456789';
const SECRETS = { secretEnv: [{ name: 'TOKEN', value: new Secret(TOKEN) }] };
const runOf = (script: string, more: object = {}): Mutation =>
  ({ ...run('foo'), gpuCount: 0, containerPorts: [], binds: [], cmd: ['sh', '-c', script], ...more }) as Mutation;
const rejectionOf = (outcome: CommandOutcome): Rejection => {
  if (outcome.ok) throw new Error('it was done');
  return outcome.rejection;
};
const stored = ({ store }: TestCore) => store.records.flatMap(({ first, text }) => decodeRecord(first, text, null));
const recorded = (t: TestCore, type: string): unknown[] => stored(t).flatMap((e) => (e.type === type ? [e.data] : []));

test('a run: the answer, the event, and the operation under way have it', async () => {
  const t = await new TestCore().start();
  let holdsUp = true;
  t.engine.before = async (call) => {
    if (call === 'removeContainer' && holdsUp) throw new EngineError('unavailable', 'busy');
  };
  const outcome = t.submit(runOf('echo one; echo two; exit 3'));
  await until('the undo', () => t.core.operations().some(({ phase }) => phase === 'undo'));
  const message = 'the container is exited, exit code 3; its last output: one | two';
  const output = ['one', 'two'];
  assert.equal(t.core.operations()[0]?.failure, { step: 'startContainer', message, output });
  holdsUp = false;
  assert.equal(rejectionOf(await outcome), { code: 1004, kind: 'failed', message, output });
  assert.equal(recorded(t, 'ContainerVersionFailed'), [{ version: 1, step: 'startContainer', message, output }]);
  t.die();
});

test('a repetition under the same key has the message with its end; one that prints nothing has none', async () => {
  const t = await new TestCore().start();
  const origin = { actor: 'test', idempotencyKey: 'k', bodyHash: 'h' };
  const first = rejectionOf(await t.core.queue.submit(runOf('echo one; exit 3'), origin));
  const again = rejectionOf(await t.core.queue.submit(runOf('echo one; exit 3'), origin));
  assert.is(again.message, first.message);
  assert.equal(rejectionOf(await t.submit(runOf('exit 4'))), {
    code: 1004,
    kind: 'failed',
    message: 'the container is exited, exit code 4',
  });
  t.die();
});

test('secret values are masked, those of the version before too; where one is not known, nothing is shown', async () => {
  const t = await new TestCore().start();
  assert.is((await t.submit(runOf('sleep', SECRETS))).ok, true);
  const [container] = [...t.engine.host.containers.values()];
  // The next version finds in its system disk what the first wrote there.
  Object.assign(container ?? {}, { argv: ['sh', '-c', `echo ${TOKEN}; exit 5`] });
  t.engine.before = async (call, [ref]) => {
    if (call !== 'startContainer') return;
    const { containerName } = ref as { containerName: string };
    if (containerName === 'foo-2')
      Object.assign(t.engine.host.containerBy(containerName) ?? {}, { argv: ['sh', '-c', `echo ${TOKEN}; echo new-value; exit 5`] });
  };
  const patched = await t.submit({ do: 'patch', name: 'foo', secretEnv: [{ name: 'TOKEN', value: new Secret('new-value') }] });
  assert.equal(rejectionOf(patched).output, ['***', '***']);
  t.secretKeys.keys.clear();
  const continued = rejectionOf(await t.submit({ do: 'continue', name: 'foo' }));
  assert.is(continued.output, undefined);
  assert.match(continued.message, /exit code 5; its output is not shown/);
  for (const event of stored(t)) assert.not.match(JSON.stringify(event.data), /hf_0123456789|new-value/);
  t.die();
});

test('a continue has it in ContainerDied; one that the service itself orders, again and again, has not', async () => {
  const t = await new TestCore().start();
  assert.is((await t.submit(runOf('sleep'))).ok, true);
  const [container] = [...t.engine.host.containers.values()];
  Object.assign(container ?? {}, { argv: ['sh', '-c', 'echo late; exit 5'] });
  assert.equal(rejectionOf(await t.submit({ do: 'continue', name: 'foo' })).output, ['late']);
  const again = await t.core.queue.submit({ do: 'continue', name: 'foo' }, { actor: 'system:restart' });
  assert.is(rejectionOf(again).output, undefined);
  const died = recorded(t, 'ContainerDied') as { output?: string[] }[];
  assert.equal(
    died.map(({ output }) => output),
    [['late'], undefined],
  );
  t.die();
});

test.run();
