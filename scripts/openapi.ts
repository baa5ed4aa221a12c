// Writes docs/openapi.json from the routes, and the types of the client from that. With --check it writes nothing, and exits with 1 where a file
// is out of date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import type { OpenAPI3 } from 'openapi-typescript';
import { documentedRoutes } from '../src/http/app.ts';
import { type Example, openApiDocument } from '../src/http/openapi/document.ts';

register('./typescript-api.mjs', import.meta.url);
const { astToString, default: typesOf } = await import('openapi-typescript');

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

const PLAN = '#/components/schemas/Plan';
const DRY_RUN = '#/components/parameters/DryRun';
const PREFER = '#/components/parameters/Prefer';
const isRefTo = (value: unknown, ref: string): boolean =>
  typeof value === 'object' && value !== null && '$ref' in value && value.$ref === ref;

/**
 * Without the dry runs, which are a method of the client of their own, and without `Prefer: respond-async`: otherwise the answer to every command
 * would have several types.
 */
const withOneAnswer = (document: unknown): unknown =>
  JSON.parse(JSON.stringify(document), (key, value: unknown) => {
    if (key === 'parameters' && Array.isArray(value))
      return value.filter((parameter) => !isRefTo(parameter, DRY_RUN) && !isRefTo(parameter, PREFER));
    if (key === '202') return undefined;
    if (typeof value !== 'object' || value === null || !('anyOf' in value) || !Array.isArray(value.anyOf)) return value;
    const others = value.anyOf.filter((schema) => !isRefTo(schema, PLAN));
    return others.length === 1 ? others[0] : { ...value, anyOf: others };
  });

/** The paths of the commands that can be planned, by method. */
function plannedPaths(): string {
  const methods = [...new Set(documentedRoutes.map(({ method }) => method))];
  const rows = methods.map((method) => {
    const paths = documentedRoutes.filter((route) => route.plans === true && route.method === method);
    return `    ${method.toLowerCase()}: ${paths.map(({ path }) => JSON.stringify(path.replaceAll(/:(\w+)/g, '{$1}'))).join(' | ') || 'never'};`;
  });
  return ['/** The commands that can be planned. */', 'export interface plannedPaths {', ...rows, '}', ''].join('\n');
}

async function clientTypes(document: unknown): Promise<string> {
  const nodes = await typesOf(withOneAnswer(document) as OpenAPI3, { defaultNonNullable: false });
  return `// Written by scripts/openapi.ts from the OpenAPI document.\n${astToString(nodes)}${plannedPaths()}`;
}

/** Requests and answers that the tests hold true. */
const EXAMPLES = new URL('../test/http/fixtures/', import.meta.url);
const examples = readdirSync(EXAMPLES).map((file) => JSON.parse(readFileSync(new URL(file, EXAMPLES), 'utf8')) as Example);

const document = openApiDocument(version, examples);
const files = [
  ['docs/openapi.json', `${JSON.stringify(document, null, 2)}\n`],
  ['src/cli/client/api.ts', await clientTypes(document)],
] as const;
for (const [file, text] of files) {
  const url = new URL(`../${file}`, import.meta.url);
  if (!process.argv.includes('--check')) writeFileSync(url, text);
  else if (readFileSync(url, 'utf8') !== text) {
    console.error(`${file} is out of date: npm run docs`);
    process.exitCode = 1;
  }
}
