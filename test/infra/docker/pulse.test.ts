// timeout: 120
// A daemon that hangs answers nothing, and refuses nothing either: it is noticed within three seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DockerPulse } from '../../../src/infra/docker/pulse.ts';
import { type Dockerd, startDockerd } from '../../support/docker.ts';

const test = suite<{ daemon: Dockerd; over: AbortController }>('pulse');

test.before(async (context) => {
  context.daemon = await startDockerd({ gpuHook: false });
});
test.before.each((context) => {
  context.over = new AbortController();
});
test.after.each(({ over }) => over.abort()); // also when it failed: a pulse that goes on would keep the process
test.after(({ daemon }) => daemon.dispose());

/** Pause between two looks, ms. */
const LOOK_MS = 20;

/** ms until the pulse says so, without the time for which this process did not get to run on a busy machine. */
async function after(pulse: DockerPulse, isTrouble: boolean): Promise<number> {
  const began = performance.now();
  let lateMs = 0;
  for (let lookedAt = began; (pulse.trouble() !== null) !== isTrouble; ) {
    if (lookedAt - began > 60_000) throw new Error(`not seen: ${isTrouble ? 'trouble' : 'no trouble'}`);
    await sleep(LOOK_MS);
    lateMs += performance.now() - lookedAt - LOOK_MS;
    lookedAt = performance.now();
  }
  return performance.now() - began - lateMs;
}

test('a daemon that hangs is noticed within 3 s, and so is its going on', async ({ daemon, over }) => {
  const told: string[] = [];
  const tell = (_: object, text: string): void => void told.push(text);
  const pulse = new DockerPulse({
    dockerHost: `unix://${daemon.socket}`,
    logger: { debug: () => {}, info: () => {}, warn: tell, error: tell },
  });
  pulse.start(over.signal);
  await sleep(2_500);
  await after(pulse, false); // on a busy machine the daemon may have been late so far
  told.length = 0;
  process.kill(daemon.pid, 'SIGSTOP');
  try {
    const ms = await after(pulse, true);
    assert.ok(ms <= 3_200, `noticed after ${ms.toFixed(0)} ms`);
    assert.match(pulse.trouble()?.reason ?? '', /no answer to a ping since 20/);
    await sleep(1_500);
    assert.equal(told, ['Docker does not answer'], 'once');
  } finally {
    process.kill(daemon.pid, 'SIGCONT');
  }
  await after(pulse, false);
  assert.equal(told, ['Docker does not answer', 'Docker answers again']);
  await daemon.stop();
  assert.ok((await after(pulse, true)) <= 4_500, 'nor does one answer that is gone');
  assert.match(pulse.trouble()?.reason ?? '', /cannot be reached/);
  await daemon.start();
  await after(pulse, false);
});

test('a second of pings costs a fraction of a percent of a core', async ({ daemon, over }) => {
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  new DockerPulse({ dockerHost: `unix://${daemon.socket}`, logger: quiet }).start(over.signal);
  await sleep(1_000);
  const from = process.cpuUsage();
  await sleep(10_000);
  const { user, system } = process.cpuUsage(from);
  over.abort();
  const share = (user + system) / 10_000_000;
  process.stdout.write(
    `ten pings: ${((user + system) / 1_000).toFixed(1)} ms of processor time, ${(share * 100).toFixed(2)} % of a core\n`,
  );
  assert.ok(share < 0.02);
});

test.run();
