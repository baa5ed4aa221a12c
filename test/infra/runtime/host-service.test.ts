import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import type { Clock } from '../../../src/commands/outside/host.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import { sleep } from '../../../src/infra/async/time.ts';
import { MemoryLog, MemoryStore } from '../../doubles/memory-log.ts';
import { realClock, TestCore } from '../../support/core.ts';
import { HOST, run } from '../../support/scenario.ts';

type Mutation = Exclude<Command, { do: 'execute' }>;
const runOf = (name: string, over: object = {}): Mutation => run(name, over) as Mutation;
const test = suite('core');

const held = (t: TestCore): string[] =>
  [...t.core.state().replicaSets.values()].flatMap((rs) => rs.gpus.map((g) => `${g} ${rs.name}-${rs.current}`)).sort();
const used = async (t: TestCore): Promise<string[]> =>
  (await t.engine.listContainers(t.core.state().logId)).flatMap((c) => c.gpus.map((g) => `${g} ${c.containerName}`)).sort();

test('16 concurrent runs of one GPU each on 8 GPUs: 8 succeed and none share', async () => {
  const t = await new TestCore({ gpus: 8 }).start();
  const outcomes = await Promise.all(Array.from({ length: 16 }, (_, i) => t.submit(runOf(`r${i}`))));
  assert.is(outcomes.filter((o) => o.ok).length, 8);
  assert.ok(outcomes.every((o) => o.ok || o.rejection.code === 1013));
  assert.equal(held(t), await used(t));
  assert.is(new Set(held(t).map((h) => h.split(' ')[0])).size, 8);
  t.die();
});

test('12 concurrent runs of one name: one wins', async () => {
  const t = await new TestCore().start();
  const outcomes = await Promise.all(Array.from({ length: 12 }, () => t.submit(runOf('one'))));
  assert.is(outcomes.filter((o) => o.ok).length, 1);
  assert.ok(outcomes.every((o) => o.ok || o.rejection.code === 1008));
  t.die();
});

test('a server that dies before or after any engine call is followed by one that ends the operation', async () => {
  for (const when of ['before', 'after'] as const) {
    for (let at = 1; at <= 12; at++) {
      const t = await new TestCore({ gpus: 4 }).start();
      await t.submit(runOf('foo', { gpuCount: 2, containerPorts: ['22'] }));
      let calls = 0;
      t.engine[when] = async (call) => {
        if (!/^(create|start|stop|save|remove)/.test(call)) return;
        if (++calls === at) {
          t.die();
          await new Promise(() => {}); // the process is gone: no answer ever reaches it
        }
      };
      void t.submit({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 3 } });
      await new Promise((r) => setTimeout(r, 20));
      t.engine[when] = undefined;
      const heir = await new TestCore({ store: t.store, engine: t.engine, gpus: 4 }).start();
      await heir.settled();
      const rs = heir.core.state().replicaSets.get('foo');
      assert.is(rs?.operation, null);
      assert.is(rs?.state, 'running', `${when} call ${at}`);
      assert.equal(held(heir), await used(heir), `${when} call ${at}`);
      heir.die();
    }
  }
});

test('an engine that does not answer is asked again until it does', async () => {
  const t = await new TestCore().start();
  let failures = 3;
  t.engine.before = async (call) => {
    if (call === 'startContainer' && failures-- > 0) throw new EngineError('unavailable', 'connection refused');
  };
  const outcome = await t.submit(runOf('foo'));
  assert.is(outcome.ok, true);
  t.die();
});

test('reconcile: a container removed from outside is found, and its GPUs are free', async () => {
  const t = await new TestCore({ gpus: 1 }).start();
  await t.submit(runOf('foo'));
  t.engine.vanish('foo-1');
  for (let i = 0; i < 100 && t.core.state().replicaSets.get('foo')?.state !== 'failed'; i++) await new Promise((r) => setTimeout(r, 20));
  assert.is(t.core.state().replicaSets.get('foo')?.state, 'failed');
  assert.is((await t.submit(runOf('bar'))).ok, true);
  t.die();
});

/** A hundred times as fast. */
const quick: Clock = { ...realClock, sleep: (ms, signal) => realClock.sleep(ms / 100, signal) };

const soon = async (isSo: () => boolean): Promise<void> => {
  for (let i = 0; i < 100 && !isSo(); i++) await new Promise((r) => setTimeout(r, 20));
  assert.ok(isSo());
};
const told = async ({ store }: TestCore, actor: string): Promise<readonly Event[]> => {
  const events: Event[] = [];
  for await (const part of new MemoryLog({ store }).read(1)) events.push(...(part as readonly Event[]));
  return events.filter(({ command }) => command.actor === actor);
};

test('inventory: GPUs that come and go while the server runs are recorded as its own doing, and leases stay', async () => {
  const t = await new TestCore({ gpus: 2, reconcileEveryMs: 2_000, clock: quick }).start();
  await t.submit(runOf('foo'));
  const [first, second] = t.gpus;
  assert.ok(first !== undefined && second !== undefined);
  const known = () =>
    t.core
      .state()
      .hosts.get(HOST)
      ?.gpus.map(({ gpu, present, holder }) => [gpu, present, holder]);
  t.gpus = [{ gpu: 'GPU-new', index: 0, name: 'H100', memoryMiB: 81_559 }];
  await soon(() => known()?.length === 3);
  assert.equal(known(), [
    [first.gpu, false, 'foo'],
    ['GPU-new', true, null],
    [second.gpu, false, null],
  ]);
  t.gpus = [first];
  await soon(() => known()?.[1]?.[1] === false);
  assert.equal(
    (await told(t, 'system:inventory')).map(({ type, command, data }) => [type, command.name, (data as { gpu: string }).gpu]),
    [
      ['GpuDiscovered', 'inventory', 'GPU-new'],
      ['GpuLost', 'inventory', first.gpu],
      ['GpuLost', 'inventory', second.gpu],
      ['GpuDiscovered', 'inventory', first.gpu],
      ['GpuLost', 'inventory', 'GPU-new'],
    ],
  );
  t.die();
});

test('inventory: that no GPU is left is believed at the second look, never at a start; one that cannot be read is not lost', async () => {
  const t = await new TestCore({ gpus: 3, reconcileEveryMs: 2_000, clock: quick }).start();
  const all = t.gpus;
  const present = (core: TestCore) =>
    core.core
      .state()
      .hosts.get(HOST)
      ?.gpus.filter((g) => g.present)
      .map(({ gpu }) => gpu);
  // The third is listed without a UUID: nobody can say which one it is, so none is lost.
  t.gpus = all.slice(0, 1);
  t.unreadable = [
    { gpu: 'GPU-1', line: '1, GPU-1, [Unknown Error]' },
    { gpu: null, line: 'GPU is lost' },
  ];
  await soon(() => JSON.stringify(t.core.readiness()).includes('GPU is lost'));
  assert.equal(present(t), ['GPU-0', 'GPU-1', 'GPU-2']);
  t.unreadable = t.unreadable.slice(0, 1);
  await soon(() => present(t)?.length === 2);
  assert.equal(present(t), ['GPU-0', 'GPU-1']);
  t.unreadable = [];
  t.gpus = all;
  await soon(() => present(t)?.length === 3);
  assert.equal(t.core.readiness(), { ready: true });
  // While a driver comes up it lists none for a moment.
  let looks = 0;
  t.onInventory = () => {
    t.gpus = looks++ === 0 ? [] : all;
  };
  await soon(() => looks > 4);
  assert.equal(present(t), ['GPU-0', 'GPU-1', 'GPU-2']);
  t.die();
  const heir = new TestCore({ store: t.store, engine: t.engine, gpus: 0, clock: quick });
  await heir.start();
  assert.equal(present(heir), ['GPU-0', 'GPU-1', 'GPU-2']);
  heir.die();
  const sure = await new TestCore({ store: t.store, engine: t.engine, gpus: 0, reconcileEveryMs: 2_000, clock: quick }).start();
  await soon(() => present(sure)?.length === 0);
  sure.die();
});

test('housekeeping: a retired volume goes when the last container that names it has gone, by nobody’s order', async () => {
  const t = await new TestCore().start();
  const order = async (command: Mutation): Promise<void> => assert.is((await t.submit(command)).ok, true, command.do);
  await order({ do: 'createVolume', name: 'bar', size: '1GB' });
  await order(runOf('foo', { binds: [{ src: 'bar-1', dest: '/v' }] }));
  await order({ do: 'stop', name: 'foo' });
  await order({ do: 'resizeVolume', name: 'bar', size: '2GB' });
  const version = () => t.core.state().volumes.get('bar')?.versions[0]?.state;
  assert.is(version(), 'retired');
  assert.equal(await told(t, 'system:housekeeping'), []);
  await order({ do: 'restart', name: 'foo' });
  await soon(() => version() === 'removed');
  const events = await told(t, 'system:housekeeping');
  assert.equal(
    events.map(({ type, stream, command, data }) => [type, stream, command.name, data]),
    [['VolumeVersionRemoved', 'volume/bar', 'housekeeping', { version: 1 }]],
  );
  assert.equal(
    (await t.engine.listVolumes(t.core.state().logId)).map(({ name }) => name),
    ['bar-2'],
  );
  t.die();
});

test('execute: intent and outcome are in the log, and an unknown outcome after a crash is recorded', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  const done = await t.core.execRunner.run(
    { do: 'execute', name: 'foo', cmd: ['echo', 'hello'] },
    { actor: 'test' },
    new AbortController().signal,
  );
  assert.is(done.ok && done.result.stdout.trim(), 'hello');
  assert.is(t.core.state().executions.size, 0);
  t.engine.before = async (call) => {
    if (call === 'exec') await new Promise(() => {});
  };
  void t.core.execRunner.run({ do: 'execute', name: 'foo', cmd: ['echo', 'hello'] }, { actor: 'test' }, new AbortController().signal);
  await new Promise((r) => setTimeout(r, 20));
  t.die();
  t.engine.before = undefined;
  const heir = await new TestCore({ store: t.store, engine: t.engine }).start();
  assert.is(heir.core.state().executions.size, 0);
  assert.match(t.store.records.map((r) => r.text).join('\n'), 'CommandOutcomeUnknown');
  heir.die();
});

test('replaying the log gives the same state', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo', { gpuCount: 2, containerPorts: ['22'] }));
  await t.submit({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 1 } });
  await t.submit({ do: 'createVolume', name: 'bar', size: '1GB' });
  t.die();
  const again = new TestCore({ store: t.store, engine: t.engine });
  await again.committer.catchUp();
  assert.equal(again.core.state(), t.core.state());
});

test('a command that waits for an operation which a stopping server leaves open is answered', async () => {
  const t = await new TestCore().start();
  t.engine.before = async (call) => {
    if (call === 'createContainer') await new Promise(() => {});
  };
  const first = t.submit(runOf('foo'));
  const second = t.submit(runOf('foo'));
  await new Promise((r) => setTimeout(r, 20));
  t.core.stop('the server is stopping');
  for (const outcome of await Promise.all([first, second])) assert.is(!outcome.ok && outcome.rejection.kind, 'unavailable');
  t.die();
});

const keyed = (key: string, bodyHash = 'h1') => ({ actor: 'test', idempotencyKey: key, bodyHash });

test('Idempotency-Key: a repetition gets the first answer, while the first is under way, after it, and from the next server', async () => {
  const t = await new TestCore({ gpus: 1 }).start();
  const first = t.core.queue.submit(runOf('foo'), keyed('k'));
  assert.equal(await Promise.all([first, t.core.queue.submit(runOf('foo'), keyed('k'))]), [
    { ok: true, version: 1 },
    { ok: true, version: 1 },
  ]);
  const head = t.core.state().head.seq;
  assert.equal(await t.core.queue.submit(runOf('foo'), keyed('k')), { ok: true, version: 1 });
  t.die();
  const heir = await new TestCore({ store: t.store, engine: t.engine, gpus: 1 }).start();
  const started = heir.core.state().head.seq;
  assert.equal(await heir.core.queue.submit(runOf('foo'), keyed('k')), { ok: true, version: 1 });
  assert.is(heir.core.state().head.seq, started, 'nothing was appended for a repetition');
  assert.ok(started > head);
  heir.die();
});

test('Idempotency-Key: another request with the same key is refused, and a failed one stays failed', async () => {
  const t = await new TestCore({ gpus: 1 }).start();
  await t.core.queue.submit(runOf('foo'), keyed('k'));
  const other = await t.core.queue.submit(runOf('bar'), keyed('k', 'h2'));
  assert.is(!other.ok && other.rejection.kind, 'impossible');
  const failed = await t.core.queue.submit(runOf('bad', { gpuCount: 0, cmd: ['exit 3'] }), keyed('f'));
  assert.is(!failed.ok && failed.rejection.code, 1004);
  const head = t.core.state().head.seq;
  assert.equal(await t.core.queue.submit(runOf('bad', { gpuCount: 0, cmd: ['exit 3'] }), keyed('f')), failed);
  assert.is(t.core.state().head.seq, head);
  t.die();
});

test('Idempotency-Key: an operation that a dead server left open is answered when the next one has ended it', async () => {
  const t = await new TestCore().start();
  t.engine.after = async (call) => {
    if (call === 'createContainer') {
      t.die();
      await new Promise(() => {});
    }
  };
  void t.core.queue.submit(runOf('foo'), keyed('k'));
  await new Promise((r) => setTimeout(r, 20));
  t.engine.after = undefined;
  const heir = new TestCore({ store: t.store, engine: t.engine });
  const starting = heir.start();
  assert.equal(await heir.core.queue.submit(runOf('foo'), keyed('k')), { ok: true, version: 1 });
  await starting;
  heir.die();
});

test('Idempotency-Key: of an execute the exit code is kept, not the output', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  const execute = (key: string) =>
    t.core.execRunner.run({ do: 'execute', name: 'foo', cmd: ['echo', 'hello'] }, keyed(key), new AbortController().signal);
  const [one, two] = await Promise.all([execute('e'), execute('e')]);
  assert.equal(one, two);
  const later = await execute('e');
  assert.equal(later.ok && { exitCode: later.result.exitCode, stdout: later.result.stdout }, { exitCode: 0, stdout: '' });
  t.die();
});

test('a plan appends nothing and names the events and Docker steps that would follow', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo', { gpuCount: 2 }));
  const { seq } = t.core.state().head;
  const planned = await t.core.queue.plan({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 1 } }, { actor: 'test' });
  assert.ok(planned.ok);
  if (!planned.ok) return;
  assert.equal(
    planned.plan.events.map((e) => e.type),
    ['OperationStarted', 'ContainerVersionCreated'],
  );
  assert.equal(
    planned.plan.steps.map((s) => s.step.do),
    ['stopContainer', 'saveDisk', 'createContainer', 'startContainer', 'removeContainer'],
  );
  assert.is(t.core.state().head.seq, seq);
  assert.is(planned.plan.etag, t.core.state().replicaSets.get('foo')?.seq);
  const refused = await t.core.queue.plan({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 99 } }, { actor: 'test' });
  assert.is(!refused.ok && refused.rejection.code, 1013);
  t.die();
});

test('If-Match: refused when someone else changed it in between, also between queueing and deciding', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf('foo'));
  const ifMatch = t.core.state().replicaSets.get('foo')?.seq ?? 0;
  const patch = { do: 'patch', name: 'foo' } as const;
  const [first, second] = await Promise.all([
    t.core.queue.submit(patch, { actor: 'a' }, { ifMatch }),
    t.core.queue.submit(patch, { actor: 'b' }, { ifMatch }),
  ]);
  assert.is(first.ok, true);
  assert.equal(!second.ok && [second.rejection.kind, second.rejection.code], ['precondition', 412]);
  const gone = await t.core.queue.submit({ do: 'delete', name: 'bar' }, { actor: 'a' }, { ifMatch });
  assert.match(gone.ok ? '' : gone.rejection.message, /^If-Match is "\d+", but replicaSet bar does not exist: it was deleted/);
  t.die();
});

test('a command for another host’s replicaSet is refused at once, also while an operation is open on it, as a plan and as an execute', async () => {
  const store = new MemoryStore();
  const box = await new TestCore({ store }).start();
  await box.submit(runOf('foo'));
  const other = await new TestCore({ store, gpus: 0, settings: { host: 'other-box' } }).start();
  box.engine.before = async (call) => {
    if (call === 'stopContainer') throw new EngineError('unavailable', 'Docker is away');
  };
  const stop = { do: 'stop', name: 'foo' } as const;
  void box.submit(stop);
  while (box.core.state().replicaSets.get('foo')?.operation == null) await sleep(5);
  await other.committer.catchUp();
  const outcomes = await Promise.all([
    other.submit(stop),
    other.core.queue.plan(stop, { actor: 'test' }),
    other.core.queue.plan(stop, { actor: 'test' }, { ifMatch: 1 }),
    other.core.execRunner.run({ do: 'execute', name: 'foo', cmd: ['ls'] }, { actor: 'test' }, new AbortController().signal),
  ]);
  for (const outcome of outcomes) {
    assert.is(!outcome.ok && outcome.rejection.kind, 'misdirected');
    assert.match(!outcome.ok ? outcome.rejection.message : '', 'replicaSet foo is on host box');
  }
  box.die();
  other.die();
});

test('another log’s containers and volumes on this Docker: not led, nothing recorded, until they are gone', async () => {
  const t = new TestCore();
  t.engine.addForeignContainer('one-1', 'img:latest', { log: 'other-log' });
  const alive = setInterval(() => {}, 1_000); // its pauses do not keep the process alive
  const led = t.start();
  while (!/other-log/.test(JSON.stringify(t.core.readiness()))) await sleep(5);
  const readiness = t.core.readiness();
  assert.match(readiness.ready ? '' : readiness.reasons.join(), /log other-log \(container one-1\).*--data-dir.*--ignore-other-logs/);
  assert.is(t.core.state().head.seq, 0);
  t.engine.vanish('one-1');
  await led;
  clearInterval(alive);
  assert.is(t.core.readiness().ready, true);
  t.die();
});

test('with the option another log’s GPUs are in use by somebody else: seen at each comparison and asked for at each allocation', async () => {
  const t = new TestCore({ gpus: 3, ignoreOtherLogs: true });
  t.engine.addForeignContainer('one-1', 'img:latest', { log: '15a9c2d0', gpus: ['GPU-0'] });
  await t.start();
  assert.equal([...t.core.foreignGpus()], [['GPU-0', 'one-1 (log 15a9…)']]);
  const readiness = t.core.readiness();
  assert.match(readiness.ready ? (readiness.warnings ?? []).join() : '', 'GPU 0 (GPU-0) by one-1 (log 15a9…)');
  t.engine.addForeignContainer('jupyter', 'img:latest', { gpus: ['2'] });
  assert.is((await t.submit(runOf('foo', { gpuCount: 1 }))).ok, true);
  assert.equal(t.core.state().replicaSets.get('foo')?.gpus, ['GPU-1']);
  const no = await t.submit(runOf('bar', { gpuCount: 1 }));
  const why = '1 GPU asked for, but 0 of 3 free (2 are used by containers outside this log: one-1 (log 15a9…), jupyter)';
  assert.is(no.ok ? '' : no.rejection.message, why);
  t.engine.die('one-1', 0);
  assert.is((await t.submit(runOf('bar', { gpuCount: 1 }))).ok, true, 'free again');
  t.die();
});

test('a GPU that another host of the log has is not taken in, and /readyz says so', async () => {
  const store = new MemoryStore();
  const box = await new TestCore({ store, gpus: 2 }).start();
  const other = await new TestCore({ store, gpus: 3, settings: { host: 'box2' } }).start();
  const gpus = other.core
    .state()
    .hosts.get('box2')
    ?.gpus.map(({ gpu }) => gpu);
  assert.equal(gpus, ['GPU-2']);
  const readiness = other.core.readiness();
  const warnings = readiness.ready ? (readiness.warnings ?? []).join() : '';
  assert.match(warnings, 'GPU 0 (GPU-0) of this machine is one of host box in the log');
  assert.match(warnings, 'GPU 1 (GPU-1) of this machine is one of host box in the log');
  box.die();
  other.die();
});

test('no bind reaches into Docker’s own directory, wherever it is', async () => {
  const t = await new TestCore({ dataRoot: '/data/docker' }).start();
  const bind = (src: string) => t.submit(runOf('foo', { binds: [{ src, dest: '/mnt' }] }));
  for (const src of ['/data/docker', '/data/docker/volumes', '/data']) {
    const refused = await bind(src);
    assert.match(refused.ok ? '' : refused.rejection.message, 'what belongs to Docker');
  }
  assert.is((await bind('/data/sets')).ok, true);
  t.die();
});

test('a listener for every event comes before the log is read, or is refused', async () => {
  const t = new TestCore();
  let events = 0;
  t.committer.onEveryCommit((batch) => {
    events += batch.length;
  });
  await t.start();
  assert.is(events, t.core.state().head.seq);
  assert.throws(() => t.committer.onEveryCommit(() => {}), /being read already/);
  assert.throws(() => t.feed.onEvents(() => {}), /being read already/);
  assert.throws(() => t.committer.restore(t.core.state()), /being read already/);
  t.die();
});

test.run();
