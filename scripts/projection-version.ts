// The version of the projections is the hash of their source and the upcasters', without comments and layout; that of the index, of the
// source that says what lies in its files. A snapshot or an index that other source wrote is ignored.
// Run `npm run projection-version` after changing them; a test fails until then.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { blanked } from './source-text.ts';

const folder = fileURLToPath(new URL('../src/projections', import.meta.url));
const constant = join(folder, 'version.ts');
const indexConstant = join(folder, '../infra/past/parts/version.ts');

/** The source without comments, line breaks and trailing commas; strings are unchanged. */
const compact = (source: string): string =>
  blanked(source, { strings: false }).replace(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`)|\s+|,(?=\s*[)\]}])/g,
    (_, text?: string) => text ?? '',
  );

export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/** The version of projections with these sources. */
export function versionOf(sources: readonly SourceFile[]): string {
  const sum = createHash('sha256');
  for (const { name, text } of sources) sum.update(`${name}\n${compact(text)}\n`);
  return sum.digest('hex').slice(0, 16);
}

/**
 * The version of src/projections as it is now, with the upcasters, which decide what is applied. The views and the mutable folds do not
 * count: no snapshot holds them.
 */
export const projectionVersion = (): string =>
  versionOf(
    [
      ...readdirSync(folder)
        .filter((name) => /^(state|apply.*|note-.*)\.ts$/.test(name))
        .sort(),
      ...readdirSync(join(folder, 'keys'))
        .sort()
        .map((name) => `keys/${name}`),
      '../events/evolution/upcasters.ts',
    ].map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') })),
  );

/** The version of the index: what an event is found under, how the ledger is folded, and how both are packed. */
export const indexVersion = (): string =>
  versionOf(
    [
      ...readdirSync(join(folder, 'mutable'))
        .filter((name) => name.endsWith('.ts'))
        .sort()
        .map((name) => `mutable/${name}`),
      '../events/query.ts',
      '../events/evolution/upcasters.ts',
      '../infra/past/parts/part-files.ts',
    ].map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') })),
  );

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [file, version] of [
    [constant, projectionVersion()],
    [indexConstant, indexVersion()],
  ] as const) {
    console.log(version);
    if (process.argv.includes('--write')) writeFileSync(file, readFileSync(file, 'utf8').replace(/'[0-9a-f]*'/, `'${version}'`));
  }
}
