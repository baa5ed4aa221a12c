// The OpenAPI 3.1 document, made from the route table and the schemas that validate the bodies.
import Type, { type TSchema } from 'typebox';
import { commands } from '../../commands/command.ts';
import { apiRoutes } from '../app.ts';
import type { ApiRoute } from '../route.ts';
import { FailureData, LastOutput } from './schema-parts.ts';

const header = (name: string, description: string): object => ({ name, in: 'header', description, schema: { type: 'string' } });
const ref = (section: string, name: string): object => ({ $ref: `#/components/${section}/${name}` });

const parameters = {
  Name: { name: 'name', in: 'path', required: true, schema: { type: 'string' } },
  DryRun: { name: 'dryRun', in: 'query', description: 'Only say what would be done.', schema: { type: 'boolean' } },
  Actor: header('X-Actor', 'Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous.'),
  RequestId: header('X-Request-Id', 'Kept in every event and given back; made up when absent.'),
  IdempotencyKey: header('Idempotency-Key', 'The same key of the same actor with the same body gets the first answer again.'),
  IfMatch: header('If-Match', 'The ETag of an info: 412 when somebody changed it since.'),
};

/** The name of a body's schema in the document; undefined where it has none. */
const idOf = (schema: TSchema): string | undefined => ('$id' in schema && typeof schema.$id === 'string' ? schema.$id : undefined);

/** With every object said to have no other fields: unknown ones are refused. */
const closed = (schema: TSchema): unknown =>
  JSON.parse(JSON.stringify(schema), (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'properties' in value && 'type' in value
      ? { ...value, additionalProperties: false }
      : value,
  );

const bodies = Object.fromEntries(
  Object.values(commands).flatMap(({ schema }) => {
    const id = idOf(schema);
    return id === undefined ? [] : [[id, closed(schema)] as const];
  }),
);

const answered = (data: TSchema): TSchema =>
  Type.Object({ code: Type.Integer({ description: '200, or the code of what went wrong.' }), msg: Type.String(), data });

/** Rights in words. */
const NEEDS: { readonly [K in ApiRoute['right']]: string } = {
  open: 'Needs no key.',
  read: 'Needs any key; with scope own the answer has only what the key’s name made.',
  readAll: 'Needs a key of scope all.',
  operate: 'Needs the role operator.',
  admin: 'Needs the role admin.',
};

function operation({ path, summary, command, body, query, answer, media, right }: ApiRoute): object {
  const isExecute = command === 'execute';
  const named = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) =>
    name === 'name' ? ref('parameters', 'Name') : { name, in: 'path', required: true, schema: { type: 'string' } },
  );
  const asked = Object.entries(query ?? {}).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' },
  }));
  const mutating = ['Actor', 'IdempotencyKey', ...(isExecute ? [] : ['IfMatch', 'DryRun'])].map((name) => ref('parameters', name));
  const bodyName = body === undefined ? undefined : idOf(body);
  return {
    summary,
    tags: [path.split('/')[3]],
    description: [
      NEEDS[right],
      ...(command === undefined ? [] : [`Code ${commands[command].failureCode} when it could not be carried out.`]),
    ].join(' '),
    ...(right === 'open' && { security: [] }),
    parameters: [...named, ...asked, ref('parameters', 'RequestId'), ...(command === undefined ? [] : mutating)],
    ...(bodyName !== undefined && { requestBody: { content: { 'application/json': { schema: ref('schemas', bodyName) } } } }),
    responses: {
      200: {
        description: 'Success',
        content: media === undefined ? { 'application/json': { schema: answered(answer) } } : { [media]: { schema: answer } },
      },
      ...(command !== undefined && { 421: ref('responses', 'Misdirected') }),
      default: ref('responses', 'Failure'),
    },
  };
}

/** Plain JSON: the schemas' own ids belong to ajv alone. */
export function openApiDocument(version: string): unknown {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of apiRoutes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  const problem = Type.Object({
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String(),
    code: Type.Integer(),
    output: Type.Optional(LastOutput),
  });
  const failure = {
    'application/json': { schema: answered(FailureData) },
    'application/problem+json': { schema: problem },
  };
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
      schemas: bodies,
      responses: {
        Failure: {
          description:
            'code and msg say what was wrong; 401: a valid key is needed; 403: the key lacks a right or its quota is used up; 429 and 503 come with Retry-After. 504: the client waited for as long as a request may, and the command goes on.',
          content: failure,
        },
        Misdirected: {
          description: 'The replicaSet or volume is on another host of the log: msg names it. Nothing was changed.',
          content: failure,
        },
      },
    },
  };
  return JSON.parse(JSON.stringify(document, (key, value: unknown) => (key === '$id' ? undefined : value)));
}
