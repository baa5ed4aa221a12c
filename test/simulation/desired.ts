// The desired state: the service starts again what died, only where the policy says so, and never what somebody stopped.
import { nextTry } from '../../src/commands/host/restarts/next-try.ts';
import type { Event } from '../../src/events/catalogue.ts';
import { replicaSetStream } from '../../src/events/stream.ts';
import { currentVersion, type State } from '../../src/projections/state.ts';
import { hold } from './violation.ts';

/** Of a name, by the events alone. */
interface Book {
  /** Its container died by itself or with the host, and nobody has ordered anything since. */
  died: boolean;
  /** The last time with the host. */
  withHost: boolean;
  policy: string;
  /** Tries since a client last changed it or it died with the host, with the times at which they began, ms. */
  began: number[];
}

/** Tries that are further apart need not be in a row. */
const IN_A_ROW_MS = 10 * 60_000;

export class Desired {
  readonly #books = new Map<string, Book>();

  read(event: Event): void {
    const { stream, seq } = event;
    const book = this.#books.get(stream) ?? { died: false, withHost: false, policy: 'no', began: [] };
    this.#books.set(stream, book);
    switch (event.type) {
      case 'OperationStarted':
        if (event.command.actor === 'system:restart') this.#starts(event, book);
        else if (event.data.kind !== 'commit') book.began = [];
        // A run that failed leaves its name without an event of its own.
        if (event.data.kind === 'run') Object.assign(book, { died: false, policy: 'no' });
        return;
      case 'OperationFailed':
        if (event.data.refused === true) book.began.pop();
        return;
      case 'PolicySet':
        book.policy = event.data.policy.restart ?? 'no';
        return;
      case 'ContainerDied':
        book.died = true;
        book.withHost = event.data.cause === 'host';
        if (book.withHost) book.began = [];
        return;
      case 'ContainerStopped':
        // To be replaced or started again is no order to stand still: an undo leaves a dead one as it was.
        if (event.data.reason === 'stop' || event.data.reason === 'unleased') book.died = false;
        return;
      case 'ContainerPaused':
      case 'ContainerVanished':
      case 'ContainerStarted':
      case 'ContainerContinued':
        book.died = false;
        return;
      case 'ReplicaSetDeleted':
        this.#books.delete(stream);
        return;
      case 'OperationCompleted':
      case 'SystemDiskDiscarded':
      case 'GpuReleased':
      case 'PortReleased':
        return;
      default:
        hold(event.command.actor !== 'system:restart', 'restart', () => `event ${seq}: a restart causes ${event.type}`);
    }
  }

  #starts({ stream, seq, time }: Event, book: Book): void {
    hold(book.died, 'a stop is a stop', () => `event ${seq}: ${stream} is started again, and it did not die`);
    hold(book.policy !== 'no', 'restart policy', () => `event ${seq}: ${stream} is started again, and has no such policy`);
    const at = Date.parse(time);
    book.began = [...book.began.filter((ms) => at - ms < IN_A_ROW_MS), at];
    // A start that Docker refuses is no exit, so only a flood is wrong here.
    hold(book.began.length <= 20, 'back-off', () => `event ${seq}: ${stream} is started again ${book.began.length} times in ten minutes`);
  }

  /** At rest, what should run runs, has used up its tries, or waits for what it needs; null where that is so. */
  stillToStart(state: State): string | null {
    for (const rs of state.replicaSets.values()) {
      const { died, withHost, policy } = this.#books.get(replicaSetStream(rs.name)) ?? { died: false, withHost: false, policy: 'no' };
      const isThere = currentVersion(rs)?.container === 'exited' && rs.restarts?.refused === undefined;
      const owed = died && isThere && (policy === 'always' || (policy !== 'no' && withHost));
      if (owed || (nextTry(rs, 'no') !== null && isThere)) return `${rs.name} is to be started again (${rs.state}, ${policy})`;
    }
    return null;
  }
}
