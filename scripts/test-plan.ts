import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** A test file and what it needs to run. */
export interface TestFile {
  readonly path: string;
  /** The file runs after those that are not serial, beside one other serial file at most. */
  readonly serial: boolean;
  readonly timeoutMs: number;
  /** Names of the support modules that the file imports, directly or not: `browser`, `docker`, `etcd`, `server`. */
  readonly support: ReadonlySet<string>;
}

const DEFAULT_TIMEOUT_S = 180;

/** Modules of the source that start a program when a test uses them directly, and the support that stands for it. */
const STARTS: Readonly<Record<string, string>> = { 'src/infra/etcd/embedded.ts': 'etcd' };

/** Runs everywhere: without Docker, etcd, a browser or root. */
export const isUnit = ({ support }: TestFile): boolean => !['browser', 'docker', 'etcd', 'server'].some((name) => support.has(name));

/** `// timeout: 600` in the first line lengthens a file's deadline (seconds). */
export function timeoutOf(source: string): number {
  const comment = /^\/\/ timeout: (\d+)\s*$/.exec(source.slice(0, source.search(/\n|$/)));
  return Number(comment?.[1] ?? DEFAULT_TIMEOUT_S) * 1_000;
}

/** Modules of test/support that a file imports, directly or through other modules under test/. */
function supportOf(root: string, file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file) || !existsSync(file)) return new Set();
  seen.add(file);
  const reached = new Set<string>();
  const support = /^test\/support\/(\w+)\.ts$/.exec(relative(root, file));
  if (support?.[1] !== undefined) reached.add(support[1]);
  for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)) {
    const next = resolve(dirname(file), target);
    const started = STARTS[relative(root, next)];
    if (started !== undefined) reached.add(started);
    if (relative(root, next).startsWith('test/')) for (const name of supportOf(root, next, seen)) reached.add(name);
  }
  return reached;
}

/** The test files under test/ whose path contains one of the filters (all when there is none). */
export function plan(root: string, filters: readonly string[]): readonly TestFile[] {
  const wanted = filters.map((filter) => (filter.startsWith(root) ? relative(root, filter) : filter.replace(/^\.\//, '')));
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((name) => join('test', name))
    .filter((path) => path.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((filter) => path.includes(filter))))
    .sort()
    .map((path) => ({
      path,
      serial: path.endsWith('.serial.test.ts'),
      timeoutMs: timeoutOf(readFileSync(join(root, path), 'utf8')),
      support: supportOf(root, join(root, path)),
    }));
}
