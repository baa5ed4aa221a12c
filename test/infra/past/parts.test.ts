// The index in files: what becomes of it when files are damaged, missing, stale or of another log, and when the server dies between writes.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Logger } from '../../../src/commands/outside/logger.ts';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import type { Envelope } from '../../../src/events/envelope.ts';
import { type EventFilter, INDEXED, valuesOf } from '../../../src/events/query.ts';
import { FullLogFeed } from '../../../src/infra/past/full-log-feed.ts';
import { LedgerQueries } from '../../../src/infra/past/ledger-queries.ts';
import { LogIndex } from '../../../src/infra/past/log-index.ts';
import { IndexCheck, type IndexVerdict } from '../../../src/infra/past/parts/check.ts';
import { PartFiles } from '../../../src/infra/past/parts/part-files.ts';
import { Committer } from '../../../src/infra/runtime/committer.ts';
import type { Span } from '../../../src/projections/views/ledger.ts';
import { MemoryLog, MemoryStore } from '../../doubles/memory-log.ts';
import { realClock } from '../../support/core.ts';
import { HOST } from '../../support/scenario.ts';
import { fill, stateOf, events as synthetic } from '../log/synthetic.ts';

const test = suite('parts of the index');

const SIZE = 250;
const all = synthetic(2_100) as readonly Event[];
const FULL = Math.floor(all.length / SIZE);
/** Each event is a record. */
const seqs = all.map(({ seq }) => seq);
const GPUS = [...new Set(all.flatMap((event) => valuesOf('gpu', event)))];
const root = mkdtempSync(join(tmpdir(), 'gpu-docker-api-parts-'));
test.after(() => rmSync(root, { recursive: true }));
let folders = 0;

/** A log that counts what is read of it. */
function sourceOf(events: readonly Envelope[]) {
  const source = {
    read: 0,
    log: {
      async *read(from: number, to = events.length) {
        for (const event of events.slice(from - 1, to)) {
          source.read++;
          yield [event];
        }
      },
    },
  };
  return source;
}

/** All that can be asked: the events of each value, the ledger over several spans, and who held each GPU. */
async function answers(index: LogIndex): Promise<unknown> {
  const ledger = new LedgerQueries(index);
  const filters: EventFilter[] = INDEXED.flatMap((field) =>
    [...new Set(all.flatMap((event) => valuesOf(field, event)))].map((value) => ({ clauses: [{ field, values: [value] }] })),
  );
  const found = await Promise.all(filters.map((filter) => index.candidates(filter, { from: 1, to: index.last }, 'desc', 5_000)));
  const to = Date.parse(all.at(-1)?.time ?? '');
  const spans = [0.2, 0.5, 1].map((share) => ({ from: to - 200_000 * share, to: Math.floor(to - 20_000 * (1 - share)) }));
  const times = await Promise.all(spans.map((span) => timeOf(ledger, span)));
  const holdings = await Promise.all(GPUS.map((gpu) => ledger.holdings(gpu, { from: 0, to }, 2_000)));
  return { found, times, holdings, last: index.last };
}

async function timeOf(ledger: LedgerQueries, span: Span): Promise<unknown> {
  const { sums, uses } = await ledger.time(span, 'replicaSet');
  return { sums: [...sums], uses };
}

const whole = new LogIndex({ size: 65_536, source: sourceOf(all).log, logger: silent });
whole.add(all, seqs);

/** A folder with the files of the whole log. */
async function written(events: readonly Envelope[] = all, size = SIZE): Promise<string> {
  const dir = join(root, String(folders++));
  const index = new LogIndex({ size, files: new PartFiles(dir), source: sourceOf(events).log, logger: silent });
  index.add(events, seqs);
  await index.parts.written();
  return dir;
}

/** A start on that folder: how many events it reads of the log, and what it answers then. */
async function started(dir: string, options: { readonly version?: string; readonly logger?: Logger } = {}) {
  const source = sourceOf(all);
  const files = options.version === undefined ? new PartFiles(dir) : new PartFiles(dir, options.version);
  const index = new LogIndex({ size: SIZE, files, source: source.log, logger: options.logger ?? silent });
  await index.open();
  const opened = index.last;
  await index.parts.load();
  for await (const part of source.log.read(index.last + 1)) index.add(part, seqs);
  const found = await answers(index);
  for (let seq = 1; seq <= index.last; seq += 50) assert.equal(await index.recordOf(seq), { from: seq, to: seq });
  await index.parts.written();
  return { opened, read: source.read, found, index };
}

const expected = await answers(whole);
const names = (dir: string): string[] => readdirSync(dir).sort();
const contents = (dir: string): string[] =>
  names(dir).map((name) =>
    createHash('sha256')
      .update(readFileSync(join(dir, name)))
      .digest('hex'),
  );
const sectionsOf = (path: string): Record<string, { at: number; length: number }> =>
  (
    JSON.parse(readFileSync(path).subarray(0, 2_048).toString().split('\n')[1] ?? '') as {
      places: Record<string, { at: number; length: number }>;
    }
  ).places;

test('a start reads of the log only what is not in the files, and one event to know it by', async () => {
  const dir = await written();
  assert.is(names(dir).length, FULL);
  const { opened, read, found } = await started(dir);
  assert.is(opened, FULL * SIZE);
  assert.is(read, all.length - FULL * SIZE + 1);
  assert.equal(found, expected);
});

test('one flipped bit anywhere in a file, and what it cut off: the part is made again, and so is the file', async () => {
  const good = contents(await written());
  const middle = join(await written(), names(await written())[3] ?? '');
  const places = Object.entries(sectionsOf(middle));
  assert.is(places.length, 6);
  const damages: readonly (readonly [string, (data: Buffer) => Buffer])[] = [
    ['the header', (data) => flipped(data, 90)],
    ['the checksum of the header', (data) => flipped(data, 3)],
    ...places.map(([name, { at, length }]) => [name, (data: Buffer) => flipped(data, at + (length >> 1))] as const),
    ['cut off in the header', (data) => data.subarray(0, 100)],
    ['cut off in the sections', (data) => data.subarray(0, 2_500)],
    ['empty', () => Buffer.alloc(0)],
  ];
  for (const at of [0, 3, FULL - 1]) {
    for (const [what, damage] of damages) {
      const dir = await written();
      const path = join(dir, names(dir)[at] ?? '');
      writeFileSync(path, damage(readFileSync(path)));
      const { found } = await started(dir);
      assert.equal(found, expected, `${what} of part ${at}`);
      assert.equal(contents(dir), good, `${what} of part ${at}`);
    }
  }
});

const flipped = (data: Buffer, at: number): Buffer => {
  data[at] = (data[at] ?? 0) ^ 1;
  return data;
};

test('any file that is missing is made again from its own events, and those alone', async () => {
  for (const missing of [[0], [3], [2, 3, 5], [FULL - 1], [FULL - 2, FULL - 1]]) {
    const dir = await written();
    const good = contents(dir);
    for (const at of missing) rmSync(join(dir, `${String(at * SIZE + 1).padStart(16, '0')}.index`));
    const { read, found } = await started(dir);
    assert.equal(found, expected);
    assert.equal(contents(dir), good);
    assert.ok(read <= all.length - FULL * SIZE + 1 + missing.length * SIZE, `${read} events were read`);
  }
});

test('an old archive has no index: it is made, and the next start has it', async () => {
  const dir = join(root, 'none', 'yet');
  mkdirSync(join(root, 'none'));
  const first = await started(dir);
  assert.is(first.opened, 0);
  assert.equal(first.found, expected);
  assert.is((await started(dir)).opened, FULL * SIZE);
});

test('files of another version are not believed, nor those of other parts', async () => {
  const dir = await written();
  const other = await started(dir, { version: 'ffffffffffffffff' });
  assert.is(other.opened, 0);
  assert.equal(other.found, expected);
  assert.is((await started(dir)).opened, 0, 'and the other way round');
  const sized = await started(await written(all, SIZE - 50));
  assert.is(sized.opened, 0);
  assert.equal(sized.found, expected);
});

test('half of the files are of the version before, as after a crash in the middle of an upgrade', async () => {
  const [dir, old] = [await written(), join(root, 'old')];
  const before = new LogIndex({ size: SIZE, files: new PartFiles(old, 'eeeeeeeeeeeeeeee'), source: sourceOf(all).log, logger: silent });
  before.add(all, seqs);
  await before.parts.written();
  for (const name of names(dir).slice(4)) copyFileSync(join(old, name), join(dir, name));
  const { opened, found } = await started(dir);
  assert.is(opened, 4 * SIZE);
  assert.equal(found, expected);
});

test('the index of another log is not used; of one that has taken another turn, what both have', async () => {
  const foreign = await started(await written(synthetic(2_100, 8, 'log-2')));
  assert.is(foreign.opened, 0);
  assert.equal(foreign.found, expected);
  const dir = await written();
  const other = await written(synthetic(2_100, 8, 'log-2'));
  for (const name of names(dir).slice(5)) copyFileSync(join(other, name), join(dir, name));
  const turned = await started(dir);
  assert.ok(turned.opened <= 5 * SIZE && turned.opened > 0, `${turned.opened}`);
  assert.equal(turned.found, expected);
  // One in the middle is not where its neighbours end and begin.
  const mixed = await written();
  copyFileSync(join(other, names(other)[2] ?? ''), join(mixed, names(mixed)[2] ?? ''));
  assert.equal((await started(mixed)).found, expected);
});

test('an index that is ahead of the log, as after a restored backup, is cut back', async () => {
  const dir = await written();
  const shorter = all.slice(0, 1_100);
  const source = sourceOf(shorter);
  const index = new LogIndex({ size: SIZE, files: new PartFiles(dir), source: source.log, logger: silent });
  await index.open();
  await index.parts.load();
  assert.ok(index.last <= 1_000, `${index.last}`);
  for await (const part of source.log.read(index.last + 1)) index.add(part, seqs);
  assert.equal(await index.candidates({ clauses: [] }, { from: 1, to: index.last }, 'desc', 5), [1_100, 1_099, 1_098, 1_097, 1_096]);
});

test('killed between any two writes: the next start goes on, and the draft of the dead one is swept', async () => {
  const good = await written();
  for (let survived = 0; survived <= FULL; survived++) {
    const dir = join(root, `killed-${survived}`);
    mkdirSync(dir);
    for (const name of names(good).slice(0, survived)) copyFileSync(join(good, name), join(dir, name));
    const [dead, alive] = [join(dir, '.0000000000000001.index.999999999.tmp'), join(dir, `.0000000000000001.index.${process.ppid}.tmp`)];
    for (const draft of [dead, alive]) writeFileSync(draft, 'half a par');
    const { opened, found } = await started(dir);
    assert.is(opened, survived * SIZE);
    assert.equal(found, expected);
    assert.is(existsSync(dead), false);
    assert.is(existsSync(alive), true, 'its writer may be about to rename it');
    rmSync(alive);
    assert.equal(contents(dir), contents(good));
  }
});

test('what cannot be written stays in memory, is said once, and is written when that is possible again', async () => {
  const dir = join(root, 'blocked');
  writeFileSync(dir, 'a file where the folder should be');
  const warnings: string[] = [];
  const logger: Logger = { ...silent, warn: (_, message) => warnings.push(message) };
  const index = new LogIndex({ size: SIZE, files: new PartFiles(dir), source: sourceOf(all).log, logger });
  index.add(all.slice(0, 1_900), seqs);
  await index.parts.written();
  assert.equal(warnings.filter((text) => text.includes('cannot be written')).length, 1);
  rmSync(dir);
  index.add(all.slice(1_900), seqs);
  await index.parts.written();
  assert.equal(await answers(index), expected);
  assert.equal(contents(dir), contents(await written()));
});

test('damage that comes while the server runs is found when the part is read, by everybody who asks at once', async () => {
  const dir = await written();
  const { index } = await started(dir);
  const fresh = new LogIndex({ size: SIZE, files: new PartFiles(dir), source: sourceOf(all).log, logger: silent });
  await fresh.open();
  await fresh.parts.load();
  fresh.add(all.slice(fresh.last), seqs);
  for (const name of names(dir)) writeFileSync(join(dir, name), 'gone');
  const [a, b] = await Promise.all([answers(fresh), answers(fresh)]);
  assert.equal(a, expected);
  assert.equal(b, expected);
  assert.equal(await answers(index), expected);
  await fresh.parts.written();
  await index.parts.written();
  assert.equal(contents(dir), contents(await written()));
});

test('questions while the log grows: each is answered as of one moment', async () => {
  const index = new LogIndex({ size: 40, files: new PartFiles(join(root, 'growing')), source: sourceOf(all).log, logger: silent });
  const ledger = new LedgerQueries(index);
  const span = { from: 0, to: Date.parse(all[1_000]?.time ?? '') };
  index.add(all.slice(0, 1_200), []);
  const before = { time: await timeOf(ledger, span), held: await ledger.holdings(GPUS[0] ?? '', span, 1_000) };
  for (let at = 1_200; at < all.length; at += 7) {
    const asked = [
      index.candidates({ clauses: [] }, { from: 1, to: 1_200 }, at % 2 === 0 ? 'asc' : 'desc', 1_200),
      timeOf(ledger, span),
      ledger.holdings(GPUS[0] ?? '', span, 1_000),
    ] as const;
    await Promise.resolve();
    index.add(all.slice(at, at + 7), []);
    const [seqs, time, held] = await Promise.all(asked);
    assert.is(new Set(seqs).size, 1_200);
    assert.equal(time, before.time);
    const starts = (found: typeof held): readonly number[] => found.holdings.map(({ gave }) => gave.seq);
    assert.equal(starts(held), starts(before.held));
  }
  assert.equal(await answers(index), expected);
});

test('a snapshot older than the index, and one newer: the server reads what is missing and no more', async () => {
  const store = new MemoryStore();
  await fill(
    new MemoryLog({ store }),
    all.map((event) => [event]),
    3,
  );
  const ends: AbortController[] = [];
  const start = async (dir: string, snapshot: number) => {
    const log = new MemoryLog({ store });
    let read = 0;
    const source = {
      async *read(from: number, to?: number) {
        for await (const record of log.read(from, to)) {
          read += record.length;
          yield record;
        }
      },
    };
    const committer = new Committer({ log, clock: realClock, host: HOST });
    const feed = new FullLogFeed({ committer, source, clock: realClock, logger: silent, files: new PartFiles(dir), size: SIZE });
    await feed.open();
    if (snapshot > 0) committer.restore(stateOf(all.slice(0, snapshot)));
    await committer.catchUp();
    const end = new AbortController();
    ends.push(end);
    feed.begin(end.signal);
    while (!feed.isComplete) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(await answers(feed.index), expected);
    await feed.index.parts.written();
    return read;
  };
  for (const snapshot of [0, 300, 1_990, all.length]) {
    const dir = join(root, `snapshot-${snapshot}`);
    const first = await start(dir, snapshot);
    assert.ok(first <= (snapshot === 0 ? 3 : all.length), `${first} events for an index from nothing`);
    const again = await start(dir, snapshot);
    assert.ok(again <= all.length - FULL * SIZE + 3, `${again} events the second time`);
  }
  for (const end of ends) end.abort();
});

test('log verify: each part is held against the events, also where a file was forged with checksums and all', async () => {
  const dir = await written();
  const verdict = (): Promise<IndexVerdict> => {
    const check = new IndexCheck(new PartFiles(dir), SIZE);
    for (const event of all) check.add([event]);
    return check.verdict();
  };
  assert.equal(await verdict(), { same: FULL, missing: 0, differing: [] });
  // Another log's events in the same places.
  const other = await written(
    synthetic(2_100, 8, 'log-2').map((event) => ({ ...event, command: { ...event.command, actor: 'somebody' } })),
  );
  copyFileSync(join(other, names(other)[3] ?? ''), join(dir, names(dir)[3] ?? ''));
  rmSync(join(dir, names(dir)[5] ?? ''));
  assert.equal(await verdict(), { same: FULL - 2, missing: 1, differing: [{ from: 3 * SIZE + 1, to: 4 * SIZE }] });
});

test.run();
