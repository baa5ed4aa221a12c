// The OpenAPI 3.1 document, made from the route table and the schemas that validate the bodies.
import Type, { type TSchema } from 'typebox';
import { apiRoutes } from '../app.ts';
import type { Route } from '../route.ts';
import { answers } from './answer-schemas.ts';
import { bodies } from './body-schemas.ts';

const header = (name: string, description: string): object => ({ name, in: 'header', description, schema: { type: 'string' } });
const ref = (section: string, name: string): object => ({ $ref: `#/components/${section}/${name}` });

const parameters = {
  Name: { name: 'name', in: 'path', required: true, schema: { type: 'string' } },
  DryRun: { name: 'dryRun', in: 'query', description: 'Only say what would be done.', schema: { type: 'boolean' } },
  Actor: header('X-Actor', 'Who orders it; kept in every event. Default: anonymous.'),
  RequestId: header('X-Request-Id', 'Kept in every event and given back; made up when absent.'),
  IdempotencyKey: header('Idempotency-Key', 'The same key with the same body gets the first answer again.'),
  IfMatch: header('If-Match', 'The ETag of an info: 412 when somebody changed it since.'),
};

const envelope = (data: TSchema): TSchema =>
  Type.Object({ code: Type.Integer({ description: '200, or the code of what went wrong.' }), msg: Type.String(), data });

function operation(route: Route): object {
  const { method, path, summary, failureCode, body } = route;
  const isMutation = failureCode !== undefined;
  const isExecute = path.endsWith('/execute');
  const named = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) =>
    name === 'name' ? ref('parameters', 'Name') : { name, in: 'path', required: true, schema: { type: 'string' } },
  );
  const asked = Object.entries(route.query ?? {}).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' },
  }));
  const mutating = ['Actor', 'IdempotencyKey', ...(isExecute ? [] : ['IfMatch', 'DryRun'])].map((name) => ref('parameters', name));
  const bodyName = Object.entries(bodies).find(([, schema]) => schema === body)?.[0];
  return {
    summary,
    tags: [path.split('/')[3]],
    ...(isMutation && { description: `Code ${failureCode} when it could not be carried out.` }),
    parameters: [...named, ...asked, ref('parameters', 'RequestId'), ...(isMutation ? mutating : [])],
    ...(bodyName !== undefined && { requestBody: { content: { 'application/json': { schema: ref('schemas', bodyName) } } } }),
    responses: {
      200: {
        description: 'Success',
        content: { 'application/json': { schema: envelope(answers[`${method} ${path}`] ?? Type.Null()) } },
      },
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
  });
  const document = {
    openapi: '3.1.0',
    info: { title: 'gpu-docker-api', version, description: 'Leases the GPUs of a Docker host.' },
    paths,
    components: {
      parameters,
      schemas: bodies,
      responses: {
        Failure: {
          description: 'code and msg say what was wrong; 429 and 503 come with Retry-After.',
          content: { 'application/json': { schema: envelope(Type.Null()) }, 'application/problem+json': { schema: problem } },
        },
      },
    },
  };
  return JSON.parse(JSON.stringify(document, (key, value: unknown) => (key === '$id' ? undefined : value)));
}
