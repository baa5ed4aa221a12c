// A doorbell on Docker's event stream. It rings after every connect, too: events while it was away are not sent again.
import { retry } from '../async/retry.ts';
import { type Sleeper, sleep } from '../async/time.ts';
import { type DockerApi, jsonLines } from './connection/api.ts';
import type { Labels } from './connection/labels.ts';
import { containerOwner } from './connection/ownership.ts';

const EVENTS = ['create', 'start', 'die', 'stop', 'oom', 'pause', 'unpause', 'rename', 'destroy'];
/** First pause before it connects again, ms. */
const FIRST_PAUSE_MS = 100;
/** Longest such pause, ms. */
const MAX_PAUSE_MS = 5_000;
/** Debounce, ms: replacing one container emits about six events, and each ring lists all containers. */
const GATHER_MS = 250;

/** An event of a container: its attributes have the container's labels. */
interface RawEvent {
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Labels };
}

/** A doorbell alone does not keep the process alive. */
const clock: Sleeper = { sleep: (ms, signal) => sleep(ms, signal, { ref: false }) };

/** Rings until the signal aborts. Never rejects. */
export async function ringOnChange(api: DockerApi, log: string, ring: () => void, signal: AbortSignal): Promise<void> {
  // Not only those with our labels: what the log took in without any is not found by them, and the stream outlives its taking in.
  const query = { filters: { type: ['container'], event: EVENTS } };
  const isOurs = ({ Actor: { ID = '', Attributes } = {} }: RawEvent): boolean => containerOwner(api, ID, Attributes)?.log === log;
  let isGathering = false;
  const ringSoon = (): void => {
    if (isGathering) return;
    isGathering = true;
    setTimeout(() => {
      isGathering = false;
      if (!signal.aborted) ring();
    }, GATHER_MS).unref();
  };
  const listen = async (recovered: () => void): Promise<never> => {
    // The daemon that answers may be another release than the one that cut the last stream.
    await api.agree();
    const stream = await api.stream('events', { path: '/events', query, signal });
    stream.socket.setKeepAlive(true, 30_000);
    recovered();
    ring();
    for await (const event of jsonLines<RawEvent>(stream)) if (isOurs(event)) ringSoon();
    throw new Error('Docker has ended the stream of its events');
  };
  // A ring now finds out that the daemon is away long before the next comparison is due.
  const options = { clock, signal, firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, isPassing: () => true, onPause: ring };
  await retry(listen, options).catch(() => undefined); // the signal has aborted
}
