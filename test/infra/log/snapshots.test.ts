import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { projectionVersion } from '../../../scripts/projection-version.ts';
import type { Head } from '../../../src/events/envelope.ts';
import { Snapshots } from '../../../src/infra/log/snapshots.ts';
import { stateFromLines, stateLines } from '../../../src/infra/log/state-text.ts';
import type { Logger } from '../../../src/infra/logger.ts';
import { silent } from '../../../src/infra/logger.ts';
import { initialState, type State } from '../../../src/projections/state.ts';
import { PROJECTION_VERSION } from '../../../src/projections/version.ts';
import { folder } from './support.ts';
import { events, stateOf } from './synthetic.ts';

const test = suite('snapshots');
const log = events(600, 20);
const at = (seq: number): State => stateOf(log.slice(0, seq));
const inLog = async ({ seq, hash }: Head): Promise<boolean> => log[seq - 1]?.hash === hash;

function complaints(): { logger: Logger; said: string[] } {
  const said: string[] = [];
  return { logger: { ...silent, warn: (_, message) => void said.push(message) }, said };
}

test('the version is that of the projections’ source: after a change, run scripts/projection-version.ts --write', () => {
  assert.is(PROJECTION_VERSION, projectionVersion());
});

test('a state is read as it was written, maps and their order included', () => {
  const state = at(log.length);
  assert.equal(stateFromLines(stateLines(state)), state);
  assert.equal([...stateFromLines(stateLines(state)).replicaSets.keys()], [...state.replicaSets.keys()]);
  assert.equal(stateFromLines(stateLines(initialState)), initialState);
  const odd = { ...state, logId: { $map: [[1, 2]], deep: { $object: 1, m: new Map([[1, new Map([['a', 1]])]]) } } } as unknown as State;
  assert.equal(stateFromLines(stateLines(odd)), odd);
  assert.ok(Object.isFrozen(stateFromLines(stateLines(state)).hosts.get('box')));
});

test('the newest one is used, and three are kept', async () => {
  const dir = folder();
  const snapshots = new Snapshots({ dir, logger: silent });
  assert.is(await snapshots.load(inLog), null);
  for (const seq of [100, 200, 300, 400]) await snapshots.write(at(seq));
  assert.equal(await snapshots.load(inLog), at(400));
  assert.is(readdirSync(dir).length, 3);
});

test('one that is broken, of another version, or of another log is ignored, with a word why', async () => {
  const dir = folder();
  const { logger, said } = complaints();
  const snapshots = new Snapshots({ dir, logger });
  for (const seq of [200, 300, 400]) await snapshots.write(at(seq));
  const path = (seq: number): string => join(dir, `${String(seq).padStart(16, '0')}.snapshot`);

  writeFileSync(path(400), readFileSync(path(400), 'utf8').replace('"live1"', '"live9"'));
  assert.equal(await snapshots.load(inLog), at(300));
  assert.match(said.join(), 'SHA-256');
  truncateSync(path(300), 1_000);
  assert.equal(await snapshots.load(inLog), at(200));
  assert.is(await snapshots.load(async () => false), null);
  assert.match(said.join(), 'the log has no event 200');
  assert.is(await new Snapshots({ dir, logger, version: 'other' }).load(inLog), null);
  assert.match(said.join(), 'another version');
  truncateSync(path(200), 0);
  assert.is(await snapshots.load(inLog), null);
});

test('writing a large state lets everything else run', async () => {
  const state = at(log.length);
  const some = [...state.replicaSets.values()];
  const many = new Map(Array.from({ length: 20_000 }, (_, i) => [`r${i}`, { ...(some[i % some.length] as object), name: `r${i}` }]));
  const large = { ...state, replicaSets: many } as unknown as State;
  const snapshots = new Snapshots({ dir: folder(), logger: silent });
  // The processor's time from one timer to the next: the clock's would be that of a busy machine.
  let longest = 0;
  let last = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    longest = Math.max(longest, (user + system) / 1_000);
    last = process.cpuUsage();
  }, 1);
  await snapshots.write(large);
  clearInterval(timer);
  assert.ok(longest > 0 && longest < 100, `blocked for ${longest} ms`);
});

test.run();
