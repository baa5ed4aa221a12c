// Plants imports that the table of docs/architecture.md forbids into a copy of the source, and sees the project's own rules refuse each.
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Room, readRooms } from '../../scripts/rooms.mjs';

const imports = suite('imports');

const root = fileURLToPath(new URL('../..', import.meta.url));
const rooms = readRooms(readFileSync(join(root, 'docs', 'architecture.md'), 'utf8'));
const roomsOfSource = rooms.filter(({ paths }) => paths.every((path) => path.startsWith('src/')));

const TARGET = 'planted-target.ts';
const PLANTED = 'planted.ts';

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
const isFile = (path: string): boolean => path.endsWith('.ts');

const pathsOf = (of: readonly Room[]): readonly string[] => of.flatMap(({ paths }) => paths);

/** A file to import, and a file that imports. A room that is one file is both. */
const targetIn = (path: string): string => (isFile(path) ? path : join(path, TARGET));
const planterIn = (path: string): string => (isFile(path) ? path : join(path, PLANTED));

const KINDS: readonly ((target: string) => string)[] = [
  (target) => `import '${target}';`,
  (target) => `import type { Planted } from '${target}';`,
  (target) => `export type { Planted } from '${target}';`,
  (target) => `export const planted = () => import('${target}');`,
];

function importing(from: string, targets: readonly string[]): string {
  const lines = targets.map((target, at) => {
    const path = relative(dirname(from), target);
    return KINDS[at % KINDS.length]?.(path.startsWith('.') ? path : `./${path}`) ?? '';
  });
  return `${lines.join('\n')}\n`;
}

/** What the project's rules refuse in a copy of it, to whose files these texts are added: `rule: from -> to`. */
function refused(added: Readonly<Record<string, string>>): readonly string[] {
  const copy = mkdtempSync(join(tmpdir(), 'gpu-docker-api-imports-'));
  try {
    for (const path of ['src', 'scripts', 'docs/architecture.md', '.dependency-cruiser.mjs', 'package.json'])
      cpSync(join(root, path), join(copy, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const [path, text] of Object.entries(added)) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      appendFileSync(join(copy, path), text);
    }
    const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
    const run = spawnSync(process.execPath, [cruiser, '--output-type', 'json', 'src', 'scripts'], {
      cwd: copy,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    assert.ok(run.stdout.startsWith('{'), run.stderr);
    const { summary } = JSON.parse(run.stdout) as { summary: { violations: { rule: { name: string }; from: string; to: string }[] } };
    return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

imports('every import between two rooms is refused exactly where the table does not allow it', () => {
  const added: Record<string, string> = {};
  const expected: string[] = [];
  for (const path of pathsOf(rooms)) if (!isFile(path)) added[targetIn(path)] = 'export type Planted = 1;\n';
  for (const room of roomsOfSource) {
    for (const path of room.paths) {
      const others = pathsOf(rooms).filter((other) => !room.paths.includes(other));
      added[planterIn(path)] = importing(planterIn(path), others.map(targetIn));
      const forbidden = others.filter((other) => !room.imports.some((allowed) => isBelow(other, allowed)));
      expected.push(...forbidden.map((other) => `${room.paths.join(', ')}: ${planterIn(path)} -> ${targetIn(other)}`));
    }
  }
  assert.ok(expected.length > 200, `${expected.length} imports are forbidden`);
  const byTable = refused(added).filter((text) => !text.startsWith('no ') && pathsOf(rooms).some((path) => text.endsWith(targetIn(path))));
  assert.equal([...byTable].sort(), [...expected].sort());
});

imports('circles, orphans and imports that lead nowhere are refused', () => {
  const found = refused({
    'src/events/circle-a.ts': "import type { B } from './circle-b.ts';\nexport type A = B | 1;\n",
    'src/events/circle-b.ts': "import type { A } from './circle-a.ts';\nexport type B = A | 2;\n",
    'src/events/orphan.ts': 'export const orphan = 1;\n',
    'src/events/astray.ts': "import './nowhere.ts';\n",
  });
  for (const expected of [
    'no circles: src/events/circle-a.ts -> src/events/circle-b.ts',
    'no orphans: src/events/orphan.ts -> src/events/orphan.ts',
    'no import of nothing: src/events/astray.ts -> ./nowhere.ts',
  ])
    assert.ok(found.includes(expected), `${expected}\n${found.join('\n')}`);
});

imports('every file of src lies in a room of the table', () => {
  const paths = pathsOf(roomsOfSource);
  const homeless = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => join('src', name))
    .filter((path) => isFile(path) && !paths.some((room) => isBelow(path, room)));
  assert.equal(homeless, []);
  assert.equal(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

imports('the table is refused where it is not a house', () => {
  const table = (...rows: readonly string[]): string =>
    `# A\n\n## The folders\n\n| folder | what | may import |\n|---|---|---|\n${rows.join('\n')}\n`;
  assert.equal(readRooms(table('| `src/a` | a | nothing |', '| `src/b` | b | a |', '| `src/c` | c | everything above except a |')), [
    { paths: ['src/a'], imports: [] },
    { paths: ['src/b'], imports: ['src/a'] },
    { paths: ['src/c'], imports: ['src/b'] },
  ]);
  assert.throws(() => readRooms(table('| `src/a` | a | b |', '| `src/b` | b | nothing |')), /"b" is not a room in a row above/);
  assert.throws(() => readRooms(table('| `src/a` | a | all of it |')), /"all of it" is not a room/);
  assert.throws(() => readRooms(table()), /has no rows/);
  assert.throws(() => readRooms('# A\n'), /no section/);
});

imports.run();
