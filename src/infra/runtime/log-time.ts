// The time that events carry: the wall clock's, where it can be believed. A time once written stays in the log, and so far all later events
// carry at least that time: one append by a clock that is years ahead cannot be mended.
import type { Clock, ClockReading, ReadingMemory } from '../../commands/outside/host.ts';
import { ClockHeldError } from '../../events/log.ts';

/** Tolerance, ms: the wall clock is believed while its steps ahead add up to less. */
const TOLERANCE_MS = 5 * 60_000;
/** Share of the time that has passed by which steps ahead are forgotten: twice the most by which NTP corrects a clock that runs slow. */
const DRIFT = 0.001;

interface LogTimeDeps {
  readonly clock: Clock;
  readonly memory?: ReadingMemory;
  /** The operator says that the wall clock is right, whatever speaks against it when the process starts. */
  readonly acceptClock?: boolean;
}

/**
 * Gives the time of the next event:
 *
 *     const time = logTime.next(state.time);
 *
 * Promises that times never go back, and that none lies more than five minutes ahead of the time that has passed by the boot clock since
 * the wall clock was first believed, in however many steps, but for a drift of 86 s a day. Where nothing of this boot of the machine is
 * remembered, a clock far ahead cannot be told from a machine that was off for long, and is believed; a clock far behind the last event is
 * not.
 */
export class LogTime {
  readonly #clock: Clock;
  readonly #memory: ReadingMemory | null;
  #believed: ClockReading | null = null;
  /** Whether this process has stamped an event, or was told to believe the clock. Until then it goes by what others remembered. */
  #settled: boolean;

  constructor({ clock, memory, acceptClock = false }: LogTimeDeps) {
    this.#clock = clock;
    this.#memory = memory ?? null;
    this.#settled = acceptClock;
  }

  /** ISO time, never before `last`, the time of the log's last event ('' for none). Throws ClockHeldError. */
  next(last: string): string {
    // Once for an event: the boot clock is read from the kernel.
    const shown = this.#read();
    const problem = this.#problemOf(shown, last);
    if (problem !== null) throw new ClockHeldError(problem);
    if (!this.#settled) this.#believed = this.#memory?.recall() ?? null;
    this.#settled = true;
    const { wall, boot } = shown;
    this.#believed = { wall: this.#believed === null ? wall : followed(this.#believed, shown), boot };
    this.#memory?.remember(this.#believed);
    const now = iso(wall);
    return now < last ? last : now;
  }

  /** Why no event may be stamped now; null when one may. */
  problem(last: string): string | null {
    return this.#problemOf(this.#read(), last);
  }

  #read(): ClockReading {
    return { wall: this.#clock.now(), boot: this.#clock.boot() };
  }

  #problemOf(shown: ClockReading, last: string): string | null {
    const { wall } = shown;
    const way = (): string =>
      `set the clock right (is NTP running?), or, if ${iso(wall)} is the time, restart the server with --accept-clock`;
    const believed = this.#settled ? this.#believed : (this.#memory?.recall() ?? null);
    const expected = believed === null ? wall : followed(believed, shown);
    if (wall - expected > TOLERANCE_MS) {
      return `the clock of this machine has jumped ahead: it shows ${iso(wall)}, but by the time that has passed it is ${iso(expected)}; nothing is written to the log until they agree: ${way()}`;
    }
    if (!this.#settled && isBehind(wall, last)) {
      return `the clock of this machine is behind the log: it shows ${iso(wall)}, the last event is of ${last}; nothing is written to the log until it has caught up: ${way()}`;
    }
    return null;
  }

  /** The oddity of a clock by which events are stamped all the same; null when there is none. */
  warning(last: string): string | null {
    const wall = this.#clock.now();
    if (!isBehind(wall, last)) return null;
    return `the clock of this machine shows ${iso(wall)}, the last event is of ${last}: every event carries that time until the clock has passed it`;
  }
}

/**
 * The time that the wall clock would show had it not stepped, and to go on from. Steps ahead are followed slowly, or many small ones would
 * carry the log as far as a large one. A clock that was set back moves nothing, however small the step: should it be set forward again, that
 * is no jump.
 */
function followed(believed: ClockReading, { wall, boot }: ClockReading): number {
  const passed = boot - believed.boot;
  const ahead = Math.max(0, wall - believed.wall - passed);
  return believed.wall + passed + Math.min(ahead, passed * DRIFT);
}

const iso = (ms: number): string => new Date(ms).toISOString();

const isBehind = (wall: number, last: string): boolean => last !== '' && Date.parse(last) - wall > TOLERANCE_MS;
