// A machine that is not who the log knows: no GPU twice, nothing freed, nothing recorded, and a way out.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Mutation } from '../../../src/commands/command.ts';
import { labelOf } from '../../../src/commands/host/identity.ts';
import { silent } from '../../../src/commands/outside/logger.ts';
import { CurrentTerm, leadHost } from '../../../src/infra/runtime/lead-loop.ts';
import { FakeEtcd } from '../../doubles/fake-etcd.ts';
import { realClock, TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';

const test = suite('identity of a host');

/** A server that leases two GPUs of two to `foo`, and has ended. */
async function before(): Promise<TestCore> {
  const first = await new TestCore({ gpus: 2 }).start();
  assert.ok((await first.submit({ ...run('foo'), gpuCount: 2 } as Mutation)).ok);
  first.die();
  return first;
}

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

test('an operator’s word makes another machine the host, and the log says whose word it was', async () => {
  const first = await before();
  let by: string | null = 'alice';
  const adopted = (): void => {
    by = null;
  };
  const machine = { hostId: 'new-hardware', machineId: 'machine-2', adoptedBy: () => by, adopted };
  const heir = await new TestCore({ gpus: 2, store: first.store, engine: first.engine, machine }).start();
  assert.is(by, null, 'the word counts once');
  assert.is(heir.core.state().hosts.get('box')?.identity?.machineId, 'machine-2');
  assert.match(first.store.records.map(({ text }) => text).join(), /"by":"alice"/);
  heir.die();
  const again = await new TestCore({ gpus: 2, store: first.store, engine: first.engine, machine }).start();
  assert.ok(again.core.readiness().ready);
  again.die();
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

test.run();
