// Volumes that Docker makes for an image's VOLUME lines: every version's travel on, and go with what brought them.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';

type Mutation = Exclude<Command, { do: 'execute' }>;
const test = suite('anonymous volumes');

const AT_DATA = { src: 'vol-1', dest: '/data' };
const ELSEWHERE = { src: 'vol-1', dest: '/mnt' };
const move = (oldBind: typeof AT_DATA, newBind: typeof AT_DATA): Mutation => ({
  do: 'patch',
  name: 'foo',
  volumePatch: { oldBind, newBind },
});

/** A replicaSet of an image with VOLUME /data and a bind there. */
async function bound(): Promise<TestCore> {
  const t = await new TestCore().start();
  t.engine.addImage('db:latest', { cmd: ['serve'], volumes: ['/data'] });
  await order(t, { do: 'createVolume', name: 'vol', size: '1GB' });
  await order(t, run('foo', { imageName: 'db:latest', binds: [AT_DATA] }) as Mutation);
  return t;
}

async function order(t: TestCore, command: Mutation): Promise<void> {
  const outcome = await t.submit(command);
  assert.ok(outcome.ok, JSON.stringify(outcome));
}

function container(t: TestCore, name: string) {
  const found = t.engine.host.containerBy(name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}
const anonymous = (t: TestCore): string[] => [...t.engine.host.volumes.values()].filter((v) => v.anonymous).map((v) => v.name);

test('one that a patch brings into being holds its files in every later version, and goes with the replicaSet', async () => {
  const t = await bound();
  await order(t, move(AT_DATA, ELSEWHERE));
  t.engine.host.write(container(t, 'foo-2'), '/data/db.sqlite', 'written by version 2');
  await order(t, { do: 'restart', name: 'foo' });
  assert.is(t.engine.host.read(container(t, 'foo-3'), '/data/db.sqlite'), 'written by version 2');
  await order(t, { do: 'restart', name: 'foo' });
  assert.is(t.engine.host.read(container(t, 'foo-4'), '/data/db.sqlite'), 'written by version 2');
  await order(t, { do: 'delete', name: 'foo' });
  assert.equal(anonymous(t), []);
  t.die();
});

test('a bind hides one, and it is there again when the bind moves on; a rollback has those of its version', async () => {
  const t = await bound();
  await order(t, move(AT_DATA, ELSEWHERE));
  t.engine.host.write(container(t, 'foo-2'), '/data/f', 'second');
  await order(t, move(ELSEWHERE, AT_DATA));
  assert.is(t.engine.host.read(container(t, 'foo-3'), '/data/f'), undefined);
  await order(t, move(AT_DATA, ELSEWHERE));
  assert.is(t.engine.host.read(container(t, 'foo-4'), '/data/f'), 'second');
  await order(t, { do: 'rollback', name: 'foo', version: 1 });
  await order(t, move(AT_DATA, ELSEWHERE));
  assert.is(t.engine.host.read(container(t, 'foo-6'), '/data/f'), undefined, 'version 1 had none');
  await order(t, { do: 'rollback', name: 'foo', version: 2 });
  assert.is(t.engine.host.read(container(t, 'foo-7'), '/data/f'), 'second');
  assert.is(anonymous(t).length, 2);
  await order(t, { do: 'delete', name: 'foo' });
  assert.equal(anonymous(t), []);
  t.die();
});

test('those that an undone version brought go with it, also when somebody else removed its container; carried ones stay', async () => {
  const t = await bound();
  let removed = false;
  t.engine.before = async (call, [ref]) => {
    if (call !== 'startContainer' || (ref as { containerName: string }).containerName !== 'foo-2') return;
    if (!removed) t.engine.vanish('foo-2');
    removed = true;
  };
  assert.is((await t.submit(move(AT_DATA, ELSEWHERE))).ok, false);
  assert.ok(removed);
  assert.equal(anonymous(t), []);
  await order(t, move(AT_DATA, ELSEWHERE));
  t.engine.host.write(container(t, 'foo-3'), '/data/f', 'third');
  t.engine.before = async (call, [ref]) => {
    if (call === 'startContainer' && (ref as { containerName: string }).containerName === 'foo-4') t.engine.vanish('foo-4');
  };
  assert.is((await t.submit({ do: 'restart', name: 'foo' })).ok, false);
  assert.is(t.engine.host.read(container(t, 'foo-3'), '/data/f'), 'third');
  assert.is(anonymous(t).length, 1);
  t.die();
});

test('a container that is made anew on another host port leaves none behind', async () => {
  const t = await bound();
  await order(t, { do: 'delete', name: 'foo' });
  t.engine.host.foreignPorts.add(40000);
  await order(t, run('foo', { imageName: 'db:latest', binds: [AT_DATA], containerPorts: ['80'] }) as Mutation);
  assert.equal(container(t, 'foo-1').hostPorts, [40001]);
  await order(t, { do: 'stop', name: 'foo' });
  t.engine.host.foreignPorts.add(40001);
  await order(t, move(AT_DATA, ELSEWHERE));
  assert.equal(container(t, 'foo-2').hostPorts, [40002]);
  assert.equal(anonymous(t), [container(t, 'foo-2').mounts.get('/data')]);
  t.die();
});

test.run();
