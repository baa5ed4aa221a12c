// The cost of an event does not grow with the history of its name.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Event, NewEvent } from '../../src/events/catalogue.ts';
import { applyAll } from '../../src/projections/apply.ts';
import type { State } from '../../src/projections/state.ts';
import { HOST, run, Scenario } from '../support/scenario.ts';

const test = suite('projections at size');

/** Events that are applied, one by one. */
const EVENTS = 100;

/** A name with so many versions, the last of which runs. */
function withVersions(count: number): State {
  const s = new Scenario();
  s.run(run('foo', { gpuCount: 0 }));
  const rs = s.rs('foo');
  const [first] = rs.versions;
  assert.ok(first);
  const versions = Array.from({ length: count }, (_, i) =>
    Object.freeze({ ...first, version: i + 1, container: i + 1 === count ? ('running' as const) : ('removed' as const) }),
  );
  return { ...s.state, replicaSets: new Map([['foo', { ...rs, versions, current: count, lastVersion: count }]]) };
}

/** Processor time, ms, that so many deaths and starts of the last version take. */
function costOf(versions: number): number {
  let state = withVersions(versions);
  const data = (i: number): NewEvent =>
    i % 2 === 0
      ? { type: 'ContainerDied', stream: 'replicaSet/foo', data: { version: versions, exitCode: 0 } }
      : { type: 'ContainerStarted', stream: 'replicaSet/foo', data: { version: versions, reason: 'outside' } };
  const command = { id: 'look', name: 'reconcile', actor: 'system:reconcile' };
  const event = (i: number): Event =>
    ({ ...data(i), schema: 1, host: HOST, prev: '', hash: '', seq: state.head.seq + 1, time: state.time, command }) as Event;
  state = applyAll(state, [event(0), { ...event(1), seq: state.head.seq + 2 }]);
  const before = process.cpuUsage();
  for (let i = 0; i < EVENTS; i++) state = applyAll(state, [event(i)]);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Times what an event on a name of ten versions takes: the list of 10,000 is copied and frozen once, and nothing is done for each of them. */
const MOST = 100;

test('an event on a name of 10,000 versions, a thousand times as many, takes less than 100 times as long as on one of ten', () => {
  costOf(10);
  let [few, many] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  // The processor time of a machine that is busy otherwise varies: the least of some tries counts. All are made: the first
  // ones on a short history are slow, as the code is not compiled yet.
  for (let i = 0; i < 8; i++) [few, many] = [Math.min(few, costOf(10)), Math.min(many, costOf(10_000))];
  assert.ok(many < MOST * few, `${many} ms and ${few} ms for ${EVENTS} events`);
});

test.run();
