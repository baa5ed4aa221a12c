// A doorbell on Docker's event stream. It rings after every connect too, as what happened while away is not told.
import { setTimeout as sleep } from 'node:timers/promises';
import { type DockerApi, jsonLines } from './connection/api.ts';
import { labelFilter } from './labels.ts';

const EVENTS = ['create', 'start', 'die', 'stop', 'oom', 'pause', 'unpause', 'rename', 'destroy'];
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** One replacement of a container is half a dozen events, and every ring a look at all containers: so many ms of them ring once. */
const GATHER_MS = 250;

export async function ringOnChange(api: DockerApi, log: string, ring: () => void, signal: AbortSignal): Promise<void> {
  const query = { filters: { type: ['container'], event: EVENTS, label: labelFilter('container', { log }) } };
  let gathering = false;
  const ringSoon = (): void => {
    if (gathering) return;
    gathering = true;
    setTimeout(() => {
      gathering = false;
      if (!signal.aborted) ring();
    }, GATHER_MS).unref();
  };
  for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      const stream = await api.stream('events', { path: '/events', query, signal });
      stream.socket.setKeepAlive(true, 30_000);
      pause = FIRST_PAUSE_MS;
      ring();
      for await (const _ of jsonLines(stream)) ringSoon();
    } catch {
      // The daemon is away or has cut the stream: again, after a pause.
    }
    // A look finds out now that the daemon is away, long before the next one is due.
    if (!signal.aborted) ring();
    await sleep(pause, undefined, { signal, ref: false }).catch(() => {});
  }
}
