// timeout: 3600
// Generated hostile requests to every endpoint of the API's document, and to the files of its page: wrong types, huge and nested values, strange text, wrong methods, headers and queries. None is
// answered with 5xx, none comes into the log, and nothing of them stays in memory. HOSTILE=10000 sends so many to each endpoint; TEST_SEED=N
// repeats a run.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { TSchema } from 'typebox';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentedRoutes } from '../../src/http/app.ts';
import { pageFileRoutes } from '../../src/http/page/routes.ts';
import type { Route } from '../../src/http/route.ts';
import { type Live, runs, startLive } from '../http/live.ts';

const REQUESTS = Number(process.env['HOSTILE'] ?? 200);
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const AT_ONCE = 8;
/** Growth of the heap over a whole run, MB, at most; looked at where the garbage can be collected (node --expose-gc). */
const MOST_GROWTH_MB = 40;

/** mulberry32 */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const next = chance(SEED);
const below = (most: number): number => Math.floor(next() * most);
const oneOf = <T>(values: readonly [T, ...T[]]): T => values[below(values.length)] ?? values[0];
const often = (part: number): boolean => next() < part;

/** No name of something that exists, so that no request can be right. */
const TEXTS = [
  ...[
    '',
    ' ',
    '-',
    '/',
    '..',
    '.',
    '/etc',
    '//',
    '\0',
    '\n',
    '\u2028',
    '\u202e',
    '\ud800',
    '💥',
    'ﬀ',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
  ],
  ...[
    'nobody',
    'nobody-1',
    'a'.repeat(64),
    '20GB',
    '0GB',
    '1e9GB',
    '999999999TB',
    '-1',
    '%00',
    '%2e%2e',
    '$(x)',
    '{{x}}',
    "' or 1=1",
    '<script>',
    '$(id)',
  ],
  ...[
    'sha256:abc',
    'img:1@x',
    'gpu-docker-api/disk:nobody-1',
    'NVIDIA_VISIBLE_DEVICES=all',
    '=',
    'A=\u0001',
    'true',
    'null',
    '2026-02-30T25:61:00Z',
    '9'.repeat(400),
  ],
  ...['x'.repeat(5_000), '/a'.repeat(3_000), '\u0301'.repeat(300)],
] as unknown as readonly [string, ...string[]];
const NUMBERS = [0, -0, -1, 1.5, 1e308, -1e308, 2 ** 53, -(2 ** 53), 65_536, 1e-7] as const;

function anyValue(depth = 0): unknown {
  const kind = below(depth > 4 ? 4 : 7);
  if (kind === 0) return oneOf(TEXTS);
  if (kind === 1) return oneOf(NUMBERS);
  if (kind === 2) return oneOf([true, false]);
  if (kind === 3) return null;
  if (kind === 4) return Array.from({ length: below(6) }, () => anyValue(depth + 1));
  if (kind === 5) return Array.from({ length: often(0.02) ? 1_200 : 3 }, () => oneOf(TEXTS.slice(0, 20) as [string, ...string[]]));
  return Object.fromEntries(Array.from({ length: below(6) }, () => [oneOf(TEXTS), anyValue(depth + 1)]));
}

interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

/** A value of about this shape. */
function near(shape: Shape): unknown {
  if (often(0.15)) return anyValue();
  if (shape.properties !== undefined) {
    const fields = Object.entries(shape.properties).filter(() => often(0.7));
    const known = fields.map(([name, field]): [string, unknown] => [often(0.05) ? name.toUpperCase() : name, near(field)]);
    return Object.fromEntries(often(0.2) ? [...known, [oneOf(TEXTS), anyValue()]] : known);
  }
  if (shape.type === 'array') return Array.from({ length: below(4) }, () => near(shape.items ?? {}));
  return shape.type === 'integer' ? (often(0.5) ? below(12) - 3 : oneOf(NUMBERS)) : oneOf(TEXTS);
}

function bodyOf(route: Route): string | Buffer | undefined {
  if (often(0.05)) return Buffer.from(Array.from({ length: below(200) }, () => below(256)));
  if (often(0.03)) return oneOf(['[', '{'] as const).repeat(1 + below(50_000));
  if (often(0.02)) return `{"a":[${'[],'.repeat(below(40_000))}[]]}`;
  if (often(0.05)) return undefined;
  const shape: TSchema & Shape = route.body ?? {};
  // So that nothing of it is done: an order to the log has no name that could be wrong, and a key or a volume may have nearly any.
  const isWhole = ['/log/level', '/keys', '/volumes'].some((end) => route.path.endsWith(end));
  const value = isWhole ? { ...(near(shape) as object), [`x${oneOf(TEXTS)}`]: 1 } : near(shape);
  return JSON.stringify(value) ?? 'null';
}

const encoded = (text: string): string => {
  const part = encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/gu, '').slice(0, 3_000));
  return part === '' || part === '.' || part === '..' ? '%2e' : part;
};
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE', 'LOCK'] as const;
const HEADERS = [
  ['x-actor', () => oneOf(['system:start', 'ann', 'x'.repeat(200), '\xff', 'ａ'.normalize('NFKC')])],
  ['idempotency-key', () => oneOf(['k', 'k'.repeat(300), '\x09\xfe'])],
  ['if-match', () => oneOf(['"1"', '*', 'W/"1"', '"99999999999999999999"', 'x'.repeat(500)])],
  ['content-type', () => oneOf(['text/plain', 'application/xml', 'multipart/form-data'])],
  ['content-encoding', () => oneOf(['gzip', 'identity', 'x'.repeat(300)])],
  ['accept', () => oneOf(['text/csv', 'application/problem+json', '*/*;q=0', ',;=,'])],
  ['origin', () => oneOf(['null', 'https://evil.example', 'x'.repeat(900)])],
  ['sec-fetch-site', () => oneOf(['cross-site', 'none', '\xe9'])],
  ['host', () => oneOf(['evil.example', 'localhost', '[::1]:1', 'a b', 'x'.repeat(900)])],
  ['last-event-id', () => oneOf(['-1', '1e9', 'x'.repeat(300)])],
  ['traceparent', () => oneOf(['00-x', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`])],
  ['expect', () => '100-continue'],
  ['prefer', () => oneOf(['respond-async', 'respond-async, wait=0', 'wait=99999999999', '=;,', 'x'.repeat(900)])],
  ['authorization', () => oneOf(['Bearer gda_x', 'Bearer', `Basic ${'x'.repeat(900)}`, 'Bearer \xff'])],
  ['accept-encoding', () => oneOf(['gzip;q=0', '*;q=0', 'identity;q=0,gzip', 'br', ',;'])],
  ['range', () => oneOf(['bytes=0-', 'bytes=9-1', 'x'.repeat(300)])],
] as const;

interface Hostile {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | undefined;
}

/** Names that exist, for requests that only read. Whoever follows the output of one that runs has no end. */
const EXISTING = ['foo', 'bar', '1'] as const;

function hostile(route: Route): Hostile {
  const isRead = route.method === 'GET' && !route.path.endsWith('/logs');
  const path = route.path.replaceAll(/:\w+/g, () => (isRead && often(0.2) ? oneOf(EXISTING) : encoded(oneOf(TEXTS))));
  const names = [...Object.keys(route.query ?? {}), 'dryRun', 'at', 'x', '__proto__'] as unknown as readonly [string, ...string[]];
  const query = Array.from({ length: often(0.5) ? 0 : 1 + below(3) }, () => `${encoded(oneOf(names))}=${encoded(oneOf(TEXTS))}`).join('&');
  const headers = Object.fromEntries(HEADERS.filter(() => often(0.08)).map(([name, value]) => [name, value()]));
  const body = bodyOf(route);
  const reading = ['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'TRACE', 'LOCK'] as const;
  // Of a name that exists another method would be a right request.
  const method = often(0.85) ? route.method : isRead ? oneOf(reading) : oneOf(METHODS);
  const length = body === undefined ? '0' : String(Buffer.byteLength(body));
  return { method, path: query === '' ? path : `${path}?${query}`, headers: { ...headers, 'content-length': length }, body };
}

const test = suite('hostile');
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
let live: Live;

test.before(async () => {
  console.log(`note: TEST_SEED=${SEED}, ${REQUESTS} requests to each endpoint`);
  live = await startLive(2);
  await live.order('ann', runs('foo', 1));
  await live.order('ann', { do: 'createVolume', name: 'bar', size: '1GB' });
});
test.after(async () => {
  agent.destroy();
  await live.stop();
});

function send({ method, path, headers, body }: Hostile): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(`${live.url}${path}`, { method, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

async function attack(route: Route): Promise<void> {
  const sent = hostile(route);
  const shown = JSON.stringify({ ...sent, path: sent.path.slice(0, 500), body: String(sent.body).slice(0, 500) });
  // A client may be cut off while it still sends what is refused already.
  const answer = await send(sent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ECONNRESET') return null;
    throw new Error(`${shown}: ${error.message}`);
  });
  if (answer === null) return;
  assert.ok(answer.status < 500, `${shown}: ${answer.status} ${answer.text}`);
  if (answer.status < 400) return;
  assert.ok(answer.text.length < 3_000, `${shown}: ${answer.text}`);
  if (sent.method !== 'HEAD') assert.type(JSON.parse(answer.text).code, 'number', shown);
}

const heapMb = (): number | null => {
  if (globalThis.gc === undefined) return null;
  globalThis.gc();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

let before: number | null = null;
const ATTACKED: readonly Route[] = [...documentedRoutes, ...pageFileRoutes];

test('every endpoint of the document is among them', () => {
  const document = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
    readonly paths: Readonly<Record<string, object>>;
  };
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => METHODS.some((one) => one.toLowerCase() === method))
      .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  const attacked = new Set(ATTACKED.map(({ method, path }) => `${method} ${path}`));
  assert.ok(documented.length > 50, `${documented.length} endpoints`);
  assert.equal(
    documented.filter((one) => !attacked.has(one)),
    [],
  );
});

for (const route of ATTACKED) {
  test(`${route.method} ${route.path}`, async () => {
    before ??= heapMb();
    const seq = live.core.core.state().head.seq;
    // A file of a megabyte is answered to most of them.
    let left = pageFileRoutes.includes(route) ? Math.ceil(REQUESTS / 10) : REQUESTS;
    const worker = async (): Promise<void> => {
      while (left-- > 0) await attack(route);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    assert.is(live.core.core.state().head.seq, seq, 'no event');
  });
}

test('nothing stays in memory, and the service still answers', async () => {
  const after = heapMb();
  if (before !== null && after !== null) {
    console.log(`note: heap ${before.toFixed(1)} MB before, ${after.toFixed(1)} MB after`);
    assert.ok(after - before < MOST_GROWTH_MB, `${after - before} MB more`);
  }
  assert.is((await live.get('/readyz')).status, 200);
  assert.is(live.core.core.state().replicaSets.get('foo')?.operation, null);
});

test.run();
