// Keys where commands are carried out: quotas of commands at the same time, and a key that ends while its command waits.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Mutation } from '../../../src/commands/command.ts';
import type { CommandOutcome, Origin } from '../../../src/commands/service.ts';
import type { Quota, Role, Scope } from '../../../src/events/key.ts';
import { TestCore } from '../../support/core.ts';
import { HOST, runs, types } from '../../support/scenario.ts';

const test = suite('keys in the runtime');

/** The service itself, as far as rights go. */
const ROOT: Origin = { actor: 'system:test' };
const of = (name: string): Origin => ({ actor: name, key: name });
let ids = 0;

interface Given {
  readonly role?: Role;
  readonly scope?: Scope;
  readonly quota?: Quota;
}

async function give({ core }: TestCore, name: string, more: Given = {}): Promise<void> {
  const hashed = { id: String(++ids).padStart(16, '0'), salt: '00', hash: '00' };
  const outcome = await core.changeKey({ do: 'createKey', name, role: 'operator', ...more, ...hashed }, ROOT, false);
  assert.ok(outcome.ok);
}

const submit = ({ core }: TestCore, name: string, command: Mutation): Promise<CommandOutcome> => core.queue.submit(command, of(name));
const said = (outcome: CommandOutcome): string => (outcome.ok ? 'ok' : outcome.rejection.message);

test('of many commands at once no more are done than the quota has room for', async () => {
  const t = await new TestCore().start();
  await give(t, 'ann', { quota: { gpus: 3, containers: 5, volumeBytes: 2 * 1024 ** 3 } });
  const gpuRuns = await Promise.all(Array.from({ length: 8 }, (_, i) => submit(t, 'ann', runs(`g${i}`))));
  assert.is(gpuRuns.filter(({ ok }) => ok).length, 3);
  for (const outcome of gpuRuns) if (!outcome.ok) assert.match(said(outcome), /the quota of ann is 3 GPUs at once: 3 in use, 0 left/);
  const cpuRuns = await Promise.all(Array.from({ length: 8 }, (_, i) => submit(t, 'ann', runs(`c${i}`, { gpuCount: 0 }))));
  assert.is(cpuRuns.filter(({ ok }) => ok).length, 2);
  const volumes = await Promise.all(
    Array.from({ length: 6 }, (_, i) => submit(t, 'ann', { do: 'createVolume', name: `v${i}`, size: '1GB' })),
  );
  assert.is(volumes.filter(({ ok }) => ok).length, 2);
  assert.equal(t.committer.state.owned.get('ann'), { containers: 5, volumeBytes: 2 * 1024 ** 3 });
  t.die();
});

test('who has no right to a name cuts nothing of it short', async () => {
  const t = await new TestCore().start();
  for (const name of ['ann', 'bob']) await give(t, name);
  assert.is(said(await submit(t, 'ann', runs('foo'))), 'ok');
  const events: string[] = [];
  t.committer.onCommit((committed) => void events.push(...types(committed)));
  const stopping = submit(t, 'ann', { do: 'stop', name: 'foo' });
  assert.match(said(await submit(t, 'bob', { do: 'delete', name: 'foo' })), /was made by somebody else/);
  assert.is(said(await stopping), 'ok');
  assert.not.ok(events.includes('StopCutShort'));
  assert.match(said(await submit(t, 'bob', runs('bar', { binds: [] }))), /ok/);
  const plan = await t.core.queue.plan({ do: 'delete', name: 'foo' }, of('bob'));
  assert.is(plan.ok, false, 'not even as a dry run');
  t.die();
});

test('a plan tells who has no right to a name nothing of it, and has Docker measure nothing', async () => {
  const t = await new TestCore().start();
  for (const name of ['ann', 'bob']) await give(t, name);
  assert.is(said(await submit(t, 'ann', runs('foo'))), 'ok');
  const planOf = async (ifMatch?: number): Promise<string> => {
    const plan = await t.core.queue.plan({ do: 'restart', name: 'foo' }, of('bob'), ifMatch === undefined ? {} : { ifMatch });
    return plan.ok ? 'ok' : plan.rejection.message;
  };
  assert.match(await planOf(1), /was made by somebody else/, 'not which state it is in');
  let measured = 0;
  t.engine.before = async (call) => {
    if (call === 'checkDiskSpace') measured++;
  };
  assert.match(await planOf(), /was made by somebody else/);
  assert.is(measured, 0);
  const busy = submit(t, 'ann', { do: 'stop', name: 'foo' });
  assert.match(await planOf(), /was made by somebody else/, 'nor that something is under way');
  await busy;
  t.die();
});

test('a key that is revoked while its command waits for its turn orders nothing any more', async () => {
  const t = await new TestCore().start();
  await give(t, 'ann');
  await give(t, 'other');
  assert.is(said(await submit(t, 'ann', runs('foo'))), 'ok');
  const first = submit(t, 'ann', { do: 'pause', name: 'foo' });
  const second = submit(t, 'ann', { do: 'continue', name: 'foo' });
  const revoked = await t.core.changeKey({ do: 'revokeKey', name: 'ann', open: false }, ROOT, false);
  assert.ok(revoked.ok);
  await first;
  assert.match(said(await second), /the key was revoked or has expired/);
  const executed = await t.core.execRunner.run({ do: 'execute', name: 'foo', cmd: ['ls'] }, of('ann'), new AbortController().signal);
  assert.not.ok(executed.ok);
  t.die();
});

test('a new key of the same name gives no right to what the stolen one before it had sent', async () => {
  const t = await new TestCore().start();
  await give(t, 'ann');
  await give(t, 'other');
  const stolen: Origin = { ...of('ann'), keyId: t.committer.state.keys.get('ann')?.id ?? '' };
  assert.is(said(await submit(t, 'ann', runs('foo'))), 'ok');
  const first = submit(t, 'ann', { do: 'pause', name: 'foo' });
  const second = t.core.queue.submit({ do: 'delete', name: 'foo' }, stolen);
  assert.ok((await t.core.changeKey({ do: 'revokeKey', name: 'ann', open: false }, ROOT, false)).ok);
  await give(t, 'ann');
  await first;
  assert.match(said(await second), /the key was revoked or has expired/);
  const executed = await t.core.execRunner.run({ do: 'execute', name: 'foo', cmd: ['ls'] }, stolen, new AbortController().signal);
  assert.match(executed.ok ? 'ok' : executed.rejection.message, /the key was revoked or has expired/);
  const changed = await t.core.changeKey({ do: 'setKey', name: 'ann', role: 'admin' }, stolen, false);
  assert.match(changed.ok ? 'ok' : changed.rejection.message, /the key was revoked or has expired/);
  const keyId = t.committer.state.keys.get('ann')?.id ?? '';
  assert.is(said(await t.core.queue.submit({ do: 'delete', name: 'foo' }, { ...of('ann'), keyId })), 'ok');
  t.die();
});

test('a command that came without a key is not done once there are keys', async () => {
  const t = await new TestCore().start();
  const open: Origin = { actor: 'eve' };
  assert.is(said(await t.core.queue.submit(runs('foo'), open)), 'ok');
  const first = t.core.queue.submit({ do: 'pause', name: 'foo' }, open);
  const second = t.core.queue.submit({ do: 'delete', name: 'foo' }, open);
  await give(t, 'root', { role: 'admin' });
  await first;
  assert.match(said(await second), /^keys were made since the request came, and it came without one/);
  const executed = await t.core.execRunner.run({ do: 'execute', name: 'foo', cmd: ['ls'] }, open, new AbortController().signal);
  assert.match(executed.ok ? 'ok' : executed.rejection.message, /keys were made since/);
  assert.ok((await t.core.changeKey({ do: 'revokeKey', name: 'root', open: true }, of('root'), false)).ok);
  assert.is(said(await t.core.queue.submit({ do: 'delete', name: 'foo' }, open)), 'ok', 'the API is open again');
  t.die();
});

test('orders of an admin are judged again where they are decided: the key may have ended since the door let them in', async () => {
  const t = await new TestCore().start();
  await give(t, 'root', { role: 'admin' });
  await give(t, 'other', { role: 'admin' });
  await give(t, 'ann', { role: 'operator' });
  const root = { ...of('root'), keyId: t.committer.state.keys.get('root')?.id ?? '' };
  const orders = (by: Origin): Promise<readonly { readonly ok: boolean; readonly rejection?: { readonly message: string } }[]> =>
    Promise.all([
      t.core.raiseLogLevel({ do: 'raiseLogLevel' }, by, false),
      t.core.acceptLoss(HOST, by, false),
      t.core.adopt('replicaSet', 'foo', by, false),
      t.core.undo('nothing', by),
    ]);
  const words = async (by: Origin): Promise<string[]> => (await orders(by)).map(({ rejection }) => rejection?.message ?? 'ok');
  for (const said of await words(of('ann'))) assert.match(said, /key ann has the role operator: this needs the role admin/);
  assert.equal(
    (await orders(root)).slice(0, 2).map(({ ok }) => ok),
    [true, true],
  );
  assert.ok((await t.core.changeKey({ do: 'revokeKey', name: 'root', open: false }, of('other'), false)).ok);
  for (const said of await words(root)) assert.match(said, /the key was revoked or has expired/);
  for (const said of await words({ actor: 'eve' })) assert.match(said, /keys were made since/);
  t.die();
});

test('a key that ends while an order of an admin waits for Docker gives up nothing', async () => {
  const t = await new TestCore({ doubtMs: 60_000 }).start();
  assert.is(said(await t.core.queue.submit(runs('foo'), { actor: 'eve' })), 'ok');
  await give(t, 'root', { role: 'admin' });
  await give(t, 'other', { role: 'admin' });
  t.engine.host.containers.clear();
  let revoked: Promise<unknown> = Promise.resolve();
  t.engine.before = async (call) => {
    if (call !== 'listContainers') return;
    t.engine.before = async () => {};
    revoked = t.core.changeKey({ do: 'revokeKey', name: 'root', open: false }, of('other'), false);
    await revoked;
  };
  const outcome = await t.core.acceptLoss(HOST, of('root'), false);
  await revoked;
  assert.match(outcome.ok ? 'ok' : outcome.rejection.message, /the key was revoked or has expired/);
  assert.is(t.committer.state.replicaSets.get('foo')?.gpus.length, 1, 'nothing was given up');
  t.die();
});

test('keys are changed by admins alone, once there are keys', async () => {
  const t = await new TestCore().start();
  await give(t, 'ann');
  const hashed = { id: 'f'.repeat(16), salt: '00', hash: '00' };
  const create = (by: Origin) => t.core.changeKey({ do: 'createKey', name: 'eve', role: 'admin', ...hashed }, by, false);
  const refused = await create(of('ann'));
  assert.match(refused.ok ? 'ok' : refused.rejection.message, /key ann has the role operator: this needs the role admin/);
  await give(t, 'root', { role: 'admin' });
  const dry = await t.core.changeKey({ do: 'createKey', name: 'eve', role: 'admin', ...hashed }, of('root'), true);
  assert.ok(dry.ok);
  assert.not.ok(t.committer.state.keys.has('eve'));
  assert.ok((await create(of('root'))).ok);
  assert.is(t.committer.state.keys.get('eve')?.by, 'root');
  t.die();
});

test.run();
