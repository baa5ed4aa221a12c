import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Event } from '../../../src/events/catalogue.ts';
import { LogCorruptError } from '../../../src/events/log.ts';
import { recordKey } from '../../../src/infra/etcd/log.ts';
import { type ArchiveStep, archive } from '../../../src/infra/log/archive/archive.ts';
import { readMarker } from '../../../src/infra/log/archive/marker.ts';
import { ArchiveBusyError, Segments } from '../../../src/infra/log/archive/segments.ts';
import { FullLog } from '../../../src/infra/log/full-log.ts';
import { applyAll } from '../../../src/projections/apply.ts';
import { initialState } from '../../../src/projections/state.ts';
import { eventsAfter } from '../etcd/support.ts';
import { filled, folder, type World, whole } from './support.ts';

const test = suite('archive');
const storedKeys = async ({ kv }: World): Promise<number> => (await kv.range(recordKey(1), recordKey(100_000))).length;

test('old events move to segments; the whole log reads as before, and etcd holds the rest', async () => {
  const w = await filled(3_000);
  const before = await storedKeys(w);
  const done = await archive({ kv: w.kv, segments: w.segments, before: 2_001 });
  assert.is(done.through, 2_000);
  assert.is(done.deleted, 200);
  assert.is(await storedKeys(w), before - 200);
  assert.equal(await whole(w.history), w.all);
  assert.equal(await whole(w.history, 1_995, 2_005), w.all.slice(1_994, 2_005));
  assert.equal(await whole(w.history, 37, 37), [w.all[36]]);
  assert.equal(await whole(w.history, 2_500, 2_600), w.all.slice(2_499, 2_600));
  const state = applyAll(initialState, w.all as readonly Event[]);
  assert.equal(applyAll(initialState, (await whole(w.history)) as readonly Event[]), state);
  assert.equal(await readMarker(w.kv).then((m) => m?.seq), 2_000);
  await w.end();
});

test('a second run continues the first; a record that holds later events stays; the last 500 always stay', async () => {
  const w = await filled(3_000);
  assert.is((await archive({ kv: w.kv, segments: w.segments, before: 1_006 })).through, 1_000);
  assert.is((await archive({ kv: w.kv, segments: w.segments, before: 1_006 })).written.length, 0);
  const last = await archive({ kv: w.kv, segments: w.segments, before: 1_000_000 });
  assert.is(last.through, Math.floor((w.head.seq - 500) / 10) * 10);
  assert.is(new Segments(w.segments.dir).list().length, 2);
  assert.equal(await whole(new FullLog(w.log, new Segments(w.segments.dir))), w.all);
  const more = eventsAfter(w.head, 3).map((event) => ({ ...event }));
  assert.is(await w.history.append(more, w.head), 'committed');
  assert.is((await whole(w.history)).length, w.all.length + 3);
  await w.end();
});

test('a crash at any step leaves a log that reads whole, and the next run ends the work', async () => {
  const counting: ArchiveStep[] = [];
  const model = await filled(2_500);
  await archive({ kv: model.kv, segments: model.segments, before: 1_501, onStep: (step) => void counting.push(step) });
  await model.end();
  assert.equal([...new Set(counting.map((step) => step.do))], ['write', 'mark', 'check', 'delete', 'compact']);
  for (let crashAt = 0; crashAt < counting.length; crashAt++) {
    const w = await filled(2_500);
    let step = 0;
    const onStep = (): void => {
      if (step++ === crashAt) throw new Error('crash');
    };
    await archive({ kv: w.kv, segments: w.segments, before: 1_501, onStep }).then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.message, 'crash'),
    );
    const after = new Segments(w.segments.dir);
    assert.equal(await whole(new FullLog(w.log, after)), w.all, `crash before ${JSON.stringify(counting[crashAt])}`);
    const done = await archive({ kv: w.kv, segments: after, before: 1_501 });
    assert.is(done.through, 1_500);
    assert.is(await storedKeys(w), Math.ceil((w.all.length - 1_500) / 10));
    assert.equal(await whole(new FullLog(w.log, after)), w.all);
    await w.end();
  }
});

test('half a segment that a crash left is written anew', async () => {
  const w = await filled(2_000);
  const done = await archive({ kv: w.kv, segments: w.segments, before: 1_001 });
  const file = done.written[0]?.file ?? '';
  const other = await filled(2_000);
  const dir = join(other.segments.dir);
  other.segments.lock()();
  writeFileSync(join(dir, file), readFileSync(join(w.segments.dir, file)).subarray(0, 100));
  assert.equal(await whole(other.history), other.all);
  await archive({ kv: other.kv, segments: other.segments, before: 1_001 });
  assert.equal(await whole(other.history), other.all);
  await w.end();
  await other.end();
});

test('what is archived while it is being read is read on from its segment', async () => {
  const w = await filled(4_000);
  const found: number[] = [];
  for await (const part of w.history.read(1)) {
    if (found.length === 0) {
      // Another process archives: this one does not know of the segment.
      await archive({ kv: w.kv, segments: new Segments(w.segments.dir), before: 3_001 });
    }
    found.push(...part.map(({ seq }) => seq));
  }
  assert.is(found.length, w.all.length);
  await w.end();
});

test('a broken chain is not archived, and nothing is deleted', async () => {
  for (const damage of ['change', 'remove'] as const) {
    const w = await filled(2_000);
    const key = recordKey(501);
    const record = await w.kv.get(key);
    if (damage === 'remove') await w.kv.deleteRange(key, recordKey(502));
    else await w.kv.txn({ if: [], write: [{ put: key, value: (record?.value ?? '').replace('"host":"box"', '"host":"fox"') }] });
    const keys = await storedKeys(w);
    await archive({ kv: w.kv, segments: w.segments, before: 1_001 }).then(
      () => assert.unreachable(),
      (error: unknown) => assert.ok(error instanceof LogCorruptError && error.seq === 501, String(error)),
    );
    assert.is(await storedKeys(w), keys);
    await w.end();
  }
});

test('a segment that was changed on disk is found before its events are deleted, and by a reader', async () => {
  const w = await filled(2_000);
  const onStep = ({ do: step }: ArchiveStep): void => {
    if (step !== 'check') return;
    const { file } = w.segments.list()[0] ?? { file: '' };
    const path = join(w.segments.dir, file);
    const data = readFileSync(path);
    data[200] = (data[200] ?? 0) ^ 1;
    writeFileSync(path, data);
  };
  await archive({ kv: w.kv, segments: w.segments, before: 1_001, onStep }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.ok(error instanceof LogCorruptError),
  );
  assert.is(await storedKeys(w), Math.ceil(w.all.length / 10));
  await whole(w.history).then(
    () => assert.unreachable(),
    (error: unknown) => assert.ok(error instanceof LogCorruptError && error.seq === 1),
  );
  await w.end();
});

test('one archives at a time, and a reader without the segments is told where they are', async () => {
  const w = await filled(2_000);
  const unlock = w.segments.lock();
  await archive({ kv: w.kv, segments: new Segments(w.segments.dir), before: 1_001 }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.ok(error instanceof ArchiveBusyError),
  );
  unlock();
  await archive({ kv: w.kv, segments: w.segments, before: 1_001 });
  const elsewhere = new FullLog(w.log, new Segments(join(folder(), 'none')), () => readMarker(w.kv));
  await whole(elsewhere).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, w.segments.dir),
  );
  assert.is((await whole(elsewhere, 1_001)).length, w.all.length - 1_000);
  assert.not(existsSync(join(w.segments.dir, 'lock')));
  await w.end();
});

test.run();
