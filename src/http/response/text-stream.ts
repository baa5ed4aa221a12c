// A text as it comes, for as long as it comes: nothing is read ahead of the client, and a text that is not whole ends with its connection.
import type { ServerResponse } from 'node:http';
import { RawAnswer } from './raw-answer.ts';

interface TextStream {
  readonly text: AsyncIterable<Uint8Array>;
  /** Aborted in the end, whatever the end is. */
  readonly over: AbortController;
  /** Whether the client may stay: asked once a second. */
  readonly mayStay: () => boolean;
  /** Time limit, ms, for the client to take what was sent; a terminal may be paused for a while. Two minutes when absent. */
  readonly slowMs?: number;
}

const SLOW_MS = 120_000;
/** Interval, ms, at which it is asked whether the client may stay. */
const WATCH_MS = 1_000;
/** Interval of TCP keepalives, ms: a client that went without a word is noticed, though nothing is sent to it. */
const KEEP_ALIVE_MS = 30_000;

export const textStream = (stream: TextStream): RawAnswer =>
  new RawAnswer((ctx) => {
    ctx.set({ 'Content-Type': 'text/plain; charset=utf-8', 'X-Accel-Buffering': 'no' });
    if (ctx.method === 'HEAD') {
      stream.over.abort(new Error('only the headers were asked for'));
      ctx.body = '';
      return;
    }
    ctx.respond = false;
    void send(ctx.res, stream);
  });

/** Never rejects. */
async function send(response: ServerResponse, { text, over, mayStay, slowMs = SLOW_MS }: TextStream): Promise<void> {
  const onClose = (): void => over.abort(new Error('the client hung up'));
  const watch = setInterval(() => {
    if (!mayStay()) over.abort(new Error('the client may not stay'));
  }, WATCH_MS);
  response.once('close', onClose);
  response.on('error', onClose);
  try {
    if (response.destroyed) onClose();
    response.socket?.setKeepAlive(true, KEEP_ALIVE_MS);
    response.writeHead(200);
    response.flushHeaders();
    for await (const piece of text) if (!response.write(piece)) await taken(response, slowMs, over.signal);
    if (!over.signal.aborted) response.end();
  } catch {
    // Without its end the client sees that the text is not whole.
  } finally {
    clearInterval(watch);
    if (!response.writableEnded) response.destroy();
    over.abort(new Error('the text has been sent'));
  }
}

/** Resolves when the client has taken what was written; rejects when it is too slow, or the stream is over. */
function taken(response: ServerResponse, slowMs: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (then: () => void) => (): void => {
      clearTimeout(timer);
      response.off('drain', onDrain);
      over.removeEventListener('abort', onAbort);
      then();
    };
    const onDrain = done(resolve);
    const onAbort = done(() => reject(over.reason));
    const timer = setTimeout(
      done(() => reject(new Error('the client was too slow'))),
      slowMs,
    );
    if (over.aborted) return onAbort();
    response.once('drain', onDrain);
    over.addEventListener('abort', onAbort, { once: true });
  });
}
