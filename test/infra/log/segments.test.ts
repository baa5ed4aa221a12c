// Sealed segments: all of one, a part of it, and single events of it are the same events; what was damaged is never given.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Envelope } from '../../../src/events/envelope.ts';
import { LogCorruptError } from '../../../src/events/log.ts';
import { Segments } from '../../../src/infra/log/archive/segments.ts';
import { events as synthetic } from './synthetic.ts';

const test = suite<{ dir: string; segments: Segments }>('segments');

const all = synthetic(1_000);
const CUTS = [0, 333, 700, all.length];

test.before.each(async (context) => {
  context.dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-segments-'));
  context.segments = new Segments(context.dir);
  for (const [i, cut] of CUTS.entries()) if (i > 0) await context.segments.add(all.slice(CUTS[i - 1], cut), 1);
});
test.after.each(({ dir }) => rmSync(dir, { recursive: true, force: true }));

async function read(segments: Segments, from?: number, to?: number): Promise<readonly Envelope[]> {
  const found: Envelope[] = [];
  for await (const events of segments.read(from ?? 1, to)) found.push(...events);
  return found;
}

const failure = async (task: Promise<unknown>): Promise<LogCorruptError> => {
  const error = await task.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, LogCorruptError);
  return error as LogCorruptError;
};

async function readsEverything(segments: Segments): Promise<void> {
  assert.equal(await read(segments), all);
  for (const [from, to] of [
    [1, 1],
    [16, 17],
    [17, 32],
    [300, 720],
    [333, 334],
    [701, 701],
    [990, all.length],
    [all.length, all.length + 5],
  ] as const)
    assert.equal(await read(segments, from, to), all.slice(from - 1, to), `${from} to ${to}`);
  const wanted = [1, 16, 17, 333, 334, 335, 700, 701, 999, 1_000];
  const picked = await segments.pick([...wanted, all.length + 1]);
  assert.equal(
    [...picked].sort((a, b) => a.seq - b.seq),
    wanted.map((seq) => all[seq - 1]),
  );
}

test('the whole, a part and single events', ({ segments }) => readsEverything(segments));

test('another reader finds the same segments in the folder', ({ dir }) => readsEverything(new Segments(dir)));

test('zcat reads a segment as one text', ({ dir, segments }) => {
  const text = gunzipSync(readFileSync(join(dir, segments.list()[0]?.file ?? ''))).toString();
  assert.equal(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    all.slice(0, 333),
  );
});

test('a byte that was changed: its block is refused, others are read, and the whole is refused', async ({ dir, segments }) => {
  const [manifest] = segments.list();
  if (manifest === undefined) throw new Error('no segment');
  const path = join(dir, manifest.file);
  const data = readFileSync(path);
  const third = (manifest.blocks[0] ?? 0) + (manifest.blocks[1] ?? 0);
  const at = third + Math.floor((manifest.blocks[2] ?? 0) / 2);
  data[at] = (data[at] ?? 0) ^ 1;
  writeFileSync(path, data);
  const error = await failure(segments.pick([1, 40, 500]));
  assert.is(error.seq, 33);
  assert.match(error.message, /is not what was written/);
  assert.is((await failure(read(segments, 30, 40))).seq, 17);
  assert.equal(await read(segments, 1, 32), all.slice(0, 32));
  assert.equal(await segments.pick([5]), [all[4]]);
  assert.match((await failure(read(segments))).message, /SHA-256 differs/);
  assert.match((await failure(segments.check(manifest))).message, /SHA-256 differs/);
});

test('a file that was cut off, or is gone', async ({ dir, segments }) => {
  const [manifest] = segments.list();
  if (manifest === undefined) throw new Error('no segment');
  truncateSync(join(dir, manifest.file), manifest.bytes - 10);
  assert.is((await failure(segments.pick([333]))).seq, 321);
  await failure(read(segments, 300, 333));
  assert.equal(await segments.pick([2]), [all[1]]);
  rmSync(join(dir, manifest.file));
  assert.match((await failure(segments.pick([2]))).message, /is missing in/);
  assert.match((await failure(read(segments, 2, 3))).message, /is missing in/);
});

test.run();
