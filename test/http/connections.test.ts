// Connections that hold on to what they have: answers that nobody reads.
import { connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listen } from '../../src/http/listen.ts';
import { sleep } from '../../src/infra/async/time.ts';

const test = suite('connections');

/** More than the kernel takes for both ends of a connection. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');

test('answers that nobody reads do not use up the connections', async () => {
  const { port, stop } = await listen((request, response) => response.end(request.url === '/large' ? LARGE : 'ok'), {
    host: '127.0.0.1',
    port: 0,
    maxConnections: 4,
  });
  const deaf: Socket[] = [];
  try {
    for (let i = 0; i < 4; i++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.pause();
      socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
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
});

test.run();
