// timeout: 600
// The alerts and the dashboard ask for what a real server has, each alert is explained and tried, and each metric is described.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dockerSocket, IMAGES, uniqueName } from '../support/docker.ts';
import { serve, type TestServer } from '../support/server.ts';

const test = suite<{ server: TestServer; text: string }>('monitoring');

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'docs', 'monitoring');
const read = (...path: readonly string[]): string => readFileSync(join(ROOT, 'docs', ...path), 'utf8');
const alerts = read('monitoring', 'alerts.yml');
const page = read('monitoring.md');
const run = promisify(execFile);

const cli = (...words: readonly string[]): Promise<unknown> =>
  run(process.execPath, ['--import', 'tsx', join(ROOT, 'src', 'main.ts'), ...words], { cwd: ROOT, maxBuffer: 1 << 26 });

test.before(async (context) => {
  const server = await serve({ docker: dockerSocket(), args: ['--gpus', 'simulated:4', '--stop-timeout', '0s'] });
  context.server = server;
  const name = uniqueName('watched');
  const body = { imageName: IMAGES.sleep, replicaSetName: name, gpuCount: 1, containerPorts: ['22'] };
  const ran = await server.request('POST', '/api/v1/replicaSet', body);
  assert.is(ran.status, 200, JSON.stringify(ran.body));
  await cli('log', 'verify', '--data-dir', server.dataDir);
  await cli('log', 'export', '--data-dir', server.dataDir);
  context.text = String((await server.request('GET', '/metrics')).body);
  const over = await server.request('DELETE', `/api/v1/replicaSet/${name}`);
  assert.is(over.status, 200);
});
test.after(async ({ server }) => {
  await server.stop();
});

const namesOf = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/^([a-z_0-9]+)(?:\{.*\})? \S+$/gm)].map(([, name = '']) => name));
const askedFor = (text: string): readonly string[] => [...new Set(text.match(/\b(?:gpu_docker_api|process|nodejs)_[a-z_0-9]+/g) ?? [])];

test('every metric that a rule or a panel asks for is there', ({ text }) => {
  const names = namesOf(text);
  assert.ok(names.size > 60, text.slice(0, 500));
  for (const file of ['alerts.yml', 'alerts.test.yml', 'dashboard.json']) {
    const asked = askedFor(read('monitoring', file));
    assert.ok(asked.length > 20, file);
    assert.equal(
      asked.filter((name) => !names.has(name)),
      [],
      file,
    );
  }
});

test('every metric of ours is described on the page, and no other', ({ text }) => {
  const prefix = 'gpu_docker_api_';
  const families = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name).filter((name) => name.startsWith(prefix));
  const table = page.slice(page.indexOf('## The metrics'));
  const cells = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) => cell.match(/[a-z_]{4,}/g) ?? []);
  assert.equal([...new Set(cells)].sort(), families.map((name) => name.slice(prefix.length)).sort());
});

test('every alert is explained, fires in a test, and does not in another', () => {
  const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
  assert.ok(names.length > 30);
  const tests = read('monitoring', 'alerts.test.yml');
  for (const name of names) {
    assert.ok(page.includes(`| \`${name}\` |`), `${name} is not on the page`);
    assert.ok(tests.includes(`- name: ${name} fires`), `${name} has no test`);
    assert.is(tests.split(`alertname: ${name}\n`).length, 3, `${name}: once where it fires, once where it does not`);
  }
});

test('the times of what the commands did', ({ text, server }) => {
  const value = (name: string): number => Number(new RegExp(`^gpu_docker_api_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const now = Date.now() / 1_000;
  for (const name of ['verify', 'backup']) {
    const at = value(`last_${name}_timestamp_seconds`);
    assert.ok(at > now - 600 && at <= now + 1, `${name}: ${at}`);
  }
  assert.is(value('last_archive_timestamp_seconds'), 0, 'never');
  const { head } = JSON.parse(readFileSync(join(server.dataDir, 'last-backup.json'), 'utf8')) as { head: number };
  assert.ok(head > 5);
});

const promtool = async (...args: readonly string[]): Promise<string | null> => {
  try {
    const { stdout, stderr } = await run('promtool', args, { cwd: FOLDER });
    return `${stdout}${stderr}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

test('promtool, where it is: the rules are right, their tests pass, and the metrics are named as is usual', async ({ text }) => {
  const checked = await promtool('check', 'rules', 'alerts.yml');
  if (checked === null) return;
  assert.match(checked, /SUCCESS/);
  assert.match((await promtool('test', 'rules', 'alerts.test.yml')) ?? '', /SUCCESS/);
  const check = execFile('promtool', ['check', 'metrics']);
  const said: string[] = [];
  for (const stream of [check.stdout, check.stderr]) stream?.on('data', (chunk: Buffer | string) => said.push(String(chunk)));
  check.stdin?.end(text);
  const code = await new Promise((resolve) => check.once('close', resolve));
  assert.equal([code, said.join('')], [0, '']);
});

test.run();
