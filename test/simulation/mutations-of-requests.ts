// More mutations (see mutations.ts): of the requests that a call of the engine is made of, and of the Docker that they reach.
import type { Mutation } from './mutations.ts';

const API = 'src/infra/docker/connection/api.ts';

const one = (rule: number, what: string, file: string, find: string, put: string): Mutation => ({
  rule,
  what,
  edits: [{ file, find, put }],
});

export const MUTATIONS_OF_REQUESTS: readonly Mutation[] = [
  one(
    12,
    'what another Docker does not find is gone',
    API,
    'if (isStatus(error, 404) && request.isAbsenceHarmless !== true) await this.#requireExpected(what, line);',
    '',
  ),
  {
    rule: 12,
    what: 'an empty list of another Docker is believed',
    from: 81,
    on: 'swapped',
    edits: [
      { file: API, find: 'else if (request.isDoubtful?.(answer as T) === true) await this.#requireExpected(what, line);', put: '' },
      { file: 'src/infra/runtime/reconciler.ts', find: 'await isStillHost();', put: '' },
    ],
  },
  one(
    11,
    'something is made on another Docker',
    API,
    '        await this.#requireExpected(what, line);\n      }\n      const answer',
    '      }\n      const answer',
  ),
  one(
    5,
    'only the first request of a call asks whether it may',
    API,
    "if ((request.method ?? 'GET') !== 'GET') {",
    'if (request.makes === true) {',
  ),
];
