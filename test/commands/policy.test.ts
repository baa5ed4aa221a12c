// A name's own policy: what a request may ask for, and what is then in the log.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../src/commands/command.ts';
import { decide } from '../../src/commands/command.ts';
import { replicaSetList } from '../../src/projections/views/replica-set.ts';
import { goodFacts, run, Scenario, settings } from '../support/scenario.ts';

const test = suite('policy');

const asked = (fields: object): Command => ({ do: 'setPolicy', name: 'foo', ...fields });
const decided = (s: Scenario, command: Command, level = 2): unknown => {
  const decision = decide({ ...s.state, logLevel: level }, command, { settings, facts: goodFacts(), id: 'id' });
  return decision.kind === 'rejected' ? `${decision.rejection.kind}: ${decision.rejection.message}` : decision.kind;
};
const shown = (s: Scenario): unknown => replicaSetList(s.state)[0]?.policy;

test('it replaces the one before as a whole, makes no version, and leaves nothing open', () => {
  const s = new Scenario();
  s.run(run('foo'));
  assert.is(shown(s), undefined);
  const types = s.run(asked({ keepVersions: 3, restart: 'on-failure:5' })).map(({ type }) => type);
  assert.equal(types, ['OperationStarted', 'PolicySet', 'OperationCompleted']);
  assert.equal(shown(s), { keepVersions: 3, restart: 'on-failure:5' });
  assert.is(decided(s, asked({ keepVersions: 3, restart: 'on-failure:5' })), 'already');
  s.run(asked({ restart: 'always' }));
  assert.equal(shown(s), { restart: 'always' }, 'what is absent goes by the server again');
  s.run(asked({}));
  assert.equal(shown(s), {});
  const { operation, versions } = s.state.replicaSets.get('foo') ?? {};
  assert.equal([operation, versions?.length], [null, 1]);
});

test('a run may bring it along; it goes with the name', () => {
  const s = new Scenario();
  s.run({ ...run('foo'), keepVersions: 0, restart: 'no' } as Command);
  assert.equal(shown(s), { keepVersions: 0, restart: 'no' });
  assert.not('restart' in (s.state.replicaSets.get('foo')?.versions[0]?.spec ?? {}), 'it is no part of the version');
  s.run({ do: 'delete', name: 'foo' });
  s.run(run('foo'));
  assert.is(shown(s), undefined);
});

test('another form is refused, and so is any policy while the log may not hold one', () => {
  const s = new Scenario();
  for (const restart of ['', 'unless-stopped', 'on-failure', 'on-failure:0', 'on-failure:10000', 'always\n']) {
    assert.match(String(decided(s, { ...run('bar'), restart } as Command)), /^invalid: restart is .*: it is always, no, or on-failure:N/);
  }
  s.run(run('foo'));
  assert.match(String(decided(s, asked({ restart: 'sometimes' }))), /^invalid: restart is "sometimes"/);
  assert.match(String(decided(s, asked({ keepVersions: 1 }), 1)), /^unavailable: the log is at level 1.*log raise/);
  assert.match(String(decided(s, { ...run('bar'), keepVersions: 1 } as Command, 1)), /^unavailable: the log is at level 1/);
  assert.is(decided(s, run('bar'), 1), 'events');
  assert.match(String(decided(s, { do: 'setPolicy', name: 'nobody' })), /^not-found: /);
});

test.run();
