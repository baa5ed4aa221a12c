// A socket before Docker's, which lets a test act at the moment of a call: between the server's request and Docker's reading of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface DockerProxy {
  readonly socket: string;
  /** Called with the first line of each request, before Docker gets it. */
  onRequest: (line: string) => void;
  stop(): void;
}

export async function startDockerProxy(docker: string): Promise<DockerProxy> {
  const directory = mkdtempSync(join(tmpdir(), 'gda-proxy-'));
  const socket = join(directory, 'docker.sock');
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(docker);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('end', () => to.end());
      from.on('close', () => open.delete(from));
    }
    client.on('data', (chunk: Buffer) => {
      const line = chunk.subarray(0, 500).toString('latin1').split('\r\n', 1)[0] ?? '';
      if (/^(GET|POST|PUT|DELETE|HEAD) \//.test(line)) proxy.onRequest(line);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => client.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const proxy: DockerProxy = {
    socket,
    onRequest: () => {},
    stop: () => {
      server.close();
      for (const one of open) one.destroy();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return proxy;
}
