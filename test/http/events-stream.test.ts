// text/event-stream on /api/v1/events, over real sockets: resume without gap or repeat, slow readers, heartbeats, many clients.
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Event } from '../../src/events/catalogue.ts';
import { canonical } from '../../src/events/hash.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { call, type EventsWorld, follow, type Reader, startEvents } from './events-world.ts';

const test = suite('event stream');

let etcd: TestEtcd;
let world: EventsWorld;
test.before(async () => {
  etcd = await startEtcd();
  world = await startEvents({ heartbeatMs: 100, slowMs: 300, maxSse: 200 }, etcd);
});
test.after(async () => {
  await world.stop();
  await etcd.kill();
});

const head = (): number => world.core.state().head.seq;
const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

/** Appends as a command would; `bytes` of text in each event. */
async function append(count: number, bytes = 0): Promise<void> {
  const events = range(1, count).map((i) => ({
    type: 'ContainerDied' as const,
    stream: 'replicaSet/foo',
    data: { version: 1, exitCode: i, message: 'x'.repeat(bytes) },
  }));
  const meta = { id: `flood-${head()}`, name: 'test', actor: 'flood' };
  const committed = await world.committer.submit(meta, () => ({ kind: 'events', events }));
  if (committed.kind !== 'committed') throw new Error(committed.kind);
}

test('what happens is sent as it happens: id, type and the event as it stands in the log', async () => {
  const reader = await follow(world);
  assert.is(reader.status, 200);
  assert.match(reader.response.headers['content-type'] ?? '', /^text\/event-stream/);
  assert.is(reader.response.headers['cache-control'], 'no-store');
  const from = head() + 1;
  assert.is(
    (await call(world, 'POST', '/api/v1/replicaSet', { imageName: 'img', replicaSetName: 'foo', gpuCount: 1 }, { 'x-actor': 'ann' })).code,
    200,
  );
  await reader.until(() => reader.ids().at(-1) === head());
  assert.equal(reader.ids(), range(from, head()));
  const stored: Event[] = [];
  for await (const record of world.log.read(from)) stored.push(...(record as readonly Event[]));
  assert.equal(
    reader.frames.map(({ data }) => data),
    stored.map(canonical),
  );
  assert.equal(
    reader.frames.map(({ event }) => event),
    stored.map(({ type }) => type),
  );
  reader.close();
});

test('with filters, and since: the past first, then the present', async () => {
  const reader = await follow(world, '?since=1&type=ContainerStarted,GpuAllocated,ContainerDied&replicaSet=foo');
  await append(2);
  await reader.until(() => reader.frames.filter(({ event }) => event === 'ContainerDied').length === 2);
  const { data } = await call<{ events: Event[] }>(
    world,
    'GET',
    '/api/v1/events?order=asc&type=ContainerStarted,GpuAllocated,ContainerDied&replicaSet=foo',
  );
  assert.equal(
    reader.ids(),
    data.events.map(({ seq }) => seq),
  );
  assert.ok(reader.frames.length > 2);
  reader.close();
});

test('resume under concurrent commits: every event once and in order, however often the connection breaks', async () => {
  const began = head();
  let committing = true;
  const writer = (async () => {
    for (let i = 0; i < 150; i++) {
      await append(1 + (i % 7));
      if (i % 10 === 0) await sleep(1);
    }
    committing = false;
  })();
  const readers = range(1, 4).map(async (n) => {
    const got: number[] = [];
    for (let connections = 1; ; connections++) {
      const last = got.at(-1) ?? began;
      const reader = n % 2 === 0 ? await follow(world, `?lastEventId=${last}`) : await follow(world, '', { 'last-event-id': String(last) });
      const enough = 5 + ((n * 37 + connections * 11) % 90);
      await reader.until(() => reader.frames.length >= enough || (!committing && (reader.ids().at(-1) ?? last) === head()));
      got.push(...reader.ids());
      reader.close();
      if (!committing && got.at(-1) === head()) return { got, connections };
    }
  });
  await writer;
  for (const { got, connections } of await Promise.all(readers)) {
    assert.equal(got, range(began + 1, head()));
    assert.ok(connections > 3);
  }
});

test('a heartbeat when nothing happens', async () => {
  const reader = await follow(world);
  await reader.until(() => reader.comments.filter((text) => text.startsWith(`: at event ${head()}`)).length >= 3, 5_000);
  assert.is(reader.frames.length, 0);
  reader.close();
});

test('a reader that takes nothing is cut off with little kept for it, and goes on where it was', async () => {
  const began = head();
  const reader = await follow(world);
  reader.response.pause();
  const before = world.audit.streams.cutOff;
  // More than the sockets of both ends hold.
  for (let i = 0; i < 80; i++) await append(2, 200_000);
  const late = Date.now() + 10_000;
  while (world.audit.streams.cutOff === before && Date.now() < late) await sleep(20);
  assert.is(world.audit.streams.cutOff, before + 1);
  assert.is((await call(world, 'GET', '/healthz')).status, 200);
  reader.response.resume();
  await reader.ended;
  const got = reader.ids();
  assert.ok(got.length < 160, `${got.length} of 160 arrived before it was cut off`);
  const again = await follow(world, '', { 'last-event-id': String(got.at(-1) ?? began) });
  await again.until(() => again.ids().at(-1) === head(), 20_000);
  assert.equal([...got, ...again.ids()], range(began + 1, head()));
  again.close();
});

test('until: the stream ends after it, and who comes again is told to stay away', async () => {
  const last = head();
  const reader = await follow(world, `?since=${last - 3}&until=${last}`);
  await reader.ended;
  assert.equal(reader.ids(), range(last - 3, last));
  const again = await fetch(`${world.server.url}/api/v1/events?until=${last}`, {
    headers: { accept: 'text/event-stream', 'last-event-id': String(last) },
  });
  assert.is(again.status, 204);
});

test('a client that has an event which the log does not have is told: the log was restored since', async () => {
  for (const [query, headers] of [
    ['', { 'last-event-id': String(head() + 2) }],
    [`?lastEventId=${head() + 1}`, {}],
  ] as const) {
    const answer = await call(world, 'GET', `/api/v1/events${query}`, undefined, { accept: 'text/event-stream', ...headers });
    assert.equal([answer.status, answer.code], [410, 410]);
    assert.match(answer.msg, `but the log ends at event ${head()}: it was restored to an earlier moment`);
  }
  const reader = await follow(world, '', { 'last-event-id': String(head()) });
  await append(1);
  await reader.until(() => reader.ids().at(-1) === head());
  reader.close();
});

test('what cannot be followed', async () => {
  for (const [query, headers] of [
    ['?limit=5', {}],
    ['?order=asc', {}],
    ['?nonsense=1', {}],
    ['?lastEventId=x', {}],
    ['', { 'last-event-id': '-1' }],
  ] as const) {
    const answer = await call(world, 'GET', `/api/v1/events${query}`, undefined, { accept: 'text/event-stream', ...headers });
    assert.equal([answer.status, answer.code], [400, 1000], query);
  }
  const probe = await fetch(`${world.server.url}/api/v1/events`, { method: 'HEAD', headers: { accept: 'text/event-stream' } });
  assert.equal([probe.status, probe.headers.get('content-type')], [200, 'text/event-stream']);
});

test('200 clients at once get every event; one more is refused, and its place is free when one goes', async () => {
  const late = Date.now() + 5_000;
  while (world.audit.streams.clients > 0 && Date.now() < late) await sleep(10);
  assert.is(world.audit.streams.clients, 0, 'those that hung up are forgotten');
  const readers: Reader[] = await Promise.all(range(1, 200).map(() => follow(world, '?replicaSet=foo')));
  const refused = await call(world, 'GET', '/api/v1/events', undefined, { accept: 'text/event-stream' });
  assert.is(refused.status, 429);
  assert.match(refused.msg, /200 clients follow the events already \(--max-sse\)/);
  assert.is(refused.headers.get('retry-after'), '1');
  assert.match((await call(world, 'GET', '/metrics')).text, /gpu_docker_api_sse_clients 200\n/);
  const from = head() + 1;
  for (let i = 0; i < 20; i++) await append(2);
  await Promise.all(readers.map((reader) => reader.until(() => reader.ids().at(-1) === head(), 20_000)));
  for (const reader of readers) assert.equal(reader.ids(), range(from, head()));
  readers[0]?.close();
  while (world.audit.streams.clients === 200) await sleep(5);
  const next = await follow(world);
  assert.is(next.status, 200);
  for (const reader of [...readers, next]) reader.close();
});

test('the streams end when the server stops, and another server goes on with them', async () => {
  const other = await startEvents({}, etcd);
  const reader = await follow(other);
  // The other server reads the log that this one writes, and has written to it itself.
  while (head() !== other.core.state().head.seq) await sleep(5);
  const from = head() + 1;
  await append(3);
  await reader.until(() => reader.ids().at(-1) === head());
  assert.equal(reader.ids(), range(from, head()));
  const began = performance.now();
  await other.stop();
  await reader.ended;
  assert.ok(performance.now() - began < 900, 'it does not wait for those who follow');
  const resumed = await follow(world, '', { 'last-event-id': String(from) });
  await resumed.until(() => resumed.ids().at(-1) === head());
  assert.equal(resumed.ids(), range(from + 1, head()));
  resumed.close();
});

test('event=message: frames without a type, for onmessage', async () => {
  const last = head();
  const answer = await fetch(`${world.server.url}/api/v1/events?event=message&since=${last}&until=${last}`, {
    headers: { accept: 'text/event-stream' },
  });
  const text = await answer.text();
  assert.match(text, new RegExp(`\nid: ${last}\ndata: \\{`));
  assert.not.match(text, /^event:/m);
});

test.run();
