// Versions that are given up: by command, by a limit, and those that failed.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, decide } from '../../src/commands/command.ts';
import { decideSurplus, surplusRemoved } from '../../src/commands/container/retention.ts';
import { decideLeftVolumes, leftVolumes, unnamedDisks } from '../../src/commands/host/saved-disks.ts';
import type { SavedDisk } from '../../src/commands/outside/disk-usage.ts';
import type { Event, NewEvent } from '../../src/events/catalogue.ts';
import { allAnonymousVolumes, type ContainerVersion, findVersion, type ReplicaSet, type State } from '../../src/projections/state.ts';
import { type Answer, goodFacts, HOST, run, Scenario, settings } from '../support/scenario.ts';

const test = suite('retention');

const patch = { do: 'patch', name: 'foo' } as const;
const remove = (version: number): Command => ({ do: 'removeVersion', name: 'foo', version });
const types = (events: readonly (Event | NewEvent)[]): string[] => events.map(({ type }) => type);
const numbers = (s: Scenario): number[] => s.rs('foo').versions.map(({ version }) => version);
const told = (s: Scenario, command: Command, level = 2): string => {
  const decision = decide({ ...s.state, logLevel: level }, command, { settings, facts: goodFacts(), id: 'id' });
  return decision.kind === 'rejected' ? `${decision.rejection.kind}: ${decision.rejection.message}` : decision.kind;
};

/** foo with so many versions; `answer` to their steps. */
function patched(times: number, answer?: Answer): Scenario {
  const s = new Scenario();
  s.run(run('foo'), answer);
  for (let i = 0; i < times; i++) s.run(patch, answer);
  return s;
}

test('an old version is removed, and its number is not given again', () => {
  const s = patched(3);
  assert.equal(types(s.run(remove(2))), ['OperationStarted', 'VersionRemoved', 'OperationCompleted']);
  assert.equal(numbers(s), [1, 3, 4]);
  assert.is(findVersion(s.rs('foo'), 2), undefined);
  assert.is(findVersion(s.rs('foo'), 4)?.version, 4);
  assert.match(told(s, remove(2)), /^not-found: version 2 of foo is gone/);
  assert.match(told(s, { do: 'rollback', name: 'foo', version: 2 }), /^impossible: version 2 of foo is gone.*it can go back to 1, 3$/);
  s.run({ do: 'rollback', name: 'foo', version: 1 });
  assert.equal(numbers(s), [1, 3, 4, 5]);
  s.run(remove(1));
  s.run(remove(4));
  s.run(patch);
  assert.equal(numbers(s), [3, 5, 6], 'versions whose diskOf is gone go on');
  s.run({ do: 'delete', name: 'foo' });
  assert.is(s.state.replicaSets.size, 0);
});

test('what is refused: the current one, one that never was, a log that cannot hold it', () => {
  const s = patched(1);
  assert.match(told(s, remove(2)), /^conflict: version 2 of foo is the current one/);
  assert.match(told(s, remove(3)), /^not-found: version 3 of foo never existed/);
  assert.match(told(s, remove(0)), /^invalid: version is 0/);
  assert.match(told(s, { do: 'removeVersion', name: 'bar', version: 1 }), /^not-found: replicaSet bar/);
  assert.match(told(s, remove(1), 1), /^unavailable: the log is at level 1.*log raise/);
  const { decision, meta } = s.decide(patch);
  assert.is(decision.kind, 'events');
  if (decision.kind === 'events') s.append(decision.events, meta);
  assert.is(told(s, remove(1)), 'wait', 'while an operation is open');
});

test('a version that failed leaves nothing in the state, and its number is not given again', () => {
  const s = patched(0);
  for (let i = 0; i < 50; i++) {
    s.run(patch, (step) =>
      step.do === 'createContainer' ? { ok: false, do: step.do, error: { kind: 'refused', message: 'no' } } : undefined,
    );
  }
  assert.equal(numbers(s), [1]);
  s.run(patch);
  assert.equal(numbers(s), [1, 52]);
  s.run({ do: 'createVolume', name: 'bar', size: '1GB' });
  for (const size of ['2GB', '3GB']) {
    s.run({ do: 'resizeVolume', name: 'bar', size }, (step) =>
      step.do === 'copyVolume' && size === '2GB' ? { ok: false, do: step.do, error: { kind: 'refused', message: 'no' } } : undefined,
    );
  }
  assert.equal(
    s.volume('bar').versions.map(({ version, state }) => [version, state]),
    [
      [1, 'removed'],
      [3, 'ready'],
    ],
  );
});

test('keepVersions: the surplus goes with the end of what made a version, by the name before the server', () => {
  const s = patched(3);
  s.run({ do: 'setPolicy', name: 'foo', keepVersions: 3 });
  assert.equal(numbers(s), [2, 3, 4], 'a lower limit applies at once');
  const ended = s.run(patch);
  assert.equal(types(ended).slice(-2), ['VersionRemoved', 'OperationCompleted']);
  assert.equal(numbers(s), [3, 4, 5]);
  s.run(patch, (step) =>
    step.do === 'createContainer' ? { ok: false, do: step.do, error: { kind: 'refused', message: 'no' } } : undefined,
  );
  assert.equal(numbers(s), [3, 4, 5], 'a failed one gives none up');
  s.run({ do: 'rollback', name: 'foo', version: 3 });
  assert.equal(numbers(s), [4, 5, 7], 'even the one that was gone back to');
  s.run({ do: 'setPolicy', name: 'foo', keepVersions: 1 });
  s.run(patch);
  assert.equal(numbers(s), [8]);
  const one = s.rs('foo');
  assert.equal(surplusRemoved(s.state, { ...one, policy: {} }, { keepVersions: 1 }), []);
  const three = patched(2);
  assert.equal(surplusRemoved(three.state, three.rs('foo'), { keepVersions: 2 }).length, 1);
  assert.equal(surplusRemoved(three.state, { ...three.rs('foo'), policy: { keepVersions: 0 } }, { keepVersions: 2 }), []);
  assert.equal(surplusRemoved({ ...three.state, logLevel: 1 }, three.rs('foo'), { keepVersions: 2 }), []);
});

test('a surplus is given up without an operation, but not while one is open, nor while the old versions may be the only way back', () => {
  const s = patched(4);
  const { uid } = s.rs('foo');
  const given = (over: Partial<ReplicaSet> = {}, keepVersions = 2, its = uid, on = HOST, level = 2): number[] => {
    const replicaSets = new Map([['foo', { ...s.rs('foo'), ...over }]]);
    const events = decideSurplus({ ...s.state, logLevel: level, replicaSets }, on, { name: 'foo', uid: its }, { keepVersions });
    return events.flatMap(({ type, data }) => (type === 'VersionRemoved' && data.reason === 'keepVersions' ? [data.version] : []));
  };
  assert.equal(given(), [1, 2, 3]);
  assert.equal(given({}, 0), []);
  assert.equal(given({ policy: { keepVersions: 4 } }), [1]);
  assert.equal(given({ policy: { keepVersions: 0 } }), []);
  assert.equal(given({ missing: { since: '', seq: 1 } }), []);
  assert.equal(given({ versions: s.rs('foo').versions.map((v) => ({ ...v, container: 'removed' })) }), []);
  assert.equal(given({}, 2, 'another life'), []);
  assert.equal(given({}, 2, uid, 'elsewhere'), []);
  assert.equal(given({}, 2, uid, HOST, 1), []);
  const { decision, meta } = s.decide(patch);
  if (decision.kind === 'events') s.append(decision.events, meta);
  assert.equal(given(), [], 'an operation is open');
});

test('keepVersions counts what can be rolled back to', () => {
  const s = patched(4);
  s.append(
    [{ type: 'SystemDiskLost', stream: 'replicaSet/foo', data: { version: 4, image: s.rs('foo').versions[3]?.disk?.image ?? '' } }],
    {
      id: 'r',
      name: 'reconcile',
      actor: 'system:reconcile',
    },
  );
  s.run({ do: 'setPolicy', name: 'foo', keepVersions: 2 });
  assert.equal(numbers(s), [3, 4, 5]);
});

test('no limit gives up the last ways back of a name whose container is missing or gone', () => {
  const told = { id: 'r', name: 'reconcile', actor: 'system:reconcile' };
  const s = patched(2);
  s.append([{ type: 'ContainerMissing', stream: 'replicaSet/foo', data: { version: 3 } }], told);
  s.run({ do: 'setPolicy', name: 'foo', keepVersions: 1 });
  assert.equal(numbers(s), [1, 2, 3], 'it may be lost');
  s.append([{ type: 'ContainerVanished', stream: 'replicaSet/foo', data: { version: 3 } }], told);
  s.run({ do: 'setPolicy', name: 'foo', keepVersions: 2 });
  assert.equal(numbers(s), [1, 2, 3]);
  s.run({ do: 'setPolicy', name: 'foo', keepVersions: 1 });
  assert.equal(numbers(s), [2, 3], 'the last one with a disk stays');
});

/** Docker makes `fresh` for the version's own VOLUME, where the version brings nothing along. */
const makes =
  (fresh: string): Answer =>
  (step) =>
    step.do === 'createContainer'
      ? {
          ok: true,
          do: step.do,
          containerId: `id-${step.request.containerName}`,
          anonymousVolumes:
            step.request.anonymousVolumes.length > 0 ? [...step.request.anonymousVolumes] : [{ name: fresh, dest: '/data' }],
        }
      : undefined;

test('anonymous volumes that only removed versions had are left to be removed; those that others have are not', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run(patch, makes('bb'));
  s.run(patch, makes('c'));
  assert.equal(allAnonymousVolumes(s.rs('foo')), ['bb']);
  s.run({ do: 'rollback', name: 'foo', version: 1 }, makes('d'));
  s.run(remove(2));
  assert.equal(s.rs('foo').leftVolumes, [], 'version 3 has it, too');
  s.run(remove(3));
  assert.equal(s.rs('foo').leftVolumes, ['bb']);
  assert.equal(leftVolumes(s.state, s.rs('foo'), HOST, s.rs('foo').seq), ['bb']);
  assert.equal(leftVolumes(s.state, s.rs('foo'), HOST, s.rs('foo').seq - 1), [], 'not before the look');
  s.run(run('bar', { binds: [{ src: 'bb', dest: '/kept' }] }));
  assert.equal(leftVolumes(s.state, s.rs('foo'), HOST, s.rs('foo').seq), [], 'bar binds it by its name');
  s.run({ do: 'delete', name: 'bar' });
  assert.equal(leftVolumes(s.state, s.rs('foo'), HOST, s.rs('foo').seq), ['bb']);
  assert.equal(allAnonymousVolumes(s.rs('foo')), ['bb', 'd'], 'a delete removes them as well');
  const { uid } = s.rs('foo');
  assert.equal(decideLeftVolumes(s.state, HOST, { name: 'foo', uid }, ['d', 'other']), []);
  s.append(decideLeftVolumes(s.state, HOST, { name: 'foo', uid }, ['bb']), { id: 'r', name: 'reconcile', actor: 'system:reconcile' });
  assert.equal(s.rs('foo').leftVolumes, []);
  s.run(remove(1));
  s.run(patch, makes('e'));
  assert.equal(s.rs('foo').versions.at(-1)?.anonymousVolumes, [{ name: 'd', dest: '/data' }], 'a later version goes on with its own');
});

test('the disk of a removed version goes; not what the container was made from, nor a number that this log never gave', () => {
  const s = patched(3);
  const { uid, seq } = s.rs('foo');
  const disk = (version: number): SavedDisk => ({ image: `(disk of foo-${version})`, name: 'foo', uid, version });
  const disks = [1, 2, 3, 5].map(disk);
  s.run(remove(1));
  s.run(remove(3));
  const versions = (state: State): number[] => unnamedDisks(state, HOST, state.head.seq, disks).map(({ version }) => version);
  assert.equal(unnamedDisks(s.state, HOST, seq, disks), [], 'it was not at rest before the look');
  assert.equal(versions(s.state).includes(1), true);
  assert.equal(versions(s.state).includes(3), false, 'version 4 runs on it');
  assert.equal(versions(s.state).includes(5), false, 'an older log may have been restored');
});

test('a version that has got another disk since then, and is removed, leaves only the disk that the container was made from', () => {
  const s = patched(3);
  const { uid } = s.rs('foo');
  const [first, later] = ['(disk of foo-3)', '(later disk of foo-3)'];
  const stream = 'replicaSet/foo';
  // Its container had come back, and was taken back with what it held by then.
  s.append(
    [
      { type: 'SystemDiskDiscarded', stream, data: { version: 3, image: first } },
      { type: 'SystemDiskSaved', stream, data: { version: 3, disk: { image: later, bytes: 1, layers: 2, flattened: false } } },
    ],
    { id: 'r', name: 'reconcile', actor: 'system:reconcile' },
  );
  const disks = [first, later].map((image): SavedDisk => ({ image, name: 'foo', uid, version: 3 }));
  const unnamed = (): string[] => unnamedDisks(s.state, HOST, s.state.head.seq, disks).map(({ image }) => image);
  assert.equal(unnamed(), [], 'version 4 runs on the first, and the later one is named');
  s.run(remove(3));
  assert.equal(unnamed(), [later]);
  s.run({ do: 'restart', name: 'foo' });
  assert.equal(unnamed().sort(), [first, later].sort());
});

/** The state with foo having so many versions, each but the last with a disk. */
function manyVersions(count: number): { s: Scenario; rs: ReplicaSet; state: State } {
  const s = patched(0);
  const rs = s.rs('foo');
  const [first] = rs.versions;
  assert.ok(first);
  const versions: ContainerVersion[] = Array.from({ length: count }, (_, i) => ({
    ...first,
    version: i + 1,
    container: i + 1 === count ? 'running' : 'removed',
    ...(i + 1 < count && { disk: { image: `sha256:${i}`, layers: 1, bytes: 1, flattened: false } }),
  }));
  const many = { ...rs, versions, current: count, lastVersion: count };
  return { s, rs: many, state: { ...s.state, replicaSets: new Map([['foo', many]]) } };
}

test('with 2,000 versions a version is found by a few looks, also where some are gone, and a limit removes 50 at a time', () => {
  const { s, rs, state } = manyVersions(2_000);
  const sparse = rs.versions.filter(({ version }) => version % 3 !== 0);
  let looked = 0;
  const counting = new Proxy(sparse, {
    get: (target, key, receiver) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) looked++;
      return Reflect.get(target, key, receiver);
    },
  });
  for (let version = 0; version <= 2_001; version++) {
    const found = findVersion({ versions: counting }, version);
    assert.is(found?.version, version > 0 && version % 3 !== 0 && version <= 2_000 ? version : undefined);
  }
  assert.ok(looked < 2_002 * 30, `${looked} looks for 2,002 versions`);
  s.state = state;
  const policy = s.run({ do: 'setPolicy', name: 'foo', keepVersions: 1_000 });
  assert.is(policy.filter(({ type }) => type === 'VersionRemoved').length, 50);
  assert.is(s.rs('foo').versions.length, 1_950);
  for (let left = 1_950; left > 1_000; left = s.rs('foo').versions.length) {
    s.run(patch);
    assert.is(s.rs('foo').versions.length, Math.max(1_000, left + 1 - 50));
  }
  assert.is(s.rs('foo').versions[0]?.version, s.rs('foo').current - 999);
});

test.run();
