// A GPU that another host of the log has is an error: it is not taken in.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { elsewhereWarning, gpusElsewhere } from '../../src/commands/host/gpus-elsewhere.ts';
import { decideInventory, decideStart } from '../../src/commands/host/reconcile.ts';
import { whyTaken } from '../../src/commands/host/restore/adopt.ts';
import type { Gpu } from '../../src/commands/outside/host.ts';
import type { OwnedContainer } from '../../src/commands/outside/owned.ts';
import { MACHINE, run, Scenario } from '../support/scenario.ts';

const gpu = (index: number): Gpu => ({ gpu: `GPU-${index}`, index, name: 'A100', memoryMiB: 81920 });
const meta = { id: 'i', name: 'inventory', actor: 'system:inventory' };
const found = (s: Scenario, gpus: readonly Gpu[]): unknown[] =>
  decideInventory(s.state, 'box2', { gpus, unreadable: [] }, true).map(({ type, data }) => [type, (data as { gpu: string }).gpu]);

const test = suite('GPUs elsewhere');

test('a GPU that another host has is no find, neither at a start nor later', () => {
  const s = new Scenario(2);
  assert.equal(found(s, [gpu(0), gpu(1), gpu(2)]), [['GpuDiscovered', 'GPU-2']]);
  const facts = { pid: 2, version: '0', engine: '20.10', storageDriver: 'overlay2', gpuMode: 'nvidia', portRange: { start: 1, end: 2 } };
  const started = decideStart(s.state, 'box2', 'unused', { ...facts, machine: MACHINE, gpus: { gpus: [gpu(0), gpu(2)], unreadable: [] } });
  assert.equal(
    started.flatMap(({ type, data }) => (type === 'GpuDiscovered' ? [data.gpu] : [])),
    ['GPU-2'],
  );
});

test('one that the other host lost is a find, unless a replicaSet there still holds it', () => {
  const s = new Scenario(2);
  s.run(run('foo', { gpuCount: 1 }));
  s.append(decideInventory(s.state, 'box', { gpus: [], unreadable: [] }, true), meta);
  assert.equal(found(s, [gpu(0), gpu(1)]), [['GpuDiscovered', 'GPU-1']]);
  assert.equal(gpusElsewhere(s.state, 'box2', [gpu(0), gpu(1)]), [{ gpu: 'GPU-0', index: 0, host: 'box' }]);
});

test('a container that uses a GPU which another host has by now is not taken in', () => {
  const s = new Scenario(2);
  const uses = (uuid: string): string | null =>
    whyTaken(s.state, 'box', 'foo', {
      seen: { containerName: 'foo-1', state: 'running' },
      gpus: [uuid],
      ports: [],
    } as unknown as OwnedContainer);
  s.append(decideInventory(s.state, 'box', { gpus: [], unreadable: [] }, true), meta);
  assert.is(uses('GPU-0'), null, 'lost, but nobody has it');
  const facts = { pid: 2, version: '0', engine: '20.10', storageDriver: 'overlay2', gpuMode: 'nvidia', portRange: { start: 1, end: 2 } };
  const started = decideStart(s.state, 'box2', 'unused', { ...facts, machine: MACHINE, gpus: { gpus: [gpu(0)], unreadable: [] } });
  s.append(started, meta, 'box2');
  assert.match(uses('GPU-0') ?? '', 'container foo-1 uses GPU GPU-0, which host box2 of the log has');
  assert.is(uses('GPU-1'), null);
});

test('the warning names the GPU, the other host, and why', () => {
  const warning = elsewhereWarning({ gpu: 'GPU-0', index: 0, host: 'box' }, 'box2');
  assert.match(warning, 'GPU 0 (GPU-0) of this machine is one of host box in the log, and one GPU cannot be in two machines');
  assert.match(warning, 'hosts adopt');
});

test.run();
