// Random bytes and random JSON, near to and far from the schemas, against every endpoint of the real core: no 5xx, no crash, and
// no event for what is refused. The seed is fixed; FUZZ_SEED tries another.
import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Code } from '../../src/commands/api-codes.ts';
import { silent } from '../../src/commands/outside/logger.ts';
import { apiRoutes, createApp } from '../../src/http/app.ts';
import { type Listening, listen } from '../../src/http/listen.ts';
import { auditOf } from '../support/audit.ts';
import { TestCore } from '../support/core.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

const SEED = Number(process.env['FUZZ_SEED'] ?? 20261123);
const RUNS = 150;

const nasty = fc.constantFrom(
  '',
  '-',
  '/',
  '..',
  '/etc',
  '\u0000',
  '__proto__',
  'constructor',
  'foo',
  'foo-1',
  'a'.repeat(70),
  '20GB',
  '1e9GB',
  '💥',
  '%00',
);
const anyText = fc.oneof(nasty, fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 }));
const anyNumber = fc.oneof(fc.integer({ min: -5, max: 12 }), fc.double(), fc.constantFrom(1e308, -1e308, 2 ** 53, -0));

/** A value of the schema's shape, in which anything may be off. */
function near(schema: Schema): fc.Arbitrary<unknown> {
  const right = ((): fc.Arbitrary<unknown> => {
    if (schema.properties !== undefined) {
      return fc.record(Object.fromEntries(Object.entries(schema.properties).map(([key, field]) => [key, near(field)])), {
        requiredKeys: [],
      });
    }
    if (schema.type === 'array') return fc.array(near(schema.items ?? {}), { maxLength: 4 });
    if (schema.type === 'integer') return anyNumber;
    return anyText;
  })();
  return fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: fc.jsonValue() });
}

const test = suite('fuzz');
let t: TestCore;
let server: Listening;

test.before(async () => {
  t = new TestCore({ gpus: 2 });
  const audit = auditOf(t.committer, t.store, { whole: t.feed });
  await t.start();
  await t.submit({ do: 'run', imageName: 'img', replicaSetName: 'foo', gpuCount: 1, binds: [], env: [], containerPorts: ['22'] });
  await t.submit({ do: 'createVolume', name: 'bar', size: '1GB' });
  const app = createApp({
    service: audit.over(t.core),
    past: t.past,
    observed: audit,
    options: { maxBody: 64 * 1024, compatGo: false, requestTimeoutMs: 60_000, hostName: 'box' },
    logger: silent,
    now: () => performance.now(),
  });
  server = await listen(app.callback(), { host: '127.0.0.1', port: 0 });
});
test.after(async () => {
  await server.stop(0);
  t.die();
});

async function call(method: string, path: string, body: string | Uint8Array | undefined): Promise<void> {
  const before = t.core.state().head.seq;
  const init = { method, ...(method !== 'GET' && body !== undefined && { body: body as string }) };
  const response = await fetch(`${server.url}${path}`, init);
  const text = await response.text();
  assert.ok(response.status < 500, `${method} ${path} ${String(body)}: ${response.status} ${text}`);
  // What a container printed is no JSON.
  if (response.status === 200 && response.headers.get('content-type')?.startsWith('text/plain') === true) return;
  const answer = JSON.parse(text) as { code: unknown; msg: unknown };
  assert.type(answer.code, 'number');
  assert.type(answer.msg, 'string');
  // What was begun and undone is in the log; what was refused leaves no trace.
  const begun = answer.code === Code.executeFailed || /exit code|No command|no such file/.test(String(answer.msg));
  if (response.status !== 200 && !begun) {
    assert.is(t.core.state().head.seq, before, `${method} ${path} ${String(body)}: ${text}`);
  }
}

/** Deleting and stopping are for the names that do not exist; the others may hit what is there. */
const nameFor = (path: string, method: string): fc.Arbitrary<string> =>
  method === 'DELETE' || path.endsWith('/stop') || path.endsWith('/pause')
    ? nasty.filter((n) => n !== 'foo')
    : fc.oneof(nasty, fc.constant('foo'), fc.constant('bar'));

for (const route of apiRoutes.filter((r) => r.path.startsWith('/api/'))) {
  test(`${route.method} ${route.path}`, async () => {
    const body = fc.oneof(
      { weight: 6, arbitrary: near((route.body ?? {}) as TSchema as Schema).map((value) => JSON.stringify(value) ?? 'null') },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
      { weight: 1, arbitrary: fc.string({ maxLength: 200 }) },
    );
    await fc.assert(
      fc.asyncProperty(nameFor(route.path, route.method), body, async (name, sent) => {
        const path = route.path.replace(':name', encodeURIComponent(name));
        if (path.includes('/../') || path.endsWith('/..') || path.endsWith('/.')) return; // fetch resolves these itself
        await call(route.method, path, sent);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
}

test('the service still answers, and what ran before runs on', async () => {
  await call('GET', '/readyz', undefined);
  assert.is(t.core.state().replicaSets.get('foo')?.operation, null);
});

test.run();
