// A stand-in for dockerd on a socket of its own, for what no real one can be made to say.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Status and body of an answer; null: there will be none yet, and `response` is the answer's own to go on with. */
export type StubAnswer = readonly [status: number, body: unknown] | null;

export interface StubDocker {
  /** As for --docker-host. */
  readonly host: string;
  /** Closes the connections that nothing is asked on. */
  hangUp(): void;
  close(): void;
}

export async function startStubDocker(answer: (url: string, response: ServerResponse) => StubAnswer): Promise<StubDocker> {
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-stub-'));
  const socket = join(directory, 'docker.sock');
  const server = createServer((request, response) => {
    const given = answer(request.url ?? '', response);
    if (given === null) return;
    const [status, body] = given;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === null ? undefined : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    host: `unix://${socket}`,
    hangUp: () => server.closeIdleConnections(),
    close: () => {
      server.close();
      server.closeAllConnections();
      rmSync(directory, { recursive: true });
    },
  };
}

export const STUB_LABELS = {
  'gpu-docker-api.kind': 'container',
  'gpu-docker-api.log': 'L',
  'gpu-docker-api.name': 'foo',
  'gpu-docker-api.uid': 'u',
  'gpu-docker-api.version': '1',
};
/** The container that those labels are of. */
export const STUB_REF = { containerName: 'foo-1', id: 'c1', owner: { log: 'L', name: 'foo', uid: 'u', version: 1 } };

/** Its inspect. */
export function stubContainer(running: boolean): object {
  const state = { Status: running ? 'running' : 'exited', Running: running, ExitCode: 0, OOMKilled: false };
  return { Id: 'c1', Name: '/foo-1', Image: 'i', State: state, Config: { Labels: STUB_LABELS }, HostConfig: {} };
}
