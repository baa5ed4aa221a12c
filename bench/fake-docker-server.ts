// The engine in memory behind a socket, as a daemon that costs next to nothing: for more containers than a machine can run.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { CreateContainer } from '../src/commands/outside/engine.ts';
import { LABEL, type Labels, ownerOf } from '../src/infra/docker/connection/labels.ts';
import { FakeDockerd, labelsOf, RawRefusal } from '../test/doubles/fake-dockerd.ts';
import { FakeEngine } from '../test/doubles/fake-engine.ts';

export interface FakeDocker {
  readonly engine: FakeEngine;
  /** Ends a container as SIGKILL does, and tells who follows its events. */
  end(containerName: string): void;
  close(): void;
}

/** Starts it on a socket of that path. */
export async function startFakeDocker(path: string): Promise<FakeDocker> {
  const engine = new FakeEngine();
  const daemon = new FakeDockerd(engine);
  const followers = new Set<ServerResponse>();
  const answer = async (request: IncomingMessage): Promise<unknown> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://docker');
    const route = pathname.replace(/^\/v[\d.]+/, '');
    if (route === '/version') return { ApiVersion: '1.41' };
    if (route === '/networks/bridge') return { Created: '2026-01-01T00:00:00Z' };
    const body = Number(request.headers['content-length'] ?? 0) > 0 ? ((await json(request)) as object) : {};
    const query = Object.fromEntries([...searchParams].map(([key, value]) => [key, parsed(value)]));
    return daemon.answer({ method: request.method ?? 'GET', path: route, query, body }, requestOf(route, query, body));
  };
  const server = createServer((request, response) => {
    const send = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(status === 204 ? undefined : JSON.stringify(value));
    };
    if (/\/events(\?|$)/.test(request.url ?? '')) {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      followers.add(response);
      response.once('close', () => followers.delete(response));
      return;
    }
    answer(request).then(
      (value) => send(value === '' ? 204 : 200, value),
      (error: unknown) => (error instanceof RawRefusal ? send(error.statusCode, error.json) : send(500, { message: String(error) })),
    );
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    engine,
    end: (containerName) => {
      engine.die(containerName, 137);
      const container = engine.host.containerBy(containerName);
      if (container === undefined) throw new Error(`no container ${containerName}`);
      const event = { Type: 'container', Action: 'die', Actor: { ID: container.id, Attributes: labelsOf(container) } };
      for (const follower of followers) follower.write(`${JSON.stringify(event)}\n`);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function parsed(value: string): unknown {
  if (value === 'true' || value === 'false') return value === 'true';
  return value.startsWith('{') ? JSON.parse(value) : value;
}

/** The request of the port behind a create, as far as the engine in memory needs it. */
function requestOf(route: string, query: Readonly<Record<string, unknown>>, body: object): CreateContainer | undefined {
  if (route !== '/containers/create') return undefined;
  const { Image, Labels } = body as { readonly Image: string; readonly Labels: Labels };
  const owner = ownerOf(Labels, 'container');
  if (owner === undefined) return undefined;
  return {
    containerName: String(query['name']),
    owner: { ...owner, operation: Labels[LABEL.operation] ?? '' },
    image: Image,
    fromDisk: false,
    base: { id: Image, env: [] },
    spec: { env: [], binds: [] },
    anonymousVolumes: [],
    gpus: [],
    requestDevices: true,
    ports: [],
  };
}
