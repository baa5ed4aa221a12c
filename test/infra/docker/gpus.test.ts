// GPUs on the real engine: what the main process is given by the stub hook, whatever images and earlier versions say.
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerEngine } from '../../../src/commands/outside/engine.ts';
import { readPid1Env } from '../../support/docker.ts';
import { base, connectEngine, docker, exec, IMAGES, owner, removeAll, requestFor, run, uniqueName } from './support.ts';

const test = suite<{ engine: ContainerEngine }>('GPUs');
const VARIABLE = 'NVIDIA_VISIBLE_DEVICES';

/** Right after the start it is still the runtime's own process, with the runtime's environment. */
async function environmentOf(id: string): Promise<Readonly<Record<string, string>>> {
  for (let tries = 0; ; tries++) {
    const env = await readPid1Env(id);
    if (env['HOSTNAME'] !== undefined || tries === 200) return env;
    await sleep(10);
  }
}

test.before(async (context) => {
  context.engine = await connectEngine();
});
test.after(({ engine }) => removeAll(engine));

test('the device request alone decides, though the image says all', async ({ engine }) => {
  const image = await base(engine, IMAGES.volume);
  assert.ok(image.env.includes(`${VARIABLE}=all`));
  const ref = await run(engine, requestFor(image, uniqueName('g'), { gpus: ['GPU-b', 'GPU-a'], env: [`${VARIABLE}=all`, 'MINE=1'] }));
  const env = await environmentOf(ref.id);
  assert.is(env[VARIABLE], 'GPU-b,GPU-a');
  assert.is(env['MINE'], '1');
  assert.not.match((await exec(engine, ref, ['env'])).stdout, new RegExp(`${VARIABLE}=all`));
});

test('versions with none, some and none again: nothing of it is baked in', async ({ engine }) => {
  const name = uniqueName('g');
  const image = await base(engine, IMAGES.volume);
  let disk: string | undefined;
  for (const [version, gpus] of [
    [1, []],
    [2, ['GPU-1']],
    [3, []],
    [4, ['GPU-2', 'GPU-3']],
  ] as const) {
    const from = disk === undefined ? {} : { image: disk, fromDisk: true };
    const ref = await run(engine, requestFor(image, name, { owner: owner(name, version), gpus, ...from }));
    assert.is((await environmentOf(ref.id))[VARIABLE], gpus.length === 0 ? 'void' : gpus.join(','), `version ${version}`);
    await engine.stopContainer(ref, 0);
    disk = (await engine.saveDisk(ref, `op-${version}`)).image;
  }
});

test('an empty list never becomes a device request; simulated GPUs send nothing', async ({ engine }) => {
  const image = await base(engine, IMAGES.sleep);
  for (const more of [{ gpus: [] }, { gpus: ['GPU-1'], requestDevices: false }]) {
    const ref = await run(engine, requestFor(image, uniqueName('g'), more));
    const { HostConfig } = await docker().getContainer(ref.id).inspect();
    assert.is(HostConfig.DeviceRequests ?? null, null);
    assert.is((await environmentOf(ref.id))[VARIABLE], more.requestDevices === false ? undefined : 'void');
  }
});

test('a terminal and an open stdin keep a shell running, as in the Go program', async ({ engine }) => {
  const ref = await run(engine, requestFor(await base(engine, IMAGES.busybox), uniqueName('g')));
  const { Config, HostConfig } = await docker().getContainer(ref.id).inspect();
  assert.equal({ Tty: Config.Tty, OpenStdin: Config.OpenStdin }, { Tty: true, OpenStdin: true });
  assert.equal({ Init: HostConfig.Init ?? null, Restart: HostConfig.RestartPolicy?.Name || 'no' }, { Init: null, Restart: 'no' });
});

test.run();
