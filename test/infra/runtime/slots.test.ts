// Fair limits for what is done at the same time, kind by kind.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Mutation } from '../../../src/commands/command.ts';
import { deferred } from '../../../src/infra/async/deferred.ts';
import { sleep } from '../../../src/infra/async/time.ts';
import { type SlotKind, type SlotLimits, Slots } from '../../../src/infra/runtime/operations/slots.ts';
import { realClock, TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';
import { until } from '../../support/until.ts';

const test = suite('slots');

const WIDE = { limit: 100, lentMs: 10_000, most: 100 };
const limitsOf = (over: Partial<SlotLimits>): SlotLimits => ({
  ...{ save: WIDE, start: WIDE, stop: WIDE, remove: WIDE, copy: WIDE, measure: WIDE },
  ...over,
});
const runOf = (name: string): Mutation => ({ ...run(name), gpuCount: 0, containerPorts: [], binds: [] }) as Mutation;

/** Tasks that end when they are told to. */
function tasks(slots: Slots, kind: SlotKind) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const use = (stream: string, id: string, signal?: AbortSignal): Promise<void> =>
    slots.use(kind, stream, signal, async () => {
      begun.push(id);
      const end = deferred<void>();
      ends.set(id, () => end.resolve());
      await end.promise;
    });
  const end = async (id: string): Promise<void> => {
    ends.get(id)?.();
    await sleep(1);
  };
  return { begun, use, end };
}

test('are lent to the streams in turn, whoever of them asks most often', async () => {
  const slots = new Slots(realClock, limitsOf({ save: { limit: 2, lentMs: 60_000, most: 2 } }));
  const { begun, use, end } = tasks(slots, 'save');
  for (const id of ['a1', 'a2', 'a3', 'a4']) void use('a', id);
  for (const id of ['b1', 'c1']) void use(id.slice(0, 1), id);
  assert.equal(begun, []);
  await sleep(1);
  assert.equal(begun, ['a1', 'a2'], 'nobody else waited then');
  assert.is(slots.waitOf('c')?.for, 'save');
  await end('a1');
  await end('a2');
  assert.equal(begun, ['a1', 'a2', 'a3', 'b1']);
  await end('a3');
  assert.equal(begun.at(-1), 'c1', 'before a fourth of a');
  assert.is(slots.waitOf('c'), undefined);
  for (const id of ['b1', 'c1', 'a4']) await end(id);
  assert.is(begun.length, 6);
});

test('a holder that takes long no longer counts, up to the most in all', async () => {
  const slots = new Slots(realClock, limitsOf({ stop: { limit: 1, lentMs: 50, most: 3 } }));
  const { begun, use, end } = tasks(slots, 'stop');
  for (const id of ['a', 'b', 'c', 'd']) void use(id, id);
  await sleep(10);
  assert.equal(begun, ['a']);
  assert.equal(slots.warnings(), [], 'there are more for who waits');
  await until('two more', () => begun.length === 3);
  await sleep(120);
  assert.equal(begun, ['a', 'b', 'c'], 'three is the most');
  assert.equal(slots.warnings(), [
    '1 wait for a stop: all 3 slots are taken by what takes long (the longest, of a, less than a minute); GET /api/v1/operations',
  ]);
  await end('b');
  assert.equal(begun.at(-1), 'd');
  assert.equal(slots.warnings(), [], 'nobody waits');
});

test('a wait ends with its signal, and gives nobody else’s turn away', async () => {
  const slots = new Slots(realClock, limitsOf({ copy: { limit: 1, lentMs: 60_000, most: 1 } }));
  const { begun, use, end } = tasks(slots, 'copy');
  const gone = new AbortController();
  void use('a', 'a');
  const waits = use('b', 'b', gone.signal).catch((error: unknown) => String(error));
  void use('c', 'c');
  await sleep(1);
  gone.abort(new Error('no longer'));
  assert.is(await waits, 'Error: no longer');
  await end('a');
  assert.equal(begun, ['a', 'c']);
  await end('c');
});

test('three hundred restarts at once all end, with no more commits, starts and walks at the same time than allowed', async () => {
  const t = new TestCore();
  const now = new Map<string, number>();
  const peak = new Map<string, number>();
  await t.start();
  const names = Array.from({ length: 300 }, (_, i) => `n${i}`);
  for (const outcome of await Promise.all(names.map((name) => t.submit(runOf(name))))) assert.ok(outcome.ok);
  t.engine.before = async (call) => {
    now.set(call, (now.get(call) ?? 0) + 1);
    peak.set(call, Math.max(peak.get(call) ?? 0, now.get(call) ?? 0));
    await sleep(2);
  };
  t.engine.after = async (call) => {
    now.set(call, (now.get(call) ?? 0) - 1);
  };
  const restarts = Promise.all(names.map((name) => t.submit({ do: 'restart', name })));
  let waits = 0;
  let stalls = 0;
  while (!(await Promise.race([restarts.then(() => true), sleep(20).then(() => false)]))) {
    for (const { waiting, stalled } of t.core.operations()) {
      if (waiting !== undefined) waits++;
      if (stalled !== undefined) stalls++;
    }
  }
  assert.ok((await restarts).every(({ ok }) => ok));
  assert.ok(waits > 0, 'those that wait are seen');
  assert.is(stalls, 0, 'to wait for a slot is no stall');
  assert.ok((peak.get('saveDisk') ?? 0) <= 4, `${peak.get('saveDisk')} commits`);
  assert.ok((peak.get('checkDiskSpace') ?? 0) <= 4, `${peak.get('checkDiskSpace')} walks`);
  assert.ok((peak.get('createContainer') ?? 0) + (peak.get('startContainer') ?? 0) <= 16);
  t.die();
});

test('stops that only wait for their grace period hold up no other stop', async () => {
  const t = await new TestCore().start();
  const names = Array.from({ length: 40 }, (_, i) => `n${i}`);
  for (const name of names) await t.submit(runOf(name));
  t.engine.before = async (call, [ref]) => {
    const { containerName = '' } = (ref ?? {}) as { containerName?: string };
    if (call === 'stopContainer' && containerName !== 'n39-1') await new Promise(() => {});
  };
  const alive = setInterval(() => {}, 1_000);
  for (const name of names.slice(0, 39)) void t.submit({ do: 'stop', name });
  await until('the stops', () => t.core.operations().length === 39);
  assert.ok((await t.submit({ do: 'stop', name: 'n39' })).ok, 'after some seconds at most');
  clearInterval(alive);
  t.die();
});

test.run();
