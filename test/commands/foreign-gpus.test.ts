// GPUs that running containers outside this log use are not given out, and the refusal counts them.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, needsOf } from '../../src/commands/command.ts';
import { foreignGpus, foreignGpuWarnings, whoOf } from '../../src/commands/host/foreign.ts';
import type { GpuUser } from '../../src/commands/outside/engine.ts';
import type { Host } from '../../src/projections/state.ts';
import { gpuList, gpuUsage } from '../../src/projections/views/resources.ts';
import { goodFacts, HOST, run, Scenario } from '../support/scenario.ts';

const jupyter = (gpus: GpuUser['gpus']): GpuUser => ({ containerName: 'jupyter', log: null, gpus });
const one = (gpus: GpuUser['gpus']): GpuUser => ({ containerName: 'one-1', log: '15a9c2d0-0000', gpus });

function hostOf(s: Scenario): Host {
  const host = s.state.hosts.get(HOST);
  if (host === undefined) throw new Error('no host');
  return host;
}
const factsWith = (...gpuUsers: GpuUser[]) => goodFacts({ gpuUsers });

const test = suite('foreign GPUs');

test('a container names its GPUs by UUID, by the beginning of one, by index, as a MIG slice, or all of them', () => {
  const gpu = (index: number) => ({ gpu: `GPU-0000000${index}-aa`, index, name: 'A100', memoryMiB: 1, present: index < 3, holder: null });
  const host: Host = { name: 'box', gpus: [gpu(0), gpu(1), gpu(2), gpu(3)], portRange: null, ports: new Map(), reads: 1 };
  const of = (...ids: string[]): string[] => [...foreignGpus(host, [jupyter(ids)]).keys()].map((uuid) => uuid.slice(11, 12));
  assert.equal(of('GPU-00000001-aa'), ['1']);
  assert.equal(of('GPU-00000001'), ['1']);
  assert.equal(of('2', '0'), ['2', '0']);
  assert.equal(of('1:0'), ['1']);
  assert.equal(of('MIG-GPU-00000002-aa/1/0'), ['2']);
  assert.equal(of('MIG-4f0e'), ['0', '1', '2'], 'a slice of a GPU that it does not name may be of any');
  assert.equal(of('GPU-', '7', 'GPU-ffffffff-aa'), [], 'of another machine');
  assert.equal(of('3'), [], 'not in the machine any more');
  assert.is(foreignGpus(host, [jupyter('all')]).size, 3);
  assert.is(foreignGpus(host, [jupyter(['0']), one(['0', '0'])]).get('GPU-00000000-aa'), 'jupyter, one-1 (log 15a9…)');
  assert.is(foreignGpus(undefined, [jupyter('all')]).size, 0);
});

test('simulated GPUs are in no machine', () => {
  const simulated = { gpu: 'GPU-0', index: 0, name: 'simulated', memoryMiB: 1, present: true, holder: null };
  assert.is(foreignGpus({ name: 'box', gpus: [simulated], portRange: null, ports: new Map(), reads: 1 }, [jupyter('all')]).size, 0);
});

test('such GPUs are not given out, and the refusal counts them and names their users', () => {
  const s = new Scenario(8);
  s.run(run('mine', { gpuCount: 3 }), undefined, factsWith(jupyter(['0', '2']), one(['GPU-7'])));
  assert.equal(s.rs('mine').gpus, ['GPU-1', 'GPU-3', 'GPU-4']);
  const no = s.rejected(run('bar', { gpuCount: 3 }), factsWith(jupyter(['0', '2']), one(['GPU-7'])));
  assert.is(no.code, 1013);
  assert.is(no.message, '3 GPUs asked for, but 2 of 8 free (3 are used by containers outside this log: jupyter, one-1 (log 15a9…))');
  assert.is(
    s.rejected(run('bar', { gpuCount: 5 }), factsWith(jupyter(['0']))).message,
    '5 GPUs asked for, but 4 of 8 free (1 is used by containers outside this log: jupyter)',
  );
});

test('a GPU that the replicaSet itself holds stays its own, and a restart after a stop chooses others', () => {
  const s = new Scenario(3);
  s.run(run('foo', { gpuCount: 1 }));
  const intruder = factsWith(jupyter(['0']));
  s.run({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } }, undefined, intruder);
  assert.equal(s.rs('foo').gpus, ['GPU-0', 'GPU-1']);
  const no = s.rejected({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 4 } }, factsWith(jupyter(['2'])));
  assert.match(no.message, /^4 GPUs asked for, but 0 of 3 free beside the 2 that foo holds \(1 is used by/);
  s.run({ do: 'stop', name: 'foo' });
  s.run({ do: 'restart', name: 'foo' }, undefined, intruder);
  assert.equal(s.rs('foo').gpus, ['GPU-1', 'GPU-2']);
  s.run({ do: 'stop', name: 'foo' });
  s.run({ do: 'rollback', name: 'foo', version: 1 }, undefined, intruder);
  assert.equal(s.rs('foo').gpus, ['GPU-1'], 'the GPU of that version is in use');
});

test('GPUs are asked about wherever they may have to be chosen, and what was not asked is not decided on', () => {
  const s = new Scenario(2);
  const unasked = goodFacts({ gpuUsers: null });
  const isAsked = (command: Command): void => {
    assert.is(needsOf(s.state, command).gpus, true, command.do);
    assert.is(s.decide(command, unasked).decision.kind, 'stale', command.do);
  };
  s.run(run('foo', { gpuCount: 1 }));
  isAsked(run('bar'));
  isAsked({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } });
  s.run({ do: 'restart', name: 'foo' });
  s.run({ do: 'stop', name: 'foo' });
  isAsked({ do: 'restart', name: 'foo' });
  isAsked({ do: 'rollback', name: 'foo', version: 1 });
  assert.is(s.decide(run('none', { gpuCount: 0 }), unasked).decision.kind, 'events');
});

test('a new version on no other GPUs than those that the replicaSet holds asks nobody', () => {
  const s = new Scenario(3);
  const unasked = goodFacts({ gpuUsers: null });
  s.run(run('foo', { gpuCount: 2 }));
  const same = [
    { do: 'patch', name: 'foo' },
    { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 1 } },
    { do: 'restart', name: 'foo' },
    { do: 'rollback', name: 'foo', version: 1 },
  ] as const;
  s.run({ do: 'restart', name: 'foo' });
  for (const command of same) {
    assert.is(needsOf(s.state, command).gpus, false, command.do);
    assert.is(s.decide(command, unasked).decision.kind, 'events', command.do);
  }
  s.run(same[1], undefined, unasked);
  assert.equal(s.rs('foo').gpus, ['GPU-0']);
  // Version 1 had another GPU, which is free, and may be in use by now.
  assert.is(needsOf(s.state, same[3]).gpus, true);
  assert.is(s.decide(same[3], unasked).decision.kind, 'stale');
  s.append([{ type: 'GpuLost', stream: `host/${HOST}`, data: { gpu: 'GPU-0' } }], {
    id: 'look',
    name: 'reconcile',
    actor: 'system:reconcile',
  });
  assert.is(s.decide({ do: 'restart', name: 'foo' }, unasked).decision.kind, 'stale', 'the one that it holds is not there any more');
});

test('one that comes back between the question who uses it and the decision is not given out', () => {
  const s = new Scenario(2);
  const meta = { id: 'look', name: 'reconcile', actor: 'system:reconcile' };
  const stream = `host/${HOST}`;
  s.append([{ type: 'GpuLost', stream, data: { gpu: 'GPU-0' } }], meta);
  const asked = factsWith(jupyter('all'), one(['GPU-0']));
  assert.is(foreignGpus(hostOf(s), asked.gpuUsers ?? []).has('GPU-0'), false, 'it is in no machine');
  s.append([{ type: 'GpuDiscovered', stream, data: { gpu: 'GPU-0', index: 0, name: 'A100', memoryMiB: 81920 } }], meta);
  assert.match(s.rejected(run('foo', { gpuCount: 1 }), asked).message, /0 of 2 free \(2 are used by/);
  assert.match(s.rejected(run('foo', { gpuCount: 2 }), factsWith(one(['GPU-0']))).message, /1 of 2 free \(1 is used by containers/);
});

test('while no GPU is in the machine nobody is asked, and one that comes then is not given out unasked', () => {
  const s = new Scenario(0);
  const unasked = goodFacts({ gpuUsers: null });
  assert.is(s.decide(run('foo', { gpuCount: 1 }), unasked).decision.kind, 'rejected');
  s.append([{ type: 'GpuDiscovered', stream: `host/${HOST}`, data: { gpu: 'GPU-0', index: 0, name: 'A100', memoryMiB: 81920 } }], {
    ...{ id: 'look', name: 'reconcile', actor: 'system:reconcile' },
  });
  assert.is(s.decide(run('foo', { gpuCount: 1 }), unasked).decision.kind, 'stale');
});

test('the views show them: the Go program’s counts them as used, the list says by whom', () => {
  const s = new Scenario(3);
  s.run(run('foo', { gpuCount: 1 }));
  const foreign = foreignGpus(hostOf(s), [one(['0', '1'])]);
  assert.equal(gpuUsage(hostOf(s), foreign), { 'GPU-0': 1, 'GPU-1': 1, 'GPU-2': 0 });
  assert.equal(
    gpuList(hostOf(s), foreign).map((g) => [g.holder, g.foreign]),
    [
      ['foo', 'one-1 (log 15a9…)'],
      [null, 'one-1 (log 15a9…)'],
      [null, undefined],
    ],
  );
  assert.equal(foreignGpuWarnings(hostOf(s), foreign), [
    'containers outside this log use GPUs, which are therefore not given out: GPU 1 (GPU-1) by one-1 (log 15a9…)',
    'GPU 0 (GPU-0) is leased to replicaSet foo, and used by one-1 (log 15a9…) outside this log, too',
  ]);
  assert.is(whoOf(jupyter('all')), 'jupyter');
});

test.run();
