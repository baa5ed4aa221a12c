// Reads the state that the log folds to, and appends to it, beside a running server or without one. A server that runs reads on: each append states
// the head that it was decided on, so neither overwrites the other.
import { join } from 'node:path';
import { accept, type By, type Decision } from '../../commands/decision.ts';
import { silent } from '../../commands/outside/logger.ts';
import { LEVEL } from '../../events/catalogue.ts';
import type { Head } from '../../events/envelope.ts';
import { RELEASE } from '../../events/evolution/release.ts';
import { LogCorruptError } from '../../events/log.ts';
import { LOG_STREAM } from '../../events/stream.ts';
import { systemClock, systemIds } from '../../infra/host/clock-and-ids.ts';
import { knownHostFile } from '../../infra/host/machine-identity.ts';
import { eventAt } from '../../infra/log/find.ts';
import { SNAPSHOTS_DIR } from '../../infra/log/open-log.ts';
import { Snapshots } from '../../infra/log/snapshots/snapshots.ts';
import { thisMachine } from '../../infra/options/machine.ts';
import { Committer } from '../../infra/runtime/committer.ts';
import type { State } from '../../projections/state.ts';
import type { Arguments } from '../subcommand.ts';
import { dataDirOf, type OpenLog, openLog } from './open-log.ts';

/** Whether the log has the event that a snapshot ends with. */
async function isInLog({ history }: OpenLog, { seq, hash }: Head): Promise<boolean> {
  if ((await history.head()).seq < seq) return false;
  try {
    return (await eventAt(history, seq))?.hash === hash;
  } catch (error) {
    if (error instanceof LogCorruptError) return false;
    throw error;
  }
}

/** A committer at the head of the log. Events are recorded as of this machine's host. */
async function committerOf(args: Arguments, open: OpenLog): Promise<Committer> {
  const dataDir = dataDirOf(args);
  const host = knownHostFile(dataDir)?.name ?? thisMachine().hostName;
  const committer = new Committer({ log: open.history, clock: systemClock, host });
  const snapshot = await new Snapshots({ dir: join(dataDir, SNAPSHOTS_DIR), logger: silent }).load((head) => isInLog(open, head));
  if (snapshot !== null) committer.restore(snapshot);
  await committer.catchUp();
  return committer;
}

export async function stateOfLog(args: Arguments): Promise<State> {
  const open = await openLog(args);
  try {
    return (await committerOf(args, open)).state;
  } finally {
    await open.close();
  }
}

interface Order {
  /** Name of the command in the log. */
  readonly command: string;
  readonly actor: string;
  /** A log that does not exist yet is begun. */
  readonly create?: boolean;
}

/** Resolves when what was decided is in the log, to whether it is a new log, which began with that. Throws an Error with the words of a refusal. */
export async function changeInLog(
  args: Arguments,
  { command, actor, create = false }: Order,
  decide: (state: State, by: By) => Decision,
): Promise<boolean> {
  const open = await openLog(args, { create });
  try {
    const committer = await committerOf(args, open);
    const isNew = committer.state.logId === '';
    const committed = await committer.submit({ id: systemIds.next(), name: command, actor }, (state) =>
      begun(state, decide(state, { actor, now: systemClock.now() })),
    );
    if (committed.kind === 'rejected') throw new Error(committed.rejection.message);
    return isNew;
  } finally {
    await open.close();
  }
}

/** An empty log begins with the event that names it, as a server's does. */
function begun(state: State, decision: Decision): Decision {
  if (decision.kind !== 'events' || state.logId !== '') return decision;
  const data = { id: systemIds.next(), level: LEVEL, release: RELEASE };
  return accept({ type: 'LogCreated', stream: LOG_STREAM, data }, ...decision.events);
}
