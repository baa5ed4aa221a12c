// What `npm pack` gives, and the one file, work on a machine that has Node and nothing else of this project.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { command, program, ROOT } from './support.ts';

const test = suite('the package');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const folder = mkdtempSync(join(tmpdir(), 'gpu-docker-api-package-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('npm pack: the program, its notices and the files for an installation, and no source; it installs without a registry', async () => {
  await program();
  const packed = command('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  assert.equal(packed.code, 0, packed.err);
  const [about] = JSON.parse(packed.out) as [{ filename: string; files: { path: string }[] }];
  const files = about.files.map(({ path }) => path);
  for (const needed of ['dist/main.js', 'dist/THIRD-PARTY-NOTICES.txt', 'deploy/gpu-docker-api.service', 'LICENSE', 'README.md'])
    assert.ok(files.includes(needed), `${needed} is in the package`);
  assert.deepEqual(
    files.filter((path) => /^(src|test|bench|scripts)\//.test(path)),
    [],
  );
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private":true}');
  const cache = join(folder, 'cache');
  const installed = command('npm', ['install', '--offline', '--no-audit', '--no-fund', '--cache', cache, join(folder, about.filename)], {
    cwd: project,
  });
  assert.equal(installed.code, 0, installed.err);
  assert.deepEqual(
    readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['gpu-docker-api'],
  );
  const said = command('npx', ['--no-install', 'gpu-docker-api', '--version'], { cwd: project });
  assert.equal(said.out.trim(), version, said.err);
});

test('the file alone runs by a link on the PATH, from any folder', async () => {
  const lib = join(folder, 'lib');
  const bin = join(folder, 'bin');
  for (const path of [lib, bin]) mkdirSync(path);
  cpSync(await program(), join(lib, 'gpu-docker-api.mjs'));
  command('chmod', ['755', join(lib, 'gpu-docker-api.mjs')]);
  symlinkSync(join(lib, 'gpu-docker-api.mjs'), join(bin, 'gpu-docker-api'));
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  assert.equal(command('gpu-docker-api', ['--version'], { cwd: '/', env }).out.trim(), version);
  const verb = command('gpu-docker-api', ['log', 'verify', '--data-dir', join(folder, 'nothing')], { cwd: '/', env });
  assert.match(verb.err, /there is no log in/);
  assert.equal(verb.code, 1);
});

test.run();
