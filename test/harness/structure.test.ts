import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkStructure } from '../../scripts/check-structure.ts';

const structure = suite('structure rules');

/** The problems of a project that holds just these files, as `file:line: beginning of text`. */
function problems(files: Readonly<Record<string, string>>): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-structure-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    return checkStructure(directory).map(({ file, line, text }) => `${file}:${line}: ${text}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function refused(files: Readonly<Record<string, string>>, expected: string): void {
  const found = problems(files);
  assert.is(found.length, 1, found.join('\n'));
  assert.ok(found[0]?.startsWith(expected), found[0]);
}

structure('pure code that keeps the rules passes', () => {
  const source = [
    "import { createHash } from 'node:crypto';",
    "import { produce } from 'immer';",
    "import type { Event } from '../events/event.ts';",
    '// nothing here may await; Date.now() in a comment is no call',
    "export const text = 'async await Math.random()';",
    'export interface Log { read(): Promise<Event> }',
    'export const at = (ms: number) => new Date(ms);',
    'export const use = [createHash, produce];',
  ];
  assert.equal(problems({ 'src/commands/run.ts': source.join('\n'), 'src/main.ts': 'await Promise.resolve();\n' }), []);
});

structure('pure code does no I/O, by import or by name', () => {
  refused({ 'src/events/a.ts': "import fs from 'node:fs';\n" }, 'src/events/a.ts:1: imports node:fs');
  refused({ 'src/events/a.ts': "import fs from 'fs/promises';\n" }, 'src/events/a.ts:1: imports fs/promises');
  refused({ 'src/projections/a.ts': "import Koa from 'koa';\n" }, 'src/projections/a.ts:1: imports koa');
  refused({ 'src/projections/a.ts': 'export const f = async () => 1;\n' }, 'src/projections/a.ts:1: "async"');
  refused({ 'src/projections/a.ts': '\n\nconst now = Date.now();\n' }, 'src/projections/a.ts:3: "Date.now"');
  refused({ 'src/projections/a.ts': 'const now = new Date();\n' }, 'src/projections/a.ts:1: "new Date()"');
  refused({ 'src/projections/a.ts': 'const id = Math.random();\n' }, 'src/projections/a.ts:1: "Math.random"');
});

structure('files and folders stay small', () => {
  refused({ 'src/infra/x.ts': '\n'.repeat(401) }, 'src/infra/x.ts:401: 401 lines');
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`src/infra/log/${i}.ts`, '']));
  refused(many(15), 'src/infra/log:1: 15 entries');
  assert.equal(problems(many(14)), []);
});

structure('every suite of a test file is run', () => {
  refused({ 'test/a.test.ts': "const a = suite('a');\nconst b = suite<X>('b');\na.run();\n" }, 'test/a.test.ts:1: 2 suites but 1 calls');
  refused({ 'test/a.test.ts': "import { test } from 'uvu';\n" }, 'test/a.test.ts:1: 1 suites but 0 calls');
  assert.equal(problems({ 'test/a.test.ts': "const a = suite('a');\na.run();\n" }), []);
});

structure('the lock file names no registry', () => {
  refused({ 'package-lock.json': '{\n "resolved": "https://example.org/x.tgz"\n}\n' }, 'package-lock.json:2: names a registry host');
});

structure.run();
