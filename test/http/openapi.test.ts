import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentedRoutes } from '../../src/http/app.ts';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { problemsAt, undescribed } from '../support/api-document.ts';
import { example } from './document.ts';

const test = suite('openapi');

interface Operation {
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: { readonly $ref: string } } } };
  readonly responses: { readonly 200: { readonly content: { readonly 'application/json': { readonly schema: object } } } };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}
const document = openApiDocument('1') as Document;

const examples = readdirSync(new URL('./fixtures/', import.meta.url)).map((file) => example(file.replace('.json', '')));
const operationOf = (route: string): Operation => {
  const [method = '', path = ''] = route.split(' ');
  const found = document.paths[path]?.[method.toLowerCase()];
  if (found === undefined) throw new Error(`${route} is not in the document`);
  return found;
};

test('every endpoint is in it', () => {
  for (const { method, path } of documentedRoutes) operationOf(`${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
});

test('every endpoint that answers in JSON has an example, which went over the wire', () => {
  const shown = new Map(examples.map(({ route, response }) => [route, response]));
  for (const { method, path, answer } of documentedRoutes) {
    const route = `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;
    if (answer !== undefined) assert.ok(shown.has(route), `${route} has no example in test/http/fixtures`);
    shown.delete(route);
  }
  assert.equal([...shown.keys()], [], 'no example of a request that there is not');
});

test('the API document’s answers are as the schemas say', () => {
  for (const { route, response } of examples) {
    const [method = '', path = ''] = route.split(' ');
    const keys = ['paths', path, method.toLowerCase(), 'responses', '200', 'content', 'application/json', 'schema'];
    assert.is(problemsAt(keys, response), null, route);
    assert.is.not(problemsAt(keys, { ...response, data: 5 }), null, `${route} says what data is`);
  }
});

test('the API document’s bodies are as the schemas say', () => {
  for (const { route, request } of examples) {
    const ref = operationOf(route).requestBody?.content['application/json'].schema.$ref;
    if (request === undefined) continue;
    assert.is(problemsAt(['components', 'schemas', ref?.split('/').at(-1) ?? ''], request), null, route);
  }
});

test('an answer that the document does not describe is found', () => {
  const answer = { method: 'GET', target: '/api/v1/operations?at=3', status: 200, type: 'application/json; charset=utf-8' };
  const good = { code: 200, msg: 'Success', data: { operations: [], pulls: [] } };
  assert.is(undescribed({ ...answer, body: good }), null);
  assert.match(undescribed({ ...answer, body: { ...good, data: { operations: [], pulls: [], more: 1 } } }) ?? '', /"more"/);
  assert.match(undescribed({ ...answer, body: { ...good, data: {} } }) ?? '', /operations/);
  assert.match(undescribed({ ...answer, body: good, type: 'text/html' }) ?? '', /content type text.html/);
  assert.match(undescribed({ ...answer, body: good, status: 201 }) ?? '', /status 201/);
  assert.match(undescribed({ ...answer, body: good, target: '/api/v1/nothing' }) ?? '', /no operation/);
  const failed = { code: 404, msg: 'there is nothing', data: null };
  assert.is(undescribed({ ...answer, body: failed, target: '/api/v1/nothing', status: 404 }), null);
  assert.match(undescribed({ ...answer, body: { ...failed, why: '' }, target: '/api/v1/nothing', status: 404 }) ?? '', /"why"/);
});

test.run();
