import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startDockerd as installedDockerd } from '../../scripts/install/dockerd.ts';
import { findProgram } from '../../scripts/install/programs.ts';
import { probeDocker } from '../../src/infra/host/docker-check.ts';
import { docker, IMAGES, startDockerd } from '../support/docker.ts';
import { isAlive, processRef, signal } from '../support/processes.ts';

const engine = suite('a further dockerd');
const installing = suite('npm start');

engine('is killed and started again, and leaves nothing behind', async () => {
  const daemon = await startDockerd();
  try {
    const container = await docker(daemon.socket).createContainer({ Image: IMAGES.sleep });
    await container.start();
    await daemon.kill();
    await daemon.start();
    assert.is((await container.inspect()).Id, container.id);
  } finally {
    await daemon.dispose();
  }
  assert.not(existsSync(daemon.directory));
});

engine('keeps containers running over a restart with live-restore', async () => {
  const daemon = await startDockerd({ liveRestore: true });
  try {
    const container = await docker(daemon.socket).createContainer({ Image: IMAGES.sleep });
    await container.start();
    const before = (await container.inspect()).State.Pid;
    await daemon.stop();
    await daemon.start();
    assert.is((await container.inspect()).State.Pid, before);
  } finally {
    await daemon.dispose();
  }
});

engine('without the hook refuses a start with GPUs', async () => {
  const daemon = await startDockerd({ gpuHook: false });
  try {
    const DeviceRequests = [{ Driver: 'nvidia', DeviceIDs: ['GPU-a'], Capabilities: [['gpu']] }];
    const container = await docker(daemon.socket).createContainer({ Image: IMAGES.sleep, HostConfig: { DeviceRequests } });
    const refusal = await container.start().then(
      () => '',
      (error: unknown) => String(error),
    );
    assert.match(refusal, 'could not select device driver');
  } finally {
    await daemon.dispose();
  }
});

installing('starts a dockerd that answers, and goes on without this process', async () => {
  const program = findProgram('dockerd') ?? '';
  const directory = mkdtempSync(join(tmpdir(), 'gda-install-'));
  const socket = join(directory, 'real.sock');
  const config = join(directory, 'daemon.json');
  writeFileSync(config, '{}');
  const home = join(directory, 'real');
  const own = ['--data-root', join(home, 'data'), '--exec-root', join(home, 'exec'), '--config-file', config];
  const args = [...own, '--bridge', 'none', '--iptables=false', '--ip-forward=false', '--ip-masq=false', '--log-level', 'warn'];
  const daemon = processRef(await installedDockerd({ program, socket, directory: home, waitMs: 30_000, args }));
  try {
    assert.is((await probeDocker(`unix://${socket}`)).problem, null);
    assert.is(Number(readFileSync(join(home, 'docker.pid'), 'utf8')), daemon.pid);
  } finally {
    signal(daemon.pid, 'SIGTERM');
    for (let tries = 0; isAlive(daemon) && tries < 1_500; tries++) await sleep(10);
    if (isAlive(daemon)) signal(daemon.pid, 'SIGKILL');
  }
  assert.is(isAlive(daemon), false);
  rmSync(directory, { recursive: true, force: true });
});

engine.run();
installing.run();
