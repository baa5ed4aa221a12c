// What a look at Docker says of one name, and that no decision grows with the number of names.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decideSurplus } from '../../src/commands/container/retention.ts';
import { decideLeftover } from '../../src/commands/host/leftovers.ts';
import { containersOf, type Doubt, decideReconcile, streamsOf } from '../../src/commands/host/reconcile.ts';
import { type Answer, HOST, run, Scenario, types } from '../support/scenario.ts';

const doubt: Doubt = { missingMs: () => 10_000, now: Date.parse('2030-01-01'), doubtMs: 10_000, mayGiveUp: true };
const size = suite('size of decisions');

size('for up to 1,000 names, no decision has more than a handful of events', () => {
  const s = new Scenario(8, { start: 40000, end: 41999 });
  for (let i = 0; i < 1_000; i++) s.begin(run(`r${i}`, { gpuCount: i < 8 ? 1 : 0, containerPorts: ['22'] }));
  const states = ['running', 'exited', 'missing'] as const;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 1_000 }), (looks) => {
      const names = [...s.state.replicaSets.values()].slice(0, looks.length);
      const state = { ...s.state, replicaSets: new Map(names.map((rs) => [rs.name, rs])) };
      const containers = names.flatMap((rs, i) => {
        const its = looks[i] ?? 'missing';
        return its === 'missing' ? [] : [s.seen(rs.name, 1, its)];
      });
      const observed = { seq: s.state.head.seq, containers: containersOf(containers), volumes: new Set<string>() };
      for (const stream of streamsOf(state, HOST)) assert.ok(decideReconcile(state, stream, observed, doubt).length <= 4);
    }),
    { numRuns: 10 },
  );
});

size.run();

const identity = suite('a container with the labels of another');

// docker commit foo-1 backup; docker run backup: the image has handed the labels down.
for (const [what, its] of [
  ['one that has ended does not make it look dead', 'exited'],
  ['one that was only created changes nothing', 'created'],
] as const) {
  identity(`${what}, wherever it stands in the list`, () => {
    const s = new Scenario();
    s.begin(run('foo', { gpuCount: 1 }));
    const own = s.seen('foo', 1, 'running');
    const copy = { ...own, id: 'copy', containerName: 'backup', state: its };
    for (const containers of [
      [own, copy],
      [copy, own],
    ])
      assert.equal(s.reconcile({ containers, volumes: new Set(['bar-1']) }), []);
    assert.is(s.rs('foo').state, 'running');
  });
}

identity('one that runs does not hide that it is gone', () => {
  const s = new Scenario();
  s.begin(run('foo', { gpuCount: 1 }));
  const copy = { ...s.seen('foo', 1, 'running'), id: 'copy', containerName: 'backup' };
  const events = s.reconcile({ containers: [copy], volumes: new Set() });
  assert.equal(
    events.map(({ type }) => type),
    ['ContainerMissing'],
  );
});

identity.run();

const leftover = suite('a container that is back beside its successor');

const says =
  (what: 'stopContainer' | 'saveDisk' | 'removeContainer', version: number): Answer =>
  (step) =>
    step.do === what && step.version === version
      ? { ok: false, do: step.do, error: { kind: 'conflict', message: `${what} says no` } }
      : undefined;

function takeBack(s: Scenario, answer?: Answer): string[] {
  const events = decideLeftover(s.state, HOST, s.state.head.seq, s.seen('foo', 1, 'running'));
  s.append(events, { id: 'back', name: 'reconcile', actor: 'system:reconcile' });
  return types(s.drive('replicaSet/foo', answer));
}

/** foo-2 runs on a GPU and a port; foo-1, which it replaced, is back, and stays as it cannot be stopped. */
function withLeftover(): Scenario {
  const s = new Scenario();
  s.run(run('foo', { containerPorts: ['22'] }));
  s.run({ do: 'patch', name: 'foo' });
  assert.is(takeBack(s, says('stopContainer', 1)).at(-1), 'OperationFailed');
  return s;
}

leftover('goes first where the name is deleted: what the name holds is released with its successor', () => {
  const s = withLeftover();
  const events = s.run({ do: 'delete', name: 'foo' });
  assert.equal(types(events).slice(1, 5), ['ContainerRemoved', 'ContainerRemoved', 'GpuReleased', 'PortReleased']);
  assert.equal(
    events.flatMap(({ type, data }) => (type === 'ContainerRemoved' ? [data.version] : [])),
    [1, 2],
  );
});

leftover('whose removal is refused keeps nothing that the name holds', () => {
  for (const version of [1, 2]) {
    const s = withLeftover();
    s.run({ do: 'delete', name: 'foo' }, says('removeContainer', version));
    assert.is(s.holder(0), null);
  }
});

leftover('its version is not given up before it is gone', () => {
  const s = withLeftover();
  assert.match(s.rejected({ do: 'removeVersion', name: 'foo', version: 1 }).message, /cannot be removed yet: container foo-1 is back/);
  assert.not(types(s.run({ do: 'setPolicy', name: 'foo', keepVersions: 1 })).includes('VersionRemoved'));
  assert.is(takeBack(s).at(-2), 'ContainerRemoved');
  assert.equal(types(decideSurplus(s.state, HOST, s.rs('foo'), {})), ['VersionRemoved']);
});

leftover.run();
