import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Step, StepResult } from '../../src/commands/outside/engine.ts';
import { parseSize } from '../../src/commands/request/names.ts';
import { goodFacts, run, Scenario, types } from '../support/scenario.ts';

const volumes = suite('volumes');
const fails =
  (what: Step['do'], kind: 'refused' | 'in-use' | 'no-space' = 'refused') =>
  (step: Step): StepResult | undefined =>
    step.do === what ? { ok: false, do: step.do, error: { kind, message: `${what} says no` } } : undefined;

volumes('sizes: fractions, lower case, powers of 1024', () => {
  assert.equal(parseSize('1.5gb'), { size: '1.5GB', bytes: 1610612736 });
  assert.equal(parseSize('20GB'), { size: '20GB', bytes: 20 * 1024 ** 3 });
  for (const bad of ['20', 'GB', '', '20PB', '-1GB', '0GB', '1e3GB', '20GBs']) assert.is(parseSize(bad), null, bad);
});
volumes('create, and each refusal', () => {
  const s = new Scenario();
  assert.equal(types(s.run({ do: 'createVolume', name: 'bar', size: '20GB' })), [
    'OperationStarted',
    'VolumeVersionCreated',
    'VolumeProvisioned',
    'OperationCompleted',
  ]);
  const code = (name: string, size: string) => s.rejected({ do: 'createVolume', name, size }).code;
  assert.is(code('bar', '20GB'), 1026);
  assert.is(code('', '20GB'), 1024);
  assert.is(code('a-b', '20GB'), 1031);
  assert.is(code('/a', '20GB'), 1032);
  assert.is(code('a', '20'), 1029);
  assert.is(code('a b', '20GB'), 1000);
  const why = (size: string) => s.rejected({ do: 'createVolume', name: 'a', size }).message;
  assert.is(why(''), 'size is missing: write it as 20GB');
  assert.is(why('0.0001KB'), 'size "0.0001KB" is too small: it is from 0.001KB to 8000TB');
  assert.is(why('9000TB'), 'size "9000TB" is too large: it is from 0.001KB to 8000TB');
  for (const size of ['0.001KB', '8000TB']) s.run({ do: 'createVolume', name: `v${size}`, size });
});
volumes('a failed create leaves nothing and frees the name', () => {
  const s = new Scenario();
  const last = s.run({ do: 'createVolume', name: 'bar', size: '20GB' }, fails('createVolume')).at(-1);
  assert.is(last?.type === 'OperationFailed' && last.data.code, 1023);
  assert.is(s.state.volumes.has('bar'), false);
});
volumes('a new size: create, copy, switch, remove the old one', () => {
  const s = new Scenario();
  s.run({ do: 'createVolume', name: 'bar', size: '20GB' });
  const events = s.run({ do: 'resizeVolume', name: 'bar', size: '50GB' });
  assert.equal(types(events), [
    'OperationStarted',
    'VolumeVersionCreated',
    'VolumeProvisioned',
    'VolumeDataCopied',
    'VolumeResized',
    'VolumeVersionRemoved',
    'OperationCompleted',
  ]);
  const copy = s.steps.find((x) => x.do === 'copyVolume');
  assert.is(copy?.do === 'copyVolume' && `${copy.from}>${copy.to}`, 'bar-1>bar-2');
  assert.is(s.volume('bar').current, 2);
  assert.is(s.rejected({ do: 'resizeVolume', name: 'bar', size: '51200MB' }).code, 1028);
});
volumes('a copy that fails leaves the old volume as it was', () => {
  const s = new Scenario();
  s.run({ do: 'createVolume', name: 'bar', size: '20GB' });
  const last = s.run({ do: 'resizeVolume', name: 'bar', size: '50GB' }, fails('copyVolume', 'no-space')).at(-1);
  assert.is(last?.type === 'OperationFailed' && last.data.code, 1035);
  assert.is(s.volume('bar').current, 1);
  assert.is(s.volume('bar').versions[0]?.state, 'ready');
  assert.ok(s.steps.some((x) => x.do === 'removeVolume' && x.volume === 'bar-2'));
  assert.not.ok(s.steps.some((x) => x.do === 'removeVolume' && x.volume === 'bar-1'));
});
volumes('smaller than what is used: 1030', () => {
  const s = new Scenario();
  s.run({ do: 'createVolume', name: 'bar', size: '20GB' });
  const facts = goodFacts({ volumeUse: new Map([['bar-1', { usedBytes: 6 * 1024 ** 3, users: [] }]]) });
  const no = s.rejected({ do: 'resizeVolume', name: 'bar', size: '5GB' }, facts);
  assert.is(no.code, 1030);
  assert.match(no.message, 'uses 6GB');
});
volumes('mounted by a running container: neither resized nor deleted, saying by which', () => {
  const s = new Scenario();
  s.run({ do: 'createVolume', name: 'bar', size: '20GB' });
  s.run(run('foo', { binds: [{ src: 'bar-1', dest: '/v' }] }));
  assert.match(s.rejected({ do: 'resizeVolume', name: 'bar', size: '50GB' }).message, 'mounted by replicaSet foo');
  assert.match(s.rejected({ do: 'deleteVolume', name: 'bar' }).message, 'mounted by replicaSet foo');
  s.run({ do: 'delete', name: 'foo' });
  s.run({ do: 'deleteVolume', name: 'bar' });
  assert.is(s.state.volumes.has('bar'), false);
});
volumes('a stopped replicaSet follows the volume to its new version; the old one goes with the old container', () => {
  const s = new Scenario();
  s.run({ do: 'createVolume', name: 'bar', size: '20GB' });
  s.run(run('foo', { binds: [{ src: 'bar-1', dest: '/v' }] }));
  s.run({ do: 'stop', name: 'foo' });
  const inUse = (step: Step) => (step.do === 'removeVolume' ? fails('removeVolume', 'in-use')(step) : undefined);
  s.run({ do: 'resizeVolume', name: 'bar', size: '50GB' }, inUse);
  assert.is(s.volume('bar').versions[0]?.state, 'retired');
  s.run({ do: 'restart', name: 'foo' });
  assert.equal(s.rs('foo').versions[1]?.spec.binds[0]?.src, 'bar-2');
  s.drive('volume/bar');
  assert.is(s.volume('bar').versions[0]?.state, 'removed');
});
volumes('a name that belongs to a managed volume but is no version of it is refused', () => {
  const s = new Scenario();
  s.run({ do: 'createVolume', name: 'bar', size: '20GB' });
  const missing = goodFacts({ volumes: new Map([['bar', 'none']]) });
  assert.match(s.rejected(run('foo', { binds: [{ src: 'bar', dest: '/v' }] }), missing).message, 'mounted as bar-1');
  assert.match(s.rejected(run('foo', { binds: [{ src: 'bar-7', dest: '/v' }] })).message, 'the current version of bar is bar-1');
});
volumes('a rollback to a version whose volume was deleted is refused, also when the name lives again', () => {
  const s = new Scenario();
  s.run({ do: 'createVolume', name: 'bar', size: '20GB' });
  s.run({ do: 'createVolume', name: 'baz', size: '20GB' });
  s.run(run('foo', { binds: [{ src: 'bar-1', dest: '/v' }] }));
  s.run({ do: 'patch', name: 'foo', volumePatch: { oldBind: { src: 'bar-1', dest: '/v' }, newBind: { src: 'baz-1', dest: '/v' } } });
  s.run({ do: 'deleteVolume', name: 'bar' });
  s.run({ do: 'createVolume', name: 'bar', size: '20GB' });
  assert.match(s.rejected({ do: 'rollback', name: 'foo', version: 1 }).message, 'was deleted');
});
volumes('a Docker volume made by run is named in the event', () => {
  const s = new Scenario();
  s.run(run('foo', { binds: [{ src: 'veil-0', dest: '/v' }] }), undefined, goodFacts({ volumes: new Map([['veil-0', 'none']]) }));
  const created = s.events.find((e) => e.type === 'ContainerVersionCreated');
  assert.equal(created?.type === 'ContainerVersionCreated' && created.data.createsVolumes, ['veil-0']);
});
volumes('a volume waits for a container that is still to be made and would mount it unasked', () => {
  const s = new Scenario();
  const binds = [
    { src: 'veil-1', dest: '/a' },
    { src: 'bar-2', dest: '/b' },
  ];
  const nowhere = goodFacts({ volumes: new Map(binds.map(({ src }) => [src, 'none'])) });
  const { decision, meta } = s.decide(run('foo', { binds }), nowhere);
  if (decision.kind !== 'events') throw new Error(`the run is ${decision.kind}`);
  s.append(decision.events, meta);
  s.run({ do: 'createVolume', name: 'bar', size: '20GB' });
  const create = { do: 'createVolume', name: 'veil', size: '20GB' } as const;
  const resize = { do: 'resizeVolume', name: 'bar', size: '50GB' } as const;
  for (const command of [create, resize])
    assert.equal(s.decide(command).decision, { kind: 'wait', streams: ['replicaSet/foo'] }, command.do);
  // Docker has the volumes once the container is made, and the step that would make one says so.
  s.drive('replicaSet/foo');
  for (const command of [create, resize]) assert.is(s.decide(command).decision.kind, 'events', command.do);
});
volumes.run();
