// A log that was put back: what `log import` and `log restored` write and sign, and what `log verify` and the hole check make of it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_HEAD, type Envelope, type Head } from '../../src/events/envelope.ts';
import { seal } from '../../src/events/hash.ts';
import { appendCheckpoint } from '../../src/infra/log/checkpoints/checkpoint.ts';
import { PUBLIC_KEY, signingKey } from '../../src/infra/log/checkpoints/key.ts';
import { HoleCheck } from '../../src/infra/log/holes.ts';
import { Snapshots } from '../../src/infra/log/snapshots/snapshots.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { initialState } from '../../src/projections/state.ts';
import { folder, type World, whole, world } from '../infra/log/support.ts';
import { events, fill } from '../infra/log/synthetic.ts';
import { eventsFile, json, run } from './support.ts';

process.setMaxListeners(100);
const test = suite('restored logs');
const logId = 'log-1';
const NOTHING = { logId: '', head: { seq: 0 } };
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The synthetic log at this level: its first event says so, and the chain is sealed anew. */
function atLevel(level: number, count: number): readonly Envelope[] {
  let prev = EMPTY_HEAD.hash;
  return events(count)
    .slice(0, count)
    .map(({ hash: _, ...rest }) => {
      const data = rest.type === 'LogCreated' ? { id: logId, level } : rest.data;
      const sealed = seal({ ...rest, data, prev });
      prev = sealed.hash;
      return sealed;
    });
}

/** The log goes on. */
function more(head: Head, count: number): readonly Envelope[] {
  const found: Envelope[] = [];
  for (let { seq, hash: prev } = head; found.length < count; seq++) {
    const command = { id: `c-${seq}`, name: 'run', actor: 'test' };
    const [time, data] = [new Date().toISOString(), { code: 1004, kind: 'invalid', message: 'no' }];
    const event = seal({
      seq: seq + 1,
      type: 'CommandRejected',
      schema: 1,
      stream: 'replicaSet/x',
      time,
      host: 'box',
      command,
      data,
      prev,
    });
    found.push(event);
    prev = event.hash;
  }
  return found;
}

interface Verified {
  readonly ok: boolean;
  readonly checkpoints: { readonly compared: number; readonly lost: number; readonly problem: { readonly because: string } | null };
  readonly restored: readonly { readonly seq: number; readonly by: string; readonly lostTo: number | null; readonly signed: boolean }[];
}

const where = (w: World): readonly string[] => ['--etcd', w.etcd.endpoint, '--data-dir', w.dir];
const verified = async (w: World): Promise<Verified & { code: number }> => {
  const { code, out, err } = await run('log', 'verify', ...where(w), '--json');
  if (out === '') throw new Error(err);
  return { code, ...json<Verified>(out) };
};
const holes = (w: World): HoleCheck =>
  new HoleCheck({
    kv: w.kv,
    segments: w.segments,
    snapshots: new Snapshots({ dir: join(w.dir, 'snapshots'), logger: silent }),
    checkpointFile: join(w.dir, 'checkpoints.jsonl'),
    publicKeys: join(w.dir, PUBLIC_KEY),
  });

/** Signs the events with these sequences, and writes a snapshot after the last of them. */
async function note({ dir }: World, all: readonly Envelope[], ...seqs: readonly number[]): Promise<void> {
  const key = signingKey(dir);
  const path = join(dir, 'checkpoints.jsonl');
  for (const seq of seqs) {
    const event = all[seq - 1];
    if (event !== undefined) await appendCheckpoint(path, { logId, seq, hash: event.hash, time: event.time, host: 'box' }, key);
  }
  await new Snapshots({ dir: join(dir, 'snapshots'), logger: silent }).write(applyAll(initialState, all.slice(0, seqs.at(-1))));
}

test('import says what is lost and signs it: verify is whole again, and the hole check lets a server start', async () => {
  const w = await world();
  const all = atLevel(2, 487);
  await note(w, all, 100, 460, 470, 487);
  const file = eventsFile(join(w.dir, 'events.jsonl'), all.slice(0, 466));
  const imported = await run('log', 'import', file, '--by', 'ann', ...where(w));
  assert.is(imported.code, 0, imported.err);
  assert.match(imported.out, 'The log is restored at event 467, by ann: events 467 to 487 of the former log are lost.');
  const stored = await whole(w.log);
  assert.equal(stored.slice(0, 466), all.slice(0, 466));
  const said = stored[466];
  assert.is(said?.type, 'LogRestored');
  const { time, hash } = all[486] as Envelope;
  assert.equal(said?.data, { by: 'ann', lost: 21, last: { seq: 487, hash, time } });
  assert.is(said?.command.actor, 'ann');
  assert.equal(readdirSync(join(w.dir, 'snapshots')), ['0000000000000487.snapshot.lost']);

  const whole1 = await verified(w);
  assert.is(whole1.code, 0, JSON.stringify(whole1));
  assert.is(whole1.checkpoints.lost, 2);
  assert.equal(whole1.restored, [{ seq: 467, by: 'ann', lostTo: 487, signed: true }]);
  assert.match(
    (await run('log', 'verify', ...where(w))).out,
    'Restored at event 467 by ann: events 467 to 487 of the former log are lost.',
  );
  assert.is(await holes(w).look(NOTHING), null);
  // A process that has read the former log must not go on.
  assert.match((await holes(w).look({ logId, head: { seq: 487 } })) ?? '', 'events 468-487 are missing');

  // The numbers are used a second time, and beyond the former end: nothing of that is lost, nor is a cut of it excused.
  const head = await fill(w.log, [more(await w.log.head(), 40)]);
  const regrown = await whole(w.log);
  await note(w, regrown, 480, head.seq);
  assert.is((await verified(w)).code, 0);
  assert.is(await holes(w).look(NOTHING), null);
  const cut = eventsFile(join(w.dir, 'cut.jsonl'), regrown.slice(0, 475));
  const checkpoint = join(w.dir, 'checkpoints.jsonl');
  const bad = await run('log', 'verify', '--events', cut, '--checkpoint', checkpoint, '--data-dir', w.dir, '--json');
  assert.is(bad.code, 3);
  assert.match(json<Verified>(bad.out).checkpoints.problem?.because ?? '', 'saw event 480, but the log ends at 475: its tail was cut off');

  // Once more, from a backup of before the first restoration.
  const again = await world();
  writeFileSync(join(again.dir, 'checkpoints.jsonl'), readFileSync(checkpoint));
  for (const name of ['checkpoint.pub', 'checkpoint.key']) writeFileSync(join(again.dir, name), readFileSync(join(w.dir, name)));
  const older = eventsFile(join(again.dir, 'events.jsonl'), all.slice(0, 300));
  assert.is((await run('log', 'import', older, '--by', 'bob', ...where(again))).code, 0);
  const twice = await verified(again);
  assert.is(twice.code, 0, JSON.stringify(twice));
  assert.equal(twice.restored, [{ seq: 301, by: 'bob', lostTo: head.seq, signed: true }]);
  assert.is(await holes(again).look(NOTHING), null);
  await w.end();
  await again.end();
});

test('a LogRestored that nobody signed excuses nothing', async () => {
  const w = await world();
  const all = atLevel(2, 200);
  await note(w, all, 50, 200);
  const last = all[149];
  if (last === undefined) throw new Error('no event');
  const command = { id: 'c', name: 'restore', actor: 'mallory' };
  const { seq, time, hash: prev, host } = last;
  const data = { by: 'mallory', lost: 50 };
  const forged = seal({ seq: seq + 1, type: 'LogRestored', schema: 1, stream: 'log', time, host, command, data, prev });
  await fill(w.log, [...all.slice(0, 150).map((event) => [event]), [forged]], 10);
  const seen = await verified(w);
  assert.is(seen.code, 3);
  assert.match(seen.checkpoints.problem?.because ?? '', 'its tail was cut off');
  assert.is(seen.restored[0]?.signed, false);
  assert.match((await holes(w).look(NOTHING)) ?? '', 'events 152-200 are missing');
  // Signed with a key of somebody else's it is no better.
  const { hash } = forged;
  await appendCheckpoint(join(w.dir, 'checkpoints.jsonl'), { logId, seq: 151, hash, time, host, restored: 200 }, signingKey(folder()));
  assert.is((await verified(w)).code, 3);
  assert.match((await holes(w).look(NOTHING)) ?? '', 'events 152-200 are missing');
  await w.end();
});

test('log restored says the same of an etcd that was put back, once, and signs it for the other data directory', async () => {
  const w = await world();
  const all = atLevel(2, 300);
  await note(w, all, 300);
  await fill(
    w.log,
    all.slice(0, 250).map((event) => [event]),
    10,
  );
  assert.match((await holes(w).look(NOTHING)) ?? '', 'events 251-300 are missing');
  const said = await run('log', 'restored', '--by', 'ann', ...where(w));
  assert.is(said.code, 0, said.err);
  assert.match(
    said.out,
    'restored at event 251, by ann: events 251 to 300 of the former log are lost. Snapshots of them were put aside as *.lost: 1.',
  );
  assert.is((await run('log', 'restored', ...where(w))).code, 0);
  assert.is((await w.log.head()).seq, 251, 'said once');
  assert.is(await holes(w).look(NOTHING), null);

  // The second host's data directory knows a little more.
  const other = { ...w, dir: folder() };
  await note(other, all, 290);
  await fill(w.log, [more(await w.log.head(), 3)]);
  assert.match((await holes(other).look(NOTHING)) ?? '', 'events 255-290 are missing');
  assert.match((await run('log', 'restored', '--by', 'bob', ...where(other))).out, 'restored at event 251, by ann');
  assert.is((await w.log.head()).seq, 254, 'nothing is written twice');
  assert.is(await holes(other).look(NOTHING), null);
  assert.is((await verified(other)).code, 0);
  assert.is((await verified(w)).code, 0);
  await w.end();
});

/** An event that follows the head: of a log that was restored, or settled. */
function next({ seq, hash: prev }: Head, type: 'LogRestored' | 'RestoreSettled', host: string): Envelope {
  const command = { id: `${type}-${seq}`, name: 'restore', actor: 'ann' };
  const data = type === 'LogRestored' ? { by: 'ann', lost: 1 } : { how: 'agreed', differences: 0 };
  const stream = type === 'LogRestored' ? 'log' : `host/${host}`;
  return seal({ seq: seq + 1, type, schema: 1, stream, time: new Date().toISOString(), host, command, data, prev });
}

test('a backup that has an earlier restoration in it is restored anew, also with a data directory that has not heard of that one', async () => {
  const w = await world();
  const all = [...atLevel(2, 100)];
  const head = (): Head => all.at(-1) ?? EMPTY_HEAD;
  all.push(next(head(), 'LogRestored', 'box'));
  all.push(next(head(), 'RestoreSettled', 'box'));
  all.push(...more(head(), 5));
  const file = eventsFile(join(w.dir, 'events.jsonl'), all);
  const imported = await run('log', 'import', file, '--by', 'bob', ...where(w));
  assert.is(imported.code, 0, imported.err);
  assert.match(imported.out, `The log is restored at event ${head().seq + 1}, by bob`);
  const last = (await whole(w.log)).at(-1);
  assert.is(last?.type, 'LogRestored');
  // No key is in the backup: that is said, for there may have been some.
  assert.match(imported.out, 'The log has no API key');

  // The same of an etcd that was put back, and a data directory that was lost.
  const other = await world();
  await fill(
    other.log,
    all.map((event) => [event]),
    10,
  );
  assert.is((await run('log', 'restored', '--by', 'bob', ...where(other))).code, 0);
  assert.is((await other.log.head()).seq, head().seq + 1);
  await w.end();
  await other.end();
});

test('a data directory that missed one restoration signs it with the next: its notes of both lost tails are excused', async () => {
  const w = await world();
  const former = atLevel(2, 150);
  const all = [...former.slice(0, 99)];
  all.push(next(all.at(-1) ?? EMPTY_HEAD, 'LogRestored', 'a'));
  all.push(...more(all.at(-1) ?? EMPTY_HEAD, 100));
  await note(w, former, 120, 150);
  const path = join(w.dir, 'checkpoints.jsonl');
  const at = all[189];
  if (at === undefined) throw new Error('no event');
  await appendCheckpoint(path, { logId, seq: 190, hash: at.hash, time: at.time, host: 'b' }, signingKey(w.dir));
  const put = all.slice(0, 180);
  put.push(next(put.at(-1) ?? EMPTY_HEAD, 'LogRestored', 'a'));
  await fill(
    w.log,
    put.map((event) => [event]),
    10,
  );
  const said = await run('log', 'restored', ...where(w));
  assert.is(said.code, 0, said.err);
  assert.match(said.out, 'Signed with it: the earlier restoration at event 100.');
  assert.is((await w.log.head()).seq, 181);
  const seen = await verified(w);
  assert.is(seen.code, 0, JSON.stringify(seen));
  assert.is(seen.checkpoints.lost, 3);
  assert.is(await holes(w).look(NOTHING), null);
  await w.end();
});

test('at level 1 the event cannot be written: that is said, and all is as before', async () => {
  const w = await world();
  const all = atLevel(1, 120);
  await note(w, all, 120);
  const file = eventsFile(join(w.dir, 'events.jsonl'), all.slice(0, 100));
  const imported = await run('log', 'import', file, ...where(w));
  assert.is(imported.code, 0, imported.err);
  assert.match(imported.out, 'The log is at level 1, which has no LogRestored');
  assert.is((await w.log.head()).seq, 100);
  assert.is((await verified(w)).code, 3);
  assert.match((await holes(w).look(NOTHING)) ?? '', 'events 101-120 are missing');
  await w.end();
});

test('an import that was interrupted before it said so is resumed; the archive must not know more', async () => {
  const w = await world();
  const all = atLevel(2, 100);
  const file = eventsFile(join(w.dir, 'events.jsonl'), all);
  await fill(
    w.log,
    all.slice(0, 60).map((event) => [event]),
    10,
  );
  assert.is((await run('log', 'import', file, '--resume', ...where(w))).code, 0);
  assert.is((await w.log.head()).seq, 101);
  assert.is((await run('log', 'import', file, '--resume', ...where(w))).code, 0);
  assert.is((await w.log.head()).seq, 101);
  assert.is((await verified(w)).code, 0);
  await w.end();
});

test.run();
