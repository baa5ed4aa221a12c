// What a container printed, over real sockets: asked for, followed from version to version, by whom, and by how many.
import { type IncomingMessage, request } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/commands/outside/engine-error.ts';
import { until } from '../support/until.ts';
import { type Live, runs, startLive } from './live.ts';

const test = suite('output of containers');

let live: Live;
test.before.each(async () => {
  live = await startLive();
  await live.order('ann', runs('foo', 1));
});
test.after.each(() => live.stop());

const LOGS = '/api/v1/replicaSet/foo/logs';
const printed = (containerName: string): string[] => {
  const container = live.core.engine.host.containerBy(containerName);
  if (container === undefined) throw new Error(`no container ${containerName}`);
  return container.printed;
};

interface Reader {
  readonly response: IncomingMessage;
  readonly text: () => string;
  /** `whole`, or `broken` where the connection broke off before the end. */
  readonly ended: Promise<'whole' | 'broken'>;
  close(): void;
}

function read(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reader> {
  return new Promise((resolve, reject) => {
    const call = request(`${live.url}${path}`, { headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      const ended = new Promise<'whole' | 'broken'>((done) => {
        response.once('close', () => done(response.complete ? 'whole' : 'broken'));
        response.once('error', () => done('broken'));
      });
      resolve({ response, text: () => text, ended, close: () => response.destroy() });
    });
    call.once('error', reject);
    call.end();
  });
}

const follow = (query = '', headers: Readonly<Record<string, string>> = {}): Promise<Reader> =>
  read(`${LOGS}?follow=true${query}`, headers);
const says = (reader: Reader, text: string): Promise<void> => until(text, () => reader.text() === text);

test('what is there now, and the last lines of it', async () => {
  printed('foo-1').push('one', 'two', 'three');
  const whole = await live.get(LOGS);
  assert.equal([whole.status, whole.text], [200, 'one\ntwo\nthree\n']);
  assert.is(whole.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.is(whole.headers.get('cache-control'), 'no-store');
  assert.is((await live.get(`${LOGS}?tail=2&follow=false`)).text, 'two\nthree\n');
  assert.is((await live.get(`${LOGS}?tail=all`)).text, 'one\ntwo\nthree\n');
  assert.is((await fetch(`${live.url}${LOGS}`, { method: 'HEAD' })).status, 200);
});

test('a follower gets what comes, goes on with the version that a patch makes, and ends when the container has ended', async () => {
  printed('foo-1').push('before', 'last of the past');
  const reader = await follow('&tail=1');
  await says(reader, 'last of the past\n');
  printed('foo-1').push('now');
  await says(reader, 'last of the past\nnow\n');
  await live.order('ann', { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } });
  printed('foo-2').push('the next version', 'all of it');
  await says(reader, 'last of the past\nnow\nthe next version\nall of it\n');
  const second = live.core.engine.host.containerBy('foo-2');
  assert.ok(second);
  live.core.engine.end(second, 0);
  assert.is(await reader.ended, 'whole');
  assert.is((await live.get(LOGS)).text, 'the next version\nall of it\n', 'an ended container has its output still');
});

test('a patch that fails: the follower goes on with the container that was put back', async () => {
  const reader = await follow();
  printed('foo-1').push('before');
  await says(reader, 'before\n');
  live.core.engine.before = async (call, args) => {
    const [container] = args as [{ containerName?: string }];
    if (call === 'createContainer' && container.containerName === 'foo-2') throw new EngineError('refused', 'no');
  };
  const outcome = await live.core.submit({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } });
  assert.not(outcome.ok);
  printed('foo-1').push('after');
  await says(reader, 'before\nafter\n');
  reader.close();
});

test('a stop, a pause and a delete end it; another life of the name is not followed', async () => {
  for (const verb of ['pause', 'stop', 'delete'] as const) {
    const reader = await follow();
    await live.order('ann', { do: verb, name: 'foo' });
    assert.is(await reader.ended, 'whole', verb);
    if (verb === 'pause') await live.order('ann', { do: 'continue', name: 'foo' });
    if (verb === 'stop') await live.order('ann', { do: 'restart', name: 'foo' });
  }
  const gone = await live.get(LOGS);
  assert.equal([gone.status, gone.body.code, gone.body.msg], [404, 1045, 'replicaSet foo does not exist']);
});

test('what cannot be asked for is named', async () => {
  for (const [query, says] of [
    ['tail=-1', /tail is "-1"/],
    ['tail=many', /tail is "many"/],
    ['tail=1&tail=2', /tail is given 2 times/],
    ['follow=yes', /follow is "yes": it can be true or false/],
    ['since=yesterday', /since is "yesterday": it must be a time/],
    ['until=2026-01-01', /until/],
  ] as const) {
    const { status, body } = await live.get(`${LOGS}?${query}`);
    assert.equal([status, body.code], [400, 1000], query);
    assert.match(body.msg, says);
  }
});

test('a container that has gone from Docker', async () => {
  live.core.engine.vanish('foo-1');
  const { status, body } = await live.get(LOGS);
  assert.ok(status === 404 || status === 503, 'for a while it is in doubt');
  assert.match(body.msg, /container foo-1/);
});

/** Waits until a reader has a place; a hang-up is noticed a moment later. */
async function free(): Promise<void> {
  for (let looks = 0; (await live.get(LOGS)).status !== 200; looks++) {
    assert.ok(looks < 500, 'no place is free');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('so many readers and no more; a place is free again when one has ended, however it ended', async () => {
  // Of four places one name gets half of what is free, then half of the rest.
  const readers: Reader[] = [];
  for (;;) {
    const reader = await follow();
    if (reader.response.statusCode !== 200) {
      assert.is(reader.response.statusCode, 429);
      await reader.ended;
      assert.match(reader.text(), /readers of output are served for foo already \(--max-logs\)/);
      break;
    }
    readers.push(reader);
    assert.ok(readers.length <= 4);
  }
  for (const reader of readers) reader.close();
  for (let i = 0; i < 12; i++) {
    assert.is((await fetch(`${live.url}${LOGS}?follow=true`, { method: 'HEAD' })).status, 200, 'a look at the headers');
    await free();
  }
  await live.order('ann', runs('other', 0));
  assert.is((await live.get('/api/v1/replicaSet/other/logs')).status, 200);
});

test('a server that stops breaks the output off: it is not whole', async () => {
  const reader = await follow();
  live.core.core.outputs.stop('the server is stopping');
  assert.is(await reader.ended, 'broken');
  assert.is((await live.get(LOGS)).status, 503);
});

test('a key of scope own reads what it made, and its stream ends with it', async () => {
  const give = async (name: string, body: object, key = ''): Promise<string> => {
    const answer = await fetch(`${live.url}/api/v1/keys`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ name, ...body }),
    });
    return ((await answer.json()) as { data: { key: string } }).data.key;
  };
  const admin = await give('root', { role: 'admin' });
  const [ann, bob] = [await give('ann', {}, admin), await give('bob', {}, admin)];
  assert.is((await live.get(LOGS, { authorization: `Bearer ${bob}` })).status, 403);
  const reader = await follow('', { authorization: `Bearer ${ann}` });
  assert.is(reader.response.statusCode, 200);
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  printed('foo-1').push('still there');
  await says(reader, 'still there\n');
  await fetch(`${live.url}/api/v1/keys/ann`, { method: 'DELETE', headers: { authorization: `Bearer ${admin}` } });
  assert.is(await reader.ended, 'broken');
});

test.run();
