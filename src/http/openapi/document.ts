// The OpenAPI 3.1 document, made from the route table and the schemas that validate the bodies.
import Type, { type TSchema } from 'typebox';
import { commands } from '../../commands/command.ts';
import { documentedRoutes } from '../app.ts';
import type { ApiRoute } from '../route.ts';
import { bodySchema, needsBody } from './body-schema.ts';
import { Failed, Plan, Problem } from './schema-parts.ts';
import { refTo, SchemaRefs } from './schema-refs.ts';

const header = (name: string, description: string): object => ({ name, in: 'header', description, schema: { type: 'string' } });

const parameters = {
  Name: { name: 'name', in: 'path', required: true, schema: { type: 'string' } },
  DryRun: { name: 'dryRun', in: 'query', description: 'Only say what would be done.', schema: { type: 'boolean' } },
  Actor: header('X-Actor', 'Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous.'),
  RequestId: header('X-Request-Id', 'Kept in every event and given back; made up when absent.'),
  IdempotencyKey: header('Idempotency-Key', 'The same key of the same actor with the same body gets the first answer again.'),
  Prefer: header(
    'Prefer',
    'respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240).',
  ),
  IfMatch: header('If-Match', 'The ETag of an info: 412 when somebody changed it since.'),
};

const answered = (data: TSchema): TSchema => Type.Object({ code: Type.Literal(200), msg: Type.Literal('Success'), data });

/** Rights in words. */
const NEEDS: { readonly [K in ApiRoute['right']]: string } = {
  open: 'Needs no key.',
  read: 'Needs any key; with scope own the answer has only what the key’s name made.',
  readAll: 'Needs a key of scope all.',
  operate: 'Needs the role operator.',
  admin: 'Needs the role admin.',
};

const json = (schema: unknown): object => ({ 'application/json': { schema } });

/** The content types of a successful answer. */
function contentOf({ answer, alsoAs = {}, plans = false }: ApiRoute, schemas: SchemaRefs): object {
  const data = answer !== undefined && plans ? Type.Union([answer, Plan]) : answer;
  return {
    ...(data !== undefined && json(schemas.of(answered(data)))),
    ...Object.fromEntries(Object.entries(alsoAs).map(([type, schema]) => [type, { schema: schemas.of(schema) }])),
  };
}

function operation(route: ApiRoute, schemas: SchemaRefs): object {
  const { path, id, summary, command, body, query, right } = route;
  const isExecute = command === 'execute';
  const named = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) =>
    name === 'name' ? refTo('parameters', 'Name') : { name, in: 'path', required: true, schema: { type: 'string' } },
  );
  const asked = Object.entries(query ?? {}).map(([name, description]) => ({ name, in: 'query', description, schema: { type: 'string' } }));
  const mutating = ['Actor', 'IdempotencyKey', ...(isExecute ? [] : ['IfMatch', 'DryRun', 'Prefer'])].map((name) =>
    refTo('parameters', name),
  );
  return {
    operationId: id,
    summary,
    tags: [path.split('/')[3] ?? 'health'],
    description: [
      NEEDS[right],
      ...(command === undefined ? [] : [`Code ${commands[command].failureCode} when it could not be carried out.`]),
    ].join(' '),
    ...(right === 'open' && { security: [] }),
    parameters: [...named, ...asked, refTo('parameters', 'RequestId'), ...(command === undefined ? [] : mutating)],
    ...(body !== undefined && {
      requestBody: { required: needsBody(body), content: json(schemas.of(bodySchema(body))) },
    }),
    responses: {
      200: { description: 'Success', content: contentOf(route, schemas) },
      ...(command !== undefined && !isExecute && { 202: refTo('responses', 'Accepted') }),
      ...(command !== undefined && { 421: refTo('responses', 'Misdirected') }),
      default: refTo('responses', 'Failure'),
    },
  };
}

/** Plain JSON: the schemas' own ids are their names in it. */
export function openApiDocument(version: string): unknown {
  const schemas = new SchemaRefs();
  const paths: Record<string, Record<string, object>> = {};
  for (const route of documentedRoutes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, schemas) };
  }
  const failure = { ...json(schemas.of(Failed)), 'application/problem+json': { schema: schemas.of(Problem) } };
  const document = {
    openapi: '3.1.0',
    info: { title: 'gpu-docker-api', version, description: 'Leases the GPUs of a Docker host.' },
    // None: while the log has no keys, a service on loopback needs none.
    security: [{ key: [] }, {}],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', bearerFormat: 'gda_…', description: 'An API key: gpu-docker-api keys create NAME.' },
      },
      parameters,
      schemas: schemas.all(),
      responses: {
        Failure: {
          description:
            'code and msg say what was wrong; 401: a valid key is needed; 403: the key lacks a right or its quota is used up; 429 and 503 come with Retry-After. 504: the client waited for as long as a request may, and the command goes on.',
          content: failure,
        },
        Accepted: {
          // Without a schema: the typed client would have to tell it from the answer of each command that waits.
          description:
            'With Prefer: respond-async. The operation has begun; Location says where it is, and its outcome will be. data is as there.',
          headers: {
            Location: { description: '/api/v1/operations/{id}', schema: { type: 'string' } },
            'Preference-Applied': { description: 'respond-async', schema: { type: 'string' } },
          },
        },
        Misdirected: {
          description: 'The replicaSet or volume is on another host of the log: msg names it. Nothing was changed.',
          content: failure,
        },
      },
    },
  };
  return JSON.parse(JSON.stringify(document));
}
