// timeout: 600
// The alerts and the dashboard ask for what a real server has, each alert is explained and tried, and each metric is described.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { dockerSocket, IMAGES, uniqueName } from '../support/docker.ts';
import { serve, type TestServer } from '../support/server.ts';

const test = suite<{ server: TestServer; text: string }>('monitoring');

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'docs', 'monitoring');
const read = (...path: readonly string[]): string => readFileSync(join(ROOT, 'docs', ...path), 'utf8');
const alerts = read('monitoring', 'alerts.yml');
const page = read('monitoring.md');
const run = promisify(execFile);

const cli = (...words: readonly string[]): Promise<{ stdout: string }> =>
  run(process.execPath, ['--import', 'tsx', join(ROOT, 'src', 'main.ts'), ...words], { cwd: ROOT, maxBuffer: 1 << 26 });

test.before(async (context) => {
  const server = await serve({ docker: dockerSocket(), args: ['--gpus', 'simulated:4', '--stop-timeout', '0s'] });
  context.server = server;
  const name = uniqueName('watched');
  const body = { imageName: IMAGES.sleep, replicaSetName: name, gpuCount: 1, containerPorts: ['22'] };
  const ran = await server.request('POST', '/api/v1/replicaSet', body);
  assert.is(ran.status, 200, JSON.stringify(ran.body));
  await cli('log', 'verify', '--data-dir', server.dataDir);
  const { stdout } = await cli('log', 'export', '--data-dir', server.dataDir);
  const copy = join(server.dataDir, 'copy.jsonl');
  writeFileSync(copy, stdout);
  await cli('log', 'verify', '--data-dir', server.dataDir, '--events', copy);
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

/** An expression of a panel or a rule, and the text that names its labels. */
interface Question {
  readonly where: string;
  readonly expr: string;
  readonly shown: string;
}

interface Panel {
  readonly title: string;
  readonly panels?: readonly Panel[];
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

function panelQuestions({ title, panels = [], targets = [] }: Panel): readonly Question[] {
  // What Grafana puts in.
  const filled = (expr: string): string => expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*');
  const own = targets.map(({ expr, legendFormat }) => ({ where: title, expr: filled(expr), shown: legendFormat }));
  return [...own, ...panels.flatMap(panelQuestions)];
}

const dashboard = (): readonly Question[] =>
  (JSON.parse(read('monitoring', 'dashboard.json')) as { panels: readonly Panel[] }).panels.flatMap(panelQuestions);

function rules(): readonly Question[] {
  const { groups } = parse(alerts) as { groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[] };
  const all = groups.flatMap((group) => group.rules);
  return all.map(({ alert, expr, annotations }) => ({ where: alert, expr, shown: Object.values(annotations).join(' ') }));
}

/** Of Prometheus, not of the server. */
const TARGET = new Set(['instance', 'job']);

test('every label that a rule or a panel names is there, and has a value that one asks for', ({ text }) => {
  const labels = new Map<string, Set<string>>();
  for (const [, name = '', list = ''] of text.matchAll(/^([a-z_0-9]+)\{(.*)\} \S+$/gm)) {
    const known = labels.get(name) ?? new Set();
    labels.set(name, known);
    for (const [, label = '', value = ''] of list.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)) known.add(label).add(`${label}="${value}"`);
  }
  const missing: string[] = [];
  for (const { where, expr, shown } of [...dashboard(), ...rules()]) {
    const named = [
      ...[...expr.matchAll(/\b(?:by|on|ignoring|group_left) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */)),
      ...[...expr.matchAll(/([a-z_]+)(?:=~|!~|!=)"/g)].map(([, label = '']) => label),
      ...(expr.match(/\b[a-z_]+="[^"]*"/g) ?? []),
      ...[...shown.matchAll(/\{\{ *(?:\$labels\.)?([a-z_]+) *\}\}/g)].map(([, label = '']) => label),
    ];
    const has = new Set(askedFor(expr).flatMap((metric) => [...(labels.get(metric) ?? [])]));
    for (const label of named) if (!has.has(label) && !TARGET.has(label.split('=')[0] ?? '')) missing.push(`${where}: ${label}`);
  }
  assert.equal(missing, []);
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
  if (checked === null) {
    console.log('note: there is no promtool here, so it was not asked');
    return;
  }
  assert.match(checked, /SUCCESS/);
  assert.match((await promtool('test', 'rules', 'alerts.test.yml')) ?? '', /SUCCESS/);
  // It reads expressions in rules alone.
  const folder = mkdtempSync(join(tmpdir(), 'gpu-docker-api-panels-'));
  const asRules = dashboard().map(({ expr }, i) => ({ record: `panel:${i}`, expr }));
  assert.ok(asRules.length > 40);
  writeFileSync(join(folder, 'panels.json'), JSON.stringify({ groups: [{ name: 'panels', rules: asRules }] }));
  assert.match((await promtool('check', 'rules', join(folder, 'panels.json'))) ?? '', new RegExp(`SUCCESS: ${asRules.length} rules found`));
  rmSync(folder, { recursive: true });
  const check = execFile('promtool', ['check', 'metrics']);
  const said: string[] = [];
  for (const stream of [check.stdout, check.stderr]) stream?.on('data', (chunk: Buffer | string) => said.push(String(chunk)));
  check.stdin?.end(text);
  const code = await new Promise((resolve) => check.once('close', resolve));
  assert.equal([code, said.join('')], [0, '']);
});

test.run();
