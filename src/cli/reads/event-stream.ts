// Follows the events of a server, and goes on where it was when the connection breaks.
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Envelope } from '../../events/envelope.ts';
import { connect, failureOf } from '../ask.ts';
import { plainLines } from '../output/table.ts';
import type { Arguments, Terminal } from '../subcommand.ts';

/** Pause before a broken connection is made anew, ms. */
const AGAIN_MS = 1_000;
/** A connection without a word for this long, ms, is broken: the server sends a comment every 15 s. */
const SILENCE_MS = 60_000;

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Yields the events after `after` as they come, until ^C, or until nothing can come any more because of `until`. Throws what the server answers in
 * words; a server that cannot be reached any more is tried again.
 */
export async function* eventsAfter(args: Arguments, io: Terminal, query: Query, after: number): AsyncGenerator<Envelope, void, undefined> {
  let last = after;
  let isLost = false;
  let isTold = false;
  while (!io.signal.aborted) {
    try {
      const headers = { Accept: 'text/event-stream', 'Last-Event-ID': String(last) };
      const answer = await connect(args, io.signal, '/api/v1/events', query, { headers });
      if (answer.statusCode === 204) return;
      // A server that starts answers 503 for a moment.
      if (answer.statusCode !== 200 && !(isLost && answer.statusCode === 503)) throw new Refused(await failureOf(answer));
      if (answer.statusCode === 200) {
        isTold = false;
        answer.setTimeout(SILENCE_MS, () => answer.destroy());
        const frames = Readable.toWeb(answer).pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
        for await (const { data } of frames) {
          const event = JSON.parse(data) as Envelope;
          last = event.seq;
          yield event;
        }
      } else answer.resume();
    } catch (error) {
      if (io.signal.aborted) return;
      if (error instanceof Refused) throw error.failure;
      const why = plainLines(error instanceof Error ? error.message : String(error));
      if (!isTold) io.err(`gpu-docker-api: the connection is lost (${why}): it is tried again\n`);
      isTold = true;
    }
    isLost = true;
    await sleep(AGAIN_MS, undefined, { signal: io.signal }).catch(() => undefined);
  }
}

class Refused extends Error {
  readonly failure: Error;
  constructor(failure: Error) {
    super(failure.message);
    this.failure = failure;
  }
}
