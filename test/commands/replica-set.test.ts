import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Step, StepResult } from '../../src/commands/outside/engine.ts';
import { goodFacts, run, Scenario, types } from '../support/scenario.ts';

const fails =
  (what: Step['do'], version?: number, kind: 'refused' | 'not-found' | 'conflict' = 'refused') =>
  (step: Step): StepResult | undefined =>
    step.do === what && (version === undefined || ('version' in step && step.version === version))
      ? { ok: false, do: step.do, error: { kind, message: `${what} says no` } }
      : undefined;
const badStart =
  (version: number) =>
  (step: Step): StepResult | undefined =>
    step.do === 'startContainer' && step.version === version
      ? { ok: true, do: step.do, start: { started: false, why: 'failed', exitCode: 3, message: 'exited with 3' } }
      : undefined;

const runs = suite('run');
runs('creates, starts and holds what it was given', () => {
  const s = new Scenario();
  const events = s.run(run('foo', { gpuCount: 2, containerPorts: ['22', '443'] }));
  assert.equal(types(events), [
    'OperationStarted',
    'ContainerVersionCreated',
    'GpuAllocated',
    'PortAllocated',
    'ContainerCreated',
    'ContainerStarted',
    'OperationCompleted',
  ]);
  assert.equal(s.rs('foo').gpus, ['GPU-0', 'GPU-1']);
  assert.equal(s.rs('foo').ports, [
    { containerPort: '22', hostPort: 40000 },
    { containerPort: '443', hostPort: 40001 },
  ]);
  assert.is(s.rs('foo').state, 'running');
  assert.is(s.rs('foo').operation, null);
});
runs('a failed start gives everything back after the container is gone, and frees the name', () => {
  const s = new Scenario();
  const events = s.run(run('foo', { gpuCount: 2, containerPorts: ['22'] }), badStart(1));
  assert.equal(types(events).slice(4), [
    'ContainerCreated',
    'ContainerVersionFailed',
    'ContainerRemoved',
    'GpuReleased',
    'PortReleased',
    'OperationFailed',
  ]);
  assert.is(s.state.replicaSets.has('foo'), false);
  assert.is(s.holder(0), null);
});
runs('a refused run appends nothing: 1013 says how many are free', () => {
  const s = new Scenario(4);
  s.run(run('foo', { gpuCount: 2 }));
  const no = s.rejected(run('bar', { gpuCount: 3 }));
  assert.is(no.code, 1013);
  assert.match(no.message, '3 GPUs asked for, but 2 of 4 free');
});
runs('more GPUs than the machine has: 1013; more ports than the range: 1014', () => {
  const s = new Scenario(4, { start: 40000, end: 40001 });
  assert.is(s.rejected(run('foo', { gpuCount: 5 })).code, 1013);
  assert.is(s.rejected(run('foo', { containerPorts: ['1', '2', '3'] })).code, 1014);
});
runs('passes over a host port that someone else listens on', () => {
  const s = new Scenario();
  s.run(run('foo', { containerPorts: ['22'] }), undefined, goodFacts({ busyPorts: new Set([40000, 40001]) }));
  assert.is(s.rs('foo').ports[0]?.hostPort, 40002);
});
runs('a port taken meanwhile is given back and another one tried', () => {
  const s = new Scenario();
  let starts = 0;
  const events = s.run(run('foo', { containerPorts: ['22'] }), (step) =>
    step.do === 'startContainer' && starts++ === 0
      ? { ok: true, do: step.do, start: { started: false, why: 'port-taken', hostPort: 40000, message: 'in use' } }
      : undefined,
  );
  assert.equal(types(events).slice(4), [
    'ContainerCreated',
    'PortConflictFound',
    'ContainerRemoved',
    'PortReleased',
    'PortAllocated',
    'ContainerCreated',
    'ContainerStarted',
    'OperationCompleted',
  ]);
  assert.is(s.rs('foo').ports[0]?.hostPort, 40001);
  const created = s.steps.filter((x) => x.do === 'createContainer').at(-1);
  assert.is(created?.do === 'createContainer' && created.request.ports[0]?.hostPort, 40001);
});
runs('each bad name and body has its code', () => {
  const s = new Scenario();
  assert.is(s.rejected(run('foo', { imageName: '' })).code, 1001);
  assert.match(s.rejected(run('foo', { imageName: 'gpu-docker-api/disk:bar-1' })).message, 'saved system disk');
  assert.is(s.rejected(run('')).code, 1002);
  assert.is(s.rejected(run('foo-1')).code, 1003);
  assert.is(s.rejected(run('_foo')).code, 1000);
  assert.is(s.rejected(run('x'.repeat(64))).code, 1000);
  assert.is(s.rejected(run('foo', { gpuCount: -1 })).code, 1012);
  assert.is(s.rejected(run('foo', { env: ['NOEQUALS'] })).code, 1000);
  for (const name of ['VISIBLE_DEVICES', 'MIG_CONFIG_DEVICES', 'MIG_MONITOR_DEVICES', 'IMEX_CHANNELS'])
    assert.match(s.rejected(run('foo', { env: [`NVIDIA_${name}=all`] })).message, `env NVIDIA_${name} is set by the allocator alone`);
  assert.is(s.rejected(run('foo', { containerPorts: ['22', '22'] })).code, 1000);
  assert.is(s.rejected(run('foo', { containerPorts: ['0'] })).code, 1000);
  assert.is(s.rejected(run('foo', { binds: [{ src: 'v1', dest: '/a/..' }] })).code, 1000);
  assert.is(s.rejected(run('foo', { binds: [{ src: 'v1', dest: 'a' }] })).code, 1000);
  assert.is(s.rejected(run('foo'), goodFacts({ images: new Map([['img', null]]) })).code, 1004);
  s.run(run('foo'));
  assert.is(s.rejected(run('foo')).code, 1008);
});
runs('host paths that hand over the host are refused, through links too', () => {
  const s = new Scenario();
  const bind = (src: string) => run('foo', { binds: [{ src, dest: '/x' }] });
  for (const src of ['/etc', '/etc/ssh', '/root/x', '/data/../etc']) assert.match(s.rejected(bind(src)).message, /would hand over/, src);
  for (const src of ['/', '/var', '/var/lib/docker/volumes']) assert.match(s.rejected(bind(src)).message, /belongs to Docker/, src);
  const { message } = s.rejected(bind('/data/link'), goodFacts({ hostPaths: new Map([['/data/link', '/etc/shadow']]) }));
  assert.is(message, 'host path /data/link leads outside of what --allow-bind allows');
  s.run(run('ok', { binds: [{ src: '/mynfs/data', dest: '/root/data' }] }));
});
runs.run();

const patches = suite('patch');
patches('carries the disk over: stop, save, create from it, start, remove the old one, then release', () => {
  const s = new Scenario();
  s.run(run('foo', { gpuCount: 3, containerPorts: ['22'] }));
  const events = s.run({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 1 } });
  assert.equal(types(events), [
    'OperationStarted',
    'ContainerVersionCreated',
    'ContainerStopped',
    'SystemDiskSaved',
    'ContainerCreated',
    'ContainerStarted',
    'ContainerRemoved',
    'GpuReleased',
    'OperationCompleted',
  ]);
  assert.equal(s.rs('foo').gpus, ['GPU-0']);
  assert.is(s.rs('foo').current, 2);
  assert.equal(s.rs('foo').ports, [{ containerPort: '22', hostPort: 40000 }]);
  const create = s.steps.filter((x) => x.do === 'createContainer').at(-1);
  assert.is(create?.do === 'createContainer' && create.request.fromDisk, true);
});
patches('keeps the GPUs it holds and adds free ones', () => {
  const s = new Scenario();
  s.run(run('a', { gpuCount: 1 }));
  s.run(run('foo', { gpuCount: 1 }));
  s.run({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 3 } });
  assert.equal(s.rs('foo').gpus.slice().sort(), ['GPU-1', 'GPU-2', 'GPU-3']);
  assert.is(s.rejected({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 4 } }).code, 1013);
});
for (const step of ['stopContainer', 'saveDisk', 'createContainer', 'startContainer'] as const) {
  patches(`when ${step} fails the old container is put back, and only what was added is released`, () => {
    const s = new Scenario();
    s.run(run('foo', { gpuCount: 1, containerPorts: ['22'] }));
    const version = step === 'stopContainer' || step === 'saveDisk' ? 1 : 2;
    let once = true;
    const events = s.run({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 3 } }, (x) => {
      const answer = once ? fails(step, version)(x) : undefined;
      if (answer !== undefined) once = false;
      return answer;
    });
    assert.is(types(events).at(-1), 'OperationFailed');
    assert.is(s.rs('foo').current, 1);
    assert.is(s.rs('foo').state, 'running');
    assert.equal(s.rs('foo').gpus, ['GPU-0']);
    assert.equal(s.rs('foo').ports, [{ containerPort: '22', hostPort: 40000 }]);
    assert.is(s.rs('foo').versions[0]?.disk, undefined, 'the stale copy of the disk is discarded');
    assert.equal(s.rs('foo').versions.length, 1, 'nothing is left of the version that failed');
  });
}
patches('an old container that cannot be started again keeps its lease and says so', () => {
  const s = new Scenario();
  s.run(run('foo', { gpuCount: 1 }));
  const events = s.run({ do: 'patch', name: 'foo' }, (x) => badStart(2)(x) ?? badStart(1)(x));
  const last = events.at(-1);
  assert.is(last?.type === 'OperationFailed' && last.data.code, 1007);
  assert.match(last?.type === 'OperationFailed' ? last.data.message : '', 'could not be started again');
  assert.is(s.rs('foo').state, 'failed');
  assert.equal(s.rs('foo').gpus, ['GPU-0']);
  s.run({ do: 'continue', name: 'foo' });
  assert.is(s.rs('foo').state, 'running');
});
patches('of a paused one that fails leaves it paused, with its resources', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'pause', name: 'foo' });
  s.run({ do: 'patch', name: 'foo' }, badStart(2));
  assert.is(s.rs('foo').state, 'paused');
  assert.equal(s.rs('foo').gpus, ['GPU-0']);
});
patches('of a stopped one allocates afresh; failing, it gives that back', () => {
  const s = new Scenario();
  s.run(run('foo', { containerPorts: ['22'] }));
  s.run({ do: 'stop', name: 'foo' });
  s.run(run('other'));
  s.run({ do: 'patch', name: 'foo' }, badStart(2));
  assert.is(s.rs('foo').state, 'stopped');
  assert.equal(s.rs('foo').gpus, []);
  s.run({ do: 'patch', name: 'foo' });
  assert.equal(s.rs('foo').gpus, ['GPU-1']);
  assert.is(s.rs('foo').current, 3);
});
patches('when the container has vanished meanwhile everything is released and nothing is lost silently', () => {
  const s = new Scenario();
  s.run(run('foo', { containerPorts: ['22'] }));
  const events = s.run({ do: 'patch', name: 'foo' }, fails('stopContainer', 1, 'not-found'));
  assert.ok(types(events).includes('ContainerVanished'));
  assert.is(s.rs('foo').state, 'failed');
  assert.is(s.holder(0), null);
  assert.match(s.rejected({ do: 'restart', name: 'foo' }).message, 'removed from Docker by someone else');
});
patches('an oldBind that matches nothing, a missing volume, equal binds', () => {
  const s = new Scenario();
  s.run(run('foo', { binds: [{ src: 'v1', dest: '/v' }] }));
  const patch = (oldBind: { src: string; dest: string }, newBind: { src: string; dest: string }) => ({
    do: 'patch' as const,
    name: 'foo',
    volumePatch: { oldBind, newBind },
  });
  assert.match(s.rejected(patch({ src: 'v9', dest: '/v' }, { src: 'v2', dest: '/v' })).message, 'matches no bind');
  const missing = goodFacts({ volumes: new Map([['v2', 'none']]) });
  assert.match(s.rejected(patch({ src: 'v1', dest: '/v' }, { src: 'v2', dest: '/v' }), missing).message, 'does not exist');
  assert.is(s.rejected(patch({ src: 'v1', dest: '/v' }, { src: 'v1', dest: '/v' })).code, 1009);
});
patches('a second command for the name waits while one is under way', () => {
  const s = new Scenario();
  const { decision, meta } = s.decide(run('foo'));
  if (decision.kind === 'events') s.append(decision.events, meta);
  assert.is(s.decide({ do: 'patch', name: 'foo' }).decision.kind, 'wait');
  assert.is(s.decide(run('foo')).decision.kind, 'wait');
});
patches.run();

const others = suite('rollback, stop, pause, continue, delete, commit');
others('rollback takes configuration and disk of that version with its own GPUs where free', () => {
  const s = new Scenario();
  s.run(run('foo', { gpuCount: 2, env: ['A=1'] }));
  s.run({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 1 } });
  s.run(run('bar', { gpuCount: 1 }));
  s.run({ do: 'rollback', name: 'foo', version: 1 });
  assert.equal(s.rs('foo').gpus.slice().sort(), ['GPU-0', 'GPU-2']);
  assert.is(s.holder(1), 'bar');
  const create = s.steps.filter((x) => x.do === 'createContainer').at(-1);
  assert.match(create?.do === 'createContainer' ? create.request.image : '', 'disk of foo-1');
  assert.is(s.rejected({ do: 'rollback', name: 'foo', version: 3 }).code, 1022);
  assert.is(s.rejected({ do: 'rollback', name: 'foo', version: 9 }).code, 1021);
  assert.is(s.rejected({ do: 'rollback', name: 'foo', version: -1 }).code, 1020);
});
others('rollback without enough GPUs is 1013 and takes none of another', () => {
  const s = new Scenario(2);
  s.run(run('foo', { gpuCount: 2 }));
  s.run({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 1 } });
  s.run(run('bar', { gpuCount: 1 }));
  assert.is(s.rejected({ do: 'rollback', name: 'foo', version: 1 }).code, 1013);
  assert.is(s.holder(1), 'bar');
});
others('after the container has vanished, a rollback brings an earlier version back', () => {
  const s = new Scenario();
  s.run(run('foo', { containerPorts: ['22'] }));
  s.run({ do: 'patch', name: 'foo' });
  s.reconcile({ containers: [], volumes: new Set() });
  s.reconcile({ containers: [], volumes: new Set() });
  assert.is(s.rs('foo').state, 'failed');
  assert.is(s.holder(0), null);
  s.run({ do: 'rollback', name: 'foo', version: 1 });
  assert.is(s.rs('foo').state, 'running');
  assert.equal(s.rs('foo').gpus, ['GPU-0']);
});
others('stop releases after ContainerStopped; stop, continue and delete again free nothing of another', () => {
  const s = new Scenario(1);
  s.run(run('foo', { containerPorts: ['22'] }));
  assert.equal(types(s.run({ do: 'stop', name: 'foo' })), [
    'OperationStarted',
    'ContainerStopped',
    'GpuReleased',
    'PortReleased',
    'SystemDiskSaved',
    'OperationCompleted',
  ]);
  s.run(run('bar', { containerPorts: ['22'] }));
  assert.is(s.decide({ do: 'stop', name: 'foo' }).decision.kind, 'already');
  assert.is(s.rejected({ do: 'continue', name: 'foo' }).code, 1019);
  assert.is(s.rejected({ do: 'restart', name: 'foo' }).code, 1013);
  s.run({ do: 'delete', name: 'foo' });
  assert.is(s.holder(0), 'bar');
  assert.is(s.state.hosts.get('box')?.ports.get(40000), 'bar');
});
others('a stop that Docker refuses leaves it running and holding', () => {
  const s = new Scenario();
  s.run(run('foo'));
  const last = s.run({ do: 'stop', name: 'foo' }, fails('stopContainer')).at(-1);
  assert.is(last?.type === 'OperationFailed' && last.data.code, 1010);
  assert.is(s.rs('foo').state, 'running');
  assert.is(s.holder(0), 'foo');
});
others('pause keeps GPUs and ports; continue starts it again', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'pause', name: 'foo' });
  assert.is(s.rs('foo').state, 'paused');
  assert.is(s.holder(0), 'foo');
  s.run({ do: 'continue', name: 'foo' });
  assert.is(s.rs('foo').state, 'running');
  assert.equal(types(s.run({ do: 'continue', name: 'foo' })), [
    'OperationStarted',
    'ContainerStopped',
    'ContainerContinued',
    'OperationCompleted',
  ]);
});
others('delete removes the container, then releases, then removes disks; the next life of the name is another', () => {
  const s = new Scenario();
  s.run(run('foo', { containerPorts: ['22'] }));
  s.run({ do: 'patch', name: 'foo' });
  const { uid } = s.rs('foo');
  assert.equal(types(s.run({ do: 'delete', name: 'foo' })), [
    'OperationStarted',
    'ContainerRemoved',
    'GpuReleased',
    'PortReleased',
    'ReplicaSetDeleted',
    'OperationCompleted',
  ]);
  s.run(run('foo'));
  assert.is.not(s.rs('foo').uid, uid);
  assert.is(s.rs('foo').current, 1);
});
others('commit and its failure', () => {
  const s = new Scenario();
  s.run(run('foo'));
  assert.equal(types(s.run({ do: 'commit', name: 'foo', newImageName: 'mine' })), [
    'OperationStarted',
    'ContainerCommitted',
    'OperationCompleted',
  ]);
  const last = s.run({ do: 'commit', name: 'foo', newImageName: 'good' }, fails('commitImage')).at(-1);
  assert.is(last?.type === 'OperationFailed' && last.data.code, 1015);
  for (const bad of ['gpu-docker-api/disk:x', 'Upper', 'a b', '!', 'a:b:c', 'a@sha256:0', '-a', 'a//b']) {
    assert.is(s.rejected({ do: 'commit', name: 'foo', newImageName: bad }).code, 1015, bad);
  }
  for (const good of ['foo-v1-image', 'lab/foo:v1', 'registry.lab:5000/x/y_z:Tag-1', 'Host.lab/x']) {
    assert.is(s.decide({ do: 'commit', name: 'foo', newImageName: good }).decision.kind, 'events', good);
  }
});
others('execute only while running', () => {
  const s = new Scenario();
  assert.is(s.rejected({ do: 'execute', name: 'foo', cmd: ['ls'] }).kind, 'not-found');
  s.run(run('foo'));
  assert.is(s.rejected({ do: 'execute', name: 'foo', cmd: [] }).code, 1000);
  s.run({ do: 'stop', name: 'foo' });
  assert.is(s.rejected({ do: 'execute', name: 'foo', cmd: ['ls'] }).code, 1006);
});
for (const command of ['patch', 'restart', 'stop', 'pause', 'continue', 'delete'] as const) {
  others(`${command} of a name that does not exist says so`, () => {
    assert.is(new Scenario().rejected({ do: command, name: 'nope' }).kind, 'not-found');
  });
}
others.run();

const world = suite('reconcile');
const seen = (name: string, uid: string, version: number, state: 'running' | 'exited', exitCode = 0) => ({
  id: `(id of ${name}-${version})`,
  containerName: `${name}-${version}`,
  name,
  uid,
  version,
  state,
  exitCode,
  oomKilled: false,
  gpus: [],
  hostPorts: [],
});
world('a process that ended by itself keeps its lease; it can be continued or patched', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.reconcile({ containers: [seen('foo', s.rs('foo').uid, 1, 'exited', 137)], volumes: new Set() });
  assert.is(s.rs('foo').state, 'exited');
  assert.is(s.rs('foo').exitCode, 137);
  assert.is(s.holder(0), 'foo');
  s.run({ do: 'patch', name: 'foo' });
  assert.is(s.rs('foo').state, 'running');
  assert.ok(s.steps.some((x) => x.do === 'saveDisk'));
});
world('a stopped one that was started from outside is stopped again: its GPUs may be another’s', () => {
  const s = new Scenario(1);
  s.run(run('foo'));
  s.run({ do: 'stop', name: 'foo' });
  s.run(run('bar'));
  s.reconcile({ containers: [seen('foo', s.rs('foo').uid, 1, 'running'), seen('bar', s.rs('bar').uid, 1, 'running')], volumes: new Set() });
  s.drive('replicaSet/foo');
  assert.ok(s.steps.some((x) => x.do === 'stopContainer' && x.container.containerName === 'foo-1'));
  assert.is(s.rs('foo').state, 'stopped');
  assert.is(s.holder(0), 'bar');
});
world('agreement appends nothing', () => {
  const s = new Scenario();
  s.run(run('foo'));
  assert.is(s.reconcile({ containers: [seen('foo', s.rs('foo').uid, 1, 'running')], volumes: new Set() }).length, 0);
});
world.run();
