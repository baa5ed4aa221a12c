// Events that etcd has lost: told from the edges of the log, with the archive, the snapshots and the checkpoints as witnesses.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HEAD_KEY, headText, LOG_PREFIX, recordKey } from '../../../src/infra/etcd/log.ts';
import { archive } from '../../../src/infra/log/archive/archive.ts';
import { Segments } from '../../../src/infra/log/archive/segments.ts';
import { HoleCheck } from '../../../src/infra/log/holes.ts';
import { RecordCount } from '../../../src/infra/log/record-count.ts';
import { filled, type World } from './support.ts';

const test = suite('holes');
/** The id of the synthetic log. */
const logId = 'log-1';
const NOTHING = { logId: '', head: { seq: 0 } };
const SEE = ': see docs/disaster-recovery.md';

interface Notes {
  readonly snapshot?: number;
  readonly checkpoint?: { readonly seq: number; readonly logId: string };
}

function check({ kv, segments, dir }: World, { snapshot, checkpoint }: Notes = {}): HoleCheck {
  const checkpointFile = join(dir, 'checkpoints.jsonl');
  if (checkpoint !== undefined) writeFileSync(checkpointFile, `torn\n${JSON.stringify({ ...checkpoint, hash: 'h', signature: 's' })}\n`);
  return new HoleCheck({ kv, segments, snapshots: { newest: async () => snapshot ?? null }, checkpointFile });
}
const deleteRecords = (w: World, from: number, to: number): Promise<number> => w.kv.deleteRange(recordKey(from), recordKey(to + 1));

test('a whole log lacks nothing, whether it is archived or not; nor does an empty one that nobody has noted', async () => {
  const w = await filled(2_000);
  const holes = check(w, { snapshot: w.head.seq, checkpoint: { seq: w.head.seq, logId } });
  assert.is(await holes.look(NOTHING), null);
  await archive({ kv: w.kv, segments: w.segments, before: 1_000 });
  assert.ok(w.segments.head.seq > 0);
  assert.is(await holes.look({ logId, head: w.head }), null);
  // Another process has archived further: these segments were listed before.
  await archive({ kv: w.kv, segments: new Segments(w.segments.dir), before: 1_400 });
  assert.is(await holes.look({ logId, head: w.head }), null);
  await w.kv.deleteRange(LOG_PREFIX, `${LOG_PREFIX}~`);
  await w.kv.deleteRange(HEAD_KEY, `${HEAD_KEY}~`);
  assert.is(await holes.look(NOTHING), `events 1-${w.head.seq} are missing from etcd${SEE}`, 'all of it is gone');
  await w.end();
});

test('the first records are gone, and no archive covers them', async () => {
  const w = await filled(700);
  await deleteRecords(w, 1, 650);
  assert.is(await check(w).look(NOTHING), `events 1-650 are missing from etcd${SEE}`);
  await deleteRecords(w, 1, w.head.seq);
  assert.is(await check(w).look(NOTHING), `events 1-${w.head.seq} are missing from etcd${SEE}`, 'the head alone is left');
  await w.end();
});

test('the records behind the archive are gone', async () => {
  const w = await filled(2_000);
  await archive({ kv: w.kv, segments: w.segments, before: 1_000 });
  const through = w.segments.head.seq;
  await deleteRecords(w, through + 1, through + 20);
  assert.is(await check(w).look(NOTHING), `events ${through + 1}-${through + 20} are missing from etcd${SEE}`);
  await w.end();
});

test('the head lies behind what a snapshot, a checkpoint, the archive or this process knows', async () => {
  const w = await filled(100);
  const { seq } = w.head;
  const behind = `events ${seq + 1}-${seq + 20} are missing from etcd${SEE}`;
  assert.is(await check(w, { snapshot: seq + 20 }).look(NOTHING), behind);
  assert.is(await check(w, { checkpoint: { seq: seq + 20, logId } }).look(NOTHING), behind);
  assert.is(await check(w, { checkpoint: { seq: seq + 20, logId: 'another' } }).look(NOTHING), null, 'of another log');
  const read = { logId, head: { seq: seq + 1 } };
  assert.is(await check(w, { checkpoint: { seq: 1, logId } }).look(read), `event ${seq + 1} is missing from etcd${SEE}`);
  await w.kv.txn({ if: [], write: [{ put: HEAD_KEY, value: headText({ seq: 90, hash: w.all[89]?.hash ?? '' }) }] });
  await w.kv.deleteRange(recordKey(91), recordKey(seq + 1));
  assert.is(await check(w, { checkpoint: { seq, logId } }).look(NOTHING), `events 91-${seq} are missing from etcd${SEE}`);
  await w.end();
});

test('records between the edges are gone since the last look, of this process or the one before', async () => {
  const w = await filled(2_000);
  const known = { logId, head: w.head };
  const counted = (): HoleCheck => {
    const counts = new RecordCount(w.kv, join(w.dir, 'records.json'));
    return new HoleCheck({ kv: w.kv, segments: w.segments, snapshots: { newest: async () => null }, checkpointFile: '', counts });
  };
  const holes = counted();
  assert.is(await holes.look(known), null);
  await archive({ kv: w.kv, segments: w.segments, before: 1_000 });
  assert.is(await holes.look(known), null, 'archived records are not lost');
  const [first, second] = (await w.kv.range(recordKey(w.segments.head.seq + 100), recordKey(w.head.seq))).map(({ key }) =>
    Number(key.slice(-16)),
  );
  await deleteRecords(w, first ?? 0, first ?? 0);
  const sentence = new RegExp(`^events? ${first}.* missing from etcd`);
  for (const one of [holes, counted()]) assert.match((await one.look(known)) ?? '', sentence);
  assert.ok((second ?? 0) > (first ?? 0));
  await w.end();
});

test('the record that the head is in is gone', async () => {
  const w = await filled(100);
  const last = (await w.kv.range(recordKey(1), recordKey(w.head.seq + 1))).at(-1);
  const first = Number(last?.key.slice(-16));
  await deleteRecords(w, first, first);
  const counts = new RecordCount(w.kv, join(w.dir, 'records.json'));
  const holes = new HoleCheck({ kv: w.kv, segments: w.segments, snapshots: { newest: async () => null }, checkpointFile: '', counts });
  assert.match((await holes.look({ logId, head: w.head })) ?? '', new RegExp(`^events? ${first}.* missing from etcd`));
  await w.end();
});

test.run();
