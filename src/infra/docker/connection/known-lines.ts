// Lines whose engine has said who it is, for the calls that must reach the host's own, and for lists, which an empty Docker would answer as well.
// Docker takes 10 ms of a processor to say so, and the engine at the end of a connection is the same for as long as that is open.
import { statSync } from 'node:fs';
import type { Line, OpenLine } from './line.ts';

interface Known {
  readonly line: OpenLine;
  /** The socket that the address named when the line was opened. */
  readonly socket: string;
  /** ms by `now`. */
  readonly openedAt: number;
}

/** Lines that wait to be used again: as many creates as are carried out at the same time, and lists come before these. */
const MOST = 8;
/** Longest use of a line, ms: what forwards connections to Docker might yet send a later request elsewhere. */
const OPEN_MS = 60_000;

/**
 *     const line = lines.take() ?? lines.watch(open);
 *     …
 *     line.release?.();
 *
 * Promises that a line which it gives has answered who is at its end, is open, and was opened to the socket that the address names now:
 * what another daemon listens on is another one.
 */
export class KnownLines {
  readonly #path: string;
  readonly #now: () => number;
  #waiting: Known[] = [];
  /** Lines from before it are not taken back. */
  #since = 0;

  /** `path`: of Docker's socket. */
  constructor(path: string, now: () => number = () => performance.now()) {
    this.#path = path;
    this.#now = now;
  }

  /** The one that was used last. */
  take(): Line | undefined {
    const socket = this.#socket();
    const [usable, others] = [[] as Known[], [] as Known[]];
    for (const one of this.#waiting) (this.#isUsable(one, socket) ? usable : others).push(one);
    for (const { line } of others) line.close();
    const taken = usable.pop();
    this.#waiting = usable;
    return taken?.line;
  }

  /** A new line, which comes back here when it is released. */
  watch(open: () => OpenLine): Line {
    // Before it is opened: a socket that takes the place of this one in between is another.
    const known = { socket: this.#socket(), openedAt: this.#now() };
    const line = open();
    line.release = () => {
      if (line.engine === undefined || known.openedAt < this.#since || this.#waiting.length >= MOST) line.close();
      else this.#waiting.push({ line, ...known });
    };
    return line;
  }

  /** Closes all that wait: the daemon may speak another version of its API. */
  clear(): void {
    this.#since = this.#now();
    for (const { line } of this.#waiting.splice(0)) line.close();
  }

  #isUsable({ line, socket, openedAt }: Known, now: string): boolean {
    return line.isOpen && socket === now && socket !== '' && this.#now() - openedAt < OPEN_MS;
  }

  /** Tells sockets apart that follow each other under one path; '' where there is none. */
  #socket(): string {
    try {
      const { dev, ino, ctimeNs } = statSync(this.#path, { bigint: true });
      return `${dev} ${ino} ${ctimeNs}`;
    } catch {
      return '';
    }
  }
}
