// Rounds of the crash run: one fault each, then all that must hold.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '../../../src/events/catalogue.ts';
import { disagreements, mendsLate } from '../agree.ts';
import { type Arena, PATIENCE_MS } from './arena.ts';
import type { Fault } from './faults/fault.ts';

/** Time for which a disagreement may stay while nothing is recorded any more, ms: a slow look comes every 30 s. */
const STAYS_MS = 40_000;
/** Time for which what two slow looks mend may stay, ms. */
const LATE_MS = 100_000;
/** Age at which what is missing is given up, ms (the server's own limit). */
const DOUBT_MS = 10_000;

export interface RoundResult {
  readonly fault: string;
  readonly ms: number;
  readonly violations: readonly string[];
}

export class Rounds {
  readonly #arena: Arena;
  /** Disagreements that a slow look will mend → since when they stand. */
  readonly #late = new Map<string, number>();

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  async play(fault: Fault, seed: number, round: number): Promise<RoundResult> {
    const arena = this.#arena;
    const began = performance.now();
    arena.begin(fault.name, seed, round);
    const head = await arena.head();
    const violations: string[] = [];
    try {
      await fault.play(arena);
      await arena.settle();
      violations.push(...(await this.#differences()));
      const events = await arena.eventsAfter(0);
      violations.push(...ruleBreaks(events, head, fault), ...doneTwice(events));
    } catch (error) {
      violations.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    return { fault: fault.name, ms: performance.now() - began, violations };
  }

  /** The disagreements that the slow looks have not mended; to be asked at the end, as it waits for these looks. */
  async leftOver(): Promise<readonly string[]> {
    await this.#differences();
    for (const deadline = Date.now() + LATE_MS; this.#late.size > 0 && Date.now() < deadline; await sleep(1_000)) await this.#differences();
    return [...this.#late.keys()];
  }

  /** Looks again until nothing differs, or until what differs stays. */
  async #differences(): Promise<readonly string[]> {
    const arena = this.#arena;
    let found: readonly string[] = [];
    let head = 0;
    for (let quietSince = Date.now(), began = quietSince; ; await sleep(150)) {
      const all = await disagreements(arena.subject);
      found = all.filter((text) => !mendsLate(text));
      this.#noteLate(all.filter(mendsLate));
      const now = await arena.head();
      if (now !== head) quietSince = Date.now();
      head = now;
      if (found.length === 0 || Date.now() - quietSince > STAYS_MS || Date.now() - began > PATIENCE_MS) break;
    }
    const { state } = await arena.log.read();
    const { load, marks, docker, byHand } = arena;
    return [
      ...found,
      ...(await marks.losses(docker, state, byHand)),
      ...marks.lostMarks(state),
      ...load.odd.splice(0).map((odd) => `an answer: ${odd}`),
    ];
  }

  #noteLate(texts: readonly string[]): void {
    for (const text of this.#late.keys()) if (!texts.includes(text)) this.#late.delete(text);
    for (const text of texts) if (!this.#late.has(text)) this.#late.set(text, Date.now());
  }
}

/** Two commands of one actor under one Idempotency-Key. */
function doneTwice(events: readonly Event[]): string[] {
  const first = new Map<string, string>();
  const said = new Set<string>();
  for (const { seq, stream, command } of events) {
    if (command.idempotencyKey === undefined) continue;
    const id = first.get(command.idempotencyKey) ?? command.id;
    first.set(command.idempotencyKey, id);
    if (id !== command.id) said.add(`${stream}: ${command.name} of ${command.idempotencyKey} was carried out twice, again at event ${seq}`);
  }
  return [...said];
}

/** The rules that the events of a round break. */
function ruleBreaks(events: readonly Event[], head: number, { takesAway, name }: Fault): string[] {
  const said: string[] = [];
  const missingSince = new Map<string, string>();
  for (const { seq, type, stream, time, command } of events) {
    if (type === 'ContainerMissing' || type === 'VolumeMissing') missingSince.set(stream, time);
    else if (type === 'ContainerVanished' || type === 'VolumeVanished') {
      if (seq <= head) continue;
      if (takesAway !== true) said.push(`event ${seq} gives ${stream} up (${type}), and ${name} took nothing away`);
      const since = missingSince.get(stream);
      const isOld = since !== undefined && Date.parse(time) - Date.parse(since) >= DOUBT_MS;
      if (command.actor === 'system:reconcile' && !isOld)
        said.push(`event ${seq} gives ${stream} up (${type}), which was missing since ${since ?? 'never'}, at ${time}`);
    } else if (type === 'ContainerReappeared' || type === 'VolumeReappeared') missingSince.delete(stream);
  }
  return said;
}
