// The version of the projections is the hash of their source, without comments and layout: a snapshot that another source wrote is not read.
// Run `npm run projection-version` after changing them; a test fails until then.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { blanked } from './source-text.ts';

const folder = fileURLToPath(new URL('../src/projections', import.meta.url));
const constant = join(folder, 'version.ts');

/** Removes comments, white space and trailing commas, but not inside strings. */
const compact = (source: string): string =>
  blanked(source, { strings: false }).replace(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`)|\s+|,(?=\s*[)\]}])/g,
    (_, text?: string) => text ?? '',
  );

export function projectionVersion(): string {
  const sum = createHash('sha256');
  for (const name of readdirSync(folder).sort()) {
    if (!/^(state|apply.*)\.ts$/.test(name)) continue;
    sum.update(`${name}\n${compact(readFileSync(join(folder, name), 'utf8'))}\n`);
  }
  return sum.digest('hex').slice(0, 16);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const version = projectionVersion();
  console.log(version);
  if (process.argv.includes('--write')) {
    writeFileSync(constant, readFileSync(constant, 'utf8').replace(/'[0-9a-f]*'/, `'${version}'`));
  }
}
