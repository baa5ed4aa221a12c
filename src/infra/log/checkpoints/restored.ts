// Checkpoints of a tail that was given up: the log was restored from a backup, and whoever had the signing key said so.
import type { KeyObject } from 'node:crypto';
import type { Head } from '../../../events/envelope.ts';
import { type Checkpoint, compareCheckpoints, isSigned } from './checkpoint.ts';

/** A checkpoint that covers a LogRestored. */
type Restoration = Checkpoint & { readonly restored: number };

const isRestoration = (one: Checkpoint): one is Restoration => one.restored !== undefined;

interface Sorted {
  /** To be compared with the log. */
  readonly standing: readonly Checkpoint[];
  /** Of a tail that was given up. */
  readonly lost: readonly Checkpoint[];
  /** The ones that are in this log, in the order of the file. */
  readonly restorations: readonly Restoration[];
}

/**
 * Sorts out the checkpoints of tails that were given up: validly signed, of this log, not in agreement with it, and before a restoration in the file
 * that names them and that the log has. A LogRestored that no signed checkpoint covers excuses nothing: whoever can write to etcd alone could have
 * written it. `checkpoints`: in the order of the file.
 */
export function sortOutLost(
  checkpoints: readonly Checkpoint[],
  keys: ReadonlyMap<string, KeyObject>,
  log: { readonly id: string; readonly head: Head; readonly hashAt: ReadonlyMap<number, string> },
): Sorted {
  const agrees = (one: Checkpoint): boolean => compareCheckpoints([one], keys, log) === null;
  const [standing, lost, restorations]: [Checkpoint[], Checkpoint[], Restoration[]] = [[], [], []];
  for (const one of checkpoints.toReversed()) {
    const isNamed = restorations.some(({ seq, restored }) => one.seq >= seq && one.seq <= restored);
    if (isNamed && one.logId === log.id && isSigned(one, keys) && !agrees(one)) {
      lost.push(one);
      continue;
    }
    standing.push(one);
    if (isRestoration(one) && agrees(one)) restorations.push(one);
  }
  return { standing: standing.reverse(), lost: lost.reverse(), restorations: restorations.reverse() };
}

/** The last event that these checkpoints of one log know of: what was given up does not count. `keys`: none where there is no file of them. */
export function lastNoted(checkpoints: readonly Checkpoint[], keys: ReadonlyMap<string, KeyObject>): Checkpoint | undefined {
  let last: Checkpoint | undefined;
  for (const one of checkpoints) {
    if ((isRestoration(one) && isSigned(one, keys)) || last === undefined || one.seq > last.seq) last = one;
  }
  return last;
}
