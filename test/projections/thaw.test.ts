// A replay changes plain copies, a commit drafts of immer: both lead to the same state, and neither touches the one before.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Event } from '../../src/events/catalogue.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { initialState, type State } from '../../src/projections/state.ts';
import { run, Scenario } from '../support/scenario.ts';
import { playStory } from '../support/story.ts';

const test = suite('thaw');

const oneByOne = (state: State, events: readonly Event[]): State => events.reduce((before, event) => applyAll(before, [event]), state);

const PLAIN: readonly unknown[] = [Object.prototype, Array.prototype, Map.prototype];

/** The paths of what could be changed. A structure with a class of its own is never changed in place. */
function* soft(value: unknown, path = 'state'): Generator<string, void, undefined> {
  if (typeof value !== 'object' || value === null || !PLAIN.includes(Object.getPrototypeOf(value))) return;
  if (!Object.isFrozen(value)) yield path;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  for (const [key, field] of entries) yield* soft(field, `${path}.${String(key)}`);
}

/** Parts at a time, so that a part finds names that it makes, changes, deletes, and does not touch. */
function holds(events: readonly Event[], part: number): void {
  let state = initialState;
  for (let at = 0; at < events.length; at += part) {
    const batch = events.slice(at, at + part);
    const before = JSON.stringify([...state.replicaSets, ...state.volumes, ...state.hosts, ...state.commands, ...state.executions]);
    const slowly = oneByOne(state, batch);
    const next = applyAll(state, batch);
    assert.equal(next, slowly, `events ${at + 1} to ${at + batch.length}`);
    if (batch.length >= 100) assert.equal([...soft(next)], [], 'all of it is frozen');
    const after = JSON.stringify([...state.replicaSets, ...state.volumes, ...state.hosts, ...state.commands, ...state.executions]);
    assert.is(after, before, 'the state before is as it was');
    state = next;
  }
}

/** One name with a long history beside names that come and go: of the long one most batches touch only a little. */
function busy(): readonly Event[] {
  const s = new Scenario(16, { start: 40_000, end: 40_099 });
  s.run(run('long', { containerPorts: ['22'] }));
  for (let i = 0; i < 60; i++) s.run({ do: 'patch', name: 'long', gpuPatch: { gpuCount: 1 + (i % 2) } });
  for (let i = 0; i < 40; i++) {
    const name = `short${i % 5}`;
    s.run(run(name, { gpuCount: 1, containerPorts: ['22', '80'] }));
    if (i % 3 === 0) s.run({ do: 'stop', name });
    if (i % 8 === 0) s.run({ do: 'patch', name: 'long', gpuPatch: { gpuCount: 1 + ((i / 8) % 2) } });
    s.run({ do: 'delete', name });
  }
  return s.events;
}

test('many events at once lead where they lead one by one', () => {
  const events = busy();
  for (const part of [100, 137, 400, events.length]) holds(events, part);
});

test('so does a log with every type of event', async () => {
  const events = (await playStory('0.2.0')) as readonly Event[];
  for (const part of [100, events.length]) holds(events, part);
});

test('an error of an applier leaves the state before as it was', () => {
  const events = busy();
  const state = applyAll(initialState, events.slice(0, 300));
  const [first] = events.slice(300);
  if (first === undefined) throw new Error('there are more events');
  const stranger = { ...first, stream: 'replicaSet/nobody', type: 'ContainerRemoved', data: { version: 1 } } as Event;
  const text = JSON.stringify([...state.replicaSets, ...state.hosts]);
  assert.throws(() => applyAll(state, [...events.slice(300, 450), stranger]), 'which does not exist');
  assert.is(JSON.stringify([...state.replicaSets, ...state.hosts]), text);
});

test.run();
