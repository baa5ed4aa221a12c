import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asKnown } from '../../src/commands/host/as-known.ts';
import type { ContainerFacts } from '../../src/commands/outside/engine.ts';
import { isFrozen, shownState } from '../../src/projections/state.ts';
import { replicaSetInfo } from '../../src/projections/views/replica-set.ts';
import { HOST, runs, Scenario } from '../support/scenario.ts';

const test = suite('freeze and thaw');
const NONE: ReadonlySet<string> = new Set();

function running(): Scenario {
  const s = new Scenario();
  s.run(runs('foo', { gpuCount: 2 }));
  return s;
}
const frozen = (): Scenario => {
  const s = running();
  s.run({ do: 'freeze', name: 'foo' });
  return s;
};
const seen = (s: Scenario, state: ContainerFacts['state']): ContainerFacts => ({ ...s.seen('foo', 1, 'running'), state });
const look = (s: Scenario, state: ContainerFacts['state']): string[] =>
  s
    .reconcile({ containers: [seen(s, state)], volumes: NONE })
    .map(({ type, data }) => `${type} ${'reason' in data ? data.reason : ''}`.trim());

test('frozen: shown as such, GPUs held; thawed: as it was', () => {
  const s = frozen();
  const rs = s.rs('foo');
  assert.equal([rs.state, shownState(rs), rs.gpus.length, s.steps.at(-1)?.do], ['running', 'frozen', 2, 'freezeContainer']);
  assert.is(rs.versions[0] === undefined ? undefined : replicaSetInfo(rs.versions[0]).frozen, true);
  assert.is(s.decide({ do: 'freeze', name: 'foo' }).decision.kind, 'already');
  s.run({ do: 'thaw', name: 'foo' });
  assert.is(shownState(s.rs('foo')), 'running');
  assert.is(s.rs('foo').versions[0]?.frozen, undefined);
  assert.is(s.decide({ do: 'thaw', name: 'foo' }).decision.kind, 'already');
});

test('what a frozen one cannot do is refused with what to do', () => {
  const s = frozen();
  assert.match(s.rejected({ do: 'execute', name: 'foo', cmd: ['ls'] }).message, /is frozen: thaw it first/);
  assert.match(s.rejected({ do: 'continue', name: 'foo' }).message, /is frozen: thaw lets its processes go on/);
  s.run({ do: 'commit', name: 'foo', newImageName: 'lab/foo:v1' });
  const commit = s.steps.at(-1);
  assert.is(commit?.do === 'commitImage' ? commit.frozen : undefined, true);
  assert.is(isFrozen(s.rs('foo')), true);
});

test('whatever ends its container ends the freeze: stop, pause, a new version, a death', () => {
  for (const verb of ['stop', 'pause', 'restart'] as const) {
    const s = frozen();
    s.run({ do: verb, name: 'foo' });
    assert.not.ok(
      s.rs('foo').versions.some((v) => v.frozen === true),
      verb,
    );
    assert.is(shownState(s.rs('foo')), { stop: 'stopped', pause: 'paused', restart: 'running' }[verb]);
  }
  const s = frozen();
  s.reconcile({ containers: [s.seen('foo', 1, 'exited', 137)], volumes: NONE });
  assert.is(shownState(s.rs('foo')), 'exited');
  assert.is(s.rs('foo').versions[0]?.frozen, undefined);
});

test('a patch whose stop Docker refuses leaves it frozen', () => {
  const s = frozen();
  s.run({ do: 'restart', name: 'foo' }, (step) =>
    step.do === 'stopContainer' ? { ok: false, do: step.do, error: { kind: 'refused', message: 'no' } } : undefined,
  );
  assert.is(shownState(s.rs('foo')), 'frozen');
});

test('other hands: recorded once, and a list that shows it as the log has it needs no second look', () => {
  const s = running();
  assert.is(asKnown(s.state, HOST, NONE, seen(s, 'paused')), undefined);
  assert.equal(look(s, 'paused'), ['ContainerFrozen outside']);
  assert.ok(asKnown(s.state, HOST, NONE, seen(s, 'paused')));
  assert.equal(look(s, 'paused'), []);
  assert.equal(look(s, 'running'), ['ContainerThawed outside']);
  s.run({ do: 'pause', name: 'foo' });
  assert.equal(look(s, 'paused'), ['ContainerStarted outside', 'ContainerFrozen outside']);
  assert.is(shownState(s.rs('foo')), 'frozen');
});

test('a log of level 1 cannot say it: refused, and not recorded', () => {
  const s = running();
  s.state = { ...s.state, logLevel: 1 };
  assert.match(s.rejected({ do: 'freeze', name: 'foo' }).message, /log is at level 1.*log raise/);
  assert.equal(look(s, 'paused'), []);
});

test('only what runs can be frozen', () => {
  const s = running();
  s.run({ do: 'pause', name: 'foo' });
  assert.match(s.rejected({ do: 'freeze', name: 'foo' }).message, /is paused, not running: only what runs can be frozen/);
  assert.match(s.rejected({ do: 'thaw', name: 'foo' }).message, /there is nothing to thaw; continue starts its processes anew/);
  s.run({ do: 'stop', name: 'foo' });
  assert.is(s.rejected({ do: 'thaw', name: 'foo' }).code, 1042);
});

test.run();
