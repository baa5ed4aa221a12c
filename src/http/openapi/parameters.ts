// The parameters that operations share, and those of a single one.
import type { ApiRoute } from '../route.ts';
import { refTo, type SchemaRefs } from './schema-refs.ts';

const header = (name: string, description: string, schema: object = {}): object => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string', ...schema },
});

export const parameters = {
  Name: { name: 'name', in: 'path', required: true, schema: { type: 'string', maxLength: 255 } },
  DryRun: {
    name: 'dryRun',
    in: 'query',
    description: 'true: nothing is done, and the answer is the plan.',
    schema: { type: 'boolean', default: false },
  },
  Actor: header('X-Actor', 'Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous.', {
    minLength: 1,
    maxLength: 128,
  }),
  RequestId: header('X-Request-Id', 'Recorded in every event that the request causes, and given back; a new one when absent.', {
    pattern: '^[A-Za-z0-9._:+/=@-]{1,128}$',
  }),
  Traceparent: header('traceparent', 'W3C Trace Context: recorded in every event that the request causes.'),
  IdempotencyKey: header(
    'Idempotency-Key',
    'The same key of the same actor with the same request gets the first answer again; 422 with another.',
    {
      minLength: 1,
      maxLength: 255,
    },
  ),
  Prefer: header(
    'Prefer',
    'respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240).',
  ),
  IfMatch: header('If-Match', 'The ETag of an info: 412 when somebody changed it since.'),
  LastEventId: header('Last-Event-ID', 'For text/event-stream: go on after this sequence.', { pattern: '^\\d{1,15}$' }),
};
type Name = keyof typeof parameters;

function shared({ method, command, plans = false, right, alsoAs = {} }: ApiRoute): readonly Name[] {
  const ordered: Name[] =
    right !== 'admin' && command !== undefined ? ['IdempotencyKey', ...(plans ? (['IfMatch', 'Prefer'] as const) : [])] : [];
  return [
    ...('text/event-stream' in alsoAs ? (['LastEventId'] as const) : []),
    ...(plans ? (['DryRun'] as const) : []),
    'RequestId',
    ...(method === 'GET' ? [] : (['Actor', 'Traceparent'] as const)),
    ...ordered,
  ];
}

/** `description` of a schema is the parameter's. */
function ofQuery(name: string, meaning: string | object, schemas: SchemaRefs): object {
  if (typeof meaning === 'string') return { name, in: 'query', description: meaning, schema: { type: 'string' } };
  const { description, ...schema } = schemas.of(meaning) as { readonly description?: string };
  return { name, in: 'query', description, schema };
}

export function parametersOf(route: ApiRoute, schemas: SchemaRefs): readonly object[] {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) =>
    name === 'name' ? refTo('parameters', 'Name') : { name, in: 'path', required: true, schema: { type: 'string', maxLength: 255 } },
  );
  const asked = Object.entries(route.query ?? {}).map(([name, meaning]) => ofQuery(name, meaning, schemas));
  return [...inPath, ...asked, ...shared(route).map((name) => refTo('parameters', name))];
}
