// Shows how far a long sub-command is: on standard error, and only on a terminal.
import type { Envelope } from '../../events/envelope.ts';
import type { Terminal } from '../subcommand.ts';

/** Pause between two updates, ms. */
const EVERY_MS = 200;
/** Delay before the first line, ms: most sub-commands end sooner, and print none. */
const FIRST_MS = 700;

export interface Progress {
  add(count: number): void;
  end(): void;
}

export function progress(io: Terminal, what: string, total?: number): Progress {
  const began = performance.now();
  let done = 0;
  let shown = began + FIRST_MS - EVERY_MS;
  let drawn = false;
  return {
    add(count) {
      done += count;
      const now = performance.now();
      if (!io.progress || now - shown < EVERY_MS) return;
      shown = now;
      drawn = true;
      const rate = Math.round(done / ((now - began) / 1_000));
      const part = total === undefined || total === 0 ? '' : ` ${bar(done / total)} ${Math.min(100, Math.floor((100 * done) / total))} %`;
      io.err(`\r\u001b[K${what}${part} ${done} events, ${rate}/s`);
    },
    end() {
      if (drawn) io.err('\r\u001b[K');
    },
  };
}

const WIDTH = 24;
const bar = (part: number): string => {
  const full = Math.min(WIDTH, Math.round(part * WIDTH));
  return `[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}]`;
};

/** Yields the events unchanged and counts them. Throws when the signal aborts. */
export async function* counted(
  events: AsyncIterable<readonly Envelope[]>,
  to: Progress,
  signal?: AbortSignal,
): AsyncGenerator<readonly Envelope[], void, undefined> {
  for await (const part of events) {
    signal?.throwIfAborted();
    to.add(part.length);
    yield part;
  }
}
