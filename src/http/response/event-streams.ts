// Events as they happen, as text/event-stream. Each client has a position in the log and asks for the events after it, the past and the
// present in the same way, so no event is missed or sent twice where the past turns into the present. Nothing is read ahead of a client:
// a slow one costs one chunk of memory, far below 1 MiB, and not the log.
import type { ServerResponse } from 'node:http';
import type { Logger } from '../../commands/outside/logger.ts';
import type { Envelope } from '../../events/envelope.ts';
import { canonical } from '../../events/hash.ts';
import { shownEvent } from '../../events/hidden.ts';
import { type EventFilter, type EventReads, EventsUnavailableError } from '../../events/query.ts';
import type { ProgressFeed } from './progress-feed.ts';

export interface EventStreamsOptions {
  readonly events: EventReads;
  readonly logger: Logger;
  /** Clients at once. */
  readonly most: number;
  /** Interval of comment lines, ms: proxies close silent connections. */
  readonly heartbeatMs?: number;
  /** Time limit, ms, for a client to take a chunk; a slower one is cut off. */
  readonly slowMs?: number;
}

/** Defaults of `heartbeatMs` and `slowMs`. */
const HEARTBEAT_MS = 15_000;
const SLOW_MS = 10_000;
/** Events asked for at once, and characters written at once; one event is at most 512 KiB. */
const BATCH = 100;
const CHUNK = 64 * 1024;
/** Interval, ms, at which it is asked whether the client may stay. */
const WATCH_MS = 1_000;
/** Pause before events that could not be read are asked for again, ms. */
const UNAVAILABLE_PAUSE_MS = 500;

const HEADERS = { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' };

/** Frames are cached, because many clients get the same event. */
const frames = new WeakMap<Envelope, string>();

/** `unnamed`: of the type message, which an EventSource hands to `onmessage`. */
function frameOf(event: Envelope, unnamed: boolean): string {
  if (unnamed) return `id: ${event.seq}\ndata: ${canonical(shownEvent(event))}\n\n`;
  const known = frames.get(event);
  if (known !== undefined) return known;
  const frame = `id: ${event.seq}\nevent: ${event.type}\ndata: ${canonical(shownEvent(event))}\n\n`;
  frames.set(event, frame);
  return frame;
}

/** What is said of one client. */
interface Asked {
  /** Whether it may stay; absent: it may. */
  readonly mayStay?: () => boolean;
  /** Frames of type `progress` between the events; absent: none. */
  readonly progress?: ProgressFeed;
  /** Its frames are all of the type message; absent: each is of the type of its event. */
  readonly unnamed?: boolean;
}

export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #clients = new Set<Client>();
  #cutOff = 0;
  #stopped = false;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Clients that were cut off because they were too slow. */
  get cutOff(): number {
    return this.#cutOff;
  }

  get isFull(): boolean {
    return this.#clients.size >= this.#options.most;
  }

  get most(): number {
    return this.#options.most;
  }

  /** Sends the matching events after `after`, until the client goes, is too slow or may stay no longer, or nothing can match any more. */
  open(response: ServerResponse, filter: EventFilter, after: number, asked: Asked = {}): void {
    const client = new Client(response, filter, after, this.#options, asked);
    this.#clients.add(client);
    if (this.#stopped) client.end();
    void client.run().finally(() => {
      this.#clients.delete(client);
      if (client.wasCutOff) this.#cutOff++;
    });
  }

  /** Ends every stream; its client can go on from the last id elsewhere. */
  stop(): void {
    this.#stopped = true;
    for (const client of this.#clients) client.end();
  }
}

class Client {
  readonly #response: ServerResponse;
  readonly #filter: EventFilter;
  readonly #options: EventStreamsOptions;
  #position: number;
  #over = false;
  /** Called when something may have happened: the log moved, the client took a chunk, or it went. */
  #wake: () => void = () => {};
  #moved = false;
  wasCutOff = false;
  readonly #mayStay: () => boolean;
  readonly #progress: ProgressFeed | undefined;
  readonly #unnamed: boolean;

  constructor(response: ServerResponse, filter: EventFilter, after: number, options: EventStreamsOptions, asked: Asked) {
    this.#mayStay = asked.mayStay ?? (() => true);
    this.#progress = asked.progress;
    this.#unnamed = asked.unnamed ?? false;
    this.#response = response;
    this.#filter = filter;
    this.#position = after;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { events, heartbeatMs = HEARTBEAT_MS } = this.#options;
    const response = this.#response;
    const stopListening = events.onMoved(() => {
      this.#moved = true;
      this.#wake();
    });
    const heartbeat = setInterval(() => this.#aside(`: at event ${events.head()}\n\n`), heartbeatMs);
    const watch = setInterval(() => this.#endIfUnwanted(), WATCH_MS);
    const onClose = (): void => this.end();
    response.once('close', onClose);
    response.on('error', onClose);
    response.on('drain', () => this.#wake());
    let stopProgress = (): void => {};
    try {
      response.writeHead(200, HEADERS);
      await this.#send(`retry: 1000\n: at event ${events.head()}\n\n`);
      stopProgress = this.#progress?.follow((frame) => this.#aside(frame)) ?? stopProgress;
      await this.#follow();
    } finally {
      this.#over = true;
      stopProgress();
      clearInterval(heartbeat);
      clearInterval(watch);
      stopListening();
      if (!response.destroyed) response.end();
    }
  }

  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** Whole frames that need not arrive: a client that is behind with its events gets none. */
  #aside(frame: string): void {
    if (!this.#response.writableNeedDrain && !this.#over) this.#response.write(frame);
  }

  #endIfUnwanted(): void {
    if (!this.#over && !this.#mayStay()) this.end();
  }

  async #follow(): Promise<void> {
    while (!this.#over) {
      this.#moved = false;
      // Before each look: the event of its end is not for who has lost his key with it.
      this.#endIfUnwanted();
      if (this.#over) return;
      const found = await this.#options.events.following(this.#filter, this.#position, BATCH).catch((error: unknown) => {
        if (!(error instanceof EventsUnavailableError))
          this.#options.logger.error({ err: error }, 'events cannot be read for a stream; tried again');
        return null;
      });
      if (found === null) {
        await this.#pause(UNAVAILABLE_PAUSE_MS);
        continue;
      }
      let chunk = '';
      for (const [i, event] of found.events.entries()) {
        chunk += frameOf(event, this.#unnamed);
        if (chunk.length < CHUNK && i < found.events.length - 1) continue;
        await this.#send(chunk);
        if (this.#over) return;
        chunk = '';
      }
      this.#position = found.reached;
      if (found.ended) return;
      if (!this.#moved && this.#position >= this.#options.events.head()) await this.#pause();
    }
  }

  /** Returns when the client has taken the text; a client that takes too long is cut off. */
  async #send(text: string): Promise<void> {
    if (this.#over || this.#response.write(text)) return;
    const { slowMs = SLOW_MS, logger } = this.#options;
    const deadline = performance.now() + slowMs;
    while (!this.#over && this.#response.writableNeedDrain) {
      const left = deadline - performance.now();
      if (left <= 0) {
        this.wasCutOff = true;
        logger.info({ position: this.#position, slowMs }, 'a reader of events was too slow and is cut off; it can resume');
        this.#response.destroy();
        this.end();
        return;
      }
      await this.#pause(left);
    }
  }

  /** Resolves when something happens, or after `ms`. */
  #pause(ms?: number): Promise<void> {
    if (this.#over) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
