// Two hosts in one log: a command about the other host's replicaSet or volume is refused at once, whatever it orders.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, decide } from '../../src/commands/command.ts';
import type { Decision } from '../../src/commands/decision.ts';
import type { StepResult } from '../../src/commands/outside/engine.ts';
import { goodFacts, HOST, run, Scenario, settings } from '../support/scenario.ts';

const OTHER = 'other-box';
const onOther = { ...settings, host: OTHER };

/** One command of each kind, about the replicaSet `foo` or the volume `bar`. */
const everyKind: { readonly [K in Command['do']]: Extract<Command, { do: K }> } = {
  run: run('foo') as Extract<Command, { do: 'run' }>,
  patch: { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } },
  rollback: { do: 'rollback', name: 'foo', version: 1 },
  restart: { do: 'restart', name: 'foo' },
  stop: { do: 'stop', name: 'foo' },
  pause: { do: 'pause', name: 'foo' },
  continue: { do: 'continue', name: 'foo' },
  freeze: { do: 'freeze', name: 'foo' },
  thaw: { do: 'thaw', name: 'foo' },
  commit: { do: 'commit', name: 'foo', newImageName: 'lab/foo:v1' },
  delete: { do: 'delete', name: 'foo' },
  setPolicy: { do: 'setPolicy', name: 'foo', restart: 'always' },
  removeVersion: { do: 'removeVersion', name: 'foo', version: 1 },
  execute: { do: 'execute', name: 'foo', cmd: ['ls'] },
  createVolume: { do: 'createVolume', name: 'bar', size: '1GB' },
  resizeVolume: { do: 'resizeVolume', name: 'bar', size: '2GB' },
  deleteVolume: { do: 'deleteVolume', name: 'bar' },
};

/** `foo` and `bar` are on `box`, with all that a command of any kind could want of them. */
function twoHosts(): Scenario {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'createVolume', name: 'bar', size: '1GB' });
  return s;
}

const kindOf = (decision: Decision): string => (decision.kind === 'rejected' ? decision.rejection.kind : decision.kind);

const test = suite('misdirected');

test('every kind of command for another host’s replicaSet or volume is refused, and the refusal names the host', () => {
  const s = twoHosts();
  for (const command of Object.values(everyKind)) {
    const decision = decide(s.state, command, { settings: onOther, facts: goodFacts(), id: 'c' });
    if (decision.kind !== 'rejected') throw new Error(`${command.do}: ${decision.kind}`);
    assert.is(decision.rejection.kind, 'misdirected', command.do);
    assert.match(decision.rejection.message, /^(replicaSet foo|volume bar) is on host box, and this is the server of host other-box/);
  }
});

test('it does not wait for an operation of the other host', () => {
  const s = twoHosts();
  const { decision, meta } = s.decide({ do: 'stop', name: 'foo' });
  if (decision.kind !== 'events') throw new Error(decision.kind);
  s.append(decision.events, meta);
  assert.is(s.rs('foo').operation?.kind, 'stop');
  assert.is(kindOf(decide(s.state, everyKind.stop, { settings: onOther, facts: goodFacts(), id: 'c' })), 'misdirected');
});

test('a name that no host has is free on each', () => {
  const s = twoHosts();
  assert.is(kindOf(decide(s.state, run('free', { gpuCount: 0 }), { settings: onOther, facts: goodFacts(), id: 'c' })), 'events');
});

test('another host’s volume cannot be mounted', () => {
  const s = twoHosts();
  const command = run('baz', { gpuCount: 0, binds: [{ src: 'bar-1', dest: '/data' }] });
  const decision = decide(s.state, command, { settings: onOther, facts: goodFacts(), id: 'c' });
  if (decision.kind !== 'rejected') throw new Error(decision.kind);
  assert.is(decision.rejection.kind, 'misdirected');
  assert.match(decision.rejection.message, 'volume bar-1 is on host box');
});

test('a host port that is taken is replaced from the range of the replicaSet’s host', () => {
  const s = new Scenario();
  const taken = (step: { do: string }): StepResult | undefined =>
    step.do === 'startContainer' && s.rs('foo').operation?.conflicts.length === 0
      ? { ok: true, do: 'startContainer', start: { started: false, why: 'port-taken', hostPort: 40000, message: 'taken' } }
      : undefined;
  s.run(run('foo', { containerPorts: ['80'] }), taken);
  assert.is(s.rs('foo').ports[0]?.hostPort, 40001);
  assert.is(s.rs('foo').host, HOST);
});

test.run();
