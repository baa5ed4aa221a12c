// Right before a container is started its host paths are looked at once more, over the fake engine.
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { resolvePath } from '../../../src/infra/runtime/gather-facts.ts';
import { TestCore } from '../../support/core.ts';
import { runs } from '../../support/scenario.ts';

const test = suite('paths before a start');

const SRC = '/srv/lab/alice';
const foo = runs('foo', { binds: [{ src: SRC, dest: '/h' }] });
const started = async (): Promise<TestCore> => {
  const t = await new TestCore({ dataRoot: '/docker' }).start();
  assert.ok((await t.submit(foo)).ok);
  return t;
};
const stateOf = (t: TestCore): string | undefined => t.core.state().replicaSets.get('foo')?.state;
const failure = async (t: TestCore, command: Parameters<TestCore['submit']>[0]): Promise<string> => {
  const outcome = await t.submit(command);
  return outcome.ok ? 'done' : outcome.rejection.message;
};

test('a link that is made while a continue stops the container is found before it is started', async () => {
  const t = await started();
  const starts: string[] = [];
  t.engine.before = async (call) => {
    if (call === 'stopContainer') t.links.set(SRC, '/');
    if (call === 'startContainer') starts.push(call);
  };
  assert.match(
    await failure(t, { do: 'continue', name: 'foo' }),
    /leads elsewhere than when it was checked.*; host path \S+ leads outside of what/,
  );
  assert.equal([starts, stateOf(t), t.engine.host.containerBy('foo-1')?.state], [[], 'failed', 'exited']);
  t.die();
});

test('a path that cannot be looked at any more before a start refuses it', async () => {
  const t = await started();
  t.engine.before = async (call) => {
    if (call === 'stopContainer') t.links.set(SRC, null);
  };
  assert.match(await failure(t, { do: 'continue', name: 'foo' }), /host path \/srv\/lab\/alice cannot be looked at.*not started/);
  assert.is(t.engine.host.containerBy('foo-1')?.state, 'exited');
  t.die();
});

test('only what is not there is resolved by its parent', async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'gpu-docker-api-paths-')));
  symlinkSync('/etc', join(directory, 'link'));
  symlinkSync(join(directory, 'b'), join(directory, 'a'));
  symlinkSync(join(directory, 'a'), join(directory, 'b'));
  writeFileSync(join(directory, 'file'), '');
  assert.is(await resolvePath(join(directory, 'link/new/one')), '/etc/new/one');
  assert.is(await resolvePath(join(directory, 'file/new')), join(directory, 'file/new'));
  assert.is(await resolvePath(join(directory, 'a/new')), null, 'a circle');
  symlinkSync('../nowhere/x', join(directory, 'dangling'));
  symlinkSync('dangling', join(directory, 'chain'));
  assert.is(await resolvePath(join(directory, 'chain/y')), join(directory, '../nowhere/x/y'), 'a link to nowhere');
  assert.is(await resolvePath(join(directory, 'x'.repeat(300))), null, 'too long a name');
  rmSync(directory, { recursive: true });
});

test('a directory that may not be searched hides where a path leads', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-paths-'));
  mkdirSync(join(directory, 'own'), { mode: 0o700 });
  symlinkSync('/', join(directory, 'own/x'));
  chmodSync(directory, 0o755);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  else chmodSync(join(directory, 'own'), 0);
  try {
    assert.is(await resolvePath(join(directory, 'own/x')), null);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  chmodSync(join(directory, 'own'), 0o700);
  rmSync(directory, { recursive: true });
});

test('a link that is made between the check and the start of a new version undoes it, and the old one stays stopped', async () => {
  const t = await started();
  t.engine.after = async (call) => {
    if (call === 'createContainer') t.links.set(SRC, '/srv');
  };
  const message = await failure(t, { do: 'patch', name: 'foo' });
  assert.match(message, /leads elsewhere.*the old container could not be started again: host path/);
  assert.equal([stateOf(t), t.engine.host.containerBy('foo-1')?.state], ['failed', 'exited']);
  assert.is(t.engine.host.containerBy('foo-2'), undefined);
  t.links.clear();
  assert.ok((await t.submit({ do: 'continue', name: 'foo' })).ok);
  t.die();
});

test('a start whose answer was lost does not leave running what may not be started', async () => {
  const t = await started();
  await t.submit({ do: 'pause', name: 'foo' });
  t.engine.after = async (call) => {
    if (call !== 'startContainer') return;
    t.engine.after = undefined;
    t.links.set(SRC, '/');
    throw new EngineError('unavailable', 'no answer');
  };
  assert.match(await failure(t, { do: 'continue', name: 'foo' }), /leads elsewhere/);
  assert.equal([stateOf(t), t.engine.host.containerBy('foo-1')?.state], ['failed', 'exited']);
  t.die();
});

test.run();
