// What is bundled brings its notices along, and no licence gets in unseen.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { isAllowed, noticesOf, packageFolder } from '../../scripts/notices.mjs';

const test = suite('notices of bundled packages');

const root = mkdtempSync(join(tmpdir(), 'gpu-docker-api-notices-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

function addPackage(path: string, about: object, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(root, 'node_modules', path);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({ 'package.json': JSON.stringify(about), ...files })) writeFileSync(join(folder, name), text);
  return `node_modules/${path}/index.js`;
}

test('a file belongs to the innermost package', () => {
  assert.equal(packageFolder('src/main.ts'), null);
  assert.equal(packageFolder('node_modules/a/lib/x.js'), 'node_modules/a');
  assert.equal(packageFolder('node_modules/@s/a/x.js'), 'node_modules/@s/a');
  assert.equal(packageFolder('node_modules/a/node_modules/@s/b/x.js'), 'node_modules/a/node_modules/@s/b');
});

test('an expression is allowed by one of its choices, and by all that it joins', () => {
  for (const license of ['MIT', '(MIT OR GPL-3.0-only)', 'MIT AND ISC', '(BSD-2-Clause OR MIT OR Apache-2.0)'])
    assert.ok(isAllowed(license), license);
  for (const license of ['', 'GPL-3.0-only', 'MIT AND GPL-3.0-only', 'UNLICENSED', 'SEE LICENSE IN x'])
    assert.ok(!isAllowed(license), license);
});

test('each package once, with its texts; one whose licence is not on the list fails the build by name', () => {
  const files = [
    'src/main.ts',
    addPackage(
      'b',
      { name: 'b', version: '2.0.0', license: 'Apache-2.0' },
      { LICENSE: 'the text of b', NOTICE: 'and its notice', 'index.js': '' },
    ),
    addPackage('a', { name: 'a', version: '1.0.0', license: { type: 'MIT' }, author: { name: 'Ann' } }),
    addPackage('b/node_modules/a', { name: 'a', version: '1.0.0', license: 'MIT' }),
  ];
  const text = noticesOf(root, files);
  assert.match(text, /^gpu-docker-api is under the Apache License 2\.0\. Its program holds 2 packages/);
  assert.match(text, /a 1\.0\.0 \(MIT\)\n-+\n\nThe package brings no text of its licence\. Its author is Ann\./);
  assert.match(text, /b 2\.0\.0 \(Apache-2\.0\)\n-+\n\nthe text of b\n\nand its notice\n$/);
  const bad = addPackage('c', { name: 'c', version: '3.0.0', license: 'AGPL-3.0-only' });
  assert.throws(() => noticesOf(root, [...files, bad]), /c 3\.0\.0 is bundled under AGPL-3\.0-only, which is not on the list/);
  const unnamed = addPackage('d', { name: 'd', version: '4.0.0' });
  assert.throws(() => noticesOf(root, [unnamed]), /d 4\.0\.0 is bundled under no licence that it names/);
});

test.run();
