// `gpus`, `ports`, `ps`, `history` and `ledger` against a running server.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inCommands } from '../../src/cli/output/in-commands.ts';
import { tableText } from '../../src/cli/output/table.ts';
import { runSubCommand } from '../../src/cli/run.ts';
import { type Live, runs, startLive } from '../http/live.ts';
import { HOST } from '../support/scenario.ts';
import { json, type Ran, run, terminal } from './support.ts';

const test = suite('views on the command line');

let live: Live;
/** A sequence at which foo runs on one GPU. */
let then: number;

test.before(async () => {
  live = await startLive(3);
  await live.order('alice', runs('foo', 1));
  then = live.core.core.state().head.seq;
  await live.order('bob', { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } });
  await live.order('alice', runs('bar', 0));
  await live.order('carol', { do: 'stop', name: 'foo' });
  await live.order('carol', { do: 'delete', name: 'foo' });
  process.env['GPU_DOCKER_API_SERVER'] = live.url;
});
test.after(async () => {
  delete process.env['GPU_DOCKER_API_SERVER'];
  await live.stop();
});

const lines = ({ out }: Ran): string[] => out.split('\n').filter((line) => line !== '');
/** The rows of a table as words, without the lines above them. */
const words = (ran: Ran, head: string): string[][] => {
  const all = lines(ran);
  const at = all.findIndex((line) => line.trim().startsWith(head));
  assert.ok(at >= 0, ran.out + ran.err);
  return all.slice(at + 1).map((line) => line.trim().split(/\s{2,}/));
};

test('gpus: which are held and by whom, now and then', async () => {
  const now = await run('gpus');
  assert.is(now.code, 0);
  assert.equal(words(now, 'INDEX'), [
    ['0', 'GPU-0', 'A100', '81920', 'free', '-'],
    ['1', 'GPU-1', 'A100', '81920', 'free', '-'],
    ['2', 'GPU-2', 'A100', '81920', 'free', '-'],
  ]);
  const before = await run('gpus', '--at', String(then));
  assert.equal(words(before, 'INDEX')[0], ['0', 'GPU-0', 'A100', '81920', 'held', 'foo']);
  assert.match(lines(before)[0] ?? '', new RegExp(`^As of event ${then}, 20`));
});

test('gpus: one that the driver reports no more, and one whose memory it does not say', async () => {
  const changed = await startLive(2);
  try {
    await changed.order('alice', runs('foo', 1));
    const stream = `host/${HOST}`;
    await changed.core.committer.submit({ id: 'lost', name: 'inventory', actor: 'system:inventory' }, () => ({
      kind: 'events',
      events: [
        { type: 'GpuLost', stream, data: { gpu: 'GPU-0' } },
        { type: 'GpuLost', stream, data: { gpu: 'GPU-1' } },
        { type: 'GpuDiscovered', stream, data: { gpu: 'GPU-9', index: 0, name: 'T4', memoryMiB: 0 } },
      ],
    }));
    assert.equal(words(await run('gpus', '--server', changed.url), 'INDEX'), [
      ['0', 'GPU-0', 'A100', '81920', 'lost', 'foo'],
      ['0', 'GPU-9', 'T4', '-', 'free', '-'],
      ['1', 'GPU-1', 'A100', '81920', 'lost', '-'],
    ]);
    const { out } = await run('gpus', '--server', changed.url, '--json');
    const { gpus } = json<{ gpus: { gpu: string; holder: string | null; present: boolean }[] }>(out);
    assert.equal(
      gpus.map(({ gpu, holder, present }) => [gpu, holder, present]),
      [
        ['GPU-0', 'foo', false],
        ['GPU-9', null, true],
        ['GPU-1', null, false],
      ],
    );
  } finally {
    await changed.stop();
  }
});

test('ports', async () => {
  const { out, code } = await run('ports', '--at', String(then));
  assert.is(code, 0);
  assert.match(out, 'Range 40000-40099, 99 free.');
  assert.match(out, /^40000 +foo +22$/m);
});

test('ps: what runs now, and a deleted one then', async () => {
  assert.equal(
    words(await run('ps'), 'CONTAINER').map((row) => row.slice(0, 3)),
    [['bar-1', 'running', 'img']],
  );
  assert.equal(
    words(await run('ps', '--at', String(then)), 'CONTAINER').map((row) => row[0]),
    ['foo-1'],
  );
});

test('history: the versions and who made each', async () => {
  const rows = words(await run('history', 'foo', '--at', String(live.core.core.state().head.seq - 5)), 'VERSION');
  assert.equal(
    rows.map(([version, , by, actor]) => [version, by, actor]),
    [
      ['2', 'patch', 'bob'],
      ['1', 'run', 'alice'],
    ],
  );
  const gone = await run('history', 'foo');
  assert.is(gone.code, 1);
  assert.match(gone.err, /replicaSet foo does not exist; gpu-docker-api history foo --changes lists what the log has of it$/m);
});

test('history --changes: every change, also of a deleted name', async () => {
  const rows = words(await run('history', 'foo', '--changes'), 'SEQUENCE');
  assert.equal(
    rows.map((row) => row.slice(2).join(' ')),
    ['carol delete 2 done', 'carol stop 2 done', 'bob patch 1 -> 2 done', 'alice run 1 done'],
  );
});

test('history: versions that were adopted, one of them without its container', async () => {
  const adopted = await startLive(2);
  try {
    const stream = 'replicaSet/old';
    const spec = { imageName: 'img', gpuCount: 1, binds: [], env: [], containerPorts: [] };
    const createTime = '2024-03-01T10:00:00.000Z';
    const lists = { gpus: ['GPU-0'], ports: [], anonymousVolumes: [], gone: [], approximate: [] };
    const image = { id: 'sha256:img', env: [] };
    const container = { uid: 'life', version: 2, containerId: 'c2', createTime, spec, image, ...lists };
    await adopted.core.committer.submit({ id: 'adopting', name: 'adopt', actor: 'ann' }, () => ({
      kind: 'events',
      events: [
        { type: 'ContainerAdopted', stream, data: { ...container, reason: 'patch', state: 'running' } },
        { type: 'VersionAdopted', stream, data: { version: 1, reason: 'run', createTime, spec } },
        { type: 'GpuAllocated', stream, data: { version: 2, gpus: ['GPU-0'] } },
      ],
    }));
    const versions = words(await run('history', 'old', '--server', adopted.url), 'VERSION');
    assert.equal(
      versions.map((row) => row.slice(2, 5)),
      [
        ['adopt', 'ann', '1'],
        ['adopt', 'ann', '1'],
      ],
    );
    const changes = words(await run('history', 'old', '--changes', '--server', adopted.url), 'SEQUENCE');
    assert.equal(
      changes.map((row) => row.slice(2)),
      [['ann', 'adopt', '2', 'done']],
    );
    // A log that was put back to the middle of an operation: with the adoption of its name it ends.
    await adopted.core.committer.submit({ id: 'again', name: 'adopt', actor: 'ann' }, () => ({
      kind: 'events',
      events: [
        { type: 'OperationStarted', stream, data: { kind: 'patch', from: 2, to: 3 } },
        {
          type: 'ContainerAdopted',
          stream,
          data: { ...container, reason: 'patch', state: 'running', version: 3, containerId: 'c3', gone: [2] },
        },
      ],
    }));
    const later = words(await run('history', 'old', '--changes', '--server', adopted.url), 'SEQUENCE');
    assert.equal(
      later.map((row) => row.slice(2).join(' ')),
      ['ann adopt 3 done', 'ann adopt 2 -> 3 ended by adopt', 'ann adopt 2 done'],
    );
  } finally {
    await adopted.stop();
  }
});

test('history --changes: what was ordered twice under keys, and was so already', async () => {
  const live = await startLive(1);
  try {
    await live.order('alice', runs('foo', 1));
    for (const idempotencyKey of ['one', 'two'])
      assert.is((await live.core.core.queue.submit({ do: 'stop', name: 'foo' }, { actor: 'bob', idempotencyKey, bodyHash: 'x' })).ok, true);
    const rows = words(await run('history', 'foo', '--changes', '--server', live.url), 'SEQUENCE');
    assert.equal(
      rows.map((row) => row.slice(2).join(' ')),
      ['bob stop - done: it was so already', 'bob stop 1 done', 'alice run 1 done'],
    );
  } finally {
    await live.stop();
  }
});

test('history and volume history of who may not read events: the versions, in the time of the server', async () => {
  const live = await startLive(1);
  const give = async (name: string, role: string, key = ''): Promise<string> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const answer = await fetch(`${live.url}/api/v1/keys`, { method: 'POST', headers, body: JSON.stringify({ name, role }) });
    return ((await answer.json()) as { data: { key: string } }).data.key;
  };
  try {
    await live.order('ann', runs('foo', 1));
    await live.order('ann', { do: 'createVolume', name: 'vol', size: '1GB' });
    const made = words(await run('volume', 'history', 'vol', '--server', live.url), 'VERSION')[0];
    assert.match(made?.[1] ?? '', /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/);
    assert.equal(made?.slice(2, 4), ['createVolume', 'ann']);
    const root = await give('root', 'admin');
    process.env['GPU_DOCKER_API_KEY'] = await give('ann', 'operator', root);
    for (const argv of [
      ['history', 'foo'],
      ['volume', 'history', 'vol'],
    ]) {
      const [row] = words(await run(...argv, '--server', live.url), 'VERSION');
      assert.match(row?.[1] ?? '', /^[-\d]{10} [\d:]{8} \(server's time\)$/, argv.join(' '));
      assert.equal(row?.slice(2, 4), ['-', '-']);
    }
  } finally {
    delete process.env['GPU_DOCKER_API_KEY'];
    await live.stop();
  }
});

test('history of more than one page of events: to the beginning, as it comes, or the newest N', async () => {
  const long = await startLive(1);
  const there = ['--server', long.url];
  const count = 1_010;
  try {
    await long.order('alice', runs('foo', 1));
    for (let i = 1; i < count; i++) {
      const { ok } = await long.core.core.queue.submit({ do: 'patch', name: 'foo' }, { actor: 'bob' });
      assert.is(ok, true);
    }
    const made = words(await run('history', 'foo', ...there), 'VERSION');
    assert.is(made.length, count);
    assert.equal(
      made.map(([version, , by, actor]) => [version, by, actor]),
      Array.from({ length: count }, (_, i) => (i < count - 1 ? [String(count - i), 'patch', 'bob'] : ['1', 'run', 'alice'])),
    );
    const changes = words(await run('history', 'foo', '--changes', ...there), 'SEQUENCE');
    assert.equal([changes.length, new Set(changes.map((row) => row.at(-1)))], [count, new Set(['done'])]);
    assert.equal(changes.at(-1)?.slice(2, 4), ['alice', 'run']);

    let parts = 0;
    const io = terminal({
      drained: async () => {
        parts++;
      },
    });
    assert.is(await runSubCommand(['history', 'foo', '--changes', '--json', ...there], io), 0);
    assert.is(parts, 3);
    const printed = json<{ events: { seq: number; type: string }[] }>(io.said.out);
    const { body } = await long.get<{ events: unknown[] }>(
      '/api/v1/events?replicaSet=foo&type=OperationStarted,OperationCompleted&limit=1000',
    );
    assert.equal(Object.keys(printed), ['events']);
    assert.equal(printed.events.slice(0, 1_000), body.data.events);
    assert.is(printed.events.length, 2 * count);
    assert.ok(printed.events.every(({ seq }, i, all) => i === 0 || seq < (all[i - 1]?.seq ?? 0)));

    assert.equal(
      words(await run('history', 'foo', '-n', '2', ...there), 'VERSION').map(([version]) => version),
      ['1010', '1009'],
    );
    assert.is(words(await run('history', 'foo', '--changes', '-n', '600', ...there), 'SEQUENCE').length, 600);
    const few = json<{ events: { type: string }[] }>((await run('history', 'foo', '--changes', '-n', '1', '--json', ...there)).out);
    assert.equal(
      few.events.map(({ type }) => type),
      ['OperationCompleted', 'OperationStarted'],
    );
    const two = json<{ history: { version: number }[] }>((await run('history', 'foo', '-n', '2', '--json', ...there)).out);
    assert.equal(
      two.history.map(({ version }) => version),
      [1_010, 1_009],
    );
  } finally {
    await long.stop();
  }
});

test('history --changes of a name that never was', async () => {
  assert.equal(await run('history', 'nobody', '--changes'), { code: 0, out: 'Nothing about nobody is in the log.\n', err: '' });
  assert.is((await run('history', 'nobody', '--changes', '--json')).out, '{"events":[]}\n');
});

test('ledger: by replicaSet with a total, by GPU, as CSV', async () => {
  const rows = words(await run('ledger'), 'REPLICASET');
  assert.equal(
    rows.map(([name]) => name),
    ['foo', 'TOTAL'],
  );
  assert.equal(
    words(await run('ledger', '--by', 'gpu'), 'INDEX').map((row) => row[1]),
    ['GPU-0', 'GPU-1', 'GPU-2'],
  );
  const { out } = await run('ledger', '--by', 'actor', '--csv');
  assert.match(out, /^actor,gpuSeconds,gpuHours,gpuMs,holdings\r\nalice,/);
});

test('the server’s sentences name commands here, not requests', async () => {
  const { code, err } = await run('ledger', 'nope');
  assert.is(code, 1);
  assert.match(err, /GPU nope is not in the log: gpu-docker-api ledger --by gpu lists those that are$/m);
  assert.is(inCommands('no operation x is under way: GET /api/v1/operations lists those that are').includes('/api/'), false);
});

test('ledger GPU: who held it, and who did then', async () => {
  const [held] = words(await run('ledger', 'GPU-0'), 'REPLICASET');
  assert.equal([held?.[0], held?.[2], held?.[3], held?.[5], held?.[6]], ['foo', 'run', 'alice', 'stop', 'carol']);
  assert.equal((await run('ledger', '0')).out, (await run('ledger', 'GPU-0')).out);
  assert.is(words(await run('ledger', 'GPU-0', '--at', String(then)), 'REPLICASET')[0]?.[0], 'foo');
  assert.match((await run('ledger', 'GPU-1', '--at', String(then))).out, 'Nobody held GPU-1.');
});

test('--json prints what the API answers', async () => {
  const same: readonly (readonly [readonly string[], string])[] = [
    [['gpus'], '/api/v1/gpus'],
    [['ps', '--at', String(then)], `/api/v1/replicaSet?at=${then}`],
    [['ledger', '--to', String(then)], `/api/v1/ledger/gpus?to=${then}`],
    [['ledger', 'GPU-0', '--at', String(then)], `/api/v1/ledger/gpus/GPU-0?at=${then}`],
  ];
  for (const [argv, path] of same) {
    const data = (value: unknown): string => JSON.stringify(value).replaceAll(/"gpu(Ms|Seconds|Hours)":[\d.]+/g, '');
    assert.is(data(json((await run(...argv, '--json')).out)), data((await live.get(path)).body.data), argv.join(' '));
  }
});

test('--json knows what the table shows: who holds each port, who made each version', async () => {
  const printed = json<object>((await run('ports', '--json', '--at', String(then))).out);
  const { body } = await live.get<object>(`/api/v1/resources/ports?at=${then}`);
  assert.equal(printed, { ...body.data, leases: [{ port: 40_000, replicaSet: 'foo', containerPort: '22' }] });
  const { history } = json<{ history: object[] }>((await run('history', 'foo', '--json', '--at', String(then))).out);
  const { body: page } = await live.get<{ history: object[] }>(`/api/v1/replicaSet/foo/history?at=${then}`);
  assert.equal(
    history,
    page.data.history.map((entry) => ({ ...entry, by: 'run', actor: 'alice' })),
  );
});

test('no server: exit code 1, and what to do about it', async () => {
  for (const name of ['gpus', 'ports', 'ps', 'ledger']) {
    const { code, err, out } = await run(name, '--server', 'http://127.0.0.1:1');
    assert.equal([code, out], [1, '']);
    assert.match(
      err,
      /127\.0\.0\.1:1 cannot be reached \(.+\): start it with gpu-docker-api serve, or name another with --server URL or GPU_DOCKER_API_SERVER/,
    );
  }
});

test('wrong usage: exit code 2', async () => {
  const wrong = [
    ['gpus', '0', 'extra'],
    ['history'],
    ['history', 'foo', '-n', '0'],
    ['history', 'foo', '--limit', 'all'],
    ['ps', '--att', '3'],
    ['ps', '--at', 'yesterday'],
    ['ps', '--at', '99999'],
    ['ledger', '--by', 'colour'],
    ['ledger', '--csv', '--json'],
    ['ledger', '--at', '3'],
    ['ps', '--server', 'ftp://there'],
  ];
  for (const argv of wrong) assert.is((await run(...argv)).code, 2, argv.join(' '));
  assert.is((await run('history', 'nobody')).code, 1);
});

test('each has a --help', async () => {
  for (const name of ['gpus', 'ports', 'ps', 'history', 'ledger']) {
    const { code, out } = await run(name, '--help');
    assert.is(code, 0);
    assert.match(out, `Usage: gpu-docker-api ${name}`);
    assert.match(out, '--server URL');
  }
});

test('colours only where they are wanted', async () => {
  const coloured = terminal({ colours: true });
  await runSubCommand(['ps'], coloured);
  assert.match(coloured.said.out, '\u001b[1m');
  assert.not.match((await run('ps')).out, '\u001b');
});

test('columns line up under wide characters', () => {
  const rows = [
    ['王小明', 'a'],
    ['🦜', 'b'],
    ['éva', 'c'],
  ];
  assert.equal(tableText({ columns: ['ACTOR', 'X'], rows }, false).split('\n'), ['ACTOR   X', '王小明  a', '🦜      b', 'éva     c']);
});

test('the program knows them', () => {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const ran = spawnSync(process.execPath, ['--import', 'tsx', main, 'ps', '--server', '127.0.0.1:1'], { encoding: 'utf8' });
  assert.is(ran.status, 1);
  assert.match(ran.stderr, 'cannot be reached');
  assert.is(ran.stdout, '');
});

test.run();
