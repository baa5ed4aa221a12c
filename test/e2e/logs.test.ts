// What containers print, over HTTP: followed through a patch, by a slow reader, and by one that hangs up.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { IMAGES } from '../support/docker.ts';
import { eventually, RS, World } from './world.ts';

const test = suite('logs');
let world: World;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s', '--settle', '400ms', '--max-logs', '8']);
});
test.after(() => world.stop());

const prints = (script: string): Readonly<Record<string, unknown>> => ({ cmd: ['sh', '-c', script] });

function open(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request(new URL(`${RS}/${path}`, world.server.url), { agent: false }, resolve);
    call.once('error', reject);
    call.end();
  });
}

/** Collects what comes. `ended` says whether it came to its end. */
function collect(response: IncomingMessage) {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<boolean>((resolve) => response.once('close', () => resolve(response.complete)));
  response.on('error', () => {});
  return { text: () => Buffer.concat(chunks).toString(), ended };
}

test('a follower goes on from version to version, and ends with the stop', async () => {
  const script = 'echo "version $CONTAINER_VERSION"; while :; do sleep 1; done';
  const name = await world.run('follow', IMAGES.busybox, prints(script));
  const reader = collect(await open(`${name}/logs?follow=true`));
  await eventually('the first version', async () => reader.text() === 'version 1\r\n');
  await world.patch(name, {});
  await eventually('the second version', async () => reader.text() === 'version 1\r\nversion 2\r\n');
  await world.order(name, 'restart');
  await eventually('the third', async () => reader.text() === 'version 1\r\nversion 2\r\nversion 3\r\n');
  await world.order(name, 'continue');
  await eventually('it is started again', async () => reader.text() === 'version 1\r\nversion 2\r\nversion 3\r\nversion 3\r\n');
  await world.order(name, 'pause');
  assert.equal(await reader.ended, true);
  assert.equal((await world.send('GET', `${RS}/${name}/logs?tail=1`)).body, 'version 3\r\n', 'a paused one has its output still');
  await world.delete(name);
  const gone = await world.send('GET', `${RS}/${name}/logs`);
  assert.deepEqual([gone.status, gone.body.code], [404, 1045]);
});

test('a patch that fails: the same container goes on, and none of its lines comes twice', async () => {
  const script = '[ $CONTAINER_VERSION = 1 ] || exit 3; echo "begun"; i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done';
  const name = await world.run('undone', IMAGES.busybox, prints(script));
  const reader = collect(await open(`${name}/logs?follow=true`));
  await eventually('some lines', async () => reader.text().includes('5\r\n'));
  const refused = await world.send('PATCH', `${RS}/${name}`, { gpuPatch: { gpuCount: 1 } });
  assert.equal(refused.status, 422, JSON.stringify(refused.body));
  await eventually('it goes on', async () => /begun.*begun(\r\n\d+){3}/s.test(reader.text()));
  const [, first = '', second = ''] = reader.text().split('begun\r\n');
  for (const part of [first, second]) {
    const lines = part.trim().split('\r\n').map(Number);
    assert.deepEqual(lines, lines.map((_, i) => i + 1).slice(0, lines.length), part.slice(0, 200));
  }
  await world.delete(name);
  assert.equal(await reader.ended, true);
});

test('a slow reader costs little memory, and gets all in the end', async () => {
  const [lines, length] = [24_000, 1_000];
  const line = `yes "$(printf '%0${length}d' 7)" | head -n ${lines}`;
  const name = await world.run('slow', IMAGES.busybox, prints(`${line}; echo end; sleep 1000`));
  const rss = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${world.server.pid}/status`, 'utf8'))?.[1]) * 1024;
  await eventually(
    'all is printed',
    async () => ((await world.send<string>('GET', `${RS}/${name}/logs?tail=1`)).body as unknown) === 'end\r\n',
    60_000,
  );
  const before = rss();
  const response = await open(`${name}/logs`);
  response.pause();
  await sleep(2_000);
  const grown = rss() - before;
  assert.ok(grown < 16 * 1024 * 1024, `${grown} bytes more for ${lines * length} that nobody takes`);
  const reader = collect(response);
  response.resume();
  assert.equal(await reader.ended, true);
  assert.equal(reader.text().length, lines * (length + 2) + 5);
  await world.delete(name);
});

test('who hangs up ends the reading of Docker, and gives the place back', async () => {
  const name = await world.run('hang', IMAGES.busybox, prints('while :; do sleep 1; done'));
  const sockets = (): number =>
    readdirSync(`/proc/${world.server.pid}/fd`).filter((fd) => {
      try {
        return readlinkSync(`/proc/${world.server.pid}/fd/${fd}`).startsWith('socket:');
      } catch {
        return false;
      }
    }).length;
  await sleep(500);
  const before = sockets();
  for (let round = 0; round < 4; round++) {
    const responses = await Promise.all([1, 2, 3].map(() => open(`${name}/logs?follow=true`)));
    assert.deepEqual(
      responses.map(({ statusCode }) => statusCode),
      [200, 200, 200],
    );
    for (const response of responses) response.destroy();
    await eventually('its connections are gone', async () => sockets() <= before + 1);
  }
  await world.delete(name);
});

test.run();
