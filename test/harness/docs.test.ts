// The pages keep up with the code: links lead somewhere, named files exist, and every npm script that a page tells of is there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const docs = suite('docs');

const root = fileURLToPath(new URL('../..', import.meta.url));

const markdownIn = (folder: string, recursive: boolean): readonly string[] =>
  readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const pages = [...markdownIn('.', false), ...markdownIn('docs', true)].sort();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const withoutBlocks = (text: string): string => text.replace(/^\s*```[\s\S]*?^\s*```/gm, '');

/** The anchor that a forge makes of a heading. */
const slug = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (path: string): ReadonlySet<string> =>
  new Set([...withoutBlocks(read(path)).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => slug(heading)));

/** Why a link of the page leads nowhere; null when it leads somewhere. */
function linkProblem(page: string, target: string): string | null {
  if (/^[a-z]+:/i.test(target)) return null;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!resolve(root, file).startsWith(root) || !existsSync(join(root, file))) return `${page}: ${target}: there is no ${file}`;
  if (anchor === undefined || !file.endsWith('.md')) return null;
  return anchorsOf(file).has(anchor) ? null : `${page}: ${target}: ${file} has no heading for #${anchor}`;
}

docs('every relative link leads to a file, and its anchor to a heading', () => {
  const problems = pages.flatMap((page) =>
    [...withoutBlocks(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => linkProblem(page, target)),
  );
  assert.equal(
    problems.filter((problem) => problem !== null),
    [],
  );
  assert.ok(problems.length > 50, 'the links are found');
});

docs('every path of the tree that a page names exists', () => {
  // Changes and decisions tell of the past, where files had other names.
  const present = pages.filter((page) => page !== 'CHANGELOG.md' && !page.startsWith(join('docs', 'decisions')));
  const missing = present.flatMap((page) =>
    [...withoutBlocks(read(page)).matchAll(/`((?:src|test|scripts|bench|docs)\/[\w./-]+)`/g)]
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${page}: ${path}`),
  );
  assert.equal(missing, []);
});

docs('every word of the glossary names the file where it lives', () => {
  const rows = read('docs/glossary.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| word |'));
  assert.ok(rows.length > 50, 'the words are found');
  for (const row of rows) {
    const [, path] = /\| `([^`]+)` \|$/.exec(row) ?? [];
    assert.ok(path !== undefined && existsSync(join(root, path)), row);
  }
});

docs('every npm script that a page tells of is in package.json', () => {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  const told = pages.flatMap((page) =>
    [...read(page).matchAll(/\bnpm (?:run (?:--\S+ )*([\w:-]+)|(start|test)\b)/g)].map(([, run, short]) => ({
      page,
      name: run ?? short ?? '',
    })),
  );
  assert.equal(
    told.filter(({ name }) => scripts[name] === undefined),
    [],
  );
  assert.ok(told.length > 20, 'the scripts are found');
});

docs.run();
