// Prefer: respond-async: 202 as soon as an operation has begun, and its outcome where Location says.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/commands/outside/engine-error.ts';
import { until } from '../support/until.ts';
import { type Live, runs, startLive } from './live.ts';

const test = suite('respond-async');

let live: Live;
/** While set, no container is created. */
let held: Promise<void> | null = null;
let release: () => void = () => {};

test.before.each(async () => {
  live = await startLive();
  held = null;
  live.core.engine.before = async (call) => {
    if (call === 'createContainer') await held;
  };
});
test.after.each(async () => {
  release();
  await live.stop();
});

function hold(): void {
  held = new Promise((resolve) => {
    release = resolve;
  });
}

interface Operation {
  readonly id: string;
  readonly stream: string;
  readonly kind: string;
  readonly state: string;
  readonly actor: string;
  readonly since: string;
  readonly ended?: string;
  readonly step?: string;
  readonly answer?: { readonly code: number; readonly msg: string; readonly data: unknown };
}

interface Got<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly code: number; readonly msg: string; readonly data: T };
}

async function send<T = unknown>(
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Got<T>> {
  const answer = await fetch(`${live.url}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Got<T>['body'] };
}

const RS = '/api/v1/replicaSet';
const ASYNC = { prefer: 'respond-async' };
const run = { replicaSetName: 'foo', imageName: 'img', gpuCount: 1 };
const operation = async (id: string): Promise<Operation> =>
  (await live.get<{ operation: Operation }>(`/api/v1/operations/${id}`)).body.data.operation;
const isEnded = async (id: string): Promise<Operation> => {
  await live.core.settled();
  const found = await operation(id);
  assert.not.equal(found.state, 'open');
  return found;
};

test('202 with the place of the outcome; while it is under way, and when it has ended', async () => {
  hold();
  const answer = await send<{ operation: Operation }>('POST', RS, run, { ...ASYNC, 'x-actor': 'ann' });
  const { id } = answer.body.data.operation;
  assert.equal([answer.status, answer.body.code, answer.body.msg], [202, 200, 'Accepted']);
  assert.is(answer.headers.get('location'), `/api/v1/operations/${id}`);
  assert.is(answer.headers.get('preference-applied'), 'respond-async');
  const open = await live.get<{ operation: Operation }>(`/api/v1/operations/${id}`);
  assert.is(open.headers.get('retry-after'), '1');
  const { state, stream, kind, step, actor } = open.body.data.operation;
  assert.equal(
    { state, stream, kind, step, actor },
    { state: 'open', stream: 'replicaSet/foo', kind: 'run', step: 'createContainer', actor: 'ann' },
  );
  release();
  const ended = await isEnded(id);
  assert.equal([ended.state, ended.answer, ended.actor], ['done', { code: 200, msg: 'Success', data: { name: 'foo-1' } }, 'ann']);
  assert.ok((ended.ended ?? '') >= ended.since);
  assert.is((await live.get(`/api/v1/operations/${id}`)).headers.get('retry-after'), null);
});

test('the answer in the log is that of one who waited, for every kind', async () => {
  const orders: readonly (readonly [string, string, unknown])[] = [
    ['POST', RS, run],
    ['PATCH', `${RS}/foo`, { gpuPatch: { gpuCount: 2 } }],
    ['PATCH', `${RS}/foo/rollback`, { version: 1 }],
    ['POST', `${RS}/foo/commit`, { newImageName: 'mine:1' }],
    ['PUT', `${RS}/foo/policy`, { keepVersions: 5 }],
    ['PATCH', `${RS}/foo/pause`, undefined],
    ['PATCH', `${RS}/foo/continue`, undefined],
    ['PATCH', `${RS}/foo/stop`, undefined],
    ['PATCH', `${RS}/foo/restart`, {}],
    ['POST', '/api/v1/volumes', { name: 'bar', size: '20gb' }],
    ['PATCH', '/api/v1/volumes/bar/size', { size: '30GB' }],
    ['DELETE', '/api/v1/volumes/bar', undefined],
    ['DELETE', `${RS}/foo`, undefined],
  ];
  for (const [method, path, body] of orders) {
    const answer = await send(method, path, body);
    assert.is(answer.status, 200, `${method} ${path} ${answer.body.msg}`);
    const id = (await live.events()).at(-1)?.command.id ?? '';
    assert.equal((await operation(id)).answer, answer.body, `${method} ${path}`);
  }
});

test('a failure: the operation says what one who waited would have been told', async () => {
  live.core.engine.before = async (call) => {
    if (call === 'createContainer') throw new EngineError('refused', 'no such runtime');
  };
  const { status, body } = await send<{ operation: Operation }>('POST', RS, run, ASYNC);
  assert.is(status, 202);
  const ended = await isEnded(body.data.operation.id);
  assert.equal([ended.state, ended.answer?.code, ended.answer?.data], ['failed', 1004, null]);
  assert.match(ended.answer?.msg ?? '', /no such runtime/);
});

test('a refusal comes at once, and what ends at once is answered', async () => {
  const refused = await send('POST', RS, { ...run, gpuCount: 99 }, ASYNC);
  assert.equal([refused.status, refused.body.code], [409, 1013]);
  assert.is((await send('POST', RS, run)).status, 200);
  const policy = await send('PUT', `${RS}/foo/policy`, { keepVersions: 3 }, ASYNC);
  assert.equal([policy.status, policy.headers.get('preference-applied')], [200, null]);
  const dry = await send('PATCH', `${RS}/foo?dryRun=true`, {}, ASYNC);
  assert.is(dry.status, 200);
});

test('wait: the answer where it has ended by then', async () => {
  const quick = await send('POST', RS, run, { prefer: 'respond-async; x=1, wait=20' });
  assert.equal([quick.status, quick.body.data], [200, { name: 'foo-1' }]);
  hold();
  const began = Date.now();
  const slow = await send('PATCH', `${RS}/foo`, {}, { prefer: 'wait=1, RESPOND-ASYNC' });
  assert.is(slow.status, 202);
  assert.ok(Date.now() - began >= 1_000);
  for (const prefer of ['return=minimal', 'wait=1', 'respond-asynchronously', ',,=;']) {
    release();
    assert.is((await send('PATCH', `${RS}/foo`, {}, { prefer })).status, 200, prefer);
  }
});

test('an Idempotency-Key: 202 with the same place while it is under way, the answer when it has ended', async () => {
  hold();
  const key = { 'idempotency-key': 'k' };
  const first = await send<{ operation: Operation }>('POST', RS, run, { ...ASYNC, ...key });
  const again = await send<{ operation: Operation }>('POST', RS, run, { ...ASYNC, ...key });
  assert.equal([first.status, again.status], [202, 202]);
  assert.is(again.headers.get('location'), first.headers.get('location'));
  const waiting = send('POST', RS, run, key);
  const other = await send('POST', RS, { ...run, gpuCount: 2 }, { ...ASYNC, ...key });
  assert.is(other.status, 422, 'another request');
  release();
  assert.equal((await waiting).body.data, { name: 'foo-1' });
  const late = await send('POST', RS, run, { ...ASYNC, ...key });
  assert.equal([late.status, late.body.data, late.headers.get('preference-applied')], [200, { name: 'foo-1' }, null]);
  assert.is((await live.events()).filter(({ type }) => type === 'OperationStarted').length, 1);
});

test('who hangs up after the 202 ends nothing, and the next command waits its turn', async () => {
  hold();
  const { body } = await send<{ operation: Operation }>('POST', RS, run, { ...ASYNC, connection: 'close' });
  const next = send('PATCH', `${RS}/foo`, { gpuPatch: { gpuCount: 2 } }, ASYNC);
  release();
  assert.is((await next).status, 202);
  assert.is((await isEnded(body.data.operation.id)).state, 'done');
  await live.core.settled();
  await until('both are done', () => live.core.committer.state.replicaSets.get('foo')?.current === 2);
});

test('an id that the log does not know, and whose operations a key of scope own sees', async () => {
  for (const id of ['nothing', '%00', '0'.repeat(200), '-']) {
    const { status } = await live.get(`/api/v1/operations/${id}`);
    assert.ok(status === 404 || status === 400, id);
  }
  await live.order('ann', runs('foo', 1));
  const own = (await live.events()).at(-1)?.command.id ?? '';
  const give = async (name: string, more: object, key = ''): Promise<string> =>
    (await send<{ key: string }>('POST', '/api/v1/keys', { name, ...more }, { authorization: `Bearer ${key}` })).body.data.key;
  const admin = await give('root', { role: 'admin' });
  const [ann, bob] = [await give('ann', {}, admin), await give('bob', {}, admin)];
  const seen = async (key: string): Promise<number> =>
    (await live.get(`/api/v1/operations/${own}`, { authorization: `Bearer ${key}` })).status;
  assert.equal([await seen(ann), await seen(bob), await seen(admin), await seen('none')], [200, 404, 200, 401]);
  // The id of a command that is no operation: the making of a key.
  const made = (await live.events()).at(-1)?.command.id ?? '';
  assert.is((await live.get(`/api/v1/operations/${made}`, { authorization: `Bearer ${admin}` })).status, 404);
});

test.run();
