// The test runner: starts what the chosen files need, runs them, stops what it started. Its last line is `N passed, N failed`.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { sweep } from '../test/support/leftovers.ts';
import { ensurePrograms, FOR_BROWSER, FOR_DOCKER, FOR_ETCD } from './prerequisites.ts';
import { distIsStale, root } from './setup.mjs';
import { down, type SharedDocker, sharedDocker, up } from './test-docker.ts';
import { killRunning, notesOf, type Result, runFiles } from './test-files.ts';
import { isUnit, plan, type TestFile } from './test-plan.ts';

/** Seed of the tests that draw lots: another one in each run, the same in its second tries. TEST_SEED=N repeats a run. */
const SEED = process.env['TEST_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31));
/** Files that run side by side: most wait for Docker, etcd and clocks for half of their time. They share one dockerd. TEST_PARALLEL=1 runs one at a time. */
const PARALLEL = Number(process.env['TEST_PARALLEL'] ?? Math.min(8, Math.max(2, Math.ceil(availableParallelism() * 1.5))));

function report(result: Result): void {
  const time = `${(result.ms / 1_000).toFixed(1)} s`;
  if (result.failed === 0) {
    console.log(`ok    ${result.path} (${result.passed} tests, ${time})`);
    for (const note of notesOf(result.output)) console.log(`      ${note}`);
  } else console.log(`FAIL  ${result.path} (${time}): ${result.why}\n${result.output}`);
}

/** The service is tested as it ships: from the bundle (TEST_DIST=0 runs the sources instead). */
async function buildForTests(files: readonly TestFile[]): Promise<Readonly<Record<string, string>>> {
  const wanted = process.env['TEST_DIST'] ?? '1';
  if (wanted === '0' || !files.some(({ support }) => support.has('server')) || !existsSync(join(root, 'src', 'main.ts')))
    return { TEST_DIST: '0' };
  if (distIsStale()) {
    const { buildDist } = await import('./build.mjs');
    await buildDist();
  }
  return { TEST_DIST: '1' };
}

/** Files of a whole run that may be tried again, alone: tests that kill processes and watch the clock fail when other files take their time. */
const SECOND_TRIES = 3;

async function secondTry(
  first: readonly Result[],
  run: (files: readonly TestFile[]) => Promise<readonly Result[]>,
  files: readonly TestFile[],
): Promise<readonly Result[]> {
  const failed = new Set(first.filter((result) => result.failed > 0).map(({ path }) => path));
  if (failed.size === 0 || failed.size > SECOND_TRIES) return first;
  console.log(`A second try, alone: ${[...failed].join(', ')}`);
  return [...first.filter(({ path }) => !failed.has(path)), ...(await run(files.filter(({ path }) => failed.has(path))))];
}

async function run(args: readonly string[]): Promise<readonly Result[]> {
  const unit = args.includes('--unit');
  const filters = args.filter((arg) => arg !== '--unit');
  const files = plan(root, filters).filter((file) => !unit || isUnit(file));
  if (files.length === 0) throw new Error(`no test file under test/ matches ${filters.join(' ')}`);
  const needs = (...names: readonly string[]): boolean => files.some(({ support }) => names.some((name) => support.has(name)));
  await ensurePrograms([
    ...(needs('docker') ? FOR_DOCKER : []),
    ...(needs('etcd', 'server') ? FOR_ETCD : []),
    ...(needs('browser') ? FOR_BROWSER : []),
  ]);
  const built = await buildForTests(files);
  let docker: SharedDocker | null = null;
  let starting: Promise<SharedDocker> | null = null;
  const stop = async (): Promise<void> => {
    killRunning();
    docker ??= (await starting?.catch(() => null)) ?? null;
    await docker?.stop();
    await sweep();
  };
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(name, () => {
      console.error(`${name}: stopping what was started ...`);
      void stop().finally(() => process.exit(code));
    });
  }
  try {
    if (needs('docker')) {
      starting = sharedDocker(root);
      docker = await starting;
    }
    const env = { TEST_ETCD_BIN: 'etcd', TEST_SEED: SEED, ...built, ...docker?.env };
    const options = { cwd: root, env, report, ...(needs('docker') ? { after: sweep } : {}) };
    const results = await runFiles(files, { ...options, parallel: PARALLEL });
    return filters.length > 0 ? results : await secondTry(results, (again) => runFiles(again, { ...options, parallel: 1 }), files);
  } finally {
    await stop();
  }
}

async function main(args: readonly string[]): Promise<void> {
  if (args[0] === '--up' || args[0] === '--down') {
    await ensurePrograms(FOR_DOCKER);
    console.log(args[0] === '--up' ? await up(root) : await down(root));
    return;
  }
  const results = await run(args).catch((error: unknown): readonly Result[] => {
    console.log(error instanceof Error ? error.message : String(error));
    return [{ path: '', passed: 0, failed: 1, why: 'the runner itself failed', output: '', ms: 0 }];
  });
  const sum = (count: (result: Result) => number): number => results.reduce((total, result) => total + count(result), 0);
  const failed = sum((result) => result.failed);
  for (const result of results) if (result.failed > 0 && result.path !== '') console.log(`FAIL  ${result.path}: ${result.why}`);
  console.log(`${sum((result) => result.passed)} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

await main(process.argv.slice(2));
