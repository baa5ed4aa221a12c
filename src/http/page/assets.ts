// The files that the service sends as they are. They are read here when somebody asks for them; in the bundle, scripts/build.mjs puts a module in
// the place of this one that has their bytes in it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

export type Asset = 'openapi.json' | 'swagger-ui.css' | 'swagger-ui-bundle.js';

const pathOf = (asset: Asset): string =>
  asset === 'openapi.json'
    ? fileURLToPath(new URL('../../../docs/openapi.json', import.meta.url))
    : createRequire(import.meta.url).resolve(`swagger-ui-dist/${asset}`);

/** The file, compressed with gzip. */
export const packed = (asset: Asset): Buffer => gzipSync(readFileSync(pathOf(asset)));
