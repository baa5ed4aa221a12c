// The OpenAPI 3.1 document, made from the route table and the schemas that validate the bodies.
import Type, { type TSchema } from 'typebox';
import { Code } from '../../commands/api-codes.ts';
import { commands } from '../../commands/command.ts';
import { documentedRoutes } from '../app.ts';
import { kebab } from '../response/answer.ts';
import type { ApiRoute } from '../route.ts';
import { bodySchema, needsBody } from './body-schema.ts';
import { CODE_MEANINGS } from './error-codes.ts';
import { parameters, parametersOf } from './parameters.ts';
import { Plan } from './plan-schema.ts';
import { accepted, failures, failuresOf, headerRefs, headers } from './responses.ts';
import { refTo, SchemaRefs } from './schema-refs.ts';
import { tagOf, tags } from './tags.ts';

/** A request and its answer, as they went over the wire. */
export interface Example {
  /** METHOD and path with {name}. */
  readonly route: string;
  readonly request?: unknown;
  readonly response: unknown;
}

const DESCRIPTION = `Gives containers exclusive GPUs of a Docker host until they are stopped or deleted.

**Answers** are \`{code, msg, data}\`. \`code\` is 200, or says what went wrong; \`msg\` says it for people, with what to do. Clients that accept
\`application/problem+json\` get failures as RFC 9457 problems. The HTTP status tells the same story, but for a server with \`--compat-go\`: it answers
200 to everything, as the Go program does, and \`code\` alone tells success from failure.

**Names**: unknown fields of a body and unknown parameters are refused. Answers may gain fields.`;

const codeTable = (): string =>
  [
    '| code | name | meaning |',
    '|---|---|---|',
    ...Object.entries(Code)
      .sort(([, a], [, b]) => a - b)
      .map(([name, code]) => `| ${code} | ${kebab(name)} | ${CODE_MEANINGS[name as keyof typeof Code]} |`),
  ].join('\n');

const answered = (data: TSchema): TSchema => Type.Object({ code: Type.Literal(200), msg: Type.Literal('Success'), data });

/** Rights in words. */
const NEEDS: { readonly [K in ApiRoute['right']]: string } = {
  open: 'Needs no key.',
  read: 'Needs any key; with scope own the answer has only what the key’s name made.',
  readAll: 'Needs a key of scope all.',
  operate: 'Needs the role operator.',
  admin: 'Needs the role admin.',
};

const json = (schema: unknown, example?: unknown): object => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
});

/** The content types of a successful answer. */
function contentOf({ answer, alsoAs = {}, plans = false }: ApiRoute, schemas: SchemaRefs, example: unknown): object {
  const data = answer !== undefined && plans ? Type.Union([answer, Plan]) : answer;
  return {
    ...(data !== undefined && json(schemas.of(answered(data)), example)),
    ...Object.fromEntries(Object.entries(alsoAs).map(([type, schema]) => [type, { schema: schemas.of(schema) }])),
  };
}

function headersOf({ query = {}, hasEtag = false, plans = false, alsoAs = {} }: ApiRoute): object {
  return headerRefs(
    'X-Request-Id',
    ...(hasEtag || plans ? (['ETag'] as const) : []),
    ...('at' in query ? (['X-At-Sequence', 'X-At-Time'] as const) : []),
    ...('application/x-ndjson' in alsoAs ? (['Link'] as const) : []),
  );
}

function operation(route: ApiRoute, schemas: SchemaRefs, example: Example | undefined): object {
  const { id, summary, command, body, right, plans = false, alsoAs = {} } = route;
  return {
    operationId: id,
    summary,
    tags: [tagOf(route)],
    description: [
      NEEDS[right],
      ...(command === undefined ? [] : [`Code ${commands[command].failureCode} when it could not be carried out.`]),
    ].join(' '),
    ...(right === 'open' && { security: [] }),
    parameters: parametersOf(route, schemas),
    ...(body !== undefined && {
      requestBody: { required: needsBody(body), content: json(schemas.of(bodySchema(body)), example?.request) },
    }),
    responses: {
      200: { description: 'Success', headers: headersOf(route), content: contentOf(route, schemas, example?.response) },
      ...('text/event-stream' in alsoAs && {
        204: { description: 'The stream has ended for good: nothing that is asked for can come any more.' },
      }),
      ...(command !== undefined && plans && { 202: refTo('responses', 'Accepted') }),
      ...failuresOf(route),
    },
  };
}

/** Plain JSON: the schemas' own ids are their names in it. */
export function openApiDocument(version: string, examples: readonly Example[] = []): unknown {
  const schemas = new SchemaRefs();
  const paths: Record<string, Record<string, object>> = {};
  for (const route of documentedRoutes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const example = examples.find((one) => one.route === `${route.method} ${path}`);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, schemas, example) };
  }
  const responses = { Accepted: accepted, ...failures(schemas) };
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'gpu-docker-api',
      version,
      summary: 'Leases the GPUs of a Docker host.',
      description: `${DESCRIPTION}\n\n**Codes**\n\n${codeTable()}`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server that this document comes from; by default http://127.0.0.1:2378.' }],
    // None: while the log has no keys, a service on loopback needs none.
    security: [{ key: [] }, {}],
    tags,
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', bearerFormat: 'gda_…', description: 'An API key: gpu-docker-api keys create NAME.' },
      },
      parameters,
      headers,
      schemas: schemas.all(),
      responses,
    },
  };
  return JSON.parse(JSON.stringify(document));
}
