// Host paths of binds are looked at again whenever a container is started: a link may lead elsewhere by now.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { whyNotStart } from '../../src/commands/container/host-paths.ts';
import { next } from '../../src/commands/operation/next.ts';
import { replicaSetInfo } from '../../src/projections/views/replica-set.ts';
import { goodFacts, run, Scenario, settings } from '../support/scenario.ts';

const test = suite('paths of binds');

/** The paths of `links` lead elsewhere; all others to themselves. Docker runs on this machine. */
const facts = (links: Readonly<Record<string, string | null>> = {}) =>
  goodFacts({
    hostPaths: { get: (path: string) => (path in links ? links[path] : path) } as unknown as ReadonlyMap<string, string>,
    dataRoot: '/docker',
  });
const foo = run('foo', { binds: [{ src: '/srv/lab/alice', dest: '/h' }] });
const none = () => undefined;

test('what was checked is recorded, Docker is given it, and the client sees its own path', () => {
  const s = new Scenario();
  s.run(foo, none, facts({ '/srv/lab/alice': '/data/alice' }));
  assert.equal(s.rs('foo').versions[0]?.spec.binds, [{ src: '/srv/lab/alice', dest: '/h', resolved: '/data/alice' }]);
  const create = s.steps[0];
  assert.is(create?.do === 'createContainer' && create.request.spec.binds[0]?.resolved, '/data/alice');
  const start = s.steps[1];
  assert.is(start?.do === 'startContainer' && start.hostBinds?.[0]?.src, '/srv/lab/alice');
  const version = s.rs('foo').versions[0];
  assert.equal(version && replicaSetInfo(version).hostConfig.Binds, ['/srv/lab/alice:/h']);
});

test('a destination is recorded as Docker has it, and a patch may name it as the run did', () => {
  const s = new Scenario();
  s.run(run('foo', { binds: [{ src: 'v1', dest: '/a/../data/' }] }));
  assert.equal(s.rs('foo').versions[0]?.spec.binds, [{ src: 'v1', dest: '/data' }]);
  const volumePatch = { oldBind: { src: 'v1', dest: '/a/../data/' }, newBind: { src: 'v1', dest: '/data' } };
  assert.match(s.rejected({ do: 'patch', name: 'foo', volumePatch }).message, 'nothing to patch');
  s.run({ do: 'patch', name: 'foo', volumePatch: { ...volumePatch, newBind: { src: 'v1', dest: '/mnt/./x' } } });
  assert.equal(s.rs('foo').versions.at(-1)?.spec.binds, [{ src: 'v1', dest: '/mnt/x' }]);
});

test('a Docker elsewhere is given the path as it was asked for', () => {
  const s = new Scenario();
  s.run(foo);
  assert.equal(s.rs('foo').versions[0]?.spec.binds, [{ src: '/srv/lab/alice', dest: '/h' }]);
});

test('a path that leads to one with a colon is refused: Docker would read options', () => {
  const { message } = new Scenario().rejected(foo, facts({ '/srv/lab/alice': '/data:ro' }));
  assert.match(message, /\/srv\/lab\/alice leads to one that has a colon/);
});

test('a path that cannot be looked at is refused, unless Docker runs elsewhere', () => {
  const hidden = facts({ '/srv/lab/alice': null });
  const s = new Scenario();
  const rejection = s.rejected(foo, hidden);
  assert.is(rejection.kind, 'impossible');
  assert.match(rejection.message, /host path \/srv\/lab\/alice cannot be looked at, so it is not known where it leads/);
  s.run(foo, none, facts());
  s.run({ do: 'pause', name: 'foo' }, none, facts());
  const continued = s.rejected({ do: 'continue', name: 'foo' }, hidden).message;
  assert.match(continued, /cannot be looked at.*the container is not started/);
  const { dataRoot: _, ...elsewhere } = hidden;
  const remote = new Scenario();
  remote.run(foo, none, elsewhere);
  assert.is(remote.rs('foo').state, 'running');
  assert.match(remote.rejected(run('bar', { binds: [{ src: '/data/../etc', dest: '/h' }] }), elsewhere).message, /would hand over \/etc/);
});

for (const [order, links, says] of [
  [
    'pause',
    { '/srv/lab/alice': '/' },
    /\/srv\/lab\/alice, mounted at \/h, leads elsewhere than when it was checked.*; host path \S+ leads outside of what/,
  ],
  ['pause', { '/srv/lab/alice': '/srv/lab/bob' }, /leads elsewhere.*restart makes a version with what it leads to now/],
  ['continue', { '/srv/lab/alice': '/etc/ssh' }, /leads elsewhere.*leads outside of what --allow-bind allows/],
] as const) {
  test(`continue after ${order} is refused when a path leads elsewhere (${Object.values(links)})`, () => {
    const s = new Scenario();
    s.run(foo, none, facts());
    s.run({ do: order, name: 'foo' }, none, facts());
    const rejection = s.rejected({ do: 'continue', name: 'foo' }, facts(links));
    assert.is(rejection.kind, 'impossible');
    assert.match(rejection.message, says);
    s.run({ do: 'continue', name: 'foo' }, none, facts());
    assert.is(s.rs('foo').state, 'running');
  });
}

test('a path that is not allowed any more is refused, also where nothing was recorded', () => {
  const narrow = { ...settings, allowBind: ['/other'] };
  const before = [{ src: '/srv/lab/alice', dest: '/h' }];
  for (const binds of [before, [{ ...before[0], resolved: '/srv/lab/alice' } as (typeof before)[0]]])
    assert.match(whyNotStart(binds, facts(), narrow) ?? '', /is outside of what --allow-bind allows/);
  assert.is(whyNotStart(before, facts({ '/srv/lab/alice': '/data/alice' }), settings), null, 'nothing to compare with');
  assert.is(whyNotStart(before, { hostPaths: new Map(), absentPaths: new Set() }, settings), undefined, 'stale');
});

test('an undo leaves the old container stopped where a path leads elsewhere, and says so', () => {
  const s = new Scenario();
  s.run(foo, none, facts());
  const refused = 'host path /srv/lab/alice, mounted at /h, leads elsewhere than when it was checked';
  const events = s.run(
    { do: 'patch', name: 'foo' },
    (step) => {
      if (step.do === 'createContainer') return { ok: false, do: step.do, error: { kind: 'refused', message: 'no' } };
      return step.do === 'startContainer'
        ? { ok: true, do: step.do, start: { started: false, why: 'failed', message: refused } }
        : undefined;
    },
    facts(),
  );
  const started = s.steps.filter((step) => step.do === 'startContainer').at(-1);
  assert.is(started?.do === 'startContainer' && started.hostBinds?.[0]?.resolved, '/srv/lab/alice', 'the step asks before it starts');
  const end = events.at(-1);
  assert.match(
    (end?.type === 'OperationFailed' && end.data.message) || '',
    /the old container could not be started again: host path .* leads elsewhere/,
  );
  assert.is(s.rs('foo').state, 'failed');
  assert.is(s.rs('foo').stateReason, refused);
  assert.is(next(s.state, s.rs('foo'), settings), null);
});

test.run();
