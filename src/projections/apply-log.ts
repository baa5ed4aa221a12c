import { type Event, LEVEL } from '../events/catalogue.ts';
import type { logEvents } from '../events/evolution/log-events.ts';
import { laterRelease, neededRelease } from '../events/evolution/release.ts';
import { LogCorruptError } from '../events/log.ts';
import type { Appliers } from './applier.ts';
import type { State } from './state.ts';

/** After a level that this program does not know come events of types that it may not know: it stops here. */
function setLevel(state: State, event: Event, level: number, release: string): void {
  state.release = laterRelease(state.release, release);
  if (level > LEVEL) {
    const needed = neededRelease(state.release);
    throw new LogCorruptError(event.seq, `the log is at level ${level} from here on, and this program reads level ${LEVEL}; ${needed}`);
  }
  state.logLevel = level;
}

export const logAppliers: Pick<Appliers, keyof typeof logEvents> = {
  LogCreated: (state, event) => {
    const { id, level = 1, release = '' } = event.data;
    state.logId = id;
    setLevel(state, event, level, release);
  },
  LogLevelRaised: (state, event) => {
    setLevel(state, event, event.data.level, event.data.release);
  },
  LogRestored: (state, event) => {
    const { by, lost } = event.data;
    // A host may have joined after the backup: it has containers of this log, and the log does not know it.
    state.restored = { seq: event.seq, time: event.time, by, lost };
    for (const host of state.hosts.values()) host.restored = { ...state.restored };
  },
};
