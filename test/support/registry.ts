// A registry that has one image, which runs, and gives its layers as slowly as a test wants.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Registry {
  /** `127.0.0.1:PORT/lab/slow`: a name that Docker pulls from here. */
  readonly image: string;
  /** Bytes of the layers. */
  readonly size: number;
  /** Requests of any kind so far. */
  requests: number;
  /** Requests for layers so far. */
  asked: number;
  /** Pause between two pieces of a layer, each a twentieth of it, ms. */
  pauseMs: number;
  /** The share of a layer after which nothing comes any more. */
  stallsAt: number;
  stop(): void;
}

const CHUNKS = 20;
const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A layer of busybox and so many random bytes, as a tar. */
function layerOf(bytes: number): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'gda-registry-'));
  try {
    mkdirSync(join(directory, 'bin'));
    const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
    copyFileSync(busybox, join(directory, 'bin', 'busybox'));
    for (const name of ['sh', 'sleep']) symlinkSync('busybox', join(directory, 'bin', name));
    writeFileSync(join(directory, 'data'), randomBytes(bytes));
    execFileSync('tar', ['-C', directory, '--numeric-owner', '-cf', `${directory}.tar`, '.']);
    return readFileSync(`${directory}.tar`);
  } finally {
    for (const path of [directory, `${directory}.tar`]) rmSync(path, { recursive: true, force: true });
  }
}

/** Docker takes a registry on loopback without TLS. Of each one the image is another. `bytes`: of each layer. */
export async function startRegistry(bytes = 4_000_000, count = 1): Promise<Registry> {
  const layers = Array.from({ length: count }, () => layerOf(bytes));
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Cmd: ['/bin/sh', '-c', "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"] },
      rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
    }),
  );
  const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: config.length, digest: digestOf(config) },
      layers: layers.map((layer) => ({
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        size: layer.length,
        digest: digestOf(layer),
      })),
    }),
  );
  const sendLayer = async (response: ServerResponse, layer: Buffer, from: number): Promise<void> => {
    const step = Math.ceil(layer.length / CHUNKS);
    for (let at = from; at < layer.length && !response.destroyed; at += step) {
      if (at >= layer.length * registry.stallsAt) return;
      response.write(layer.subarray(at, at + step));
      await sleep(registry.pauseMs);
    }
    response.end();
  };
  const server = createServer((request, response) => {
    const { url = '', method } = request;
    registry.requests++;
    const layer = layers.find((one) => url.endsWith(`/blobs/${digestOf(one)}`));
    const send = (type: string, body: Buffer): void => {
      response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length, 'Docker-Content-Digest': digestOf(body) });
      response.end(method === 'HEAD' ? undefined : body);
    };
    if (url === '/v2/') send('application/json', Buffer.from('{}'));
    else if (/^\/v2\/lab\/slow\/manifests\/(latest|sha256:.*)$/.test(url)) send(manifestType, manifest);
    else if (url.endsWith(`/blobs/${digestOf(config)}`)) send('application/octet-stream', config);
    else if (layer !== undefined) {
      registry.asked++;
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': layer.length - from, 'Accept-Ranges': 'bytes' });
      void sendLayer(response, layer, from);
    } else {
      response.writeHead(404, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const registry: Registry = {
    image: `127.0.0.1:${port}/lab/slow`,
    size: layers.reduce((all, { length }) => all + length, 0),
    requests: 0,
    asked: 0,
    pauseMs: 0,
    stallsAt: 1,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return registry;
}
