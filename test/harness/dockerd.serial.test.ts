import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { docker, IMAGES, startDockerd } from '../support/docker.ts';

const engine = suite('a further dockerd');

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

engine.run();
