import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Logger } from '../../../src/commands/outside/logger.ts';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { Head } from '../../../src/events/envelope.ts';
import { Snapshots } from '../../../src/infra/log/snapshots/snapshots.ts';
import { stateFromLines, stateLines } from '../../../src/infra/log/snapshots/state-lines.ts';
import { initialState, type State } from '../../../src/projections/state.ts';
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

test('a state is read as it was written, maps and their order included', () => {
  const state = at(log.length);
  assert.equal(stateFromLines(stateLines(state)), state);
  assert.equal([...stateFromLines(stateLines(state)).replicaSets.keys()], [...state.replicaSets.keys()]);
  assert.equal(stateFromLines(stateLines(initialState)), initialState);
  const odd = { ...state, logId: { $map: [[1, 2]], deep: { $object: 1, m: new Map([[1, new Map([['a', 1]])]]) } } } as unknown as State;
  assert.equal(stateFromLines(stateLines(odd)), odd);
  const { commands: _, ...data } = stateFromLines(stateLines(state));
  assert.ok(Object.values(data).every(isDeeplyFrozen));
});

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const parts = value instanceof Map ? [...value.values()] : Object.values(value);
  return Object.isFrozen(value) && parts.every(isDeeplyFrozen);
}

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

test('one that was read ahead is the one that is loaded, checked as any', async () => {
  const dir = folder();
  const { logger, said } = complaints();
  for (const seq of [200, 300]) await new Snapshots({ dir, logger }).write(at(seq));
  const path = (seq: number): string => join(dir, `${String(seq).padStart(16, '0')}.snapshot`);

  const ahead = new Snapshots({ dir, logger });
  await ahead.readAhead();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const whole = readFileSync(path(300));
  truncateSync(path(300), 1_000);
  assert.equal(await ahead.load(inLog), at(300), 'from the memory');
  assert.equal(await ahead.load(inLog), at(200), 'and only once');
  assert.match(said.join(), 'it is broken');

  const broken = new Snapshots({ dir, logger });
  await broken.readAhead();
  assert.equal(await broken.load(inLog), at(200), 'a broken one is ignored');
  writeFileSync(path(300), whole);
  const other = new Snapshots({ dir, logger });
  await other.readAhead();
  assert.is(await other.load(async () => false), null, 'so is one of another log');
  await new Snapshots({ dir: join(dir, 'none'), logger }).readAhead();
});

/** A state as the views of a long log have it, without what only commands need. */
const numbered = (seq: number): State => {
  const state = at(100 + (seq % 400));
  return { ...state, head: { seq, hash: `hash-${seq}` }, time: new Date(seq * 1_000).toISOString() };
};

test('one that cannot be compressed stays as it is: what is superfluous goes all the same, and what was written is there', async () => {
  const dir = folder();
  const { logger, said } = complaints();
  const snapshots = new Snapshots({ dir, logger });
  for (let seq = 10_000; seq <= 40_000; seq += 10_000) await snapshots.write(numbered(seq));
  const plain = (seq: number): string => `${String(seq).padStart(16, '0')}.snapshot`;
  // In the way of the draft, as a full disk would be.
  mkdirSync(join(dir, `.${plain(20_000)}.gz.${process.pid}.tmp`));
  await snapshots.write(numbered(50_000));
  assert.match(said.join(), 'cannot be compressed');
  for (const seq of [50_100, 50_200, 50_300, 50_400]) await snapshots.write(numbered(seq));
  const names = readdirSync(dir).filter((name) => !name.startsWith('.'));
  assert.ok(names.includes(plain(20_000)) && names.includes(`${plain(30_000)}.gz`), names.join());
  assert.not.ok(names.includes(plain(50_100)), 'a superfluous one is removed');
});

test('older ones are kept some way apart, no more than so many, and looked up by sequence and by time', async () => {
  const dir = folder();
  const snapshots = new Snapshots({ dir, logger: silent });
  for (let seq = 10_000; seq <= 900_000; seq += 10_000) await snapshots.write(numbered(seq));
  const seqs = (): number[] =>
    readdirSync(dir)
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b);
  assert.is(seqs().length, 90);
  assert.is(readdirSync(dir).filter((name) => name.endsWith('.gz')).length, 87, 'all but the newest are compressed');
  const known = async ({ seq, hash }: Head): Promise<boolean> => hash === `hash-${seq}`;
  const before = (seq: number, after = 0): Promise<State | null> => snapshots.before((at) => at <= seq, after, known);
  assert.equal(await before(555_555), numbered(550_000));
  assert.equal(await before(10_000), numbered(10_000));
  assert.is(await before(9_999), null);
  assert.is(await before(555_555, 550_000), null, 'not behind the one that is at hand');
  const time = new Date(123_456_000).toISOString();
  assert.equal(await snapshots.before((_, its) => its <= time, 0, known), numbered(120_000));
  assert.equal(
    await snapshots.before(
      (at) => at <= 555_555,
      0,
      async (head) => head.seq < 540_000 && known(head),
    ),
    numbered(530_000),
  );
  const half = join(dir, '0000000000550000.snapshot.gz');
  const whole = readFileSync(half);
  for (const bytes of [0, 10, whole.length - 20]) {
    truncateSync(half, bytes);
    assert.equal(await new Snapshots({ dir, logger: silent }).before((at) => at <= 555_555, 0, known), numbered(540_000), `${bytes}`);
    writeFileSync(half, whole);
  }
  // Another server's look, which has read nothing yet.
  assert.equal(await new Snapshots({ dir, logger: silent }).before((at) => at <= 555_555, 0, known), numbered(550_000));

  for (let seq = 910_000; seq <= 2_700_000; seq += 10_000) await snapshots.write(numbered(seq));
  const all = seqs();
  assert.ok(all.length <= 131, `${all.length}`);
  assert.equal(all.slice(-3), [2_680_000, 2_690_000, 2_700_000]);
  for (const [i, seq] of all.entries()) if (i > 0) assert.ok(seq - (all[i - 1] ?? 0) <= 60_000, `${all[i - 1]} to ${seq}`);
});

test('those of another version are removed when new ones are written, but for the newest', async () => {
  const dir = folder();
  const old = new Snapshots({ dir, logger: silent, version: 'other' });
  for (const seq of [10_000, 20_000, 30_000, 40_000]) await old.write(numbered(seq));
  assert.is(readdirSync(dir).length, 4);
  const snapshots = new Snapshots({ dir, logger: silent });
  assert.is(
    await snapshots.before(
      () => true,
      0,
      async () => true,
    ),
    null,
  );
  await snapshots.write(numbered(50_000));
  assert.equal(
    readdirSync(dir).map((name) => Number.parseInt(name, 10)),
    [30_000, 40_000, 50_000],
  );
  assert.equal(
    await snapshots.before(
      () => true,
      0,
      async () => true,
    ),
    numbered(50_000),
  );
});

test('one that takes the place of another version is as good as any', async () => {
  const dir = folder();
  const seqs = [10_000, 20_000, 30_000];
  const old = new Snapshots({ dir, logger: silent, version: 'other' });
  for (const seq of seqs) await old.write(numbered(seq));
  const snapshots = new Snapshots({ dir, logger: silent });
  assert.is(await snapshots.load(async () => true), null);
  for (const seq of [...seqs, 40_000, 50_000]) await snapshots.write(numbered(seq));
  assert.is(readdirSync(dir).length, 5);
  assert.equal(
    await snapshots.before(
      (seq) => seq <= 15_000,
      0,
      async () => true,
    ),
    numbered(10_000),
  );
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
