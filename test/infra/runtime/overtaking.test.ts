// A forced stop and a delete do not wait for the grace period of a stop that is under way: they cut it short.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Mutation } from '../../../src/commands/command.ts';
import { decideOvertaking } from '../../../src/commands/operation/overtake.ts';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import { LogHeldError } from '../../../src/events/log.ts';
import { sleep } from '../../../src/infra/async/time.ts';
import { OperationRunner } from '../../../src/infra/runtime/operations/operation-runner.ts';
import { Slots } from '../../../src/infra/runtime/operations/slots.ts';
import { openOperations, type State } from '../../../src/projections/state.ts';
import { MemoryLog } from '../../doubles/memory-log.ts';
import { realClock, TestCore } from '../../support/core.ts';
import { HOST, run, settings } from '../../support/scenario.ts';
import { answered, until } from '../../support/until.ts';

const test = suite('overtaking');

const runOf = (over: object = {}): Mutation => ({ ...run('foo'), gpuCount: 1, containerPorts: [], binds: [], ...over }) as Mutation;
const eventsOf = async ({ store }: TestCore, type: string): Promise<Event[]> => {
  const events: Event[] = [];
  for await (const part of new MemoryLog({ store }).read(1)) events.push(...(part as readonly Event[]));
  return events.filter((event) => event.type === type);
};

/** A container that does not end by SIGTERM: a stop with a grace period is answered when another one kills it. Gives the grace of each stop. */
function stubborn(t: TestCore): number[] {
  const graces: number[] = [];
  const waiting = new Set<() => void>();
  t.engine.before = async (call, args) => {
    if (call !== 'stopContainer') return;
    const [ref, grace] = args as [{ readonly containerName: string }, number];
    graces.push(grace);
    if (grace > 0 && t.engine.host.containerBy(ref.containerName)?.state === 'running')
      await new Promise<void>((resolve) => waiting.add(resolve));
  };
  t.engine.after = async (call, args) => {
    const [, grace] = args as [unknown, number];
    if (call === 'stopContainer' && grace === 0) for (const wake of waiting) wake();
  };
  return graces;
}

const inGrace = (t: TestCore, graces: number[], count: number) =>
  until('the grace period', () => graces.length === count && openOperations(t.core.state()).length === 1);

test('a delete cuts a stop short, and says by whom', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf({ stopTimeout: 500 }));
  const graces = stubborn(t);
  const stopped = t.submit({ do: 'stop', name: 'foo' });
  await inGrace(t, graces, 1);
  const deleted = t.core.queue.submit({ do: 'delete', name: 'foo' }, { actor: 'alice', idempotencyKey: 'k', bodyHash: 'h' });
  assert.is(await answered(stopped), 'ok');
  assert.is(await answered(deleted), 'ok');
  assert.equal(graces, [500, 0]);
  const [cut, ...more] = await eventsOf(t, 'StopCutShort');
  assert.equal([cut?.command.actor, cut?.command.name, cut?.data, more.length], ['alice', 'delete', { version: 1 }, 0]);
  assert.is(cut?.command.idempotencyKey, undefined, 'the key is that of the delete itself');
  assert.equal(t.core.state().replicaSets.size, 0);
  t.die();
});

test('a name whose queue is full has a place for one of them', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf({ stopTimeout: 500 }));
  const graces = stubborn(t);
  const stopped = Array.from({ length: 64 }, () => t.submit({ do: 'stop', name: 'foo' }));
  await inGrace(t, graces, 1);
  assert.match(await answered(t.submit({ do: 'stop', name: 'foo' })), /commands wait for replicaSet\/foo already/);
  const planned = await t.core.queue.plan({ do: 'stop', name: 'foo' }, { actor: 'test' });
  assert.match(planned.ok ? '' : planned.rejection.message, /plan again when it has ended/, 'a dry run takes no place');
  const deleted = t.submit({ do: 'delete', name: 'foo' });
  assert.match(await answered(t.submit({ do: 'delete', name: 'foo' })), /commands wait for replicaSet\/foo already/);
  await Promise.all(stopped);
  assert.is(await answered(deleted), 'ok');
  assert.equal(graces, [500, 0]);
  t.die();
});

test('so does a stop with stopTimeout 0, of a restart and of a pause; one with a longer time waits', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf({ stopTimeout: 500 }));
  const graces = stubborn(t);
  const restarted = t.submit({ do: 'restart', name: 'foo' });
  await inGrace(t, graces, 1);
  const patient = t.submit({ do: 'stop', name: 'foo', stopTimeout: 1 });
  await sleep(100);
  assert.equal(graces, [500]);
  const forced = t.submit({ do: 'stop', name: 'foo', stopTimeout: 0 });
  assert.is(await answered(restarted), 'ok');
  for (const stop of [patient, forced]) assert.is(await answered(stop), 'ok');
  // The patient one's turn came first, with a grace period of its own, and was cut short as well.
  assert.equal(graces, [500, 0, 1, 0]);
  assert.is(t.core.state().replicaSets.get('foo')?.state, 'stopped');

  assert.is(await answered(t.submit({ do: 'restart', name: 'foo' })), 'ok');
  graces.length = 0;
  const paused = t.submit({ do: 'pause', name: 'foo' });
  await inGrace(t, graces, 1);
  const stopped = t.submit({ do: 'stop', name: 'foo', stopTimeout: 0 });
  assert.is(await answered(paused), 'ok');
  assert.is(await answered(stopped), 'ok');
  assert.is((await eventsOf(t, 'StopCutShort')).length, 3);
  t.die();
});

test('a kill that Docker does not answer is sent again, and a stop that pauses between two tries is tried without grace', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf({ stopTimeout: 500 }));
  const graces = stubborn(t);
  const waits = t.engine.before;
  let silences = 1;
  t.engine.before = async (call, args) => {
    if (call === 'stopContainer' && args[1] === 0 && silences-- > 0) throw new EngineError('unavailable', 'no answer');
    await waits?.(call, args);
  };
  const stopped = t.submit({ do: 'stop', name: 'foo' });
  await inGrace(t, graces, 1);
  const deleted = t.submit({ do: 'delete', name: 'foo' });
  for (const outcome of [stopped, deleted]) assert.is(await answered(outcome), 'ok');
  assert.equal(graces, [500, 0]);

  await t.submit(runOf({ stopTimeout: 500 }));
  graces.length = 0;
  t.engine.before = async (call, args) => {
    if (call !== 'stopContainer') return;
    graces.push(Number(args[1]));
    if (Number(args[1]) > 0) throw new EngineError('unavailable', 'no answer');
  };
  const again = t.submit({ do: 'stop', name: 'foo' });
  await until('a pause', () => t.core.operations().some(({ stalled }) => (stalled?.attempts ?? 0) > 4));
  const tries = graces.length;
  const gone = t.submit({ do: 'delete', name: 'foo' });
  for (const outcome of [again, gone]) assert.is(await answered(outcome), 'ok');
  assert.equal(graces.slice(tries), [0]);
  t.die();
});

test('a server that takes over kills at once what was cut short, and before that waits as the log says', async () => {
  const dead = await new TestCore().start();
  await dead.submit(runOf({ stopTimeout: 500 }));
  const graces = stubborn(dead);
  void dead.submit({ do: 'stop', name: 'foo' });
  await inGrace(dead, graces, 1);
  dead.engine.before = async () => new Promise(() => {}); // the kill is never answered
  void dead.submit({ do: 'delete', name: 'foo' });
  await until('the event', () => dead.core.state().replicaSets.get('foo')?.operation?.cutShort === true);
  dead.die();
  const heir = new TestCore({ store: dead.store, engine: dead.engine });
  const seen = stubborn(heir);
  await heir.start();
  await until('the end', () => openOperations(heir.core.state()).length === 0);
  assert.equal(seen, [0]);
  heir.die();
});

/** Leads in a term: `lose` ends it, `lead` begins the next one, and `end` ends all. */
async function inTerms(t: TestCore): Promise<{ lead(): Promise<void>; lose(): void; end(): void }> {
  const over = new AbortController();
  await t.core.follow(over.signal);
  let term = new AbortController();
  const lead = async (): Promise<void> => {
    term = new AbortController();
    await t.core.lead(AbortSignal.any([over.signal, term.signal]), () => {});
  };
  await lead();
  return { lead, lose: () => term.abort(new Error('the lease is lost')), end: () => over.abort(new Error('over')) };
}

/** In its first term a stop of foo is in its grace period. */
async function stoppingInTerms() {
  const t = new TestCore();
  const terms = await inTerms(t);
  await t.submit(runOf({ stopTimeout: 500 }));
  const graces = stubborn(t);
  void t.submit({ do: 'stop', name: 'foo' }).catch(() => undefined);
  await inGrace(t, graces, 1);
  return { t, terms, graces };
}

test('where the log has no room for the event it is asked again', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf({ stopTimeout: 500 }));
  const graces = stubborn(t);
  const stopped = t.submit({ do: 'stop', name: 'foo' });
  await inGrace(t, graces, 1);
  let refused = 0;
  t.onAppend = () => {
    refused++;
    throw new LogHeldError('no space');
  };
  const deleted = t.submit({ do: 'delete', name: 'foo' });
  await until('a refusal', () => refused > 0);
  t.onAppend = () => {};
  for (const outcome of [stopped, deleted]) assert.is(await answered(outcome), 'ok');
  assert.equal(graces, [500, 0]);
  t.die();
});

test('a stop that was begun in a term before is cut short in this one', async () => {
  const { t, terms, graces } = await stoppingInTerms();
  terms.lose();
  await terms.lead();
  assert.is(await answered(t.submit({ do: 'delete', name: 'foo' })), 'ok');
  // What the term before was told is not recorded: this one asks for itself.
  assert.equal(graces, [500, 0, 0]);
  terms.end();
});

test('a kill that a term before could not give is given in this one', async () => {
  const { t, terms, graces } = await stoppingInTerms();
  const grace = t.engine.before;
  let give = (): void => {};
  t.engine.before = async () => new Promise((_, reject) => (give = () => reject(new EngineError('unavailable', 'no answer'))));
  void t.submit({ do: 'delete', name: 'foo' }).catch(() => undefined);
  await until('the event', () => t.core.state().replicaSets.get('foo')?.operation?.cutShort === true);
  terms.lose();
  t.engine.before = grace;
  await terms.lead();
  await sleep(50);
  assert.equal(graces, [500], 'one at a time');
  give();
  await until('the end', () => openOperations(t.core.state()).length === 0);
  assert.equal(graces, [500, 0, 0]);
  terms.end();
});

test('a stop of a term before that another server has gone on from is left alone', async () => {
  const t = new TestCore();
  const terms = await inTerms(t);
  await t.submit(runOf({ stopTimeout: 500 }));
  let isLate = true;
  const graces: number[] = [];
  let giveUp = (): void => {};
  // The first server gets no answer to its stop any more; its kill is given up on.
  t.engine.before = async (call, args) => {
    if (call !== 'stopContainer') return;
    graces.push(Number(args[1]));
    if (isLate) await new Promise((_, reject) => (giveUp = () => reject(new EngineError('unavailable', 'no answer'))));
  };
  const answersNot = t.engine.before;
  void t.submit({ do: 'restart', name: 'foo' }).catch(() => undefined);
  await inGrace(t, graces, 1);
  await t.committer.submit({ id: 'cut', name: 'stop', actor: 'test' }, (state) => ({
    kind: 'events',
    events: decideOvertaking(state, 'foo', settings),
  }));
  await until('the kill', () => graces.length === 2);
  terms.lose();
  isLate = false;
  const other = new TestCore({ store: t.store, engine: t.engine });
  t.engine.after = async (call) => {
    if (call === 'startContainer') other.die();
  };
  t.engine.before = async (call, args) => {
    await answersNot(call, args);
    if (call === 'createContainer') throw new EngineError('refused', 'no');
  };
  await other.start();
  await until('the old one to run again', () => t.engine.host.containerBy('foo-1')?.state === 'running' && graces.length === 3);
  graces.length = 0;
  await terms.lead();
  giveUp();
  await sleep(200);
  assert.equal(graces, []);
  assert.is(t.engine.host.containerBy('foo-1')?.state, 'running');
  terms.end();
});

test('a runner lets those before it go that have nothing under way', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf({ stopTimeout: 500 }));
  const graces = stubborn(t);
  void t.submit({ do: 'stop', name: 'foo' }).catch(() => undefined);
  await inGrace(t, graces, 1);
  const { committer, engine } = t;
  const parts = { committer, engine, settings, clock: realClock, ids: { next: () => 'id' }, logger: silent, slots: new Slots(realClock) };
  const deps = { ...parts, missingSteps: { forget: () => {} }, factSources: {} } as unknown as ConstructorParameters<
    typeof OperationRunner
  >[0];
  const term = new AbortController();
  const first = new OperationRunner(deps, term.signal);
  first.start();
  term.abort();
  let last = first;
  for (let i = 0; i < 20_000; i++) last = new OperationRunner({ ...deps, before: last }, term.signal);
  assert.is(first.isIdle, false);
  assert.is(last.isIdle, false, 'however many terms there were');
  t.die();
});

test('nothing is cut short of a name that somebody else ran since the delete began to wait', async () => {
  const t = await new TestCore().start();
  for (const [i, name] of ['ann', 'bob'].entries()) {
    const key = { name, role: 'operator', id: String(i).padStart(16, '0'), salt: '00', hash: '00' } as const;
    await t.core.changeKey({ do: 'createKey', ...key }, { actor: 'system:test' }, false);
  }
  const by = (name: string, command: Mutation) => t.core.queue.submit(command, { actor: name, key: name });
  let go = (): void => {};
  t.onPath = () => new Promise((resolve) => (go = resolve));
  const ran = by('ann', runOf({ stopTimeout: 500, binds: [{ src: '/data', dest: '/data' }] }));
  await sleep(20);
  const graces: number[] = [];
  t.engine.before = async (call, args) => {
    if (call !== 'stopContainer') return;
    graces.push(Number(args[1]));
    await sleep(100);
  };
  const stopped = by('ann', { do: 'stop', name: 'foo' });
  const deleted = by('bob', { do: 'delete', name: 'foo' });
  t.onPath = async () => {};
  go();
  for (const outcome of [ran, stopped]) assert.is(await answered(outcome), 'ok');
  assert.match(await answered(deleted), /made by somebody else/);
  assert.equal(graces, [500]);
  t.die();
});

test('nothing is cut short for a repetition, with If-Match, in a plan, or where the log is of level 1', async () => {
  const t = await new TestCore().start();
  await t.submit(runOf({ stopTimeout: 500 }));
  const keyed = { actor: 'test', idempotencyKey: 'k', bodyHash: 'h' };
  assert.is(await answered(t.core.queue.submit({ do: 'stop', name: 'foo', stopTimeout: 0 }, keyed)), 'ok');
  assert.is(await answered(t.submit({ do: 'restart', name: 'foo' })), 'ok');
  const graces = stubborn(t);
  const stopped = t.submit({ do: 'stop', name: 'foo' });
  await inGrace(t, graces, 1);
  void t.core.queue.submit({ do: 'stop', name: 'foo', stopTimeout: 0 }, keyed);
  void t.core.queue.submit({ do: 'delete', name: 'foo' }, { actor: 'test' }, { ifMatch: 3 });
  await t.core.queue.plan({ do: 'delete', name: 'foo' }, { actor: 'test' });
  await sleep(100);
  assert.equal(graces, [500]);
  const state = t.core.state();
  assert.is(decideOvertaking(state, 'foo', settings).length, 1);
  assert.equal(decideOvertaking({ ...state, logLevel: 1 }, 'foo', settings), []);
  assert.equal(decideOvertaking(state, 'foo', { ...settings, host: 'another' }), []);
  const here = state.hosts.get(HOST);
  if (here === undefined) throw new Error('no host');
  const restored = { seq: 1, by: 'ann', time: new Date(Date.now() + 1_000).toISOString() };
  const held = { ...state, hosts: new Map([[HOST, { ...here, restored }]]) } as State;
  assert.equal(decideOvertaking(held, 'foo', settings), [], 'the command is refused');
  const forced = t.submit({ do: 'stop', name: 'foo', stopTimeout: 0 });
  for (const outcome of [stopped, forced]) assert.is(await answered(outcome), 'ok');
  t.die();
});

test('a stopTimeout beyond the limit is refused, and cut where it is in the log', async () => {
  const t = await new TestCore({ settings: { maxStopTimeout: 3_600 } }).start();
  await t.submit(runOf({ stopTimeout: 3_600 }));
  t.die();
  const heir = await new TestCore({ store: t.store, engine: t.engine, settings: { maxStopTimeout: 60 } }).start();
  const commands: Mutation[] = [
    { ...runOf({ stopTimeout: 61 }), replicaSetName: 'bar' } as Mutation,
    { do: 'patch', name: 'foo', stopTimeout: 61 },
    { do: 'restart', name: 'foo', stopTimeout: 61 },
    { do: 'rollback', name: 'foo', version: 1, stopTimeout: 61 },
    { do: 'stop', name: 'foo', stopTimeout: 61 },
  ];
  for (const command of commands) assert.match(await answered(heir.submit(command)), /at most 60 s are allowed here.*--max-stop-timeout/);
  const graces: unknown[] = [];
  heir.engine.before = async (call, args) => {
    if (call === 'stopContainer') graces.push(args[1]);
  };
  assert.is(await answered(heir.submit({ do: 'stop', name: 'foo' })), 'ok');
  assert.equal(graces, [60]);
  heir.die();
});

test.run();
