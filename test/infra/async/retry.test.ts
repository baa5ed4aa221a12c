// The helpers that wait: trying again, repeating, deadlines, and values that are asked for once.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { once } from '../../../src/infra/async/once.ts';
import { repeat, retry } from '../../../src/infra/async/retry.ts';
import { inTime, pause, realTime, type Sleeper, sleep, untilAborted } from '../../../src/infra/async/time.ts';

const test = suite('waiting');

/** A clock that records pauses and does not wait. */
function recordingClock(onPause: (ms: number) => void = () => {}): Sleeper & { readonly pauses: number[] } {
  const pauses: number[] = [];
  return {
    pauses,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      pauses.push(ms);
      onPause(ms);
      signal?.throwIfAborted();
    },
  };
}

class PassingError extends Error {}
const isPassing = (error: unknown): boolean => error instanceof PassingError;

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.unreachable('it should reject'),
    (error: unknown) => error,
  );
}

test('retry: pauses double up to the longest one, and onPause sees each error', async () => {
  const clock = recordingClock();
  const seen: [string, number][] = [];
  let attempts = 0;
  const result = await retry(
    async () => {
      if (++attempts <= 5) throw new PassingError(`attempt ${attempts}`);
      return 'done';
    },
    { clock, isPassing, firstMs: 10, maxMs: 50, onPause: (error, ms) => seen.push([(error as Error).message, ms]) },
  );
  assert.is(result, 'done');
  assert.equal(clock.pauses, [10, 20, 40, 50, 50]);
  assert.equal(seen[0], ['attempt 1', 10]);
  assert.is(seen.length, 5);
});

test('retry: an error that no later attempt gets past is rethrown at once', async () => {
  const clock = recordingClock();
  const fatal = new Error('no');
  assert.is(await rejectionOf(retry(() => Promise.reject(fatal), { clock, isPassing, firstMs: 10, maxMs: 50 })), fatal);
  assert.equal(clock.pauses, []);
});

test('retry: after a recovery the pauses begin again', async () => {
  const clock = recordingClock();
  let attempts = 0;
  await retry(
    async (recovered) => {
      if (++attempts === 4) recovered();
      if (attempts <= 5) throw new PassingError();
    },
    { clock, isPassing, firstMs: 10, maxMs: 1_000 },
  );
  assert.equal(clock.pauses, [10, 20, 40, 10, 20]);
});

test('retry: an abort ends it with the reason, before the first attempt, in a pause, and after an attempt that failed meanwhile', async () => {
  const reason = new Error('over');
  const aborted = AbortSignal.abort(reason);
  const never = (): Promise<never> => assert.unreachable('it must not be attempted') as never;
  assert.is(await rejectionOf(retry(never, { clock: recordingClock(), isPassing, firstMs: 1, maxMs: 1, signal: aborted })), reason);
  const inPause = new AbortController();
  const clock = recordingClock(() => inPause.abort(reason));
  const failing = (): Promise<never> => Promise.reject(new PassingError());
  assert.is(await rejectionOf(retry(failing, { clock, isPassing, firstMs: 1, maxMs: 1, signal: inPause.signal })), reason);
  const meanwhile = new AbortController();
  const abortingTask = async (): Promise<never> => {
    meanwhile.abort(reason);
    throw new PassingError();
  };
  const onPause = (): void => assert.unreachable('it must not pause');
  const options = { clock: recordingClock(), isPassing, firstMs: 1, maxMs: 1, signal: meanwhile.signal, onPause };
  assert.is(await rejectionOf(retry(abortingTask, options)), reason);
});

test('repeat: a failure ends one run only, and the signal ends all', async () => {
  const over = new AbortController();
  const clock = recordingClock();
  const failures: unknown[] = [];
  let runs = 0;
  const work = async (): Promise<void> => {
    if (++runs === 2) throw new Error('once');
    if (runs === 4) over.abort();
  };
  await repeat(work, { clock, everyMs: 100, firstMs: 0, signal: over.signal, onFailure: (error) => failures.push(error) });
  assert.is(runs, 4);
  assert.equal(clock.pauses, [0, 100, 100, 100]);
  assert.is(failures.length, 1);
});

test('inTime: the result, the error of the task, or the error of the deadline', async () => {
  const late = (): Error => new Error('late');
  const never = new Promise<never>(() => {});
  assert.is(await inTime(Promise.resolve(1), { clock: realTime, ms: 10_000, late }), 1);
  assert.match(String(await rejectionOf(inTime(Promise.reject(new Error('own')), { clock: realTime, ms: 10_000, late }))), /own/);
  assert.match(String(await rejectionOf(inTime(never, { clock: realTime, ms: 5, late }))), /late/);
});

test('sleep rejects on an abort, pause resolves, untilAborted waits for it', async () => {
  const reason = new Error('over');
  const over = new AbortController();
  const waiting = [rejectionOf(sleep(60_000, over.signal)), pause(realTime, 60_000, over.signal), untilAborted(over.signal)];
  over.abort(reason);
  assert.equal(await Promise.all(waiting), [reason, undefined, undefined]);
  assert.is(await rejectionOf(sleep(60_000, over.signal)), reason);
  await untilAborted(over.signal);
});

test('once: the task runs at the first call; a failure is not remembered', async () => {
  let runs = 0;
  const value = once(async () => {
    if (++runs === 1) throw new Error('first');
    return runs;
  });
  assert.is(runs, 0);
  assert.match(String(await rejectionOf(value())), /first/);
  assert.equal(await Promise.all([value(), value()]), [2, 2]);
  assert.is(await value(), 2);
});

test.run();
