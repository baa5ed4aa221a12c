// Who may import whom: the table in docs/architecture.md, no circles, no file without a use. `npm run lint` checks it.
import { readFileSync } from 'node:fs';
// Without this parser dependency-cruiser would use one that sees no imports of types: importing it here fails aloud where it cannot be loaded.
import '@swc/core';
import { importRules, readRooms } from './scripts/rooms.mjs';

const rooms = readRooms(readFileSync(new URL('docs/architecture.md', import.meta.url), 'utf8'));

export default {
  forbidden: [
    ...importRules(rooms),
    { name: 'no circles', comment: 'Imports of types count too.', severity: 'error', from: { path: '^(src|scripts|bench)/' }, to: { circular: true } },
    {
      name: 'no orphans',
      comment: 'Neither the program, nor its client, nor a script uses this file.',
      severity: 'error',
      from: { path: '^(src/main\\.ts$|src/cli/client/client\\.ts$|scripts/)' },
      to: { path: '^src/', pathNot: '^src/(main|cli/client/client)\\.ts$', reachable: false },
    },
    { name: 'no import of nothing', comment: 'The import leads nowhere.', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // TypeScript 7 has no parser for other programs.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.mjs', '.js', '.json'],
    },
  },
};
