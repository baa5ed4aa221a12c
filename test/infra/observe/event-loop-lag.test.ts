import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EventLoopLag } from '../../../src/infra/observe/event-loop-lag.ts';

const test = suite('event loop lag');

test('a hold of the loop is seen in the next reading, also one that begins right after a reading', async () => {
  const lag = new EventLoopLag();
  await sleep(50);
  lag.take();
  const until = performance.now() + 150;
  while (performance.now() < until) {
    // Holds the loop.
  }
  await sleep(50);
  const { p99, max } = lag.take();
  assert.ok(max >= 0.12 && p99 <= max, `max ${max}, p99 ${p99}`);
  await sleep(50);
  assert.ok(lag.take().max < max, 'each reading begins anew');
});

test.run();
