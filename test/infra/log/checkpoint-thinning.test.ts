import { lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Envelope } from '../../../src/events/envelope.ts';
import { readCheckpoints, signCheckpoint } from '../../../src/infra/log/checkpoints/checkpoint.ts';
import { PUBLIC_KEY, publicKeys, signingKey } from '../../../src/infra/log/checkpoints/key.ts';
import { redundantLines, removeLines } from '../../../src/infra/log/checkpoints/thinning.ts';
import { CheckpointWriter } from '../../../src/infra/log/checkpoints/writer.ts';
import { eventsFile, json, run } from '../../cli/support.ts';
import { clock } from '../etcd/support.ts';
import { folder } from './support.ts';
import { events } from './synthetic.ts';

const test = suite('thinning of checkpoints');
const all = events(2_500);
const head = all.at(-1) as Envelope;
const log = {
  async *read(from: number, to = head.seq): AsyncGenerator<readonly Envelope[]> {
    for (let at = from - 1; at < to; at += 500) yield all.slice(at, Math.min(to, at + 500));
  },
};
const never = new AbortController().signal;
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const NOW = Date.parse('2026-11-23T12:34:56.789Z');
const iso = (ms: number): string => new Date(ms).toISOString();

/** Every so often from one moment to another, both counted back from now. */
function times(from: number, to: number, every: number): string[] {
  return Array.from({ length: Math.floor((from - to) / every) }, (_, i) => iso(NOW - from + i * every));
}
const PAST = [...times(380 * DAY, 367 * DAY, 30 * MINUTE), ...times(30 * DAY, 28 * DAY, 10 * MINUTE), ...times(8 * DAY, 0, 10 * MINUTE)];

/** A folder with a key, and how to sign with it. */
function notary() {
  const dir = folder();
  const key = signingKey(dir);
  const line = (seq: number, time: string, over: object = {}): string =>
    JSON.stringify(signCheckpoint({ logId: 'log-1', seq, hash: all[seq - 1]?.hash ?? '', time, host: 'box', ...over }, key));
  const path = join(dir, 'checkpoints.jsonl');
  const comparison = { log, end: { logId: 'log-1', head }, keys: publicKeys(join(dir, PUBLIC_KEY)), signal: never };
  const thin = async (now = NOW): Promise<number> => {
    const redundant = await redundantLines(path, { ...comparison, now });
    await removeLines(path, redundant);
    return redundant.size;
  };
  const verify = async () =>
    json<{ ok: boolean; checkpoints: { compared: number; brokenLines: number[]; problem: { because: string } | null } }>(
      (await run('log', 'verify', '--events', eventsFile(join(dir, 'e'), all), '--checkpoint', path, '--data-dir', dir, '--json')).out,
    );
  const left = async (): Promise<string[]> => (await readCheckpoints(path)).checkpoints.map(({ time }) => time);
  return { dir, key, path, line, thin, verify, left };
}

/** The last of those that begin alike. */
const lastOf = (list: readonly string[], letters: number): string[] => [
  ...new Map(list.map((time) => [time.slice(0, letters), time])).values(),
];

test('all of the last week stay, the last of each hour of a year, the last of each day before; verify compares what is left', async () => {
  const { path, line, thin, verify, left } = notary();
  writeFileSync(path, PAST.map((time, i) => `${line(i + 1, time)}\n`).join(''), { mode: 0o640 });
  const [week, year] = [iso(NOW - 7 * DAY), iso(NOW - 366 * DAY)];
  const expected = [
    ...lastOf(
      PAST.filter((time) => time < year),
      10,
    ),
    ...lastOf(
      PAST.filter((time) => time >= year && time < week),
      13,
    ),
    ...PAST.filter((time) => time >= week),
  ];
  assert.ok(await thin());
  assert.equal(await left(), expected);
  assert.is(expected.length, 14 + 49 + 25 + 1_008);
  assert.is(expected.at(-1), PAST.at(-1));
  assert.is(statSync(path).mode & 0o777, 0o640);
  assert.equal([(await verify()).ok, (await verify()).checkpoints.compared], [true, expected.length]);
  assert.is(await thin(), 0, 'what is thinned stays as it is');

  assert.is(await thin(NOW + DAY), 120, 'a day later another day of the week has gone by');
  await thin(NOW + 4_000 * DAY);
  assert.equal(await left(), lastOf(expected, 10), 'the newest stays however old it is');
  assert.ok((await verify()).ok);
});

test('what is not as the log stays, and what is not a checkpoint stays where it is', async () => {
  const { path, line, thin, verify } = notary();
  const stranger = notary();
  const at = (minute: number): string => iso(Date.parse('2026-10-10T10:00:00.000Z') + minute * MINUTE);
  const evidence = [
    line(12, at(2), { hash: all[12]?.hash }),
    line(13, at(3), { logId: 'log-2' }),
    line(9_999, at(4)),
    line(14, at(5)).replace('"box"', '"fox"'),
    stranger.line(15, at(6)),
    line(16, at(7)).slice(0, 99),
  ];
  const twice = line(17, at(9));
  const torn = line(20, at(11)).slice(0, -30);
  writeFileSync(path, [line(10, at(0)), line(11, at(1)), ...evidence, line(16, at(8)), twice, twice, torn].join('\n'));
  assert.is(await thin(), 3);
  assert.is(readFileSync(path, 'utf8'), [...evidence, twice, twice, torn].join('\n'));
  const { ok, checkpoints } = await verify();
  assert.equal([ok, checkpoints.brokenLines], [false, [6, 9]]);
  assert.match(checkpoints.problem?.because ?? '', 'written anew');
});

test('where it cannot be written the old file stays', async () => {
  const { dir, path, line, thin } = notary();
  writeFileSync(path, `${PAST.map((time, i) => line(i + 1, time)).join('\n')}\n`);
  const before = readFileSync(path, 'utf8');
  mkdirSync(join(dir, `.checkpoints.jsonl.${process.pid}.tmp`));
  await thin().then(
    () => assert.unreachable(),
    () => undefined,
  );
  assert.is(readFileSync(path, 'utf8'), before);
});

test('a large file is thinned while checkpoints are signed; a small one, and one that is stopped at, is left alone', async () => {
  const { dir, path, line } = notary();
  const link = join(folder(), 'link.jsonl');
  symlinkSync(path, link);
  const options = { dataDir: dir, checkpointFile: link, host: 'box' };
  const old = PAST.slice(0, 600).map((time, i) => line(i + 1, time, { host: 'x'.repeat(20_000) }));
  const end = (seq: number) => ({ logId: 'log-1', head: { seq, hash: all[seq - 1]?.hash ?? '' } });

  writeFileSync(path, `${old.slice(0, 100).join('\n')}\n`);
  assert.is(await new CheckpointWriter(log, clock, options).thin(end(2_000), never), 0);

  writeFileSync(path, `${old.join('\n')}\n`);
  const writer = new CheckpointWriter(log, clock, options);
  await writer.thin(end(2_000), AbortSignal.abort(new Error('stopped'))).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'stopped'),
  );
  assert.is(readFileSync(path, 'utf8').length, old.join('\n').length + 1);

  let thinned = false;
  const thinning = writer.thin(end(2_000), never).finally(() => {
    thinned = true;
  });
  let seq = 2_000;
  while (!thinned) await writer.sign(end(++seq));
  assert.ok((await thinning) > 500);
  await writer.sign(end(++seq));
  const { checkpoints, broken } = await readCheckpoints(path);
  assert.equal(broken, []);
  assert.equal(
    checkpoints.filter(({ host }) => host === 'box').map((one) => one.seq),
    Array.from({ length: seq - 2_000 }, (_, i) => 2_001 + i),
    'none of those signed meanwhile is missing',
  );
  assert.ok(lstatSync(link).isSymbolicLink());
});

test.run();
