import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Envelope, GENESIS } from '../../../src/events/envelope.ts';
import { hashOf, seal } from '../../../src/events/hash.ts';
import { type Verdict, verifyChain } from '../../../src/infra/log/verify/verify.ts';
import { inParts } from './support.ts';
import { events } from './synthetic.ts';

const test = suite('verify');
const log = events(1_200);
const at = (seq: number): Envelope => log[seq - 1] as Envelope;

async function verdict(list: readonly Envelope[]): Promise<string> {
  const found: Verdict = await verifyChain(inParts(list));
  return found.ok ? `whole to ${found.head.seq}` : `${found.problem.fault} ${found.problem.seq}`;
}
const replaced = (seq: number, ...by: readonly Envelope[]): Envelope[] => [...log.slice(0, seq - 1), ...by, ...log.slice(seq)];
const without = (seq: number, count = 1): Envelope[] => [...log.slice(0, seq - 1), ...log.slice(seq - 1 + count)];
const renumbered = (list: readonly Envelope[]): Envelope[] => list.map((event, i) => ({ ...event, seq: i + 1 }));
/** The whole chain from `seq` on sealed anew, as someone would who has the program. */
function resealed(list: readonly Envelope[]): Envelope[] {
  let prev = GENESIS;
  return list.map((event, i) => {
    const { hash: _, ...rest } = event;
    const sealed = seal({ ...rest, seq: i + 1, prev });
    prev = sealed.hash;
    return sealed;
  });
}
const forged = (seq: number): Envelope => seal({ ...at(seq), host: 'elsewhere' });

test('an untouched chain is whole', async () => {
  assert.is(await verdict(log), `whole to ${log.length}`);
  assert.is(await verdict([]), 'whole to 0');
});

test('a changed event', async () => {
  for (const seq of [1, 2, 99, 100, 101, 500, log.length]) {
    assert.is(await verdict(replaced(seq, { ...at(seq), host: 'elsewhere' })), `changed ${seq}`);
    assert.is(await verdict(replaced(seq, { ...at(seq), time: '2031-01-01T00:00:00.000Z' })), `changed ${seq}`);
    assert.is(await verdict(replaced(seq, { ...at(seq), data: { ...(at(seq).data as object), more: 1 } })), `changed ${seq}`);
    assert.is(await verdict(replaced(seq, { ...at(seq), extra: 1 } as Envelope)), `changed ${seq}`);
    assert.is(await verdict(replaced(seq, { ...at(seq), hash: at(1).hash.replace(/^./, 'x') })), `changed ${seq}`);
  }
});

test('a changed event that was given the right hash for its new content', async () => {
  for (const seq of [1, 99, 100, 500]) assert.is(await verdict(replaced(seq, forged(seq))), `changed ${seq}`);
});

test('removed events, numbered on or not', async () => {
  for (const seq of [1, 100, 101, 500]) {
    assert.is(await verdict(without(seq)), `removed ${seq}`);
    assert.is(await verdict(without(seq, 7)), `removed ${seq}`);
    assert.is(await verdict(renumbered(without(seq))), `removed ${seq}`);
    assert.is(await verdict(renumbered(without(seq, 7))), `removed ${seq}`);
  }
});

test('inserted events, numbered on or not', async () => {
  for (const seq of [2, 100, 101, 500]) {
    const bogus = { ...at(seq), host: 'elsewhere' };
    assert.is(await verdict([...log.slice(0, seq - 1), bogus, ...log.slice(seq - 1)]), `inserted ${seq}`);
    assert.is(await verdict(renumbered([...log.slice(0, seq - 1), bogus, ...log.slice(seq - 1)])), `inserted ${seq}`);
    // Sealed as if it belonged there.
    assert.is(await verdict([...log.slice(0, seq - 1), forged(seq), ...log.slice(seq - 1)]), `inserted ${seq}`);
    assert.is(await verdict(renumbered([...log.slice(0, seq - 1), forged(seq), ...log.slice(seq - 1)])), `inserted ${seq}`);
    // An event twice.
    assert.is(await verdict([...log.slice(0, seq), at(seq), ...log.slice(seq)]), `inserted ${seq + 1}`);
  }
});

test('events in another order, numbered on or not', async () => {
  for (const seq of [1, 99, 100, 500]) {
    const swapped = [...log.slice(0, seq - 1), at(seq + 1), at(seq), ...log.slice(seq + 1)];
    assert.is(await verdict(swapped), `reordered ${seq}`);
    assert.is(await verdict(renumbered(swapped)), `reordered ${seq}`);
    const moved = [...log.slice(0, seq - 1), ...log.slice(seq, seq + 50), at(seq), ...log.slice(seq + 50)];
    assert.is(await verdict(moved), `reordered ${seq}`);
  }
});

test('what is not an event', async () => {
  assert.is(await verdict(replaced(7, 'x' as unknown as Envelope)), 'unreadable 7');
  assert.is(await verdict(replaced(7, null as unknown as Envelope)), 'unreadable 7');
});

test('a time that runs backwards, although all hashes are right', async () => {
  const back = resealed(replaced(9, { ...at(9), time: '2020-01-01T00:00:00.000Z' }));
  assert.is(await verdict(back), 'changed 9');
});

test('a part of a chain is checked against what it must follow', async () => {
  const part = log.slice(500, 700);
  const from = { seq: 500, hash: at(500).hash };
  assert.is((await verifyChain(inParts(part), { from })).ok, true);
  assert.is((await verifyChain(inParts(part), { from: { seq: 500, hash: at(499).hash } })).ok, false);
});

test('a chain that was written anew as a whole shows only in a checkpoint', async () => {
  assert.is(await verdict(resealed(replaced(5, { ...at(5), host: 'elsewhere' }))), `whole to ${log.length}`);
});

test('the hash does not depend on the order of keys', () => {
  const { hash, ...rest } = at(20);
  const shuffled = Object.fromEntries(Object.entries(rest).reverse()) as unknown as Omit<Envelope, 'hash'>;
  assert.is(hashOf(shuffled), hash);
  assert.is(
    hashOf({ ...at(20), data: { b: { d: 1, c: [{ z: 1, a: 2 }] }, a: undefined } }),
    hashOf({ ...at(20), data: { b: { c: [{ a: 2, z: 1 }], d: 1 } } }),
  );
});

test.run();
