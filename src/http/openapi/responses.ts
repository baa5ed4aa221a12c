// The answers that operations share: a failure for each status, and the headers of answers.
import type { ApiRoute } from '../route.ts';
import { type FailureStatus, STATUSES } from './error-codes.ts';
import { Failed, Problem } from './schema-parts.ts';
import { refTo, type SchemaRefs } from './schema-refs.ts';

const header = (description: string, schema: object = { type: 'string' }): object => ({ description, schema });
const wholeNumber = { type: 'integer', minimum: 0 };

export const headers = {
  'X-Request-Id': header('The id of the request: the client’s own, or a new one.'),
  ETag: header('The version of what the answer is about, for If-Match.'),
  'X-At-Sequence': header('With `at`: the last event of the state that answered.', wholeNumber),
  'X-At-Time': header('With `at`: the time of that event, UTC.'),
  Link: header('The next page, rel="next", where there is one.'),
  Location: header('Where the operation is, and its outcome will be: /api/v1/operations/{id}.'),
  'Preference-Applied': header('respond-async'),
  'Retry-After': header('Seconds to wait before the request is sent again.', wholeNumber),
  'WWW-Authenticate': header('Bearer, and whether the key that was sent is not valid.'),
};
type HeaderName = keyof typeof headers;

export const headerRefs = (...names: readonly HeaderName[]): object =>
  Object.fromEntries(names.map((name) => [name, refTo('headers', name)]));

const headersOf = (status: FailureStatus): readonly HeaderName[] => {
  if (status === 429 || status === 503) return ['Retry-After'];
  return status === 401 ? ['WWW-Authenticate'] : [];
};

const EXAMPLES: { readonly [K in FailureStatus]?: { readonly code: number; readonly msg: string } } = {
  400: { code: 1000, msg: '"gpucount" is not a field of this body: did you mean gpuCount?' },
  404: { code: 1016, msg: 'replicaSet train does not exist' },
  409: { code: 1008, msg: 'replicaSet train exists already (version 1, running); patch or delete it' },
};

function contentOf(status: FailureStatus, schemas: SchemaRefs): object {
  const said = EXAMPLES[status];
  return {
    'application/json': { schema: schemas.of(Failed), ...(said !== undefined && { example: { ...said, data: null } }) },
    'application/problem+json': { schema: schemas.of(Problem) },
  };
}

/** The answer to Prefer: respond-async. Without a schema: the typed client would have to tell it from the answer of each command that waits. */
export const accepted = {
  description: 'With Prefer: respond-async. The operation has begun; Location says where it is, and its outcome will be. data is as there.',
  headers: headerRefs('X-Request-Id', 'Location', 'Preference-Applied'),
};

/** Of 405 there is none: a method that a path does not have is no operation. */
const statuses = (Object.keys(STATUSES).map(Number) as FailureStatus[]).filter((status) => status !== 405);

/** One for each status, by its name. */
export const failures = (schemas: SchemaRefs): object =>
  Object.fromEntries(
    statuses.map((status) => {
      const { name, text } = STATUSES[status];
      return [name, { description: text, headers: headerRefs('X-Request-Id', ...headersOf(status)), content: contentOf(status, schemas) }];
    }),
  );

/** The statuses that a route may fail with. Methods that a path does not have are answered with 405, which belongs to no operation. */
function statusesOf({ method, path, right, alsoAs = {} }: ApiRoute): readonly FailureStatus[] {
  const always: FailureStatus[] = right === 'open' ? [400, 403, 500, 503] : [400, 401, 403, 429, 500, 503];
  if (method !== 'GET') return [...always, 404, 409, 412, 413, 421, 422, 429, 504];
  return [...always, ...(path.includes(':') ? ([404] as const) : []), ...('text/event-stream' in alsoAs ? ([410, 429] as const) : [])];
}

export const failuresOf = (route: ApiRoute): object =>
  Object.fromEntries(
    [...new Set(statusesOf(route))].sort((a, b) => a - b).map((status) => [status, refTo('responses', STATUSES[status].name)]),
  );
