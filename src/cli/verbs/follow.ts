// Follows an operation that a server has begun until it has ended, over cut connections and restarts of the server.
import { setTimeout as sleep } from 'node:timers/promises';
import { apiOf, RefusedError, refusal, resultOf, UnreachableError } from '../ask.ts';
import { ApiError, type operations } from '../client/client.ts';
import { plainLines } from '../output/table.ts';
import type { Arguments, Terminal } from '../subcommand.ts';
import type { Watch } from './watch.ts';

export type Known = operations['getOperation']['responses'][200]['content']['application/json']['data']['operation'];
export type Ended = Exclude<Known, { state: 'open' }>;

/** Pause between two looks, ms: a tenth of the time so far, within these bounds. */
const PAUSE = { least: 200, most: 2_000 };
/** Time without an answer, ms, after which it is given up. */
const GIVE_UP_MS = 600_000;

export const look = async (args: Arguments, io: Terminal, id: string): Promise<Known> =>
  (await resultOf(apiOf(args, io).GET('/api/v1/operations/{id}', { params: { path: { id } } }))).operation;

/** Resolves when the operation has ended. Throws what the server answers in words, and an Error when it does not answer for long; rejects on ^C. */
export async function ended(args: Arguments, io: Terminal, id: string, watching: Watch): Promise<Ended> {
  const began = performance.now();
  let heard = began;
  let isTold = false;
  for (;;) {
    try {
      const operation = await look(args, io, id);
      if (operation.state !== 'open') return operation;
      watching.show(operation);
      heard = performance.now();
      isTold = false;
    } catch (error) {
      if (io.signal.aborted || !isPassing(error)) throw error;
      const why = plainLines(error instanceof Error ? error.message : String(error));
      if (performance.now() - heard > GIVE_UP_MS)
        throw new Error(`${why}; operation ${id} may have gone on: gpu-docker-api operations ${id} says what became of it`, {
          cause: error,
        });
      if (!isTold) watching.tell(`gpu-docker-api: no word of operation ${id}, which goes on (${why}): it is asked for again\n`);
      isTold = true;
    }
    const pause = Math.min(PAUSE.most, Math.max(PAUSE.least, (performance.now() - began) / 10));
    await sleep(pause, undefined, { signal: io.signal });
  }
}

/** Whether an error may be gone with the next question: a server that starts, or a proxy in front of one that is away. */
const isPassing = (error: unknown): boolean =>
  error instanceof UnreachableError ||
  error instanceof ApiError ||
  (error instanceof RefusedError && [429, 503, 504].includes(error.status));

/** `data` of the answer that the command would have got. Throws in the server's words where it failed. */
export function outcomeOf({ answer }: Ended): unknown {
  if (answer.code !== 200) throw refusal(200, answer.code, answer.msg);
  return answer.data;
}
