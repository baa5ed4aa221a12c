// Which GPUs a container was made with, read from what Docker's inspect says of it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RawContainer } from '../../../src/infra/docker/connection/raw.ts';
import { gpusOf } from '../../../src/infra/docker/containers/gpu-use.ts';

const test = suite('GPU use');

const requests = (...DeviceRequests: NonNullable<RawContainer['HostConfig']['DeviceRequests']>[number][]) =>
  gpusOf({ Config: { Env: ['NVIDIA_VISIBLE_DEVICES=all'] }, HostConfig: { DeviceRequests, Runtime: 'runc' } });
const variable = (value: string, Runtime?: string) =>
  gpusOf({ Config: { Env: ['A=b', `NVIDIA_VISIBLE_DEVICES=${value}`] }, HostConfig: Runtime === undefined ? {} : { Runtime } });

test('device requests: by id, all of them, or a number of them that Docker chooses', () => {
  const gpu = [['gpu']];
  assert.equal(requests({ Driver: 'nvidia', Count: 0, DeviceIDs: ['GPU-1', '2'], Capabilities: gpu }), ['GPU-1', '2']);
  assert.equal(requests({ Driver: '', Count: -1, DeviceIDs: null, Capabilities: gpu }), 'all');
  assert.equal(requests({ Count: 2, Capabilities: gpu }), 'all');
  assert.equal(requests({ Driver: '', DeviceIDs: ['1'], Capabilities: [['compute', 'utility']] }), ['1']);
  assert.equal(requests({ DeviceIDs: ['1'], Capabilities: gpu }, { Count: -1, Capabilities: gpu }), 'all');
  assert.equal(requests({ DeviceIDs: ['1'], Capabilities: gpu }, { DeviceIDs: ['2'], Capabilities: gpu }), ['1', '2']);
  assert.equal(requests({ Driver: 'amd', DeviceIDs: ['1'] }), [], 'another maker’s');
  assert.equal(requests({ DeviceIDs: ['x'], Capabilities: [['tpu']] }), []);
});

test('CDI’s names', () => {
  assert.equal(requests({ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0', 'vendor.com/nic=1'] }), ['0']);
  assert.equal(requests({ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=all'] }), 'all');
  assert.equal(requests({ Driver: 'cdi', DeviceIDs: ['amd.com/gpu=all'] }), []);
  assert.equal(variable('nvidia.com/gpu=GPU-1,nvidia.com/gpu=3', 'nvidia'), ['GPU-1', '3']);
});

test('the variable counts under a runtime that reads it', () => {
  for (const runtime of ['nvidia', 'nvidia-cdi', undefined]) {
    assert.equal(variable('all', runtime), 'all');
    assert.equal(variable('GPU-1, 2', runtime), ['GPU-1', '2']);
    for (const none of ['void', 'none', '']) assert.equal(variable(none, runtime), []);
  }
  for (const plain of ['runc', 'io.containerd.runc.v2', 'crun']) assert.equal(variable('all', plain), [], plain);
  assert.equal(gpusOf({ Config: {}, HostConfig: {} }), []);
});

test.run();
