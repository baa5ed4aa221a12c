// Makes the look-back snapshots that are missing: an upgrade or a lost folder invalidates all of them at once.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Envelope, Head } from '../../../events/envelope.ts';
import type { EventLog } from '../../../events/log.ts';
import { applyAll } from '../../../projections/apply.ts';
import { initialState, type State } from '../../../projections/state.ts';
import type { Snapshots } from './snapshots.ts';

interface FillInDeps {
  readonly snapshots: Snapshots;
  readonly source: Pick<EventLog, 'read'>;
  readonly isInLog: (head: Head) => Promise<boolean>;
  /** The last event of the log. */
  readonly head: number;
  /** Events between two looks at what is missing. */
  readonly every: number;
  readonly signal: AbortSignal;
}

/** Events applied at once: some 5 ms. */
const SLICE = 500;
/** Pause after each slice, ms: nobody waits for this work, and a request that is answered in many turns should not wait for it in each. */
const PAUSE_MS = 15;

/** Replays only the stretches of the log that have no snapshot, each from the one before it. Throws the log's errors. */
export async function fillIn({ snapshots, source, isInLog, head, every, signal }: FillInDeps): Promise<void> {
  let last: State = initialState;
  for (let seq = every; seq < head && !signal.aborted; seq += every) {
    if (!(await snapshots.wants(seq))) continue;
    const stored = await snapshots.before((one) => one <= seq, last.head.seq, isInLog);
    last = await replayed(stored ?? last, seq, source, signal);
    if (!signal.aborted) await snapshots.write(last);
  }
}

async function replayed(from: State, to: number, source: Pick<EventLog, 'read'>, signal: AbortSignal): Promise<State> {
  let state = from;
  let slice: Envelope[] = [];
  for await (const record of source.read(state.head.seq + 1, to)) {
    slice.push(...record);
    if (slice.length < SLICE) continue;
    state = applyAll(state, slice);
    slice = [];
    await sleep(PAUSE_MS);
    if (signal.aborted) return state;
  }
  return applyAll(state, slice);
}
