// A signal that is there for as long as the process, as that of the pings: calls leave nothing behind in it.
import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DockerApi } from '../../../src/infra/docker/connection/api.ts';
import { dockerApi } from '../../../src/infra/docker/connection/connect.ts';

const test = suite<{ directory: string; server: Server; api: DockerApi }>('a long signal');

test.before(async (context) => {
  context.directory = mkdtempSync(join(tmpdir(), 'long-signal-'));
  const socket = join(context.directory, 'docker.sock');
  context.server = createServer((request, response) => {
    if (request.url?.endsWith('/version')) response.end('{"ApiVersion":"1.44"}');
    else if (request.url?.endsWith('/gone')) response.writeHead(404).end('{"message":"no such thing"}');
    else if (request.url?.endsWith('/info')) response.end('{}');
    else if (request.url?.endsWith('/endless')) response.write('{}\n');
    else response.end('OK');
  });
  await new Promise<void>((resolve) => context.server.listen(socket, resolve));
  context.api = dockerApi({ dockerHost: socket, deadlines: { quickMs: 5_000, slowMs: 5_000, silenceMs: 5_000 } });
});
test.after(({ directory, server }) => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

/** Listeners, and the signals that AbortSignal.any has made from it, which Node 20 notes in it for ever. */
function leftIn(signal: AbortSignal): number {
  const noted = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals');
  const derived: unknown = noted === undefined ? undefined : Reflect.get(signal, noted);
  const count = typeof derived === 'object' && derived !== null && 'size' in derived ? Number(derived.size) : 0;
  return getEventListeners(signal, 'abort').length + count;
}

test('neither an answer, a refusal nor a stream leaves something in the signal', async ({ api }) => {
  const { signal } = new AbortController();
  for (let i = 0; i < 3; i++) {
    await api.call('ping', { path: '/_ping', signal });
    await api.call('look', { path: '/gone', signal }).catch(() => undefined);
    const stream = await api.stream('read', { path: '/read', signal });
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.resume();
    await closed;
  }
  assert.is(leftIn(signal), 0);
});

test('the signal ends a stream after its headers', async ({ api }) => {
  const over = new AbortController();
  const stream = await api.stream('events', { path: '/endless', signal: over.signal });
  const ended = new Promise((resolve) => stream.once('error', resolve).once('close', resolve));
  stream.resume();
  over.abort();
  await ended;
  assert.ok(stream.destroyed);
  assert.is(leftIn(over.signal), 0);
});

test.run();
