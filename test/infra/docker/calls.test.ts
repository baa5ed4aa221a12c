// The calls of Docker as those who count them see them: kinds without names, failures by kind, and nothing of what a caller gave up.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { callKind } from '../../../src/infra/docker/connection/call-kind.ts';
import { dockerApi } from '../../../src/infra/docker/connection/connect.ts';

const test = suite('calls of Docker, counted');

test('a kind has no name in it', () => {
  for (const [method, path, kind] of [
    ['GET', '/_ping', 'GET /_ping'],
    ['GET', '/volumes', 'GET /volumes'],
    ['POST', '/commit', 'POST /commit'],
    ['GET', '/containers/json', 'GET /containers/json'],
    ['GET', '/containers/foo-1/json', 'GET /containers/{id}/json'],
    ['DELETE', '/containers/foo-1', 'DELETE /containers/{id}'],
    ['POST', '/containers/start/start', 'POST /containers/{id}/start'],
    ['GET', '/images/lab/cuda/devel:12/json', 'GET /images/{id}/json'],
    ['DELETE', '/images/lab/cuda', 'DELETE /images/{id}'],
    ['GET', '/system/df', 'GET /system/df'],
    ['GET', '/secret-name', 'GET /other'],
    ['GET', '/secret-name/json', 'GET /other'],
  ] as const)
    assert.is(callKind(method, path), kind);
});

test('an answer, a refusal, no answer and a call that was given up', async () => {
  const server = createServer((request, response) => {
    const [, last = ''] = /\/([^/?]+)(\?.*)?$/.exec(request.url ?? '') ?? [];
    if (last === 'silent') return;
    const status = last === 'version' || last === 'there' ? 200 : last === 'started' ? 304 : 409;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(status === 304 ? undefined : JSON.stringify({ ApiVersion: '1.44', message: 'no' }));
  }).listen(0);
  const { port } = server.address() as AddressInfo;
  const told: string[] = [];
  const deadlines = { quickMs: 300, slowMs: 300, silenceMs: 300 };
  const api = dockerApi({
    dockerHost: `tcp://127.0.0.1:${port}`,
    deadlines,
    onCall: (call, seconds, failure) => {
      assert.ok(seconds >= 0 && seconds < 10);
      told.push(`${call}: ${failure}`);
    },
  });
  await api.call('a', { path: '/volumes/there' });
  await api.call('b', { path: '/volumes/refused' }).catch(() => undefined);
  await api.call('c', { path: '/volumes/started' }).catch(() => undefined);
  await api.call('d', { path: '/volumes/silent' }).catch(() => undefined);
  const over = new AbortController();
  const given = api.call('e', { path: '/volumes/silent', signal: over.signal }).catch(() => undefined);
  over.abort();
  await given;
  server.closeAllConnections();
  server.close();
  assert.equal(told, [
    'GET /version: null',
    'GET /volumes/{id}: null',
    'GET /volumes/{id}: conflict',
    'GET /volumes/{id}: null',
    'GET /volumes/{id}: unavailable',
  ]);
});

test.run();
