// How long an Idempotency-Key is remembered, and whose it is.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Event, NewEvent } from '../../src/events/catalogue.ts';
import type { CommandMeta } from '../../src/events/envelope.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { type KeyedCommand, KeyedCommands, KeyedCommandsBuilder, keyOf } from '../../src/projections/keys/keyed-commands.ts';
import { initialState } from '../../src/projections/state.ts';
import { run, Scenario } from '../support/scenario.ts';

const test = suite('keys');
const HOUR_MS = 3_600_000;
const START = Date.parse('2026-02-01T00:00:00.000Z');
const STREAM = 'replicaSet/foo';

/** A log with a replicaSet, to which events are added at any time. */
class Log {
  #state = (() => {
    const s = new Scenario();
    s.run(run('foo'));
    return s.state;
  })();

  get keys(): string[] {
    return [...this.#state.commands].map(([key]) => key);
  }

  outcome(actor: string, key: string): unknown {
    return this.#state.commands.get(keyOf(actor, key))?.outcome;
  }

  append(ms: number, command: CommandMeta, ...events: NewEvent[]): void {
    const { seq } = this.#state.head;
    const time = new Date(START + ms).toISOString();
    this.#state = applyAll(
      this.#state,
      events.map((e, i) => ({ ...e, seq: seq + 1 + i, schema: 1, time, host: 'box', command, prev: '', hash: '' }) as Event),
    );
  }

  /** Events of nobody's key. */
  fill(ms: number, count: number): void {
    const pause: NewEvent = { type: 'ContainerPaused', stream: STREAM, data: { version: 1 } };
    this.append(ms, { id: 'x', name: 'x', actor: 'x' }, ...Array.from({ length: count }, () => pause));
  }
}

const keyed = (id: string, idempotencyKey: string, actor = 'ann'): CommandMeta => ({
  id,
  name: 'pause',
  actor,
  idempotencyKey,
  bodyHash: 'b',
});
const done: readonly NewEvent[] = [
  { type: 'OperationStarted', stream: STREAM, data: { kind: 'pause', reason: 'it was so already' } },
  { type: 'OperationCompleted', stream: STREAM, data: { kind: 'pause' } },
];
const requested: NewEvent = { type: 'CommandRequested', stream: STREAM, data: { version: 1, cmd: ['x'] } };

test('two clients that choose the same key do not meet', () => {
  const log = new Log();
  log.append(0, keyed('c1', '1', 'ann'), ...done);
  log.append(1, keyed('c2', '1', 'bob'), requested);
  assert.equal(log.outcome('ann', '1'), { ok: true });
  assert.is(log.outcome('bob', '1'), null);
});

test('a key is forgotten when two days and 10,000 events have passed, not before both', () => {
  const log = new Log();
  log.append(0, keyed('c1', 'first'), ...done);
  log.append(49 * HOUR_MS, keyed('c2', 'second'), ...done);
  assert.equal(log.keys, [keyOf('ann', 'first'), keyOf('ann', 'second')], 'few events since');
  log.fill(49 * HOUR_MS, 10_000);
  log.append(50 * HOUR_MS, keyed('c3', 'third'), ...done);
  assert.equal(log.keys, [keyOf('ann', 'second'), keyOf('ann', 'third')], 'the second is young');
});

test('one event years ahead forgets no key that a client may still retry', () => {
  const log = new Log();
  log.append(0, keyed('c1', 'pay-once'), ...done);
  log.append(5 * 365 * 24 * HOUR_MS, keyed('c2', 'other'), ...done);
  assert.equal(log.outcome('ann', 'pay-once'), { ok: true });
});

test('of an execute that a dead server left open the key is forgotten as others are', () => {
  const log = new Log();
  for (let i = 0; i < 64; i++) log.append(i, keyed(`e${i}`, `k${i}`), requested);
  assert.is(log.outcome('ann', 'k0'), null);
  for (let i = 0; i < 64; i++) {
    const unknown: NewEvent = { type: 'CommandOutcomeUnknown', stream: STREAM, data: { execution: `e${i}` } };
    log.append(1_000, { id: 'start', name: 'start', actor: 'system:start' }, unknown);
  }
  assert.is(log.outcome('ann', 'k0'), 'unknown');
  log.fill(1_001, 10_000);
  log.append(60 * HOUR_MS, keyed('later', 'new'), requested);
  assert.equal(log.keys, [keyOf('ann', 'new')]);
});

test('commands that a dead host left under way hold up no forgetting', () => {
  const log = new Log();
  for (let i = 0; i < 300; i++) log.append(i, keyed(`e${i}`, `k${i}`), requested);
  log.append(300, keyed('c1', 'first'), ...done);
  log.fill(301, 10_000);
  log.append(60 * HOUR_MS, keyed('c2', 'second'), ...done);
  assert.is(log.outcome('ann', 'first'), undefined);
  assert.is(log.outcome('ann', 'k0'), null, 'what is under way stays');
});

/** Objects of `after` that `before` has not. What both have is not looked into. */
function made(before: unknown, after: unknown): number {
  if (after === before || typeof after !== 'object' || after === null) return 0;
  const fields = Object.entries(after).map(([name, field]) => made((before as Record<string, unknown> | undefined)?.[name], field));
  return fields.reduce((sum, count) => sum + count, 1);
}

const MOST = 200_000;
const NOW = new Date(START).toISOString();
const command = (seq: number): KeyedCommand => ({ id: `c${seq}`, bodyHash: 'b', stream: STREAM, time: NOW, seq, outcome: { ok: true } });

/** Bob's one key, and this many of Ann's, the first of them under way. */
function many(count: number): KeyedCommands {
  let commands = KeyedCommands.none.with(keyOf('bob', 'old'), command(1));
  for (let i = 0; i < count; i++)
    commands = commands.with(keyOf('ann', `k${i}`), i === 0 ? { ...command(2), outcome: null } : command(2 + i));
  return commands;
}

test('a keyed command costs the same however many keys there are, and an actor has so many at most', () => {
  const sizes = [200, MOST].map((count) => many(count));
  const costs = sizes.map((commands) => {
    const changed = commands.with(keyOf('ann', 'k7'), { ...command(9), outcome: null });
    const added = commands.with(keyOf('ann', 'new'), command(MOST + 2));
    return [changed, added, commands.without(keyOf('ann', 'k2'))].map((after) => made(commands, after));
  });
  for (const count of costs.flat()) assert.ok(count < 120, `objects that were made: ${costs}`);

  const [, commands = KeyedCommands.none] = sizes;
  const before = { ...initialState, head: { seq: MOST + 2, hash: '' }, time: NOW, commands };
  const event = (n: number) =>
    ({
      ...{ type: 'OperationCompleted', stream: STREAM, data: { kind: 'pause' }, schema: 1, host: 'box', prev: '', hash: '' },
      ...{ seq: MOST + 2 + n, time: NOW, command: keyed(`n${n}`, `new ${n}`) },
    }) as Event;
  const after = applyAll(before, [event(1), event(2)]);
  assert.is(after.commands.countOf('ann'), MOST);
  const oldest = [...after.commands.of('ann')].slice(0, 2).map(([key]) => key);
  assert.equal(oldest, [keyOf('ann', 'k0'), keyOf('ann', 'k3')], 'the one under way stays');
  assert.equal(after.commands.get(keyOf('bob', 'old'))?.outcome, { ok: true }, 'no other actor loses any');
  assert.ok(after.commands.get(keyOf('ann', 'new 2')));
});

test('keys are found, counted and in order as in a map, and the same content is deeply equal', () => {
  const map = new Map<string, KeyedCommand>();
  let commands = KeyedCommands.none;
  let seed = 7;
  const chance = (n: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % n;
  };
  for (let seq = 1; seq <= 4_000; seq++) {
    const key = keyOf(`a${chance(3)}`, `k${chance(300)}`);
    map.delete(key);
    if (chance(3) === 0) commands = commands.without(key);
    else {
      map.set(key, command(seq * 1_000));
      commands = commands.with(key, command(seq * 1_000));
    }
  }
  assert.equal([...commands], [...map]);
  assert.is(commands.countOf('a1'), [...map.keys()].filter((key) => key.startsWith('a1\0')).length);
  let again = KeyedCommands.none;
  for (const [key, one] of [...map].reverse()) again = again.with(key, one);
  assert.equal(again, commands);
  for (const [key] of map) commands = commands.without(key);
  assert.equal(commands, KeyedCommands.none);
});

test('many that are made at once are what they are one by one', () => {
  const of = (i: number): KeyedCommand => ({ id: `c${i}`, bodyHash: 'b', stream: STREAM, time: '', seq: i * 7, outcome: null });
  for (const count of [0, 1, 16, 17, 600, 3_000]) {
    const builder = new KeyedCommandsBuilder();
    let one = KeyedCommands.none;
    for (let i = 0; i < count; i++) {
      const key = keyOf(`actor${i % 5 === 0 ? i : i % 3}`, `key-${i}`);
      builder.add(key, of(i));
      one = one.with(key, of(i));
    }
    assert.equal(builder.built(), one, `${count} keys`);
  }
});

test.run();
