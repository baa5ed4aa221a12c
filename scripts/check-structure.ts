// The rules of the source that no linter knows; `npm run lint` runs this. Who may import whom is checked by .dependency-cruiser.mjs.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { blanked, lineOf } from './source-text.ts';

export interface Problem {
  readonly file: string;
  readonly line: number;
  /** Names the problem, and what to do about it. */
  readonly text: string;
}

const PURE = ['commands', 'events', 'projections'];
const MAX_LINES = 400;
/** Written by scripts, for a compiler to read. */
const GENERATED = ['cli/client/api.ts'];
/** Files and folders of one folder: a reader takes in about a dozen names. */
const MAX_ENTRIES = 14;
const PURE_BUILTINS = ['node:crypto', 'node:path'];
const IO_PACKAGES = ['koa', '@koa/router', 'dockerode', 'etcd3', 'pino', 'cockatiel'];

/** Forbidden in a pure function, and what to do instead. */
const IMPURE: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(?:async|await)\b/g, 'pure code waits for nothing: do the I/O in src/infra and pass its result in'],
  [/\bDate\.now\b|\bnew Date\(\s*\)|(?<![.\w]|new )Date\(\s*\)|\bperformance\.now\b/g, 'take the time from the context (Clock)'],
  [/\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/g, 'take ids and chance from the context (Ids)'],
  [/\bset(?:Timeout|Interval|Immediate)\s*\(/g, 'timers belong to src/infra'],
  [/\bprocess\.(?:env|argv|cwd|exit|hrtime|stdout|stderr|on)\b|\bfetch\s*\(/g, 'what the outside says comes in as context'],
];

const files = (directory: string): readonly string[] =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.tsx?$/.test(name))
        .sort()
    : [];

function imports(source: string): readonly { readonly target: string; readonly index: number }[] {
  const code = blanked(source, { strings: false });
  return [...code.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => ({
    target: match[1] ?? '',
    index: match.index,
  }));
}

function packageProblem(target: string): string | null {
  if (target.startsWith('.')) return null;
  const name = target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
  const builtin = target.startsWith('node:') || builtinModules.includes(target);
  if (builtin)
    return PURE_BUILTINS.includes(target) ? null : `imports ${target}: of Node's modules only ${PURE_BUILTINS.join(', ')} is pure`;
  return IO_PACKAGES.includes(name) ? `imports ${name}: it does I/O and belongs to src/infra or src/http` : null;
}

function checkPure(source: string): readonly Omit<Problem, 'file'>[] {
  const found: Omit<Problem, 'file'>[] = [];
  for (const { target, index } of imports(source)) {
    const text = packageProblem(target);
    if (text !== null) found.push({ line: lineOf(source, index), text });
  }
  const code = blanked(source, { strings: true });
  for (const [pattern, instead] of IMPURE) {
    for (const match of code.matchAll(pattern))
      found.push({ line: lineOf(source, match.index), text: `"${match[0].trim()}" in pure code: ${instead}` });
  }
  return found;
}

function checkSource(root: string): readonly Problem[] {
  const src = join(root, 'src');
  return files(src).flatMap((name) => {
    const file = join('src', name);
    const source = readFileSync(join(src, name), 'utf8');
    const found: Problem[] = [];
    const lines = source.split('\n').length - 1;
    if (lines > MAX_LINES && !GENERATED.includes(name))
      found.push({ file, line: MAX_LINES + 1, text: `${lines} lines: split it by idea, at most ${MAX_LINES} a file` });
    if (PURE.includes(name.split('/')[0] ?? '')) found.push(...checkPure(source).map((problem) => ({ file, ...problem })));
    return found;
  });
}

function checkFolders(root: string, folder = 'src'): readonly Problem[] {
  if (!existsSync(join(root, folder))) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => checkFolders(root, join(folder, name)));
  if (entries.length <= MAX_ENTRIES) return below;
  return [{ file: folder, line: 1, text: `${entries.length} entries: group them by idea, at most ${MAX_ENTRIES} a folder` }, ...below];
}

/** Every suite needs a call of `run`: without it the suite passes silently. */
function checkTests(root: string): readonly Problem[] {
  return files(join(root, 'test'))
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => {
      const source = readFileSync(join(root, 'test', name), 'utf8');
      const code = blanked(source, { strings: true });
      const usesDefault = /^import\s*\{[^}]*\btest\b[^}]*\}\s*from\s*['"]uvu['"]/m.test(source) ? 1 : 0;
      const suites = [...code.matchAll(/(?<![.\w])suite(?:<[^\n]*>)?\(/g)].length + usesDefault;
      const runs = [...code.matchAll(/^\s*[\w.]+\.run\(\);?\s*$/gm)].length;
      if (suites === runs && suites > 0) return [];
      return [
        {
          file: join('test', name),
          line: 1,
          text: `${suites} suites but ${runs} calls of .run(): end the file with one .run() for each suite`,
        },
      ];
    });
}

/** A lock file that names a registry installs from nowhere else. */
function checkLock(root: string): readonly Problem[] {
  const path = join(root, 'package-lock.json');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((text, at) =>
      /"resolved"\s*:\s*"https?:/.test(text)
        ? [
            {
              file: 'package-lock.json',
              line: at + 1,
              text: 'names a registry host: install again with omit-lockfile-registry-resolved=true (.npmrc sets it)',
            },
          ]
        : [],
    );
}

export function checkStructure(root: string): readonly Problem[] {
  return [...checkSource(root), ...checkFolders(root), ...checkTests(root), ...checkLock(root)];
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const problems = checkStructure(fileURLToPath(new URL('..', import.meta.url)));
  for (const { file, line, text } of problems) console.error(`${file}:${line}: ${text}`);
  if (problems.length > 0) process.exitCode = 1;
}
