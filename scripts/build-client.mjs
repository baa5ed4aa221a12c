// Builds the published client: dist/client.js in one file, and dist/client.d.ts with the types that it needs in dist/client/. Neither needs a
// package beside it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './setup.mjs';

const dist = join(root, 'dist');
const types = join(dist, 'client');
/** The packages whose types the client shows. */
const SHOWN = ['openapi-fetch', 'openapi-typescript-helpers'];

/** The text, with its imports of our files and of the packages as imports of files in `folder`. */
const importsFrom = (folder, text) =>
  text.replace(new RegExp(`from (['"])(?:\\./(\\w+)\\.ts|(${SHOWN.join('|')}))\\1`, 'g'), (_, quote, file, name) => {
    return `from ${quote}${folder}/${file ?? name}.js${quote}`;
  });

rmSync(types, { recursive: true, force: true });
mkdirSync(types, { recursive: true });
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', 'src/cli/client', '--outDir', types];
const made = spawnSync(process.execPath, [tsc, '--project', 'scripts/tsconfig.client.json', ...flags], { cwd: root, encoding: 'utf8' });
if (made.status !== 0) throw new Error(`the types of the client were not made: ${made.stdout}${made.stderr}`);
for (const name of SHOWN) {
  const text = readFileSync(join(root, 'node_modules', name, 'dist', 'index.d.mts'), 'utf8');
  writeFileSync(join(types, `${name}.d.ts`), importsFrom('.', text));
}
renameSync(join(types, 'client.d.ts'), join(dist, 'client.d.ts'));
writeFileSync(join(dist, 'client.d.ts'), importsFrom('./client', readFileSync(join(dist, 'client.d.ts'), 'utf8')));

await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/client/client.ts'],
  outfile: join(dist, 'client.js'),
  bundle: true,
  platform: 'neutral',
  target: 'es2022',
  format: 'esm',
  mainFields: ['module', 'main'],
  conditions: ['import'],
  legalComments: 'inline',
  logLevel: 'warning',
});
