import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silent } from '../../../src/commands/outside/logger.ts';
import { EMPTY_HEAD, type Head } from '../../../src/events/envelope.ts';
import { LogFullError } from '../../../src/events/log.ts';
import { readCheckpoints, signCheckpoint } from '../../../src/infra/log/checkpoints/checkpoint.ts';
import { signingKey } from '../../../src/infra/log/checkpoints/key.ts';
import { Snapshots } from '../../../src/infra/log/snapshots/snapshots.ts';
import { Space, type SpaceDeps } from '../../../src/infra/log/space.ts';
import { Upkeep } from '../../../src/infra/log/upkeep.ts';
import type { RecordListener } from '../../../src/infra/runtime/committer.ts';
import { initialState, type State } from '../../../src/projections/state.ts';
import { run } from '../../cli/support.ts';
import { clock, eventsAfter, until } from '../etcd/support.ts';
import { filled, type World, whole, world } from './support.ts';
import { fill, stateOf } from './synthetic.ts';

const test = suite('space');
const QUOTA = 16 * 2 ** 20;

function space(w: World, head: () => Head, over: Partial<SpaceDeps> = {}): Space {
  return new Space({
    kv: w.kv,
    segments: w.segments,
    logger: silent,
    quotaBytes: QUOTA,
    archiveAt: 0.25,
    embedded: true,
    head: () => head().seq,
    snapshot: async () => head().seq,
    ...over,
  });
}

test('the log is archived when it has used its part of the quota, and etcd stays below it', async () => {
  const w = await world({ quotaBytes: QUOTA });
  let head: Head = EMPTY_HEAD;
  const watched = space(w, () => head);
  // Three times what fits.
  while (head.seq < 120_000) {
    head = await fill(w.log, chunks(head, 4_000), 500);
    await watched.check(true);
    assert.is(watched.problem, null);
  }
  // etcd counts what is free once its batch is written, a tenth of a second later.
  await until(
    'less than a quarter in use',
    async () => {
      await watched.check(true); // as the timer does
      return (await w.kv.status()).dbSizeInUse < QUOTA / 4;
    },
    60_000,
  );
  assert.ok((await w.kv.status()).dbSize < QUOTA * 0.8);
  assert.ok(w.segments.list().length > 1);
  let seen = 0;
  for await (const part of w.history.read(1)) seen += part.length;
  assert.is(seen, head.seq);
  await w.end();
});

function* chunks(head: Head, count: number): Generator<ReturnType<typeof eventsAfter>> {
  let from = head;
  for (let made = 0; made < count; made += 500) {
    const events = eventsAfter(from, 500);
    const last = events.at(-1);
    if (last !== undefined) from = { seq: last.seq, hash: last.hash };
    yield events;
  }
}

test('nothing is archived that no snapshot covers, by one who may not, or when it is switched off', async () => {
  const w = await filled(3_000);
  const many = { mostEvents: 1_000 };
  await space(w, () => w.head, { ...many, snapshot: async () => 700 }).check(true);
  assert.is(w.segments.head.seq, 700);
  await space(w, () => w.head, { ...many, archiveAt: 0 }).check(true);
  await space(w, () => w.head, many).check(false);
  assert.is(w.segments.head.seq, 700);
  await space(w, () => w.head, many).check(true);
  assert.ok(w.segments.head.seq >= w.head.seq - 520 && w.segments.head.seq <= w.head.seq - 500);
  assert.equal(await whole(w.history), w.all);
  await w.end();
});

test('a full etcd is cleared up by itself when it is our own, and said when it is not', async () => {
  const w = await world({ quotaBytes: QUOTA });
  let head: Head = EMPTY_HEAD;
  const full = async (): Promise<void> => {
    for (;;) head = await fill(w.log, chunks(head, 500), 500);
  };
  await full().then(
    () => assert.unreachable(),
    (error: unknown) => assert.ok(error instanceof LogFullError, String(error)),
  );
  head = await w.log.head();
  const other = space(w, () => head, { embedded: false });
  await other.check(true);
  assert.match(other.problem ?? '', 'no space left');
  assert.match(other.warning ?? '', 'of its quota');
  const own = space(w, () => head);
  await own.check(true);
  assert.is(own.problem, null);
  assert.is((await w.kv.alarms()).length, 0);
  head = await fill(w.log, chunks(head, 500), 500);
  let seen = 0;
  for await (const part of w.history.read(1)) seen += part.length;
  assert.is(seen, head.seq);
  await other.check(false);
  assert.is(other.problem, null);
  assert.is(other.warning, null);
  await w.end();
});

test('upkeep writes snapshots by count and checkpoints by time, only when the head moved, and both at the end', async () => {
  const w = await filled(1_000);
  const logger = silent;
  const snapshots = new Snapshots({ dir: join(w.dir, 'snapshots'), logger });
  const checkpointFile = join(w.dir, 'checkpoints.jsonl');
  const options = {
    dataDir: w.dir,
    snapshotEvery: 100,
    checkpointEveryMs: 20,
    checkpointFile,
    quotaBytes: QUOTA,
    archiveAt: 0.25,
    embedded: true,
    host: 'box',
  };
  const upkeep = new Upkeep({ ...w, log: w.history, snapshots, clock, logger, options, spaceEveryMs: 20 });
  assert.is(await upkeep.restore(), null);
  let listener: (state: State) => void = () => undefined;
  const committer = {
    state: stateOf(w.all.slice(0, 450)),
    onCommit: (to: RecordListener) => {
      listener = (state) => to([], state, []);
      return () => undefined;
    },
  };
  const stop = new AbortController();
  upkeep.start(committer, stop.signal);
  const inLog = async ({ seq, hash }: Head): Promise<boolean> => w.all[seq - 1]?.hash === hash;
  await until(
    'a first snapshot and checkpoint',
    async () => (await snapshots.load(inLog))?.head.seq === 450 && (await readCheckpoints(checkpointFile)).checkpoints.length === 1,
  );
  committer.state = stateOf(w.all.slice(0, 500));
  listener(committer.state);
  await until('a second checkpoint', async () => (await readCheckpoints(checkpointFile)).checkpoints.length === 2);
  assert.is((await snapshots.load(inLog))?.head.seq, 450);
  committer.state = stateOf(w.all.slice(0, 560));
  listener(committer.state);
  await until('a second snapshot', async () => (await snapshots.load(inLog))?.head.seq === 560);
  stop.abort();
  committer.state = stateOf(w.all);
  await upkeep.stop();
  const { checkpoints } = await readCheckpoints(checkpointFile);
  assert.is(statSync(join(w.dir, 'checkpoint.key')).mode & 0o777, 0o600);
  assert.is(checkpoints.at(-1)?.seq, w.head.seq);
  assert.is(new Set(checkpoints.map(({ seq }) => seq)).size, checkpoints.length);
  const next = new Upkeep({ ...w, log: w.history, snapshots, clock, logger, options });
  assert.equal(await next.restore(), committer.state);
  assert.not.equal(committer.state, initialState);
  await w.end();
});

test('upkeep thins a file of checkpoints that has grown large, and log verify compares the rest', async () => {
  const w = await filled(1_000);
  const key = signingKey(w.dir);
  const checkpointFile = join(w.dir, 'checkpoints.jsonl');
  const state = stateOf(w.all);
  const at = Date.now() - 30 * 86_400_000;
  // One a minute for not quite twelve hours: of each hour one stays.
  const old = w.all
    .slice(0, 700)
    .map(({ seq, hash }, i) =>
      JSON.stringify(
        signCheckpoint({ logId: state.logId, seq, hash, time: new Date(at + i * 60_000).toISOString(), host: 'x'.repeat(14_000) }, key),
      ),
    );
  writeFileSync(checkpointFile, `${old.join('\n')}\n`);
  const upkeep = new Upkeep({
    ...w,
    log: w.history,
    snapshots: new Snapshots({ dir: join(w.dir, 'snapshots'), logger: silent }),
    clock,
    logger: silent,
    options: {
      dataDir: w.dir,
      snapshotEvery: 0,
      checkpointEveryMs: 20,
      checkpointFile,
      quotaBytes: QUOTA,
      archiveAt: 0,
      embedded: true,
      host: 'box',
    },
    spaceEveryMs: 60_000,
    thinEveryMs: 20,
  });
  const stop = new AbortController();
  upkeep.start({ state, onCommit: () => () => undefined }, stop.signal);
  await until('a small file', async () => statSync(checkpointFile).size < 2 ** 20);
  stop.abort();
  await upkeep.stop();
  const { checkpoints } = await readCheckpoints(checkpointFile);
  assert.ok(checkpoints.length >= 12 && checkpoints.length <= 14, String(checkpoints.length));
  assert.is(checkpoints.at(-1)?.seq, w.head.seq);
  const verified = await run('log', 'verify', '--etcd', w.etcd.endpoint, '--data-dir', w.dir);
  assert.is(verified.code, 0, verified.out);
  assert.match(verified.out, `${checkpoints.length} signed checkpoints compared, all hold.`);
  await w.end();
});

test.run();
