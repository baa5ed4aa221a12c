// A start from the newest snapshot alone, as after an upgrade: those for looking back are made again in the background.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { EventLog } from '../../../src/events/log.ts';
import { Snapshots } from '../../../src/infra/log/snapshots/snapshots.ts';
import { Upkeep } from '../../../src/infra/log/upkeep.ts';
import { FullLogFeed } from '../../../src/infra/past/full-log-feed.ts';
import { Past } from '../../../src/infra/past/past.ts';
import { Committer } from '../../../src/infra/runtime/committer.ts';
import type { State } from '../../../src/projections/state.ts';
import { clock, until } from '../etcd/support.ts';
import { filled, type World } from './support.ts';
import { stateOf } from './synthetic.ts';

const test = suite('looking back');
const EVENTS = 25_000;
const EVERY = 5_000;

const viewed = (state: State): object => ({ ...state, commands: null });

/** A service over the log, as one start after another makes it. */
function started(w: World) {
  const dir = join(w.dir, 'snapshots');
  const options = {
    dataDir: w.dir,
    snapshotEvery: EVERY,
    checkpointEveryMs: 0,
    checkpointFile: join(w.dir, 'checkpoints.jsonl'),
    quotaBytes: 2 ** 30,
    archiveAt: 0,
    embedded: true,
    host: 'box',
  };
  const upkeep = new Upkeep({ ...w, log: w.history, snapshots: new Snapshots({ dir, logger: silent }), clock, logger: silent, options });
  const read = { events: 0 };
  const source: Pick<EventLog, 'read'> = {
    async *read(from, to) {
      for await (const events of w.history.read(from, to)) {
        read.events += events.length;
        yield events;
      }
    },
  };
  const committer = new Committer({ log: w.history, clock, host: 'box' });
  const whole = new FullLogFeed({ committer, source, clock, logger: silent });
  committer.onEveryCommit((_, state) => upkeep.fillIn(state));
  const past = new Past({
    committer,
    source,
    whole,
    clock,
    stateBefore: (isThen, after) => upkeep.before(isThen, after),
  });
  const seqs = (): readonly number[] => readdirSync(dir).map((name) => Number.parseInt(name, 10));
  return { upkeep, committer, whole, past, read, seqs };
}

test('the snapshots that are missing are made in the background, and the next start looks back with them at once', async () => {
  const w = await filled(EVENTS);
  const over = new AbortController();

  const first = started(w);
  assert.is(await first.upkeep.restore(), null);
  await first.committer.catchUp();
  await until('a replay leaves them, too', () => first.seqs().length >= 1, 10_000);
  first.upkeep.start(first.committer, over.signal);
  await first.upkeep.stop(); // writes the newest
  for (const name of readdirSync(join(w.dir, 'snapshots'))) {
    if (Number.parseInt(name, 10) !== w.head.seq) rmSync(join(w.dir, 'snapshots', name));
  }

  const second = started(w);
  const kept = await second.upkeep.restore();
  assert.is(kept?.head.seq, w.head.seq);
  if (kept !== null) second.committer.restore(kept);
  await second.committer.catchUp();
  second.upkeep.start(second.committer, over.signal);
  second.whole.begin(over.signal);
  await until('all of it was read', () => second.whole.behind() === null, 60_000);
  await until('one in each stretch', () => second.seqs().length >= 5, 10_000);
  await second.upkeep.stop();

  const third = started(w);
  const newest = await third.upkeep.restore();
  if (newest !== null) third.committer.restore(newest);
  await third.committer.catchUp();
  for (const seq of [11_111, 20_001, 24_990]) {
    third.read.events = 0;
    assert.equal(viewed(await third.past.at({ seq })), viewed(stateOf(w.all.slice(0, seq))));
    assert.ok(third.read.events <= 2 * EVERY, `${third.read.events} events were read for ${seq}`);
  }
  over.abort();
  await w.end();
});

test.run();
