import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { docker, dockerRoot, IMAGES, portRange, readPid1Env, stubDirectory, uniqueName } from '../support/docker.ts';

const engine = suite('the dockerd of the tests');
const client = docker();
const made: Docker.Container[] = [];

async function run(options: Docker.ContainerCreateOptions): Promise<Docker.Container> {
  const container = await client.createContainer({ name: uniqueName('harness'), ...options });
  made.push(container);
  await container.start();
  return container;
}

engine.after(async () => {
  for (const container of made) await container.remove({ force: true, v: true });
});

engine('stores layers with overlay2 on a root of its own', async () => {
  const info = (await client.info()) as { Driver: string; DockerRootDir: string };
  assert.is(info.Driver, 'overlay2');
  assert.is(info.DockerRootDir, dockerRoot());
});

engine('runs the images as they are described', async () => {
  const shell = await run({ Image: IMAGES.busybox, Tty: true, OpenStdin: true });
  const quick = await run({ Image: IMAGES.fails });
  const sleeper = await run({ Image: IMAGES.sleep });
  const entry = await run({ Image: IMAGES.entry });
  assert.is(((await quick.wait()) as { StatusCode: number }).StatusCode, 3);
  for (const container of [shell, sleeper, entry]) assert.is((await container.inspect()).State.Running, true);
  const began = performance.now();
  await sleeper.stop({ t: 10 });
  assert.ok(performance.now() - began < 5_000, 'the sleeper ends at SIGTERM');
  assert.is((await sleeper.inspect()).State.ExitCode, 0);
  const { Config, Mounts } = await (await run({ Image: IMAGES.volume, Tty: true, OpenStdin: true })).inspect();
  assert.ok(Config.Env.includes('BASE=1'));
  assert.is(Config.Labels['a'], 'b');
  assert.is(Mounts[0]?.Destination, '/anon');
});

engine('brings a device request into the environment of PID 1', async () => {
  const hooks = join(stubDirectory(), 'hook');
  const before = existsSync(hooks) ? readdirSync(hooks).length : 0;
  const DeviceRequests = [{ Driver: 'nvidia', DeviceIDs: ['GPU-a', 'GPU-b'], Capabilities: [['gpu']] }];
  const container = await run({ Image: IMAGES.sleep, HostConfig: { DeviceRequests } });
  assert.is((await readPid1Env(container.id))['NVIDIA_VISIBLE_DEVICES'], 'GPU-a,GPU-b');
  assert.ok(readdirSync(hooks).length > before, 'the stub hook was called');
});

engine('publishes a port on loopback', async () => {
  const { from: port } = portRange();
  await run({
    Image: IMAGES.busybox,
    Cmd: ['httpd', '-f', '-p', '80', '-h', '/etc'],
    ExposedPorts: { '80/tcp': {} },
    HostConfig: { PortBindings: { '80/tcp': [{ HostPort: String(port) }] } },
  });
  let heard = '';
  for (let tries = 0; tries < 50 && heard === ''; tries++) {
    await sleep(50);
    heard = await fetch(`http://127.0.0.1:${port}/passwd`).then(
      (answer) => answer.text(),
      () => '',
    );
  }
  assert.match(heard, 'root:x:0:0');
});

engine.run();
