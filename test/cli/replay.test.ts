import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { viewsOf } from '../../src/cli/log/replay.ts';
import { compareWithDocker } from '../../src/cli/log/replay-check.ts';
import type { Command } from '../../src/commands/command.ts';
import { folder } from '../infra/log/support.ts';
import { events, stateOf } from '../infra/log/synthetic.ts';
import { TestCore } from '../support/core.ts';
import { run as runOf } from '../support/scenario.ts';
import { eventsFile, json, run } from './support.ts';

const test = suite('replay');
const all = events(800);
type Views = ReturnType<typeof viewsOf>;
type Mutation = Exclude<Command, { do: 'execute' }>;

test('rebuilds the views from exported files, without etcd and Docker', async () => {
  const dir = folder();
  const [a, b] = [eventsFile(join(dir, 'a.jsonl'), all.slice(0, 300)), eventsFile(join(dir, 'b.jsonl'), all.slice(300))];
  const { code, out } = await run('replay', '--events', a, b, '--json');
  assert.is(code, 0);
  assert.equal(json<Views>(out), json<Views>(JSON.stringify(viewsOf(stateOf(all)))));
  const text = (await run('replay', '--events', a, b)).out;
  assert.match(text, 'GPUs of box');
  assert.match(text, 'live0');
});

test('as it was after an event, and at a time', async () => {
  const file = eventsFile(join(folder(), 'events.jsonl'), all);
  for (const seq of [1, 57, 300]) {
    const expected = json<Views>(JSON.stringify(viewsOf(stateOf(all.slice(0, seq)))));
    assert.equal(json<Views>((await run('replay', '--events', file, '--at', String(seq), '--json')).out), expected);
    assert.equal(json<Views>((await run('replay', '--events', file, '--at', all[seq - 1]?.time ?? '', '--json')).out), expected);
  }
});

test('files that are not untouched are not replayed', async () => {
  const file = eventsFile(
    join(folder(), 'events.jsonl'),
    all.map((event) => (event.seq === 9 ? { ...event, host: 'x' } : event)),
  );
  const { code, err } = await run('replay', '--events', file);
  assert.is(code, 3);
  assert.match(err, 'Event 9 was changed');
});

test('the comparison with an engine finds every kind of difference', async () => {
  const t = await new TestCore({ gpus: 4 }).start();
  await t.submit(runOf('a', { containerPorts: ['22'] }) as Mutation);
  await t.submit(runOf('b') as Mutation);
  await t.submit({ do: 'createVolume', name: 'v', size: '1GB' });
  const state = t.core.state();
  t.die();
  const same = await compareWithDocker(state, 'box', t.engine);
  assert.equal(same.differences, []);
  t.engine.vanish('a-1');
  const vanished = await compareWithDocker(state, 'box', t.engine);
  assert.equal(
    vanished.differences.map(({ kind, what }) => `${kind} ${what}`),
    ['missing a-1'],
  );
  const without = { ...state, replicaSets: new Map(), volumes: new Map() };
  assert.equal((await compareWithDocker(without, 'box', t.engine)).differences.map(({ kind, what }) => `${kind} ${what}`).sort(), [
    'unexpected b-1',
    'unexpected v-1',
  ]);
});

test.run();
