// scripts/vulnerabilities.mjs against a registry that answers, and against one that does not: a finding fails the build, and silence is loud.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';

const test = suite('known vulnerabilities');
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const cache = mkdtempSync(join(tmpdir(), 'gpu-docker-api-npm-'));
let registry: Server;
/** Package → severity of what is known of all its versions; null: the registry knows nothing of such questions. */
let known: Readonly<Record<string, string>> | null = {};
let asked = 0;

test.before(async () => {
  registry = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const isQuestion = request.url?.endsWith('/-/npm/v1/security/advisories/bulk') === true;
      if (isQuestion) asked++;
      if (!isQuestion || known === null) {
        response.writeHead(isQuestion ? 405 : 404, { 'Content-Type': 'application/json' });
        response.end('{"error":"no"}');
        return;
      }
      const answer = Object.entries(known).map(([name, severity], id) => [
        name,
        [
          {
            id,
            url: 'https://example.org/1',
            title: 'bad',
            severity,
            vulnerable_versions: '*',
            cwe: [],
            cvss: { score: 9, vectorString: null },
          },
        ],
      ]);
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(Object.fromEntries(answer)));
    });
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
});
test.after(() => {
  registry.close();
  rmSync(cache, { recursive: true, force: true });
});

interface Checked {
  readonly code: number | null;
  readonly err: string;
}

function check(bundled: readonly string[], ...args: string[]): Promise<Checked> {
  const { port } = registry.address() as AddressInfo;
  const env = {
    ...process.env,
    npm_config_registry: `http://127.0.0.1:${port}/`,
    // It remembers what it was told of an advisory.
    npm_config_cache: mkdtempSync(join(cache, 'npm-')),
    npm_config_fetch_retries: '0',
  };
  const list = join(cache, 'packages.json');
  writeFileSync(list, JSON.stringify(bundled.map((name) => ({ name }))));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts', 'vulnerabilities.mjs'), list, ...args], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, err }));
  });
}

test('a finding that is high or critical in a package of the program fails the build, by name', async () => {
  for (const severity of ['high', 'critical']) {
    known = { koa: severity };
    const { code, err } = await check(['koa']);
    assert.equal(code, 1, err);
    assert.match(err, new RegExp(`^koa .* has a known vulnerability: ${severity}$`, 'm'));
    assert.match(err, /^Known vulnerabilities: 1 high or critical$/m);
  }
});

test('one that is low, or in a tool of the developers, does not', async () => {
  for (const answer of [{}, { koa: 'low' }, { knip: 'critical' }]) {
    known = answer;
    const { code, err } = await check(['koa']);
    assert.deepEqual([code, err], [0, 'Known vulnerabilities: 0 high or critical\n'], JSON.stringify(answer));
  }
});

test('a registry that does not answer is named as not checked, and fails where the check is required', async () => {
  known = null;
  const before = asked;
  const silent = await check(['koa']);
  assert.equal(silent.code, 0, silent.err);
  assert.match(silent.err, /^Known vulnerabilities: NOT CHECKED, the registry does not say \(/m);
  assert.equal((await check(['koa'], '--required')).code, 1);
  assert.ok(asked > before, 'it was asked');
});

test.run();
