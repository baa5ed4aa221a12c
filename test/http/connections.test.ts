// Connections that hold on to what they have: answers that nobody reads, bodies that do not end.
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listen } from '../../src/http/listen.ts';
import { sleep } from '../../src/infra/async/time.ts';
import { send, start } from './client.ts';

const test = suite('connections');

/** More than the kernel takes for both ends of a connection. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');

async function answersNobodyReads(path: string): Promise<void> {
  const { port, stop } = await listen(
    (request, response) => {
      if (request.url === '/large') response.end(LARGE);
      else if (request.url === '/piped') Readable.from([LARGE, LARGE]).pipe(response);
      else response.end('ok');
    },
    { host: '127.0.0.1', port: 0, maxConnections: 4 },
  );
  const deaf: Socket[] = [];
  try {
    for (let i = 0; i < 4; i++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.pause();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      deaf.push(socket);
    }
    await sleep(200);
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(3_000) }).then(
      (got) => got.text(),
      (error: unknown) => String(error),
    );
    assert.is(answer, 'ok');
  } finally {
    for (const socket of deaf) socket.destroy();
    await stop(0);
  }
}

test('answers that nobody reads do not use up the connections', () => answersNobodyReads('/large'));

test('nor do those that are sent as they are read', () => answersNobodyReads('/piped'));

test('large bodies that do not end leave room for usual commands', async () => {
  const world = await start();
  const size = 512 * 1024;
  const head = `POST /api/v1/replicaSet HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n`;
  const holding: Socket[] = [];
  try {
    const hold = async (count: number, bytes: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const socket = connect(world.port, '127.0.0.1');
        socket.on('error', () => {});
        socket.write(head);
        socket.write(Buffer.alloc(bytes, ' '));
        holding.push(socket);
      }
      await sleep(1_000);
    };
    await hold(63, size - 1);
    await hold(70, 1); // what is left over
    const large = { imageName: 'busybox', replicaSetName: 'foo', env: ['A=1', 'x'.repeat(10_000)] };
    const refused = await send(world, 'POST', '/api/v1/replicaSet', large);
    assert.is(refused.status, 503, 'the memory for them is full');
    const answer = await send(world, 'POST', '/api/v1/replicaSet', { imageName: 'busybox', replicaSetName: 'foo' });
    assert.is(answer.status, 200, answer.text);
  } finally {
    for (const socket of holding) socket.destroy();
    await world.stop();
  }
});

test.run();
