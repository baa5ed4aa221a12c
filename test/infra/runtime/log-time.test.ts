// When the wall clock is believed: its time is in the log for ever.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import type { ClockReading } from '../../../src/commands/outside/host.ts';
import { ClockHeldError } from '../../../src/events/log.ts';
import { systemClock } from '../../../src/infra/host/clock-and-ids.ts';
import { clockMemory } from '../../../src/infra/host/clock-memory.ts';
import { LogTime } from '../../../src/infra/runtime/log-time.ts';
import { realClock, TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';

const test = suite('the time of events');
const MINUTE_MS = 60_000;
const YEARS_MS = 5 * 365 * 24 * 60 * MINUTE_MS;
const START = Date.parse('2026-03-01T12:00:00.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();

/** Clocks that are set by hand: `ms` passes on both, `stepped` is what the wall clock was moved by. */
class Machine {
  ms = 0;
  stepped = 0;
  reading: ClockReading | null = null;
  readonly clock = { now: () => START + this.ms + this.stepped, boot: () => 1_000 + this.ms, sleep: async () => {} };

  /** A server that is started on it. */
  server(acceptClock = false): LogTime {
    const memory = {
      recall: () => this.reading,
      remember: (reading: ClockReading) => {
        this.reading = reading;
      },
    };
    return new LogTime({ clock: this.clock, memory, acceptClock });
  }

  restart(): void {
    this.reading = null;
    this.ms = 0;
  }
}

function held(time: LogTime, last: string): string {
  try {
    time.next(last);
  } catch (error) {
    if (error instanceof ClockHeldError) return error.message;
    throw error;
  }
  return '';
}

test('is the wall clock, and never before the last event', () => {
  const machine = new Machine();
  const time = machine.server();
  assert.is(time.next(''), iso(START));
  machine.ms += 10;
  assert.is(time.next(iso(START)), iso(START + 10));
  machine.stepped = -2_000;
  assert.is(time.next(iso(START + 10)), iso(START + 10));
});

test('a jump ahead of more than five minutes is held back, says both times and the way on, and is over when the clock is right', () => {
  const machine = new Machine();
  const time = machine.server();
  time.next('');
  machine.ms += 1_000;
  machine.stepped = 4 * MINUTE_MS;
  const last = time.next(iso(START));
  machine.ms += 1_000;
  machine.stepped += YEARS_MS;
  const message = held(time, last);
  assert.match(message, iso(START + 2_000 + machine.stepped));
  assert.match(message, iso(START + 2_002), 'a step that was believed moves the time that has passed no further');
  assert.match(message, '--accept-clock');
  assert.is(time.problem(last), message);
  machine.stepped = 0;
  assert.is(time.problem(last), null);
  assert.is(time.next(last), last, 'four minutes behind: the order of times is kept');
});

test('steps ahead that are each small enough do not add up; a clock that drifts is followed', () => {
  const machine = new Machine();
  let time = machine.server();
  let last = time.next('');
  for (let i = 1; i <= 10; i++) {
    machine.ms += 1_000;
    machine.stepped = i * 4 * MINUTE_MS;
    // Nor does a server that is started in between.
    if (i % 3 === 0) time = machine.server();
    if (i > 1) assert.match(held(time, last), 'jumped ahead', `${i} steps`);
    else last = time.next(last);
  }
  machine.stepped = 0;
  for (let day = 0; day < 30; day++) {
    machine.ms += 24 * 60 * MINUTE_MS;
    machine.stepped += 43_000;
    last = time.next(last);
  }
  machine.ms += 30 * 24 * 60 * MINUTE_MS;
  machine.stepped += 30 * 43_000;
  assert.is(time.next(last), iso(START + machine.ms + machine.stepped), 'nor is a month without an event a jump');
});

test('that days pass without an event is no jump, nor is a clock that is set back and forth again', () => {
  const machine = new Machine();
  const time = machine.server();
  let last = time.next('');
  machine.ms += 30 * 24 * 60 * MINUTE_MS;
  last = time.next(last);
  assert.is(last, iso(START + machine.ms));
  machine.stepped = -20 * MINUTE_MS;
  machine.ms += 10 * MINUTE_MS;
  assert.is(time.next(last), last);
  assert.match(time.warning(last) ?? '', 'every event carries that time');
  machine.stepped = 0;
  assert.is(time.problem(last), null);
  assert.is(time.next(last), iso(START + machine.ms));
});

test('a clock that is set back in small steps may be set right in a large one', () => {
  const machine = new Machine();
  const time = machine.server();
  let last = time.next('');
  for (const stepped of [-4, -8, -12, 0]) {
    machine.ms += 1_000;
    machine.stepped = stepped * MINUTE_MS;
    assert.is(time.problem(last), null, `${stepped} minutes`);
    last = time.next(last);
  }
  assert.is(last, iso(START + machine.ms));
});

test('a server that is started while the clock is wrong knows it from its predecessor; after a reboot nobody can', () => {
  const machine = new Machine();
  const last = machine.server().next('');
  machine.stepped = YEARS_MS;
  assert.match(held(machine.server(), last), 'jumped ahead');
  assert.is(machine.server(true).next(last), iso(START + YEARS_MS), 'the operator says that it is right');
  assert.is(machine.server().next(last), iso(START + YEARS_MS), 'and need not say so again');
  machine.restart();
  machine.stepped = 2 * YEARS_MS;
  assert.is(machine.server().next(last), iso(START + 2 * YEARS_MS), 'it may have been off for so long');
});

test('a start with a clock far behind the last event is held back until the clock is set, or believed', () => {
  const machine = new Machine();
  const last = iso(START + YEARS_MS);
  const time = machine.server();
  assert.match(held(time, last), 'behind the log');
  assert.match(held(time, last), last);
  assert.is(machine.server(true).next(last), last);
  machine.stepped = YEARS_MS + MINUTE_MS;
  machine.restart();
  assert.is(time.next(last), iso(START + machine.stepped));
});

test('what the clocks showed is read back by the next server of this boot, and by no other', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-clock-'));
  assert.is(clockMemory(dir, 'boot-1').recall(), null);
  const memory = clockMemory(dir, 'boot-1');
  memory.remember({ wall: START, boot: 5_000 });
  memory.remember({ wall: START + 1, boot: 5_001 });
  while (clockMemory(dir, 'boot-1').recall() === null) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(clockMemory(dir, 'boot-1').recall(), { wall: START, boot: 5_000 });
  assert.is(clockMemory(dir, 'boot-2').recall(), null);
  writeFileSync(join(dir, 'clock.json'), '{"bootId":"boot-1","wall":');
  assert.is(clockMemory(dir, 'boot-1').recall(), null);
  rmSync(dir, { recursive: true });
});

test('the boot clock goes on by itself, and no faster than time does', async () => {
  const [boot, time] = [systemClock.boot(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 200));
  const [passed, truly] = [systemClock.boot() - boot, performance.now() - time];
  assert.ok(Math.abs(passed - truly) <= 21, `${passed} ms of ${truly}`);
});

test('a server whose clock jumps is not ready, refuses commands and writes nothing; with the clock set right it goes on', async () => {
  let jump = 0;
  const clock = { ...realClock, now: () => realClock.now() + jump };
  const t = await new TestCore({ clock }).start();
  const order = (command: Command) => t.submit(command as Exclude<Command, { do: 'execute' }>);
  assert.ok((await order(run('foo'))).ok);
  const { seq } = t.core.state().head;
  jump = YEARS_MS;
  const refused = await order({ do: 'pause', name: 'foo' });
  assert.is(!refused.ok && refused.rejection.kind, 'unavailable');
  assert.match(refused.ok ? '' : refused.rejection.message, 'jumped ahead');
  assert.match(JSON.stringify(t.core.readiness()), /"ready":false.*jumped ahead/);
  assert.is(t.core.state().head.seq, seq);
  jump = 0;
  assert.equal(t.core.readiness(), { ready: true });
  assert.ok((await order({ do: 'pause', name: 'foo' })).ok);
  t.die();
});

test('an operation that is under way when the clock jumps ends when it is right again; a take-over waits as well', async () => {
  let jump = 0;
  const clock = { ...realClock, now: () => realClock.now() + jump };
  const t = await new TestCore({ clock }).start();
  t.engine.before = async (call) => {
    if (call === 'createContainer') jump = YEARS_MS;
  };
  const running = t.submit(run('foo') as Exclude<Command, { do: 'execute' }>);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.is.not(t.core.state().replicaSets.get('foo')?.operation ?? null, null);
  jump = 0;
  assert.ok((await running).ok);
  t.die();
  jump = -YEARS_MS;
  const heir = new TestCore({ store: t.store, engine: t.engine, clock });
  const started = heir.start();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.match(JSON.stringify(heir.core.readiness()), 'behind the log');
  jump = 0;
  await started;
  heir.die();
});

test.run();
