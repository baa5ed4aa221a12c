// timeout: 600
// What one client can send to use up memory, connections or time, against the real server: its memory stays below a limit through all of it,
// others are answered meanwhile, and nothing of it comes into the log.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { eventually, RS, World } from '../e2e/world.ts';

const test = suite('exhaustion');

/** Resident memory of the server, MB, at most, through all of it: 230 to 255 were seen. */
const MOST_MB = 300;
/** What one attack may add to it, MB, at most. */
const MOST_MORE_MB = 100;
/** Longest time, s, for which the server's event loop may stand still: the machine may be busy with other tests. */
const MOST_LAG_S = 5;

let world: World;
let sockets: Socket[] = [];

test.before(async () => {
  world = await World.start();
});
test.after.each(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await sleep(200);
});
test.after(() => world.stop());

const rssOf = (): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${world.server.pid}/status`, 'utf8'))?.[1]) / 1_024;
const portOf = (): number => Number(new URL(world.server.url).port);

/** A connection on which this text was sent and that is never ended from this side; `said` is what came back. */
async function hold(text: string): Promise<{ readonly socket: Socket; said(): string }> {
  let said = '';
  const socket = connect({ port: portOf(), host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(socket);
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('latin1')}`.slice(0, 2_000);
  });
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', () => resolve());
  });
  socket.write(text);
  return { socket, said: () => said };
}

/** The longest time, s, for which the server's event loop stood still since the last call. */
async function lagOf(): Promise<number> {
  const { body } = await world.server.request<string>('GET', '/metrics');
  const found = /^gpu_docker_api_event_loop_lag_seconds\{[^}]*"max"\} (\S+)$/m.exec(body)?.[1];
  assert.ok(found !== undefined, 'the lag is among the metrics');
  return Number(found);
}

/** Events that no part of the service itself has caused. */
const eventsByOthers = async (): Promise<number> =>
  (await world.events()).filter(({ command }) => !command.actor.startsWith('system:')).length;

/** Carries out an attack: the server's memory and the lag of its event loop must stay below their limits, and no event may come of it. */
async function during(what: string, attack: () => Promise<void>): Promise<void> {
  const events = await eventsByOthers();
  await lagOf();
  const before = rssOf();
  let [peak, isOver] = [before, false];
  const watch = (async () => {
    while (!isOver) {
      assert.equal((await world.server.request('GET', '/healthz')).status, 200);
      peak = Math.max(peak, rssOf());
      await sleep(20);
    }
  })();
  try {
    await attack();
  } finally {
    isOver = true;
    await watch;
  }
  const lag = await lagOf();
  console.log(`note: ${what}: ${Math.round(peak)} MB at most, ${Math.round(rssOf())} MB after it, event loop at most ${lag} s behind`);
  assert.ok(peak < MOST_MB && peak < before + MOST_MORE_MB, `${what}: ${before} MB, then ${peak} MB`);
  assert.ok(lag < MOST_LAG_S, `${what}: ${lag} s behind`);
  assert.equal(await eventsByOthers(), events, `${what}: events`);
}

const inTurns = async (count: number, atOnce: number, act: (i: number) => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < count; i += atOnce) await Promise.all(Array.from({ length: Math.min(atOnce, count - i) }, (_, j) => act(i + j)));
};
const post = (path: string, length: number | string): string =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\n\r\n`;
/** On a busy machine the server may lose its lease for a moment, and says so. */
async function whenReady(act: () => ReturnType<World['send']>): ReturnType<World['send']> {
  for (;;) {
    const answer = await act();
    if (answer.status !== 503 || !answer.body.msg.startsWith('not ready')) return answer;
    await sleep(200);
  }
}
const isOpen = ({ socket }: { readonly socket: Socket }): boolean => !socket.destroyed && !socket.readableEnded;

test('connections that send half a header and do not hang up', () =>
  during('3000 half headers', async () => {
    const held: Awaited<ReturnType<typeof hold>>[] = [];
    await inTurns(3_000, 100, async () => held.push(await hold('GET / HTTP/1.1\r\nHost: x\r\nX-')));
    await eventually('the oldest are cut for the newest', async () => held.filter(isOpen).length <= 1_100);
    await eventually('all are cut', async () => held.filter(isOpen).length === 0, 30_000);
    assert.match(held.at(-1)?.said() ?? '', /^HTTP\/1\.1 408 .*"the request did not arrive in time"/s);
  }));

test('connections on which nothing is ever sent', () =>
  during('500 silent connections', async () => {
    const held: Awaited<ReturnType<typeof hold>>[] = [];
    await inTurns(500, 100, async () => held.push(await hold('')));
    await eventually('all are cut', async () => held.filter(isOpen).length === 0, 30_000);
  }));

test('bodies that do not end', () =>
  during('500 bodies of 500 KB', async () => {
    const held: Awaited<ReturnType<typeof hold>>[] = [];
    const most = 'x'.repeat(500_000);
    await inTurns(500, 25, async () => held.push(await hold(post(RS, 500_001) + most)));
    await eventually('some are refused', async () => held.some(({ said }) => /^HTTP\/1\.1 503 .*Retry-After: 2/s.test(said())));
    const refused = held.find(({ said }) => said().startsWith('HTTP/1.1 503'));
    assert.match(refused?.said() ?? '', /the bodies of other requests fill the memory/);
  }));

test('a body in chunks of one byte', () =>
  during('40 bodies in 50,000 chunks', async () => {
    const head = `POST ${RS} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n`;
    await inTurns(40, 10, () => hold(head + '1\r\nx\r\n'.repeat(50_000)));
    await sleep(1_000);
  }));

test('bodies that cost more to look at than to send', () =>
  during('100 bodies of many values, 100 that are too large', async () => {
    const wide = `{"a":[${'[],'.repeat(160_000)}[]]}`;
    await inTurns(100, 10, async () => {
      const answer = await whenReady(() => world.send('POST', RS, wide));
      assert.deepEqual([answer.status, answer.body.msg], [400, 'the body has more than 20000 values']);
    });
    const large = `{"a":[${'[],'.repeat(340_000)}[]]}`;
    await inTurns(100, 10, async () => assert.equal((await whenReady(() => world.send('POST', RS, large))).status, 413));
  }));

test('refusals that quote, log and retain what was sent', () =>
  during('1000 names of 250 KB', async () => {
    const replicaSetName = '-'.repeat(250_000);
    await inTurns(1_000, 10, async () => {
      const answer = await whenReady(() => world.send('POST', RS, { imageName: 'x', replicaSetName }));
      assert.equal(answer.status, 400);
      assert.ok(answer.body.msg.length < 300, answer.body.msg);
    });
    for (const body of [
      { imageName: '\n'.repeat(500) },
      { imageName: 'x', replicaSetName: '-'.repeat(250) },
      { env: ['x'.repeat(100_000)] },
    ])
      assert.ok((await world.send('POST', RS, { imageName: 'x', replicaSetName: 'x', ...body })).body.msg.length < 300);
    assert.ok((await world.send('GET', `/${'x'.repeat(10_000)}`)).body.msg.length < 300);
    const rejections = await world.ok<object>('GET', '/api/v1/rejections');
    assert.ok(JSON.stringify(rejections).length < 1_000 * 600);
    assert.ok(world.server.output().length < 5_000_000, 'the server’s log');
  }));

test('paths of the host that are longer than a path can be, or have thousands of parts', () =>
  during('paths of 100 KB and of 2000 parts', async () => {
    const dryRun = (src: string, binds = [{ src, dest: '/x' }]): Promise<{ status: number; body: { msg: string } }> =>
      whenReady(() => world.send('POST', `${RS}?dryRun=true`, { imageName: 'x', replicaSetName: 'x', binds }));
    const began = performance.now();
    await inTurns(8, 8, async () => {
      const { status, body } = await dryRun('/a'.repeat(50_000));
      assert.equal(status, 400);
      assert.ok(body.msg.length < 300, body.msg);
    });
    assert.match((await dryRun(`/${'é'.repeat(2_100)}`)).body.msg, /longer than a path can be: at most 4096 bytes/);
    const parts = Array.from({ length: 60 }, (_, i) => ({ src: `/srv${'/a'.repeat(2_000)}`, dest: `/x${i}` }));
    await inTurns(8, 8, () => dryRun('', parts));
    assert.ok(performance.now() - began < 20_000);
  }));

test('clients that follow the events', () =>
  during('300 event streams', async () => {
    const held: Awaited<ReturnType<typeof hold>>[] = [];
    const ask = 'GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n';
    await inTurns(300, 50, async () => held.push(await hold(ask)));
    const answered = (status: number): number => held.filter(({ said }) => said().startsWith(`HTTP/1.1 ${status}`)).length;
    await eventually('all are answered', async () => answered(200) + answered(429) === 300);
    assert.deepEqual([answered(200), answered(429)], [256, 44]);
  }));

test('files of the page, unpacked for clients that do not read them', () =>
  during('480 files of 1.4 MB', async () => {
    const ask = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(12);
    // By the server's end: a client that does not read does not see that it is cut.
    const ofServer = (): number => readdirSync(`/proc/${world.server.pid}/fd`).length;
    const before = ofServer();
    await inTurns(40, 10, async () => {
      const { socket } = await hold('');
      socket.pause();
      socket.write(ask);
    });
    await eventually('all are accepted', async () => ofServer() >= before + 40);
    await eventually('all are cut', async () => ofServer() < before + 10, 90_000);
  }));

test('after all that the server is as it was', async () => {
  await eventually('its connections are closed', async () => {
    const descriptors = readFileSync(`/proc/${world.server.pid}/net/tcp`, 'latin1').split('\n');
    const port = portOf().toString(16).toUpperCase().padStart(4, '0');
    return descriptors.filter((line) => new RegExp(`^ *\\d+: [0-9A-F]{8}:${port} [0-9A-F:]+ 0[1589]`).test(line)).length < 20;
  });
  assert.equal((await world.server.request('GET', '/readyz')).status, 200);
  assert.ok(rssOf() < MOST_MB, `${rssOf()} MB`);
});

test.run();
