// More mutations (see mutations.ts): of what costs more the longer a host lives. A world of the simulation is too small to feel it: a test at size fails.
import type { Mutation } from './mutations.ts';

const one = (test: string, what: string, file: string, find: string, put: string): Mutation => ({
  rule: 13,
  what,
  test,
  edits: [{ file, find, put }],
});

export const MUTATIONS_OF_SIZE: readonly Mutation[] = [
  one(
    'test/commands/saved-disks.test.ts',
    'for each disk all versions of its name are looked at',
    'src/commands/host/saved-disks.ts',
    'named.set(rs.name, images);\n    return images;',
    'return images;',
  ),
  one(
    'test/projections/keys.test.ts',
    'a key that is forgotten costs a copy of all others',
    'src/projections/keys/keyed-commands.ts',
    'if (before === undefined) return this;\n',
    'const copy = new KeyedCommandsBuilder();\n    for (const [known, its] of this) if (known !== key) copy.add(known, its);\n    if (before !== undefined) return copy.built();\n    return this;\n',
  ),
  one(
    'test/infra/past/parts.test.ts',
    'a start reads the whole log for its index',
    'src/infra/past/parts/parts.ts',
    'if (files === undefined) return EMPTY_END;',
    'return EMPTY_END;',
  ),
  one(
    'test/infra/docker/measure.test.ts',
    'Docker counts millions of files within the deadline of any other call, or never',
    'src/infra/docker/storage/disks.ts',
    '{ size: true, ms: PATIENT_MS, signal: AbortSignal.any([signal, late]) }',
    '{ size: true, signal: AbortSignal.any([signal, late]) }',
  ),
];
