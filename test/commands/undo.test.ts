// What an undo gives back and leaves behind. Each of these was found by the simulation.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { unnamedDisks } from '../../src/commands/host/saved-disks.ts';
import { HOST, run, Scenario, types } from '../support/scenario.ts';

const undo = suite('undo');

undo('a port that the old container goes back to stays held when the new one could not have another', () => {
  const s = new Scenario(4, { start: 40000, end: 40000 });
  s.run(run('foo', { containerPorts: ['22'] }));
  const events = s.run({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } }, (step) =>
    step.do === 'startContainer' && step.version === 2
      ? { ok: true, do: step.do, start: { started: false, why: 'port-taken', hostPort: 40000, message: 'in use' } }
      : undefined,
  );
  assert.is(types(events).at(-1), 'OperationFailed');
  assert.not(types(events).includes('PortReleased'));
  assert.equal(s.rs('foo').ports, [{ containerPort: '22', hostPort: 40000 }]);
  assert.is(s.rs('foo').current, 1);
});

undo('a port of the old container is given back once the new one runs on another', () => {
  const s = new Scenario(4, { start: 40000, end: 40001 });
  s.run(run('foo', { containerPorts: ['22'] }));
  const events = s.run({ do: 'patch', name: 'foo' }, (step) =>
    step.do === 'startContainer' && s.rs('foo').ports.length === 1
      ? { ok: true, do: step.do, start: { started: false, why: 'port-taken', hostPort: 40000, message: 'in use' } }
      : undefined,
  );
  assert.equal(types(events).slice(-5), ['ContainerCreated', 'ContainerStarted', 'ContainerRemoved', 'PortReleased', 'OperationCompleted']);
  assert.equal(s.rs('foo').ports, [{ containerPort: '22', hostPort: 40001 }]);
});

undo('an old container that ends at once when it is started again is started once', () => {
  const s = new Scenario();
  s.run(run('foo'));
  const events = s.run({ do: 'patch', name: 'foo' }, (step) => {
    if (step.do === 'createContainer') return { ok: false, do: step.do, error: { kind: 'refused', message: 'no' } };
    return step.do === 'startContainer' ? { ok: true, do: step.do, start: { started: true, exitCode: 0 } } : undefined;
  });
  assert.equal(types(events).slice(-5), [
    'ContainerRemoved',
    'ContainerStarted',
    'ContainerDied',
    'SystemDiskDiscarded',
    'OperationFailed',
  ]);
  assert.is(s.rs('foo').state, 'exited');
});

undo('a continue of a running one whose start is refused says that the container is down; a paused one stays paused', () => {
  const refused = (step: { do: string }) =>
    step.do === 'startContainer'
      ? ({ ok: false, do: 'startContainer', error: { kind: 'refused', message: 'undone by order of alice' } } as const)
      : undefined;
  const s = new Scenario();
  s.run(run('foo'));
  assert.equal(types(s.run({ do: 'continue', name: 'foo' }, refused)).slice(-3), ['ContainerStopped', 'ContainerDied', 'OperationFailed']);
  assert.equal([s.rs('foo').state, s.rs('foo').stateReason], ['failed', 'undone by order of alice']);
  s.run({ do: 'continue', name: 'foo' });
  s.run({ do: 'pause', name: 'foo' });
  assert.equal(types(s.run({ do: 'continue', name: 'foo' }, refused)).slice(-1), ['OperationFailed']);
  assert.is(s.rs('foo').state, 'paused');
});

undo('one that an earlier release left as running, and that was stopped, is found dead at the next look', () => {
  const s = new Scenario();
  s.run(run('foo'));
  const stream = 'replicaSet/foo';
  const { decision, meta } = s.decide({ do: 'continue', name: 'foo' });
  if (decision.kind !== 'events') throw new Error('not accepted');
  s.append(decision.events, meta);
  s.append([{ type: 'ContainerStopped', stream, data: { version: 1, reason: 'continue', exitCode: 0 } }], meta);
  s.append([{ type: 'OperationFailed', stream, data: { kind: 'continue', code: 1019, message: 'no' } }], meta);
  const look = { containers: [s.seen('foo', 1, 'exited', 143)], volumes: new Set<string>() };
  assert.equal(types(s.reconcile(look)), ['ContainerDied']);
  assert.is(s.rs('foo').state, 'exited');
  assert.equal(s.reconcile(look), []);
});

undo('a stop that is undone starts the old container again: it may have happened, and its answer been lost', () => {
  const s = new Scenario();
  s.run(run('foo'));
  const events = s.run({ do: 'patch', name: 'foo' }, (step) =>
    step.do === 'stopContainer' ? { ok: false, do: step.do, error: { kind: 'refused', message: 'undone by order of alice' } } : undefined,
  );
  assert.equal(types(events).slice(-4), ['ContainerVersionFailed', 'ContainerRemoved', 'ContainerStarted', 'OperationFailed']);
  assert.equal([s.rs('foo').state, s.rs('foo').current], ['running', 1]);
});

undo('an old container that somebody removed while the undo started it again leaves the disk saved of it, and the client is told', () => {
  const s = new Scenario();
  s.run(run('foo'));
  const events = s.run({ do: 'patch', name: 'foo' }, (step) => {
    if (step.do === 'createContainer') return { ok: false, do: step.do, error: { kind: 'refused', message: 'no' } };
    return step.do === 'startContainer' ? { ok: false, do: step.do, error: { kind: 'not-found', message: 'gone' } } : undefined;
  });
  assert.equal(types(events).slice(-4), ['ContainerRemoved', 'ContainerVanished', 'GpuReleased', 'OperationFailed']);
  const end = events.at(-1);
  assert.is(
    end?.type === 'OperationFailed' && end.data.message,
    'no; container foo-1 was removed from Docker by someone else while it was being replaced: version 1 can be rolled back to as its system disk was saved; what it wrote after that is lost',
  );
  assert.is(
    s.rejected({ do: 'restart', name: 'foo' }).message,
    'container foo-1 was removed from Docker by someone else; roll back to version 1, or delete it',
  );
  assert.is(types(s.run({ do: 'rollback', name: 'foo', version: 1 })).at(-1), 'OperationCompleted');
});

undo('an old container that somebody removed before its disk was saved is said to be gone with it', () => {
  const s = new Scenario();
  s.run(run('foo'));
  const events = s.run({ do: 'patch', name: 'foo' }, (step) =>
    step.do === 'saveDisk' ? { ok: false, do: step.do, error: { kind: 'not-found', message: 'gone' } } : undefined,
  );
  const end = events.at(-1);
  assert.is(
    end?.type === 'OperationFailed' && end.data.message,
    'the system disk of container foo-1 cannot be carried over; container foo-1 was removed from Docker by someone else while it was being replaced, and its system disk is lost: delete it and run it anew',
  );
});

undo('a run whose container somebody removed takes its anonymous volumes with it', () => {
  const s = new Scenario();
  assert.throws(() => s.rs('foo'));
  s.run(run('foo'), (step) => {
    if (step.do === 'createContainer')
      return { ok: true, do: step.do, containerId: 'id', anonymousVolumes: [{ name: 'abc', dest: '/data' }] };
    return step.do === 'startContainer' ? { ok: false, do: step.do, error: { kind: 'not-found', message: 'gone' } } : undefined;
  });
  const removal = s.steps.find((step) => step.do === 'removeContainer');
  assert.equal(removal?.do === 'removeContainer' && removal.anonymousVolumes, ['abc']);
});

undo(
  'a saved disk that no version names is known as such, but not while an operation is open or of names that the log does not know',
  () => {
    const s = new Scenario();
    s.run(run('foo'));
    s.run({ do: 'patch', name: 'foo' });
    const { uid, versions } = s.rs('foo');
    const named = { image: versions[0]?.disk?.image ?? '', name: 'foo', uid, version: 1 };
    const lost = { image: 'sha256:lost', name: 'foo', uid, version: 1 };
    const disks = [
      named,
      lost,
      { image: 'sha256:other-life', name: 'foo', uid: 'earlier', version: 1 },
      { image: 'sha256:unknown', name: 'bar', uid: 'x', version: 1 },
      { image: 'sha256:later', name: 'foo', uid, version: 9 },
    ];
    assert.equal(unnamedDisks(s.state, HOST, s.state.head.seq, disks), [lost]);
    assert.equal(unnamedDisks(s.state, HOST, s.rs('foo').seq - 1, disks), []);
    const wasMissing = (stream: string): boolean => stream === 'replicaSet/foo';
    assert.equal(unnamedDisks(s.state, HOST, s.state.head.seq, disks, wasMissing), [], 'the last look missed its container');
    const { decision, meta } = s.decide({ do: 'stop', name: 'foo' });
    if (decision.kind === 'events') s.append(decision.events, meta);
    assert.equal(unnamedDisks(s.state, HOST, s.state.head.seq, disks), []);
  },
);

undo.run();
