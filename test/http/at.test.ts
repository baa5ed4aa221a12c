// ?at= on every GET: the answer is, byte for byte, what was answered then.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { apiRoutes } from '../../src/http/app.ts';
import { type Live, runs, startLive } from './live.ts';

const test = suite('at');

const PATHS = [
  '/api/v1/replicaSet',
  '/api/v1/replicaSet/foo',
  '/api/v1/replicaSet/foo/history',
  '/api/v1/volumes',
  '/api/v1/volumes/bar',
  '/api/v1/volumes/bar/history',
  '/api/v1/resources/gpus',
  '/api/v1/gpus',
  '/api/v1/resources/ports',
];

interface Seen {
  readonly seq: number;
  /** Of the last event. */
  readonly time: string;
  readonly answers: readonly { readonly status: number; readonly text: string; readonly etag: string | null }[];
}

let live: Live;
const seen: Seen[] = [];

async function look(): Promise<void> {
  const { head, time } = live.core.core.state();
  const answers = [];
  for (const path of PATHS) {
    const { status, text, headers } = await live.get(path);
    answers.push({ status, text, etag: headers.get('etag') });
  }
  seen.push({ seq: head.seq, time, answers });
}

test.before(async () => {
  live = await startLive();
  await look();
  await live.order('alice', runs('foo', 1));
  await look();
  await live.order('alice', { do: 'createVolume', name: 'bar', size: '1GB' });
  await look();
  await live.order('bob', { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 3 } });
  await look();
  await live.order('carol', { do: 'stop', name: 'foo' });
  await look();
  await live.order('carol', { do: 'delete', name: 'foo' });
  await live.order('carol', { do: 'deleteVolume', name: 'bar' });
  await look();
});
test.after(() => live.stop());

test('by sequence and by time, also of names that are deleted since', async () => {
  for (const { seq, time, answers } of seen) {
    for (const at of [String(seq), time, String(Date.parse(time))]) {
      for (const [i, path] of PATHS.entries()) {
        const { status, text, headers } = await live.get(`${path}?at=${encodeURIComponent(at)}`);
        assert.equal({ status, text, etag: headers.get('etag') }, answers[i], `${path} at ${at}`);
        assert.is(headers.get('x-at-sequence'), String(seq));
        assert.is(headers.get('x-at-time'), time);
      }
    }
  }
  assert.is((await live.get('/api/v1/replicaSet/foo')).status, 404);
});

test('every GET of the API that shows a view has it', () => {
  const shown = apiRoutes.filter(
    ({ method, path }) => method === 'GET' && /^\/api\/v1\/(replicaSet|volumes|resources|gpus)/.test(path) && !path.endsWith('/logs'),
  );
  // Docker counts what there is now.
  const views = shown.filter(({ path }) => path !== '/api/v1/resources/disks');
  assert.equal(
    views.map(({ query }) => Object.keys(query ?? {}).includes('at')),
    PATHS.map(() => true),
  );
});

test('operations are the ones that were under way then', async () => {
  const started = (await live.events()).find(({ type, command }) => type === 'OperationStarted' && command.name === 'patch');
  const { body, headers } = await live.get(`/api/v1/operations?at=${started?.seq}`);
  const [operation] = (body.data as { operations: { kind: string; actor: string; step: string | null; done: string[] }[] }).operations;
  assert.equal(
    [operation?.kind, operation?.actor, operation?.step, headers.get('x-at-sequence')],
    ['patch', 'bob', null, String(started?.seq)],
  );
  assert.equal((await live.get('/api/v1/operations')).body.data, { operations: [], pulls: [] });
  assert.is((await live.get('/api/v1/operations?at=yesterday')).status, 400);
});

test('without it no header says when', async () => {
  assert.is((await live.get('/api/v1/replicaSet')).headers.get('x-at-sequence'), null);
});

test('before the first event there is nothing', async () => {
  for (const at of ['0', '2001-01-01']) {
    assert.equal((await live.get(`/api/v1/replicaSet?at=${at}`)).body.data, { replicaSets: [] });
    assert.equal((await live.get(`/api/v1/resources/gpus?at=${at}`)).body.data, { gpus: {} });
    const { status, body, headers } = await live.get(`/api/v1/replicaSet/foo?at=${at}`);
    assert.equal([status, body.code, headers.get('x-at-sequence')], [404, 1016, '0']);
  }
});

test('a moment in the future is refused, and the answer says where the log ends', async () => {
  const { head, time } = live.core.core.state();
  for (const at of [String(head.seq + 1), '2999-12-31T00:00:00Z']) {
    const { status, body } = await live.get(`/api/v1/replicaSet?at=${at}`);
    assert.equal([status, body.code], [400, 1000]);
    assert.match(body.msg, `the log ends at event ${head.seq}, of ${time}`);
  }
});

test('a malformed one is refused', async () => {
  for (const at of [
    '',
    'yesterday',
    '-1',
    '1.5',
    '2026-02-30',
    '2026-13-01',
    '2026-01-01T25:00',
    '1234567890123456',
    '%00',
    '2026-01-01&at=2',
  ]) {
    const { status, body } = await live.get(`/api/v1/resources/gpus?at=${at}`);
    assert.equal([status, body.code], [400, 1000], at);
  }
});

test('a time may have a zone, and none is UTC', async () => {
  const [, { time, seq } = { time: '', seq: 0 }] = seen;
  const shifted = new Date(Date.parse(time) + 2 * 3_600_000).toISOString().replace('Z', '+02:00');
  for (const at of [shifted, encodeURIComponent(shifted), time.replace('Z', ''), time.replace('T', '%20')]) {
    assert.is((await live.get(`/api/v1/replicaSet?at=${at}`)).headers.get('x-at-sequence'), String(seq), at);
  }
});

test('nothing can be changed in the past', async () => {
  const before = live.core.core.state().head.seq;
  const answer = await fetch(`${live.url}/api/v1/replicaSet/foo/stop?at=3`, { method: 'PATCH' });
  assert.is(answer.status, 400);
  assert.is(live.core.core.state().head.seq, before);
});

test.run();
