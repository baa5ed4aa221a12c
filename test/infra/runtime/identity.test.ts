// A machine that is not who the log knows: no GPU twice, nothing freed, nothing recorded, and a way out.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Mutation } from '../../../src/commands/command.ts';
import { labelOf, seenCode } from '../../../src/commands/host/identity.ts';
import { silent } from '../../../src/commands/outside/logger.ts';
import { CurrentTerm, leadHost } from '../../../src/infra/runtime/lead/lead-loop.ts';
import { FakeEngine } from '../../doubles/fake-engine.ts';
import { FakeEtcd } from '../../doubles/fake-etcd.ts';
import { realClock, TestCore } from '../../support/core.ts';
import { MACHINE, run, runs } from '../../support/scenario.ts';
import { logCreated, sealAll, storeOf, type Written } from '../../support/stored-log.ts';

const test = suite('identity of a host');

/** A server that leases two GPUs of two to `foo`, and has ended. */
async function before(): Promise<TestCore> {
  const first = await new TestCore({ gpus: 2 }).start();
  assert.ok((await first.submit({ ...run('foo'), gpuCount: 2 } as Mutation)).ok);
  first.die();
  return first;
}

const soon = async (isSo: () => boolean): Promise<void> => {
  for (let i = 0; i < 300 && !isSo(); i++) await new Promise((r) => setTimeout(r, 20));
  assert.ok(isSo());
};

/** The reasons of a server that may not lead. */
async function refusal(heir: TestCore): Promise<string> {
  void heir.start().catch(() => undefined);
  return reasonOf(heir);
}

async function reasonOf(heir: TestCore): Promise<string> {
  for (let i = 0; i < 100; i++) {
    const readiness = heir.core.readiness();
    const reason = readiness.ready ? '' : readiness.reasons.join('; ');
    if (reason.includes('does not lead')) return reason;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return JSON.stringify(heir.core.readiness());
}

test('a machine that was renamed is the same host: its GPUs stay leased, the log says the new name', async () => {
  const first = await before();
  const heir = await new TestCore({ gpus: 2, store: first.store, engine: first.engine, machine: { name: 'box2' } }).start();
  const host = heir.core.state().hosts.get('box');
  assert.is(heir.core.state().hosts.size, 1);
  assert.is(host && labelOf(host), 'box2');
  const bar = await heir.submit({ ...run('bar'), gpuCount: 1 } as Mutation);
  assert.is(!bar.ok && bar.rejection.code, 1013, 'no GPU is given out twice');
  assert.ok((await heir.submit({ do: 'stop', name: 'foo' })).ok);
  heir.die();
});

test('another Docker: not led, nothing recorded, nothing freed; ready again with the old one', async () => {
  const first = await before();
  const { seq } = first.store.head;
  const other = new TestCore({ gpus: 2, store: first.store });
  other.engine.host.engineId = 'ANOTHER:ENGINE';
  assert.match(await refusal(other), /Docker's id is ANOTHER:ENGINE, in the log FAKE:ENGINE.*does not lead.*hosts adopt box/);
  assert.is(first.store.head.seq, seq, 'nothing is recorded');
  assert.is(other.core.state().replicaSets.get('foo')?.gpus.length, 2, 'nothing is freed');
  other.die();
  const heir = await new TestCore({ gpus: 2, store: first.store, engine: first.engine }).start();
  assert.is(heir.core.state().replicaSets.get('foo')?.state, 'running');
  heir.die();
});

/** New hardware, and a word about it that the test may give. */
function newHardware(first: TestCore, by = 'alice') {
  const ids = { hostId: 'new-hardware', machineId: 'machine-2' };
  const seen = seenCode(first.core.state(), { ...MACHINE, ...ids }, 'box');
  const given: { word: { readonly by: string; readonly seen: string } | null } = { word: { by, seen } };
  const adopted = (): void => {
    given.word = null;
  };
  return { given, machine: { ...ids, adoption: () => given.word, adopted } };
}

test('an operator’s word makes another machine the host, and the log says whose word it was', async () => {
  const first = await before();
  const { given, machine } = newHardware(first);
  const heir = await new TestCore({ gpus: 2, store: first.store, engine: first.engine, machine }).start();
  assert.is(given.word, null, 'the word counts once');
  assert.is(heir.core.state().hosts.get('box')?.identity?.machineId, 'machine-2');
  const adoption = first.store.records.find(({ text }) => text.includes('"HostAdopted"'))?.text ?? '';
  assert.match(adoption, /"by":"alice"/);
  assert.match(adoption, /"actor":"alice".*"name":"adoptHost"/);
  heir.die();
  const again = await new TestCore({ gpus: 2, store: first.store, engine: first.engine, machine }).start();
  assert.ok(again.core.readiness().ready);
  assert.is(first.store.records.filter(({ text }) => text.includes('"HostAdopted"')).length, 1);
  again.die();
});

test('in a log of level 1 the actor of the start says who adopted the machine', async () => {
  const { name: _, ...binding } = MACHINE;
  const data = { pid: 1, version: '0.1.9', engine: 'e', gpuMode: 'none', ...binding };
  const started: Written = { type: 'HostStarted', stream: 'host/box', data };
  const store = await storeOf(sealAll([logCreated, started]));
  const ids = { hostId: 'new-hardware', machineId: 'machine-2' };
  const strange = new TestCore({ store, machine: ids });
  const [, seen = ''] = /--seen (\w+)/.exec(await refusal(strange)) ?? [];
  strange.die();
  const heir = await new TestCore({ store, machine: { ...ids, adoption: () => ({ by: 'alice', seen }), adopted: () => {} } }).start();
  const last = store.records.at(-1)?.text ?? '';
  assert.not.match(last, 'HostAdopted');
  assert.match(last, /"actor":"alice".*"name":"adoptHost"/);
  assert.is(heir.core.state().hosts.get('box')?.identity?.machineId, 'machine-2');
  heir.die();
});

test('a word about what was there before counts for nothing', async () => {
  const first = await before();
  const { given, machine } = newHardware(first);
  first.engine.host.engineId = 'INSTALLED:ANEW';
  const heir = new TestCore({ gpus: 2, store: first.store, engine: first.engine, machine });
  assert.match(await refusal(heir), /alice said .* has changed since.*Docker's id is INSTALLED:ANEW/);
  const [, seen = ''] = /--seen (\w+)/.exec(await reasonOf(heir)) ?? [];
  given.word = { by: 'bob', seen };
  await soon(() => heir.core.readiness().ready);
  assert.match(first.store.records.map(({ text }) => text).join(), /"by":"bob"/);
  heir.die();
});

test('an id that the machine does not say replaces none that it said', async () => {
  const first = await before();
  const silent = await new TestCore({ gpus: 2, store: first.store, engine: first.engine, machine: { machineId: '' } }).start();
  assert.is(silent.core.state().hosts.get('box')?.identity?.machineId, MACHINE.machineId);
  silent.die();
  const clone = new TestCore({ gpus: 2, store: first.store, engine: first.engine, machine: { machineId: 'machine-9' } });
  assert.match(await refusal(clone), /machine id .* is machine-9/);
  clone.die();
});

test('a daemon that is replaced behind its socket: the term ends, nothing is recorded or freed; the old one back, it goes on', async () => {
  const t = await new TestCore({ gpus: 4, reconcileEveryMs: 30 }).start();
  for (const name of ['a', 'b']) assert.ok((await t.submit(runs(name))).ok);
  const { engineId } = t.engine.host;
  const containers = new Map(t.engine.host.containers);
  const { seq } = t.store.head;
  t.engine.host.engineId = 'ANOTHER:ENGINE';
  t.engine.host.containers.clear();
  assert.match(await reasonOf(t), /Docker's id is ANOTHER:ENGINE, in the log FAKE:ENGINE.*does not lead.*hosts adopt box/);
  const made: string[] = [];
  t.engine.before = async (call) => void made.push(call);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(
    [...new Set(made)].filter((call) => !/^(list|info)/.test(call)),
    [],
    'nothing is done there',
  );
  assert.is(t.store.head.seq, seq, 'nothing is recorded');
  t.engine.before = undefined;
  t.engine.host.engineId = engineId;
  for (const [id, container] of containers) t.engine.host.containers.set(id, container);
  await soon(() => t.core.readiness().ready);
  assert.equal(t.core.readiness(), { ready: true });
  assert.ok((await t.submit({ do: 'restart', name: 'a' })).ok);
  t.die();
});

test('a stranger with the name of a host does not lead it', async () => {
  const first = await before();
  const stranger = new TestCore({ gpus: 2, store: first.store, machine: { hostId: 'stranger', machineId: 'machine-9' } });
  stranger.engine.host.engineId = 'ANOTHER:ENGINE';
  assert.match(await refusal(stranger), /the log knows another machine as host box/);
  assert.is(stranger.engine.host.containers.size, 0);
  stranger.die();
});

test('a machine that must not lead gives the lease back: the right one leads, and is not kept waiting', async () => {
  const first = await before();
  const fake = new FakeEtcd(realClock).client();
  const etcd = { ...fake, status: async () => ({ ...(await fake.status()), version: '3.5.16' }) };
  const stop = new AbortController();
  const lead = (core: TestCore, pid: number): void => {
    const me = { host: 'box', pid, startTime: '', bootId: '', dataDir: '', addr: '' };
    const idle = { onFollowing: () => {}, onLeading: () => {}, missing: async () => null };
    const parts = { ...idle, kv: etcd, clock: realClock, host: core.core, me, ownEtcd: false, term: new CurrentTerm(), logger: silent };
    leadHost({ ...parts, signal: stop.signal }).catch(() => undefined);
  };
  const stranger = new TestCore({ gpus: 2, store: first.store, machine: { hostId: 'stranger', machineId: 'machine-9' } });
  stranger.engine.host.engineId = 'ANOTHER:ENGINE';
  lead(stranger, 1);
  assert.match(await reasonOf(stranger), /knows another machine as host box.*does not lead/);
  const right = new TestCore({ gpus: 2, store: first.store, engine: first.engine });
  lead(right, 2);
  for (let i = 0; i < 200 && !right.core.readiness().ready; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.is(right.core.readiness().ready, true);
  assert.match(await reasonOf(stranger), /does not lead/, 'it goes on saying why');
  stop.abort(new Error('the test is over'));
});

test('a server beside another log’s containers gives the lease back, too, and so does one whose daemon is replaced', async () => {
  const fake = new FakeEtcd(realClock).client();
  const etcd = { ...fake, status: async () => ({ ...(await fake.status()), version: '3.5.16' }) };
  const stop = new AbortController();
  const lead = (core: TestCore, pid: number): void => {
    const me = { host: 'box', pid, startTime: '', bootId: '', dataDir: '', addr: '' };
    const idle = { onFollowing: () => {}, onLeading: () => {}, missing: async () => null };
    const parts = { ...idle, kv: etcd, clock: realClock, host: core.core, me, ownEtcd: false, term: new CurrentTerm(), logger: silent };
    leadHost({ ...parts, signal: stop.signal }).catch(() => undefined);
  };
  const first = await before();
  const beside = new TestCore({ gpus: 2, store: first.store });
  beside.engine.addForeignContainer('one-1', 'img:latest', { log: 'other-log' });
  lead(beside, 1);
  await soon(() => JSON.stringify(beside.core.readiness()).includes('other-log'));
  const right = new TestCore({ gpus: 2, store: first.store, engine: first.engine, reconcileEveryMs: 30 });
  lead(right, 2);
  await soon(() => right.core.readiness().ready);
  // Its daemon is replaced; the standby's is the right one by now.
  const stranger = new FakeEngine();
  stranger.host.engineId = 'ANOTHER:ENGINE';
  right.engine.info = () => stranger.info();
  beside.engine.vanish('one-1');
  await soon(() => JSON.stringify(right.core.readiness()).includes('ANOTHER:ENGINE'));
  await soon(() => beside.core.readiness().ready);
  stop.abort(new Error('the test is over'));
});

test('a lease that is lost and won again is said both times, and only then', async () => {
  const fake = new FakeEtcd(realClock).client();
  let runsOut = false;
  const etcd = {
    ...fake,
    status: async () => ({ ...(await fake.status()), version: '3.5.16' }),
    leaseKeepAlive: async (lease: string, timeoutMs: number) => {
      if (runsOut) await fake.leaseRevoke(lease);
      runsOut = false;
      return fake.leaseKeepAlive(lease, timeoutMs);
    },
  };
  const stop = new AbortController();
  const said: string[] = [];
  const note = (_: object, text: string): void => void said.push(text);
  const t = new TestCore({ gpus: 2 });
  const me = { host: 'box', pid: 1, startTime: '', bootId: '', dataDir: '', addr: '' };
  const idle = { onFollowing: () => {}, onLeading: () => {}, missing: async () => null };
  const parts = { ...idle, kv: etcd, clock: realClock, host: t.core, me, ownEtcd: false, term: new CurrentTerm() };
  leadHost({ ...parts, logger: { ...silent, info: note, warn: note }, signal: stop.signal }).catch(() => undefined);
  await soon(() => t.core.readiness().ready);
  assert.not.match(said.join('\n'), /lease/);
  runsOut = true;
  await soon(() => said.some((line) => line.includes('lease is back')));
  assert.equal(
    said.filter((line) => line.includes('lease')).map((line) => line.replace(/:.*/, '')),
    ['the host’s lease was lost', 'the host’s lease is back'],
  );
  stop.abort(new Error('the test is over'));
});

test.run();
