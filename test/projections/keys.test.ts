// How long an Idempotency-Key is remembered, and whose it is.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Event, NewEvent } from '../../src/events/catalogue.ts';
import type { CommandMeta } from '../../src/events/envelope.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { keyOf } from '../../src/projections/state.ts';
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
    return [...this.#state.commands.keys()];
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

test.run();
