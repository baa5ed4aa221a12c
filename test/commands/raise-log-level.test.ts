import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RaiseLogLevel } from '../../src/commands/command.ts';
import { raiseLogLevel, standbyBehind } from '../../src/commands/host/raise-log-level.ts';
import { LEVEL } from '../../src/events/catalogue.ts';
import { RELEASE } from '../../src/events/evolution/release.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { initialState } from '../../src/projections/state.ts';
import { hostStarted, logCreated, sealAll, type Written } from '../support/stored-log.ts';

const test = suite('raise the log’s level');

function decide(order: Omit<RaiseLogLevel, 'do'>, ...events: readonly Written[]): unknown {
  const decision = raiseLogLevel.decide(applyAll(initialState, sealAll([logCreated, ...events])), order);
  return decision.kind === 'rejected' ? `${decision.rejection.code} ${decision.rejection.kind}: ${decision.rejection.message}` : decision;
}
const raised = (data: object): unknown => ({ kind: 'events', events: [{ type: 'LogLevelRaised', stream: 'log', data }] });

test('every host that the log knows must have last started as a release that reads the level', () => {
  assert.equal(decide({}, hostStarted('a', '0.2.0', 2)), raised({ level: 2, release: RELEASE }));
  assert.equal(decide({ level: 2 }, hostStarted('a', '0.1.0'), hostStarted('a', '0.2.0', 2)), raised({ level: 2, release: RELEASE }));
  assert.is(
    decide({}, hostStarted('a', '0.2.0', 2), hostStarted('b', '0.1.0'), hostStarted('c', '0.1.0')),
    '1036 conflict: the server of b (reads level 1), c (reads level 1) last started as a release that cannot read level 2: upgrade and start it first, or except a host that never reads this log again',
  );
  assert.match(String(decide({}, hostStarted('a', '0.2.0', 2), hostStarted('a', '0.1.0'))), /a \(reads level 1\)/, 'it went back');
});

test('a host that is gone for good can be excepted, by a name that the log knows', () => {
  const hosts = [hostStarted('a', '0.2.0', 2), hostStarted('b', '0.1.0')];
  assert.equal(decide({ except: ['b'] }, ...hosts), raised({ level: 2, release: RELEASE, except: ['b'] }));
  assert.is(decide({ except: ['x'] }, ...hosts), '1036 not-found: the log knows no host x: it knows a, b');
});

test('a standby that cannot read the level is in the way, unless its host is excepted', () => {
  const standby = (reads: number) => [{ host: 'a', addr: '10.0.0.2:2378', reads }];
  assert.is(
    standbyBehind({}, standby(1))?.message,
    'a server at 10.0.0.2:2378 stands by for host a, and reads up to level 1: upgrade or stop it first',
  );
  assert.is(standbyBehind({}, standby(2)), null);
  assert.is(standbyBehind({ except: ['a'] }, standby(1)), null);
});

test('never lowered, never above what this release writes; at the level already it is done', () => {
  const at2: Written = { type: 'LogLevelRaised', stream: 'log', data: { level: 2, release: '0.2.0' } };
  assert.equal(decide({}, at2), { kind: 'already' });
  assert.is(decide({ level: 1 }, at2), '1036 impossible: the log is at level 2 already, and a level is never lowered');
  assert.match(String(decide({ level: LEVEL + 1 }, at2)), /^1036 impossible: release .* writes up to level 2: start a later release/);
});

test.run();
