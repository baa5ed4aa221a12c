// How far the operations under way are, once a second, for the followers of the events who ask for it. It is looked at once for all of them, and
// only while there is one; nothing of it is in the log.
import type { OperationInfo, PullInfo, Service } from '../../commands/service.ts';

/** Interval of the frames, ms. */
const EVERY_MS = 1_000;
/** Fields of an operation that a frame has: all others are in events, or in GET /api/v1/operations. */
const SHOWN = ['id', 'stream', 'kind', 'phase', 'since', 'elapsedMs', 'step', 'attempt', 'progress', 'waiting'] as const;

type Operations = Pick<Service, 'operations' | 'pulls'>;
type OnFrame = (frame: string) => void;

/** Frames say all that is under way; one with an empty list follows the last of them. */
export class ProgressFeed {
  readonly #service: Operations;
  readonly #listeners = new Set<OnFrame>();
  #timer: NodeJS.Timeout | undefined;
  #wasEmpty = true;

  constructor(service: Operations) {
    this.#service = service;
  }

  /** Calls `onFrame` with what is under way now, where anything is, and with each frame until the function that it gives is called. */
  follow(onFrame: OnFrame): () => void {
    this.#listeners.add(onFrame);
    this.#timer ??= setInterval(() => this.#tick(), EVERY_MS);
    const now = this.#look();
    if (!isEmpty(now)) onFrame(frameOf(now));
    this.#wasEmpty &&= isEmpty(now);
    return () => {
      this.#listeners.delete(onFrame);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #look(): Seen {
    return { operations: this.#service.operations(), pulls: this.#service.pulls() };
  }

  #tick(): void {
    const now = this.#look();
    const isNews = !isEmpty(now) || !this.#wasEmpty;
    this.#wasEmpty = isEmpty(now);
    if (!isNews) return;
    const frame = frameOf(now);
    for (const listener of this.#listeners) listener(frame);
  }
}

interface Seen {
  readonly operations: readonly OperationInfo[];
  readonly pulls: readonly PullInfo[];
}

const isEmpty = ({ operations, pulls }: Seen): boolean => operations.length === 0 && pulls.length === 0;

const frameOf = ({ operations, pulls }: Seen): string =>
  `event: progress\ndata: ${JSON.stringify({ operations: operations.map((one) => Object.fromEntries(SHOWN.map((key) => [key, one[key]]))), pulls })}\n\n`;

const feeds = new WeakMap<Operations, ProgressFeed>();

/** The one feed of a service. */
export function progressOf(service: Operations): ProgressFeed {
  let feed = feeds.get(service);
  if (feed === undefined) {
    feed = new ProgressFeed(service);
    feeds.set(service, feed);
  }
  return feed;
}
