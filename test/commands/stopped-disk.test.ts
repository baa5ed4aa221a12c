// A stop and a pause save the system disk: a container that is pruned after that is no loss.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { unnamedDisks } from '../../src/commands/host/saved-disks.ts';
import type { Event } from '../../src/events/catalogue.ts';
import { writable } from '../../src/projections/state.ts';
import { type Answer, HOST, run, Scenario, types } from '../support/scenario.ts';

const test = suite('the disk of a stopped one');

const fails =
  (step: string, kind: 'refused' | 'no-space' | 'not-found', message: string): Answer =>
  (s) =>
    s.do === step ? { ok: false, do: s.do, error: { kind, message } } : undefined;
/** The engine saves a disk of that name. */
const saves =
  (image: string): Answer =>
  (s) =>
    s.do === 'saveDisk' ? { ok: true, do: s.do, disk: { image, layers: 1, bytes: 1, flattened: false } } : undefined;
const prune = (s: Scenario): string[] => {
  const first = writable(s.state, 'ContainerMissing') ? types(s.reconcile({ containers: [], volumes: new Set() })) : [];
  return [...first, ...types(s.reconcile({ containers: [], volumes: new Set() }))];
};

for (const order of ['stop', 'pause'] as const) {
  test(`after a ${order} the pruned container is no loss: restart makes the next version from the saved disk`, () => {
    const s = new Scenario();
    s.run(run('foo', { containerPorts: ['22'] }));
    s.run({ do: order, name: 'foo' }, saves('disk-1'));
    assert.is(s.rs('foo').versions[0]?.disk?.image, 'disk-1');
    assert.equal(prune(s).slice(0, 2), ['ContainerMissing', 'ContainerVanished']);
    const { state, stateReason = '', gpus, ports } = s.rs('foo');
    assert.is(state, 'stopped');
    assert.match(stateReason, /foo-1 was removed from Docker by someone else; its system disk is saved: restart/);
    assert.equal([gpus, ports], [[], []]);
    assert.match(s.rejected({ do: 'continue', name: 'foo' }).message, /use restart/);
    assert.is(s.decide({ do: 'stop', name: 'foo' }).decision.kind, 'already');
    s.run({ do: 'restart', name: 'foo' });
    const create = s.steps.at(-2);
    assert.is(create?.do === 'createContainer' && create.request.image, 'disk-1');
    assert.is(s.steps.at(-1)?.do, 'startContainer', 'there is no old container to remove');
    assert.is(s.rs('foo').state, 'running');
    assert.is(s.rs('foo').stateReason, undefined);
  });
}

test('patch, rollback and delete of one whose container was pruned after the stop', () => {
  for (const command of [
    { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } },
    { do: 'rollback', name: 'foo', version: 1 },
    { do: 'delete', name: 'foo' },
  ] as const) {
    const s = new Scenario();
    s.run(run('foo'));
    s.run({ do: 'patch', name: 'foo' });
    s.run({ do: 'stop', name: 'foo' });
    prune(s);
    assert.is(types(s.run(command)).at(-1), 'OperationCompleted', command.do);
  }
});

test('restart of one that was pruned and whose disk is gone as well says so; so does the list', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'stop', name: 'foo' }, saves('disk-1'));
  prune(s);
  const meta = { id: 'sweep', name: 'reconcile', actor: 'system:reconcile' };
  const data = { version: 1, image: 'disk-1' };
  s.append([{ type: 'SystemDiskLost', stream: 'replicaSet/foo', data }], meta);
  assert.is(s.rs('foo').state, 'failed');
  assert.match(s.rejected({ do: 'restart', name: 'foo' }).message, /removed from Docker by someone else; delete it and run it anew/);
  s.append([{ type: 'SystemDiskReappeared', stream: 'replicaSet/foo', data }], meta);
  assert.is(s.rs('foo').state, 'stopped');
  assert.is(types(s.run({ do: 'restart', name: 'foo' })).at(-1), 'OperationCompleted');
});

test('a stop whose disk cannot be saved is a stop; the client and the list are told, and a second one saves it', () => {
  const s = new Scenario();
  s.run(run('foo'));
  const events = s.run({ do: 'stop', name: 'foo' }, fails('saveDisk', 'no-space', 'there is no room'));
  assert.equal(types(events), ['OperationStarted', 'ContainerStopped', 'GpuReleased', 'OperationCompleted']);
  const end = events.at(-1);
  const told = (end?.type === 'OperationCompleted' && end.data.warning) || '';
  assert.match(told, /system disk of container foo-1 is not saved: there is no room; .*stop again/);
  assert.is(s.rs('foo').state, 'stopped');
  assert.is(s.rs('foo').stateReason, told);
  assert.equal(types(s.run({ do: 'stop', name: 'foo' })), [
    'OperationStarted',
    'ContainerStopped',
    'SystemDiskSaved',
    'OperationCompleted',
  ]);
  assert.is(s.rs('foo').stateReason, undefined);
  assert.is(s.decide({ do: 'stop', name: 'foo' }).decision.kind, 'already');
});

test('a pause whose disk cannot be saved is a pause, and if it is pruned then, it has failed', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'pause', name: 'foo' }, fails('saveDisk', 'refused', 'Docker says no'));
  assert.is(s.rs('foo').state, 'paused');
  assert.is(s.holder(0), 'foo');
  assert.match(s.rs('foo').stateReason ?? '', /not saved: Docker says no; .*pause again/);
  prune(s);
  assert.is(s.rs('foo').state, 'failed');
  assert.is(s.holder(0), null);
});

test('a stop of a paused one whose disk is not saved again does not say that the container has the only copy', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'pause', name: 'foo' }, saves('disk-1'));
  s.run({ do: 'stop', name: 'foo' }, fails('saveDisk', 'no-space', 'there is no room'));
  assert.match(s.rs('foo').stateReason ?? '', /foo-1 is not saved again: there is no room; it has not run since it was saved before$/);
  assert.is(s.decide({ do: 'stop', name: 'foo' }).decision.kind, 'already');
});

test('one that had ended by itself is saved when it is stopped', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.reconcile({ containers: [s.seen('foo', 1, 'exited', 1)], volumes: new Set() });
  assert.is(s.rs('foo').state, 'exited');
  s.run({ do: 'stop', name: 'foo' });
  prune(s);
  assert.is(s.rs('foo').state, 'stopped');
  assert.is(types(s.run({ do: 'restart', name: 'foo' })).at(-1), 'OperationCompleted');
});

test('continue discards the stale disk once the start was seen, so nothing goes back to old files', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'pause', name: 'foo' }, saves('disk-1'));
  const events = s.run({ do: 'continue', name: 'foo' });
  assert.equal(types(events), ['OperationStarted', 'ContainerContinued', 'SystemDiskDiscarded', 'OperationCompleted']);
  assert.is(s.rs('foo').versions[0]?.disk, undefined);
  prune(s);
  assert.is(s.rs('foo').state, 'failed');
  assert.match(s.rejected({ do: 'restart', name: 'foo' }).message, /and its system disk with it/);
});

test('a paused one that was started from outside, or whose start failed, has a stale disk: it is lost with its container', () => {
  const outside = new Scenario();
  outside.run(run('foo'));
  outside.run({ do: 'pause', name: 'foo' });
  outside.reconcile({ containers: [outside.seen('foo', 1, 'running')], volumes: new Set() });
  const failed = new Scenario();
  failed.run(run('foo'));
  failed.run({ do: 'pause', name: 'foo' });
  failed.run({ do: 'continue', name: 'foo' }, (step) =>
    step.do === 'startContainer'
      ? { ok: true, do: step.do, start: { started: false, why: 'failed', exitCode: 1, message: 'ended at once' } }
      : undefined,
  );
  for (const s of [outside, failed]) {
    prune(s);
    assert.is(s.rs('foo').state, 'failed');
    assert.match(s.rejected({ do: 'restart', name: 'foo' }).message, /roll back to version 1/);
  }
});

test('a restart of a stopped one saves its disk anew, and no version names the one before', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'stop', name: 'foo' }, saves('disk-1'));
  const events = s.run({ do: 'restart', name: 'foo' }, saves('disk-2'));
  assert.equal(types(events).slice(3), [
    'ContainerStopped',
    'SystemDiskDiscarded',
    'SystemDiskSaved',
    'ContainerCreated',
    'ContainerStarted',
    'ContainerRemoved',
    'OperationCompleted',
  ]);
  const { uid, seq } = s.rs('foo');
  const disks = ['disk-1', 'disk-2'].map((image) => ({ image, name: 'foo', uid, version: 1 }));
  assert.equal(unnamedDisks(s.state, HOST, seq, disks), disks.slice(0, 1), 'the next look removes it');
  assert.is(s.rs('foo').versions[0]?.disk?.image, 'disk-2');
});

/** Version → disk, as release 0.1.0 reads a log of level 1: every discard leaves the version without a disk. */
function readBefore(events: readonly Event[]): Map<number, string> {
  const disks = new Map<number, string>();
  for (const { type, data } of events) {
    if (type === 'SystemDiskSaved') disks.set(data.version, data.disk.image);
    if (type === 'SystemDiskDiscarded') disks.delete(data.version);
  }
  return disks;
}
const diskNames = (s: Scenario): [number, string][] =>
  s.rs('foo').versions.flatMap(({ version, disk }) => (disk === undefined ? [] : [[version, disk.image]]));

for (const order of ['stop', 'pause'] as const) {
  for (const next of [
    { do: 'restart', name: 'foo' },
    { do: 'patch', name: 'foo' },
    { do: 'rollback', name: 'foo', version: 1 },
    { do: 'stop', name: 'foo' },
  ] as const) {
    test(`the release before finds every disk after ${order} and ${next.do}, also where that fails`, () => {
      for (const answer of [undefined, fails('createContainer', 'refused', 'no'), fails('startContainer', 'refused', 'no')]) {
        const s = new Scenario();
        let saved = 0;
        const unique: Answer = (step) => (step.do === 'saveDisk' ? saves(`disk-${++saved}`)(step) : undefined);
        s.run(run('foo'), unique);
        s.run({ do: 'patch', name: 'foo' }, unique);
        s.run({ do: order, name: 'foo' }, unique);
        if (order === 'pause' || next.do !== 'stop') s.run(next, (step) => unique(step) ?? answer?.(step));
        assert.equal([...readBefore(s.events)], diskNames(s));
        assert.ok(s.rs('foo').versions.some(({ disk }) => disk?.image === `disk-${saved}`));
      }
    });
  }
}

test('a log that has the discard after the save of the disk that replaces it is read as it was meant', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'stop', name: 'foo' }, saves('disk-1'));
  const meta = { id: 'old', name: 'restart', actor: 'test' };
  const disk = { image: 'disk-2', layers: 1, bytes: 1, flattened: false };
  s.append([{ type: 'SystemDiskSaved', stream: 'replicaSet/foo', data: { version: 1, disk } }], meta);
  s.append([{ type: 'SystemDiskDiscarded', stream: 'replicaSet/foo', data: { version: 1, image: 'disk-1' } }], meta);
  assert.equal(diskNames(s), [[1, 'disk-2']]);
});

test('a patch of a stopped one that fails leaves it stopped with its disk saved', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'stop', name: 'foo' }, saves('disk-1'));
  const create = fails('createContainer', 'refused', 'no');
  s.run({ do: 'patch', name: 'foo' }, (step) => saves('disk-2')(step) ?? create(step));
  assert.is(s.rs('foo').state, 'stopped');
  assert.is(s.rs('foo').versions[0]?.disk?.image, 'disk-2');
  prune(s);
  assert.is(s.rs('foo').state, 'stopped');
});

test('a container that is pruned just before its restart: the restart goes on from the saved disk', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'stop', name: 'foo' }, saves('disk-1'));
  const events = s.run({ do: 'restart', name: 'foo' }, fails('stopContainer', 'not-found', 'gone'));
  assert.is(types(events).at(-1), 'OperationCompleted');
  const create = s.steps.at(-2);
  assert.is(create?.do === 'createContainer' && create.request.image, 'disk-1');
});

test('a container that reappears after it was pruned is stopped as before, with its disk', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'stop', name: 'foo' }, saves('disk-1'));
  const seen = s.seen('foo', 1, 'exited');
  prune(s);
  assert.equal(types(s.reconcile({ containers: [seen], volumes: new Set() })), ['ContainerReappeared']);
  assert.is(s.rs('foo').versions[0]?.container, 'exited');
  assert.is(types(s.run({ do: 'restart', name: 'foo' }, saves('disk-2'))).at(-1), 'OperationCompleted');
});

test('anonymous volumes are mounted again by the version after a prune, which leaves them', () => {
  const s = new Scenario();
  const anonymousVolumes = [{ name: 'anon', dest: '/data' }];
  s.run(run('foo'), (step) =>
    step.do === 'createContainer' ? { ok: true, do: step.do, containerId: 'id-foo-1', anonymousVolumes } : undefined,
  );
  s.run({ do: 'stop', name: 'foo' });
  prune(s);
  s.run({ do: 'restart', name: 'foo' });
  const create = s.steps.at(-2);
  assert.equal(create?.do === 'createContainer' && create.request.anonymousVolumes, anonymousVolumes);
});

test.run();
