// Keys at the door: which route asks for what, what is said to those without one, whose name goes into the log, and that a stolen key ends.
import { type IncomingMessage, request } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Logger } from '../../src/commands/outside/logger.ts';
import { KEY_BYTES, newKey } from '../../src/commands/request/keys/secret.ts';
import { OPEN } from '../../src/http/access/gate.ts';
import { Peers } from '../../src/http/access/proxies.ts';
import { apiRoutes } from '../../src/http/app.ts';
import type { HttpOptions, Route } from '../../src/http/route.ts';
import { healthRoutes } from '../../src/http/routes/health.ts';
import type { KeyListEntry } from '../../src/projections/views/keys.ts';
import { MemoryStore } from '../doubles/memory-log.ts';
import { mustBeDescribed } from '../support/api-document.ts';
import { until } from '../support/until.ts';
import { type Live, runs, startLive } from './live.ts';

const test = suite('keys at the door');

let live: Live;
const lines: string[] = [];
const write = (level: string) => (fields: object, text: string) => void lines.push(`${level} ${JSON.stringify(fields)} ${text}`);
const logger: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };

async function begin(over: Partial<HttpOptions> = {}): Promise<void> {
  lines.length = 0;
  live = await startLive(4, new MemoryStore(), over, logger);
}
test.after.each(() => live.stop());

interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly code: number;
  readonly msg: string;
  readonly data: T;
}

async function send<T = unknown>(
  method: string,
  path: string,
  key?: string,
  { body, headers = {} }: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer<T>> {
  const answer = await fetch(`${live.url}${path}`, {
    method,
    headers: { ...headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const parsed = (text !== '' && answer.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : {}) as Answer<T>;
  const type = answer.headers.get('content-type') ?? '';
  mustBeDescribed({ method, target: path, status: answer.status, type, body: type.startsWith('application/json') ? parsed : text });
  return { ...parsed, status: answer.status, headers: answer.headers };
}

async function give(name: string, body: object = {}, by?: string): Promise<string> {
  const { status, data, msg } = await send<{ key: string }>('POST', '/api/v1/keys', by, { body: { name, ...body } });
  assert.is(status, 200, msg);
  return data.key;
}

const actors = async (): Promise<string[]> => (await live.events()).map(({ command }) => command.actor);

/** The right of each route, said a second time: whoever adds a route says here what it needs. */
const RIGHTS: Readonly<Record<string, Route['right']>> = {
  'POST /api/v1/replicaSet': 'operate',
  'GET /api/v1/replicaSet': 'read',
  'POST /api/v1/replicaSet/:name/commit': 'operate',
  'PUT /api/v1/replicaSet/:name/policy': 'operate',
  'PATCH /api/v1/replicaSet/:name/rollback': 'operate',
  'PATCH /api/v1/replicaSet/:name': 'operate',
  'DELETE /api/v1/replicaSet/:name/versions/:version': 'operate',
  'DELETE /api/v1/replicaSet/:name': 'operate',
  'GET /api/v1/replicaSet/:name': 'read',
  'PATCH /api/v1/replicaSet/:name/stop': 'operate',
  'PATCH /api/v1/replicaSet/:name/pause': 'operate',
  'PATCH /api/v1/replicaSet/:name/freeze': 'operate',
  'PATCH /api/v1/replicaSet/:name/thaw': 'operate',
  'PATCH /api/v1/replicaSet/:name/continue': 'operate',
  'PATCH /api/v1/replicaSet/:name/restart': 'operate',
  'POST /api/v1/replicaSet/:name/execute': 'operate',
  'GET /api/v1/replicaSet/:name/history': 'read',
  'GET /api/v1/replicaSet/:name/logs': 'read',
  'POST /api/v1/volumes': 'operate',
  'GET /api/v1/volumes': 'read',
  'DELETE /api/v1/volumes/:name': 'operate',
  'GET /api/v1/volumes/:name': 'read',
  'PATCH /api/v1/volumes/:name/size': 'operate',
  'GET /api/v1/volumes/:name/history': 'read',
  'GET /api/v1/resources/disks': 'readAll',
  'GET /api/v1/resources/gpus': 'read',
  'GET /api/v1/gpus': 'read',
  'GET /api/v1/hosts': 'readAll',
  'GET /api/v1/resources/ports': 'read',
  'GET /api/v1/ledger/gpus': 'readAll',
  'GET /api/v1/ledger/gpus/:uuid': 'readAll',
  'GET /api/v1/events': 'readAll',
  'GET /api/v1/events/:seq': 'readAll',
  'GET /api/v1/rejections': 'readAll',
  'GET /api/v1/log/level': 'readAll',
  'POST /api/v1/log/level': 'admin',
  'GET /api/v1/operations': 'read',
  'GET /api/v1/operations/:id': 'read',
  'POST /api/v1/operations/:id/undo': 'admin',
  'POST /api/v1/hosts/:host/accept-loss': 'admin',
  'POST /api/v1/hosts/:host/accept-restore': 'admin',
  'POST /api/v1/replicaSet/:name/adopt': 'admin',
  'POST /api/v1/volumes/:name/adopt': 'admin',
  'GET /api/v1/keys': 'read',
  'POST /api/v1/keys': 'admin',
  'PATCH /api/v1/keys/:name': 'admin',
  'DELETE /api/v1/keys/:name': 'admin',
  'GET /ping': 'open',
  'GET /healthz': 'open',
  'GET /metrics': 'readAll',
  'GET /readyz': 'open',
};

const allRoutes: readonly Route[] = [...apiRoutes, ...healthRoutes];

test('every route has the right that is declared, and no other: nobody orders anything without the role', async () => {
  await begin();
  assert.equal(Object.fromEntries(allRoutes.map(({ method, path, right }) => [`${method} ${path}`, right])), RIGHTS);
  for (const { method, right, path } of allRoutes)
    if (method !== 'GET') assert.ok(right === 'operate' || right === 'admin', `${method} ${path}`);
  const admin = await give('root', { role: 'admin' });
  const keys: Record<string, string | undefined> = {
    none: undefined,
    wrong: newKey(Buffer.alloc(KEY_BYTES, 3)).text,
    viewer: await give('eve', { role: 'viewer' }, admin),
    ownViewer: await give('vic', { role: 'viewer', scope: 'own' }, admin),
    own: await give('ann', {}, admin),
    operator: await give('bob', { scope: 'all' }, admin),
    admin,
  };
  const may: Record<Route['right'], readonly string[]> = {
    open: Object.keys(keys),
    read: ['viewer', 'ownViewer', 'own', 'operator', 'admin'],
    readAll: ['viewer', 'operator', 'admin'],
    operate: ['own', 'operator', 'admin'],
    admin: ['admin'],
  };
  for (const { method, path, right } of allRoutes) {
    const url = path.replace(':version', '1').replace(':seq', '1').replaceAll(/:\w+/g, 'nothing');
    for (const [who, key] of Object.entries(keys)) {
      const { status, headers, code, msg } = await send(method, url, key, method === 'GET' ? {} : { body: {} });
      const what = `${who}: ${method} ${path}: ${status} ${msg}`;
      if (may[right].includes(who)) assert.ok(![401, 403, 429].includes(status), what);
      else if (who === 'none' || who === 'wrong') {
        assert.ok(status === 401 || status === 429, what);
        assert.is(code, status, what);
        if (status === 401) assert.match(headers.get('www-authenticate') ?? '', /^Bearer realm=/, what);
      } else {
        assert.is(status, 403, what);
        assert.match(msg, /needs (the role|scope)/, what);
        assert.is(code, 403, what);
      }
    }
  }
  // Methods and paths that are none.
  for (const [method, path] of [
    ['GET', '/api/v1/nothing'],
    ['PUT', '/api/v1/keys'],
    ['OPTIONS', '/api/v1/replicaSet'],
    ['HEAD', '/api/v1/replicaSet'],
    ['GET', '/api/v1/replicaSet/'],
  ] as const)
    assert.ok([401, 429].includes((await send(method, path)).status), `${method} ${path}`);
});

test('without keys all is as it was, and from the first key on each request needs one, compatible or not', async () => {
  await begin({ compatGo: true });
  assert.is((await send('GET', '/api/v1/replicaSet', undefined, { headers: { 'x-actor': 'ann' } })).status, 200);
  const admin = await give('root', { role: 'admin' });
  const without = await send('GET', '/api/v1/replicaSet');
  assert.is(without.status, 401);
  assert.equal([without.code, without.data], [401, null]);
  assert.match(without.msg, /Authorization: Bearer KEY/);
  assert.ok(
    lines.some((line) => /^info .*"status":401.*"address":"127\.0\.0\.1"/.test(line)),
    'the log says who tried',
  );
  assert.is((await send('GET', '/api/v1/replicaSet', admin)).status, 200);
  const ann = await give('ann', {}, admin);
  const refused = await send('POST', '/api/v1/log/level', ann, { body: {} });
  assert.equal([refused.status, refused.code], [403, 403]);
  const { status, data } = await send<{ ready: boolean; sequence?: number }>('GET', '/readyz');
  assert.equal([status, data], [200, { ready: true }], 'a stranger learns no more than a probe needs');
  assert.type((await send<{ sequence?: number }>('GET', '/readyz', admin)).data.sequence, 'number');
});

test('a refused key is refused in the same words, whatever is wrong with it; nothing of it is written anywhere', async () => {
  await begin();
  const admin = await give('root', { role: 'admin' });
  const revoked = await give('gone', {}, admin);
  assert.is((await send('DELETE', '/api/v1/keys/gone', admin)).status, 200);
  const soon = new Date(Date.now() + 300).toISOString();
  const expired = await give('late', { expires: soon }, admin);
  assert.is((await send('GET', '/api/v1/replicaSet', expired)).status, 200);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const half = `${admin.slice(0, -4)}AAAA`;
  const unknown = newKey(Buffer.alloc(KEY_BYTES, 9)).text;
  const said = new Set<string>();
  for (const key of [revoked, expired, half, unknown, 'nonsense', 'gda_']) {
    const { status, msg, headers } = await send('GET', '/api/v1/replicaSet', key);
    said.add(`${status} ${msg} ${headers.get('www-authenticate')}`);
  }
  assert.equal([...said], ['401 the key is not valid Bearer realm="gpu-docker-api", error="invalid_token"']);
  for (const authorization of ['Basic cm9vdDp4', admin, `Bearer ${admin} ${admin}`, `Bearer${admin}`])
    assert.is((await send('GET', '/api/v1/replicaSet', undefined, { headers: { authorization } })).status, 401, authorization);
  const secrets = [admin, revoked, expired, unknown].map((key) => key.split('_').slice(2).join('_'));
  const events = JSON.stringify(await live.events());
  const rejections = JSON.stringify((await send('GET', '/api/v1/rejections', admin)).data);
  const listed = JSON.stringify((await send('GET', '/api/v1/keys', admin)).data);
  for (const secret of secrets)
    for (const text of [events, rejections, listed, lines.join('\n')]) assert.not.ok(text.includes(secret), text.slice(0, 300));
  assert.not.match(listed, /hash|salt/);
});

test('failures are limited by the client’s address, and a valid key gets through all the same', async () => {
  await begin({ access: { ...OPEN, proxies: new Peers(['127.0.0.1']) } });
  const admin = await give('root', { role: 'admin' });
  const from = (address: string, key?: string): Promise<Answer> =>
    send('GET', '/api/v1/replicaSet', key, { headers: { 'x-forwarded-for': `9.9.9.9, ${address}` } });
  let limited: Answer | undefined;
  for (let i = 0; i < 40; i++) {
    const answer = await from('10.0.0.7', 'gda_wrong');
    if (answer.status === 429) limited ??= answer;
  }
  assert.is(limited?.code, 429);
  assert.match(limited?.msg ?? '', /too many requests without a valid key/);
  assert.ok(Number(limited?.headers.get('retry-after')) >= 1);
  assert.is((await from('10.0.0.7', admin)).status, 200);
  assert.is((await from('10.0.0.8', 'gda_wrong')).status, 401, 'another client has its own count');
  const foreign = (): Promise<Answer> =>
    send('POST', '/api/v1/replicaSet/a', undefined, { headers: { origin: 'http://evil.example', 'x-forwarded-for': '10.0.0.9' } });
  for (const method of ['POST', 'DELETE', 'GET'])
    assert.is((await send(method, '/api/v1/replicaSet/a', 'gda_wrong', { headers: { 'x-forwarded-for': '10.0.0.7' } })).status, 429);
  for (let i = 0; i < 40; i++) assert.is((await foreign()).status, 403);
  const told = lines.filter((line) => line.startsWith('info') && line.includes('a page of'));
  assert.ok(told.length >= 20 && told.length <= 30, `${told.length} lines`);
  await until('the lines of all are written', () => lines.filter((line) => line.includes('"status":429')).length >= 13);
  assert.equal(
    lines.filter((line) => line.includes('"status":429') && !line.startsWith('debug')),
    [],
    'nor does it fill the log, whatever it sends',
  );
});

test('whose name goes into the log', async () => {
  const ordered = async (key: string | undefined, headers: Record<string, string> = {}): Promise<unknown> => {
    const name = `n${Math.random().toString(36).slice(2, 8)}`;
    const { status, msg } = await send('POST', '/api/v1/replicaSet', key, {
      body: { replicaSetName: name, imageName: 'img', gpuCount: 0 },
      headers,
    });
    assert.is(status, 200, msg);
    const found = (await live.events()).find(({ stream }) => stream === `replicaSet/${name}`);
    return [found?.command.actor, found?.command.key, found?.command.address];
  };
  const claim = { 'x-actor': 'carl', 'x-forwarded-for': '10.9.9.9' };
  await begin();
  assert.equal(
    await ordered(undefined, claim),
    ['carl', undefined, '127.0.0.1'],
    'no key is needed, and the claim comes from this machine',
  );
  const admin = await give('root', { role: 'admin' });
  const ann = await give('ann', {}, admin);
  assert.equal(await ordered(ann, claim), ['ann', 'ann', '127.0.0.1']);
  const ids = (await live.events()).filter(({ command }) => command.key === 'ann').map(({ command }) => command.keyId);
  assert.equal([...new Set(ids)], [ann.split('_')[1]], 'and which of the name’s keys it was');
  assert.equal(await ordered(admin, claim), ['root', 'root', '127.0.0.1'], 'nobody said that this is a proxy');
  await live.stop();

  await begin({ access: { ...OPEN, proxies: new Peers(['10.0.0.0/8']) } });
  assert.equal(await ordered(undefined, claim), ['anonymous', undefined, '127.0.0.1'], 'another proxy is trusted, and this is not it');
  await live.stop();

  await begin({ access: { ...OPEN, proxies: new Peers(['127.0.0.0/8']) } });
  assert.equal(await ordered(undefined, claim), ['carl', undefined, '10.9.9.9']);
  const root = await give('root', { role: 'admin' });
  const own = await give('ann', {}, root);
  assert.equal(await ordered(root, claim), ['carl', 'root', '10.9.9.9'], 'the proxy has an admin’s key and speaks for others');
  assert.equal(await ordered(root), ['root', 'root', '127.0.0.1']);
  assert.equal(await ordered(own, claim), ['ann', 'ann', '10.9.9.9'], 'no other key does');
  assert.ok((await actors()).includes('carl'));
});

test('a key of scope own sees its own, whichever way it asks', async () => {
  await begin();
  const admin = await give('root', { role: 'admin' });
  const [ann, bob] = [await give('ann', {}, admin), await give('bob', {}, admin)];
  const runAs = async (key: string, name: string): Promise<void> => {
    const { status, msg } = await send('POST', '/api/v1/replicaSet', key, {
      body: { replicaSetName: name, imageName: 'img', gpuCount: 1 },
    });
    assert.is(status, 200, msg);
    assert.is((await send('POST', '/api/v1/volumes', key, { body: { name: `${name}vol`, size: '1GB' } })).status, 200);
  };
  await runAs(ann, 'annfoo');
  await runAs(bob, 'bobfoo');
  // An admin's answers are prepared for the next one who asks: not for these.
  for (const path of ['/api/v1/replicaSet', '/api/v1/volumes', '/api/v1/gpus', '/api/v1/replicaSet/bobfoo', '/api/v1/operations'])
    assert.is((await send('GET', path, admin)).status, 200);
  for (const path of ['/api/v1/replicaSet', '/api/v1/volumes', '/api/v1/gpus', '/api/v1/operations', '/api/v1/keys']) {
    for (const query of ['', '?at=99999']) {
      const { status, data } = await send('GET', `${path}${path.endsWith('keys') ? '' : query}`, ann);
      if (status !== 200) continue; // a moment that has not come
      const text = JSON.stringify(data);
      assert.not.match(text, /bob/, path);
    }
  }
  assert.match(JSON.stringify((await send('GET', '/api/v1/replicaSet', ann)).data), /annfoo/);
  assert.match(JSON.stringify((await send('GET', '/api/v1/gpus', ann)).data), /\(another\)/);
  for (const path of [
    '/api/v1/replicaSet/bobfoo',
    '/api/v1/replicaSet/bobfoo/history',
    '/api/v1/volumes/bobfoovol',
    '/api/v1/volumes/bobfoovol/history',
  ]) {
    const { status, msg } = await send('GET', path, ann);
    assert.is(status, 403, path);
    assert.match(msg, /was made by somebody else, and key ann has scope own/);
    assert.is((await send('GET', path.replaceAll('bobfoo', 'annfoo'), ann)).status, 200);
    assert.is((await send('GET', path.replaceAll('bobfoo', 'nobody'), ann)).status, 404);
  }
  assert.is((await send('GET', '/api/v1/replicaSet/bobfoo')).status, 401, 'a prepared answer is for nobody without a key');
  assert.is((await send('DELETE', '/api/v1/replicaSet/bobfoo', ann)).status, 403);
  assert.is((await send('PATCH', '/api/v1/replicaSet/bobfoo/stop?dryRun=true', ann, { body: {} })).status, 403);
  const { keys } = (await send<{ keys: KeyListEntry[] }>('GET', '/api/v1/keys', ann)).data;
  assert.equal(
    keys.map(({ name, used: { gpus, containers, volumeBytes } }) => [name, gpus, containers, volumeBytes]),
    [['ann', 1, 1, 1024 ** 3]],
  );
});

interface Stream {
  readonly ids: () => number;
  readonly ended: Promise<void>;
}

function follow(key: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${key}` };
    const call = request(`${live.url}/api/v1/events`, { headers, agent: false }, (answer: IncomingMessage) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      const ended = new Promise<void>((end) => answer.once('close', end));
      if (answer.statusCode === 200) resolve({ ids: () => (text.match(/^id: /gm) ?? []).length, ended });
      else reject(new Error(`${answer.statusCode}`));
    });
    call.once('error', reject).end();
  });
}

const within = async (ms: number, done: Promise<void>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  return Promise.race([done.then(() => true), late]).finally(() => clearTimeout(timer));
};

test('the reasons why the service is not ready, which name what others have, are for scope all', async () => {
  await begin();
  const root = await give('root', { role: 'admin' });
  const ann = await give('ann', {}, root);
  live.core.core.waitFor('container secretjob-1 is missing');
  const order = (key: string): Promise<Answer> => send('PATCH', '/api/v1/replicaSet/mine/pause', key);
  assert.match((await order(root)).msg, /secretjob-1 is missing; nothing was changed/);
  const [refused, probed] = [await order(ann), await send('GET', '/readyz', ann)];
  assert.equal([refused.status, probed.status], [503, 503]);
  for (const { msg } of [refused, probed]) {
    assert.match(msg, /not ready: ask with a key of scope all for the reasons/);
    assert.not.match(msg, /secretjob/);
  }
});

test('with --compat-go what only this service has is checked all the same: a misspelt end or dry run is not left out', async () => {
  await begin({ compatGo: true });
  const root = await give('root', { role: 'admin' });
  const key = await send('POST', '/api/v1/keys', root, { body: { name: 'ci', expire: '2030-01-01' } });
  assert.is(key.code, 1000, key.msg);
  assert.not.ok(live.core.committer.state.keys.has('ci'));
  const loss = await send('POST', '/api/v1/hosts/box/accept-loss?dry_run=true', root);
  assert.is(loss.code, 1000, loss.msg);
});

test('the open stream of a key ends when it is revoked, loses its rights, or expires', async () => {
  await begin();
  const admin = await give('root', { role: 'admin' });
  const stolen = await give('stolen', { role: 'viewer' }, admin);
  const narrowed = await give('narrowed', { role: 'viewer' }, admin);
  const short = await give('short', { role: 'viewer', expires: new Date(Date.now() + 1_200).toISOString() }, admin);
  const streams = await Promise.all([stolen, narrowed, short, admin].map(follow));
  const [ofStolen, ofNarrowed, ofShort, ofAdmin] = streams;
  if (ofStolen === undefined || ofNarrowed === undefined || ofShort === undefined || ofAdmin === undefined) throw new Error('no stream');
  assert.is((await send('DELETE', '/api/v1/keys/stolen', admin)).status, 200);
  assert.is((await send('PATCH', '/api/v1/keys/narrowed', admin, { body: { scope: 'own' } })).status, 200);
  await live.order('system:test', runs('foo', 0));
  assert.ok(await within(3_000, ofStolen.ended), 'revoked');
  assert.is(ofStolen.ids(), 0, 'not even the event of its end');
  assert.ok(await within(3_000, ofNarrowed.ended), 'narrowed');
  assert.ok(await within(4_000, ofShort.ended), 'expired');
  assert.is(await within(1_500, ofAdmin.ended), false, 'the others go on');
  assert.is((await send('GET', '/api/v1/replicaSet', stolen)).status, 401);
  const replaced = await follow(await give('again', { role: 'viewer' }, admin));
  assert.is((await send('DELETE', '/api/v1/keys/again', admin)).status, 200);
  await give('again', { role: 'viewer' }, admin);
  assert.ok(await within(3_000, replaced.ended), 'a new key of the name does not save the stream of the old one');
  await live.stop();
  await ofAdmin.ended;
  await begin();
});

test('a stream of somebody without a key ends with the first key', async () => {
  await begin();
  const stream = await follow('');
  const admin = await give('root', { role: 'admin' });
  assert.ok(await within(3_000, stream.ended));
  assert.is((await send('DELETE', '/api/v1/keys/root', admin)).status, 409, 'the last one stays');
  assert.is((await send('GET', '/api/v1/replicaSet')).status, 401);
  assert.is((await send('DELETE', '/api/v1/keys/root?open=true', admin)).status, 200);
  assert.is((await send('GET', '/api/v1/replicaSet')).status, 200, 'open again, as the operator said');
});

test('closed to all while the log is not read, and with another address than loopback while it has no key', async () => {
  let wasRead = false;
  await begin({ access: { ...OPEN, isRead: () => wasRead } });
  const early = await send('GET', '/api/v1/replicaSet');
  assert.equal([early.status, early.msg.slice(0, 35)], [503, 'not ready: the log is being read, a']);
  assert.is((await send('GET', '/readyz')).status, 200, 'probes are answered');
  wasRead = true;
  assert.is((await send('GET', '/api/v1/replicaSet')).status, 200);
  await live.stop();
  await begin({ access: { ...OPEN, closed: true } });
  assert.is((await send('GET', '/api/v1/replicaSet')).status, 401);
  assert.is((await send('POST', '/api/v1/keys', undefined, { body: { name: 'me', role: 'admin' } })).status, 401);
  assert.is((await send('GET', '/metrics')).status, 401);
  await live.stop();
  await begin({ access: { ...OPEN, closed: true }, openMetrics: true });
  assert.is((await send('GET', '/metrics')).status, 200);
});

test('an expired key still keeps the API closed', async () => {
  await begin();
  await give('root', { role: 'admin', expires: new Date(Date.now() + 1_500).toISOString() });
  await new Promise((resolve) => setTimeout(resolve, 1_600));
  assert.is((await send('GET', '/api/v1/replicaSet')).status, 401);
});

test.run();
