import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runSubCommand } from '../../src/cli/run.ts';
import type { Envelope } from '../../src/events/envelope.ts';
import { canonical } from '../../src/events/hash.ts';
import { HEAD_KEY, recordKey } from '../../src/infra/etcd/log.ts';
import { appendCheckpoint } from '../../src/infra/log/checkpoints/checkpoint.ts';
import { signingKey } from '../../src/infra/log/checkpoints/key.ts';
import { eventsAfter, until } from '../infra/etcd/support.ts';
import { filled, folder, whole, world } from '../infra/log/support.ts';
import { events, fill } from '../infra/log/synthetic.ts';
import { eventsFile, json, run, terminal } from './support.ts';

process.setMaxListeners(100);
const test = suite('log commands');
type Verified = {
  ok: boolean;
  events: number;
  head: { seq: number; hash: string };
  problem: { seq: number; fault: string } | null;
  checkpoints: { compared: number; brokenLines: number[]; problem: { after: number; seq: number; because: string } | null };
};

test('verify: an untouched log in etcd, with and without an archive', async () => {
  const w = await filled(2_000);
  const where = ['--etcd', w.etcd.endpoint, '--data-dir', w.dir];
  const good = await run('log', 'verify', ...where, '--json');
  assert.is(good.code, 0, good.err);
  assert.equal(json<Verified>(good.out).head, w.head);
  const archived = await run('log', 'archive', '--before', '1001', ...where);
  assert.is(archived.code, 0, archived.err);
  assert.match(archived.out, '1000 events moved');
  assert.match((await run('log', 'verify', ...where)).out, `The log is untouched: ${w.head.seq} events`);
  await w.end();
});

test('verify: what was done to etcd behind the log’s back', async () => {
  const cases: { what: string; expect: string; damage: (w: Awaited<ReturnType<typeof filled>>) => Promise<unknown> }[] = [
    {
      what: 'a byte changed',
      expect: 'changed 503',
      damage: async ({ kv, all }) => {
        const record = await kv.get(recordKey(501));
        const was = canonical(all[502]);
        await kv.txn({
          if: [],
          write: [{ put: recordKey(501), value: (record?.value ?? '').replace(was, was.replace('"host":"box"', '"host":"fox"')) }],
        });
      },
    },
    { what: 'a record removed', expect: 'removed 501', damage: ({ kv }) => kv.deleteRange(recordKey(501), recordKey(502)) },
    { what: 'the first record removed', expect: 'removed 1', damage: ({ kv }) => kv.deleteRange(recordKey(1), recordKey(2)) },
    {
      what: 'the tail cut off',
      expect: 'removed 901',
      damage: ({ kv }) => kv.deleteRange(recordKey(901), recordKey(2_000)),
    },
    {
      what: 'two records swapped',
      expect: 'reordered 501',
      damage: async ({ kv }) => {
        const [a, b] = [await kv.get(recordKey(501)), await kv.get(recordKey(511))];
        await kv.txn({
          if: [],
          write: [
            { put: recordKey(501), value: b?.value ?? '' },
            { put: recordKey(511), value: a?.value ?? '' },
          ],
        });
      },
    },
    {
      what: 'a record inserted',
      expect: 'inserted 501',
      damage: async ({ kv, all }) => {
        const bogus = { ...(all[500] as Envelope), host: 'elsewhere' };
        await kv.txn({ if: [], write: [{ put: recordKey(500), value: `{"v":1,"tx":"x","e":[${canonical(bogus)}]}` }] });
      },
    },
    {
      what: 'a record behind the head',
      expect: 'inserted 1018',
      damage: async ({ kv, head }) => {
        const more = eventsAfter(head, 1);
        await kv.txn({ if: [], write: [{ put: recordKey(head.seq + 1), value: `{"v":1,"tx":"x","e":${canonical(more)}}` }] });
      },
    },
    {
      what: 'no record at all',
      expect: 'unreadable 501',
      damage: ({ kv }) => kv.txn({ if: [], write: [{ put: recordKey(501), value: 'xyz' }] }),
    },
  ];
  for (const { what, expect, damage } of cases) {
    const w = await filled(1_000);
    await damage(w);
    const { code, out, err } = await run('log', 'verify', '--etcd', w.etcd.endpoint, '--data-dir', w.dir, '--json');
    assert.is(code, 3, `${what}: ${err}`);
    const { problem } = json<Verified>(out);
    assert.is(`${problem?.fault} ${problem?.seq}`, expect.replace('1018', String(w.head.seq + 1)), what);
    await w.end();
  }
});

test('verify: an archive that was changed names the event', async () => {
  const w = await filled(2_000);
  await run('log', 'archive', '--before', '1001', '--etcd', w.etcd.endpoint, '--data-dir', w.dir);
  const { gunzipSync, gzipSync } = await import('node:zlib');
  const file = join(w.segments.dir, readdirSync(w.segments.dir).find((name) => name.endsWith('.gz')) ?? '');
  const lines = gunzipSync(readFileSync(file)).toString().split('\n');
  lines[41] = (lines[41] ?? '').replace('"host":"box"', '"host":"fox"');
  writeFileSync(file, gzipSync(lines.join('\n')));
  const { code, out } = await run('log', 'verify', '--etcd', w.etcd.endpoint, '--data-dir', w.dir, '--json');
  assert.is(code, 3);
  assert.equal([json<Verified>(out).problem?.fault, json<Verified>(out).problem?.seq], ['changed', 42]);
  await w.end();
});

test('verify: checkpoints show a tail that was cut off and a chain that was written anew', async () => {
  const all = events(600);
  const dir = folder();
  const key = signingKey(dir);
  const notes = join(dir, 'checkpoints.jsonl');
  const logId = 'log-1';
  for (const seq of [100, 300, 600]) {
    await appendCheckpoint(notes, { logId, seq, hash: all[seq - 1]?.hash ?? '', time: all[seq - 1]?.time ?? '', host: 'box' }, key);
  }
  const check = async (list: readonly Envelope[], ...more: string[]): Promise<Verified> => {
    const file = eventsFile(join(dir, 'events.jsonl'), list);
    return json<Verified>((await run('log', 'verify', '--events', file, '--checkpoint', notes, '--data-dir', dir, '--json', ...more)).out);
  };
  assert.equal((await check(all)).checkpoints, { file: notes, compared: 3, notCompared: 0, lost: 0, brokenLines: [], problem: null });

  const cut = await check(all.slice(0, 500));
  assert.is(cut.ok, false);
  assert.is(cut.problem, null);
  assert.match(cut.checkpoints.problem?.because ?? '', 'cut off');

  // A chain with the same id, and other content from 150 on.
  const { seal } = await import('../../src/events/hash.ts');
  let prev = all[148]?.hash ?? '';
  const rewritten = all.slice(149).map(({ hash: _, ...rest }) => {
    const sealed = seal({ ...rest, prev, host: 'elsewhere' });
    prev = sealed.hash;
    return sealed;
  });
  const anew = await check([...all.slice(0, 149), ...rewritten]);
  assert.equal([anew.ok, anew.problem, anew.checkpoints.problem?.after, anew.checkpoints.problem?.seq], [false, null, 100, 300]);

  // A crash leaves half a line. It is tolerated and named, and the next line is read.
  const text = readFileSync(notes, 'utf8');
  writeFileSync(notes, text.slice(0, -40));
  assert.equal((await check(all)).checkpoints, { file: notes, compared: 2, notCompared: 0, lost: 0, brokenLines: [3], problem: null });
  await appendCheckpoint(notes, { logId, seq: 600, hash: all[599]?.hash ?? '', time: '', host: 'box' }, key);
  assert.equal((await check(all)).checkpoints, {
    file: notes,
    compared: 3,
    notCompared: 0,
    lost: 0,
    brokenLines: [3],
    problem: null,
  });

  // A forged checkpoint, and one of another log.
  writeFileSync(notes, text.replace('"seq":300', '"seq":301'));
  assert.match((await check(all)).checkpoints.problem?.because ?? '', 'wrong signature');
  writeFileSync(notes, text);
  const stranger = folder();
  signingKey(stranger);
  assert.match(
    (await check(all, '--key', join(stranger, 'checkpoint.pub'))).checkpoints.problem?.because ?? '',
    'not among the public keys',
  );
});

test('export and import: the same events and hashes, with the archive and without', async () => {
  const w = await filled(2_000);
  const where = ['--etcd', w.etcd.endpoint, '--data-dir', w.dir];
  await run('log', 'archive', '--before', '1001', ...where);
  const exported = await run('log', 'export', ...where);
  assert.is(exported.code, 0, exported.err);
  assert.is(exported.out, w.all.map((event) => `${canonical(event)}\n`).join(''));
  const part = await run('log', 'export', '--from', '995', '--to', '1007', ...where);
  assert.is(
    part.out,
    w.all
      .slice(994, 1007)
      .map((event) => `${canonical(event)}\n`)
      .join(''),
  );
  const byTime = await run('log', 'export', '--from', w.all[49]?.time ?? '', '--to', w.all[59]?.time ?? '', ...where);
  assert.is(
    byTime.out,
    w.all
      .slice(49, 60)
      .map((event) => `${canonical(event)}\n`)
      .join(''),
  );

  const other = await world();
  const there = ['--etcd', other.etcd.endpoint, '--data-dir', other.dir];
  const file = join(other.dir, 'events.jsonl');
  writeFileSync(file, exported.out);
  const imported = await run('log', 'import', file, ...there);
  assert.is(imported.code, 0, imported.err);
  assert.equal(await whole(other.log), w.all);
  assert.equal(await other.log.head(), w.head);
  assert.is((await run('log', 'verify', ...there)).code, 0);
  const views = async (of: readonly string[]): Promise<string> => (await run('replay', '--json', ...of)).out;
  assert.is(await views(there), await views(where));
  // An import into an existing log is refused.
  const again = await run('log', 'import', file, ...there);
  assert.is(again.code, 1);
  assert.match(again.err, 'an import needs an empty etcd');
  assert.is((await run('log', 'import', file, '--resume', ...there)).code, 0);
  await w.end();
  await other.end();
});

test('import: damaged files are refused, the archive’s segments are taken, and an interrupted one goes on', async () => {
  const w = await filled(2_000);
  await run('log', 'archive', '--before', '1501', '--etcd', w.etcd.endpoint, '--data-dir', w.dir);
  const segments = readdirSync(w.segments.dir)
    .filter((name) => name.includes('jsonl'))
    .map((name) => join(w.segments.dir, name));
  const other = await world();
  const there = ['--etcd', other.etcd.endpoint, '--data-dir', other.dir];
  const broken = eventsFile(
    join(other.dir, 'broken.jsonl'),
    w.all.filter(({ seq }) => seq !== 700),
  );
  const refused = await run('log', 'import', broken, ...there);
  assert.is(refused.code, 3);
  assert.match(refused.err, 'event 700 was removed');
  assert.equal(await other.log.head(), { seq: 0, hash: '0'.repeat(64) });
  assert.is((await run('log', 'import', ...segments, ...there)).code, 0);
  assert.is((await other.log.head()).seq, 1_500);
  const file = eventsFile(join(other.dir, 'events.jsonl'), w.all);
  assert.is((await run('log', 'import', file, '--resume', ...there)).code, 0);
  assert.equal(await whole(other.log), w.all);
  await w.end();
  await other.end();
});

test('tail and show', async () => {
  const w = await filled(600);
  const where = ['--etcd', w.etcd.endpoint, '--data-dir', w.dir];
  const { out } = await run('log', 'tail', '-n', '3', '--json', ...where);
  assert.equal(
    out
      .trim()
      .split('\n')
      .map((line) => json<Envelope>(line)),
    w.all.slice(-3),
  );
  assert.is((await run('log', 'tail', ...where)).out.trim().split('\n').length, 10);
  assert.equal(json<Envelope>((await run('log', 'show', '7', '--json', ...where)).out), w.all[6]);
  assert.match((await run('log', 'show', '7', ...where)).out, w.all[6]?.hash ?? '');
  assert.is((await run('log', 'show', '99999', ...where)).code, 1);

  const stop = new AbortController();
  const io = terminal({ signal: stop.signal });
  const following = runSubCommand(['log', 'tail', '-n', '0', '--follow', '--json', ...where], io);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await fill(w.log, [eventsAfter(w.head, 5)]);
  await until('five more', () => io.said.out.split('\n').length === 6);
  stop.abort();
  assert.is(await following, 0);
  await w.end();
});

test('tail: the filters of the API, over archive and etcd, and with --follow', async () => {
  const w = await filled(2_000);
  const where = ['--etcd', w.etcd.endpoint, '--data-dir', w.dir];
  assert.is((await run('log', 'archive', '--before', '1001', ...where)).code, 0);
  const found = async (...argv: readonly string[]): Promise<number[]> => {
    const { code, out, err } = await run('log', 'tail', '-n', '100000', '--json', ...argv, ...where);
    assert.is(code, 0, err);
    return out.split('\n').flatMap((line) => (line === '' ? [] : [json<Envelope>(line).seq]));
  };
  const those = (fits: (event: Envelope) => boolean): number[] => w.all.filter(fits).map(({ seq }) => seq);
  const [sample] = w.all.filter(({ stream }) => stream.startsWith('replicaSet/'));
  assert.ok(sample !== undefined);
  const name = sample.stream.slice('replicaSet/'.length);
  const { type } = sample;
  const { actor } = sample.command;
  assert.equal(
    await found('--replica-set', name),
    those(({ stream }) => stream === sample.stream),
  );
  assert.equal(
    await found('--replicaSet', name, '--type', `${type},HostStarted`),
    those((e) => e.stream === sample.stream && e.type === type),
  );
  assert.equal(
    await found('--actor', actor, '--actor', 'nobody'),
    those(({ command }) => command.actor === actor),
  );
  assert.equal(await found('--actor', 'nobody'), []);
  const some = those((event) => event.type === type);
  const last = await run('log', 'tail', '-n', '2', '--type', type, '--json', ...where);
  assert.equal(
    last.out
      .trim()
      .split('\n')
      .map((line) => json<Envelope>(line).seq),
    some.slice(-2),
  );
  for (const [argv, says] of [
    [['--type', 'GpuAlocated'], 'there is no event type "GpuAlocated": did you mean GpuAllocated?'],
    [['--gpu', '0'], 'give the UUID'],
    [['--port', 'x'], 'not a host port'],
    [['--stream', 'foo'], 'is not log, host/NAME'],
  ] as const) {
    const { code, err } = await run('log', 'tail', ...argv, ...where);
    assert.is(code, 2);
    assert.match(err, says);
  }
  const stop = new AbortController();
  const io = terminal({ signal: stop.signal });
  const following = runSubCommand(['log', 'tail', '-n', '1', '--follow', '--json', '--type', type, ...where], io);
  await until('the newest one', () => io.said.out !== '');
  const more = eventsAfter(w.head, 20);
  await fill(w.log, [more]);
  const wanted = [...some.slice(-1), ...more.filter((event) => event.type === type).map(({ seq }) => seq)];
  await until('those that match', () => io.said.out.trim().split('\n').length >= wanted.length);
  stop.abort();
  assert.is(await following, 0);
  assert.equal(
    io.said.out
      .trim()
      .split('\n')
      .map((line) => json<Envelope>(line).seq),
    wanted,
  );
  await w.end();
});

test('archive: by date, and what cannot be used', async () => {
  const w = await filled(2_000);
  const where = ['--etcd', w.etcd.endpoint, '--data-dir', w.dir];
  const done = await run('log', 'archive', '--before', w.all[1_000]?.time ?? '', '--json', ...where);
  assert.is(json<{ through: number }>(done.out).through, 1_000);
  assert.is((await run('log', 'archive', ...where)).code, 2);
  assert.is((await run('log', 'archive', '--before', 'yesterday', ...where)).code, 2);
  await w.kv.txn({ if: [], write: [{ put: HEAD_KEY, value: 'x' }] });
  assert.is((await run('log', 'tail', ...where)).code, 1);
  await w.end();
});

test('usage: help, unknown commands and options', async () => {
  assert.match((await run('log', '--help')).out, 'log verify');
  assert.match((await run('log', 'verify', '--help')).out, '--checkpoint FILE');
  assert.is((await run('log')).code, 2);
  assert.match((await run('log', 'verfy')).err, 'did you mean "log verify"?');
  assert.match((await run('log', 'tail', '--folow')).err, 'did you mean --follow?');
  assert.match((await run('log', 'show')).err, 'needs SEQ');
  assert.match((await run('log', 'show', 'x')).err, 'not a sequence number');
  assert.match((await run('log', 'tail', '--data-dir', join(folder(), 'none'))).err, 'there is no log in');
});

test.run();
