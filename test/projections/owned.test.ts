// What each owner has is counted event by event; it must be what a look at all names says, after every event.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stateFromLines, stateLines } from '../../src/infra/log/snapshots/state-lines.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { volumeBytesOf } from '../../src/projections/keys/owned.ts';
import { initialState, type State } from '../../src/projections/state.ts';
import { playStory } from '../support/story.ts';

const test = suite('owned');

function recounted(state: State): [string, { containers: number; volumeBytes: number }][] {
  const found = new Map<string, { containers: number; volumeBytes: number }>();
  const of = (owner: string) => {
    const known = found.get(owner) ?? { containers: 0, volumeBytes: 0 };
    found.set(owner, known);
    return known;
  };
  for (const { owner } of state.replicaSets.values()) of(owner).containers++;
  for (const volume of state.volumes.values()) of(volume.owner).volumeBytes += volumeBytesOf(volume);
  return [...found].filter(([, { containers, volumeBytes }]) => containers > 0 || volumeBytes > 0).sort();
}

test('in a log with every type of event', async () => {
  const events = await playStory('0.2.0');
  let state = initialState;
  let most = 0;
  for (const event of events) {
    state = applyAll(state, [event]);
    assert.equal([...state.owned].sort(), recounted(state), `after event ${event.seq}, ${event.type}`);
    most = Math.max(most, state.owned.size);
  }
  assert.ok(most > 0, 'somebody owned something');
  assert.ok((state.gpuTime.ms.get('ann') ?? 0) > 0, 'and held GPUs');
  const atOnce = applyAll(initialState, events);
  assert.equal(atOnce, state, 'a replay of many at a time gives the same');
  assert.equal(stateFromLines(stateLines(state)), state, 'and so does a snapshot');
  for (const gpu of [...state.hosts.values()].flatMap(({ gpus }) => gpus)) assert.is(gpu.holder === null, gpu.since === undefined);
});

test.run();
