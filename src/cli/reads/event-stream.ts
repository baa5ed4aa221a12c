// Follows the events of a server, and goes on where it was when the connection breaks.
import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Envelope } from '../../events/envelope.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { apiOf, plainOf, RefusedError } from '../ask.ts';
import { ApiError, type operations } from '../client/client.ts';
import { plainLines } from '../output/table.ts';
import type { Arguments, Terminal } from '../subcommand.ts';

/** Pause before a broken connection is made anew, ms. */
const AGAIN_MS = 1_000;
/** A connection without a word for this long, ms, is broken: the server sends a comment every 15 s. */
const SILENCE_MS = 60_000;
const TYPE = 'text/event-stream';

/** The filters of the events, as the API names them. */
export type EventQuery = NonNullable<operations['listEvents']['parameters']['query']>;

/**
 * Yields the events after `after` as they come, until ^C, or until nothing can come any more because of `until`. Throws what the server answers in
 * words; a server that cannot be reached any more is tried again.
 */
export async function* eventsAfter(
  args: Arguments,
  io: Terminal,
  query: EventQuery,
  after: number,
): AsyncGenerator<Envelope, void, undefined> {
  let last = after;
  let isLost = false;
  let isTold = false;
  while (!io.signal.aborted) {
    try {
      const headers = { Accept: TYPE, 'Last-Event-ID': String(last) };
      const api = apiOf(args, io, { headers, endless: { silenceMs: SILENCE_MS } });
      const body = await plainOf(TYPE, api.GET('/api/v1/events', { params: { query }, parseAs: 'stream' }));
      // Nothing can come any more.
      if (body == null) return;
      isTold = false;
      for await (const { data } of body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())) {
        const event = JSON.parse(data) as Envelope;
        last = event.seq;
        yield event;
      }
    } catch (error) {
      if (io.signal.aborted) return;
      // A server that starts answers 503 for a moment, and a proxy in front of one that is away what it likes.
      const isStarting = isLost && (error instanceof ApiError || (error instanceof RefusedError && error.status === 503));
      if ((error instanceof RefusedError || error instanceof UsageError || error instanceof ApiError) && !isStarting) throw error;
      const why = plainLines(error instanceof Error ? error.message : String(error));
      if (!isTold) io.err(`gpu-docker-api: the connection is lost (${why}): it is tried again\n`);
      isTold = true;
    }
    isLost = true;
    await sleep(AGAIN_MS, undefined, { signal: io.signal }).catch(() => undefined);
  }
}
