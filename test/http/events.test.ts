// /api/v1/events, /api/v1/rejections and /metrics on the whole service over a real etcd.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ShownRejection } from '../../src/commands/reads.ts';
import type { Event } from '../../src/events/catalogue.ts';
import { canonical } from '../../src/events/hash.ts';
import type { EventPage } from '../../src/events/query.ts';
import { verifyChain } from '../../src/infra/log/verify/verify.ts';
import { call, type EventsWorld, startEvents } from './events-world.ts';

const test = suite('events');

const RUN = { imageName: 'img', replicaSetName: 'foo', gpuCount: 2, containerPorts: ['22'] };
const ann = { 'x-actor': 'ann', 'x-request-id': 'request-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

let world: EventsWorld;
let all: Event[];

test.before(async () => {
  world = await startEvents();
  assert.is((await call(world, 'POST', '/api/v1/volumes', { name: 'bar', size: '1GB' }, { 'x-actor': 'bob' })).code, 200);
  assert.is((await call(world, 'POST', '/api/v1/replicaSet', RUN, ann)).code, 200);
  assert.is((await call(world, 'PATCH', '/api/v1/replicaSet/foo', { gpuPatch: { gpuCount: 3 } }, { 'x-actor': 'bob' })).code, 200);
  assert.is((await call(world, 'POST', '/api/v1/replicaSet/foo/execute', { cmd: ['echo', 'hello'] }, ann)).code, 200);
  assert.is((await call(world, 'PATCH', '/api/v1/replicaSet/foo/stop', undefined, ann)).code, 200);
  all = [];
  for await (const record of world.log.read(1)) all.push(...(record as readonly Event[]));
});
test.after(() => world.stop());

const page = async (query: string): Promise<EventPage> => {
  const { data, code, msg } = await call<EventPage>(world, 'GET', `/api/v1/events${query}`);
  assert.is(code, 200, msg);
  return data;
};
const seqs = async (query: string): Promise<number[]> => (await page(query)).events.map(({ seq }) => seq);
const where = (test_: (event: Event) => boolean): number[] => all.filter(test_).map(({ seq }) => seq);

test('newest first, or oldest first; the events are those of the log', async () => {
  const newest = await page('');
  assert.equal(
    newest.events.map(({ seq }) => seq),
    where(() => true).reverse(),
  );
  assert.equal(newest.events.toReversed(), all);
  assert.is(newest.head, all.length);
  assert.is(newest.next, null);
  assert.equal(
    await seqs('?order=asc'),
    where(() => true),
  );
});

test('pages: the cursor goes through the log once, either way', async () => {
  for (const order of ['asc', 'desc']) {
    const found: number[] = [];
    let cursor = '';
    for (let pages = 0; pages < 100; pages++) {
      const { events, next } = await page(`?order=${order}&limit=7${cursor}`);
      found.push(...events.map(({ seq }) => seq));
      if (next === null) break;
      assert.is(events.length, 7);
      cursor = `&cursor=${next}`;
    }
    assert.equal(found, order === 'asc' ? where(() => true) : where(() => true).reverse());
  }
});

test('each filter, and all of them together', async () => {
  const inOrder = (query: string): Promise<number[]> => seqs(`?order=asc&limit=1000&${query}`);
  assert.equal(
    await inOrder('stream=replicaSet/foo'),
    where(({ stream }) => stream === 'replicaSet/foo'),
  );
  assert.equal(
    await inOrder('replicaSet=foo'),
    where(({ stream }) => stream === 'replicaSet/foo'),
  );
  assert.equal(
    await inOrder('volume=bar'),
    where(({ stream }) => stream === 'volume/bar'),
  );
  assert.equal(
    await inOrder('actor=ann'),
    where(({ command }) => command.actor === 'ann'),
  );
  assert.equal(
    await inOrder('actor=ann&actor=bob'),
    where(({ command }) => ['ann', 'bob'].includes(command.actor)),
  );
  const given = where(({ type }) => type === 'GpuAllocated' || type === 'GpuReleased');
  assert.ok(given.length >= 2);
  assert.equal(await inOrder('type=GpuAllocated,GpuReleased'), given);
  assert.equal(await inOrder('type=GpuAllocated&type=GpuReleased'), given);
  const ofGpu = where((event) => JSON.stringify(event.data).includes('"GPU-1"'));
  assert.equal(await inOrder('gpu=GPU-1'), ofGpu);
  assert.equal(await inOrder('gpu=1'), ofGpu, 'by index');
  assert.equal(
    await inOrder('port=40000'),
    where((event) => JSON.stringify(event.data).includes('"hostPort":40000')),
  );
  const { id } = (all.find(({ type }) => type === 'GpuAllocated') as Event).command;
  assert.equal(
    await inOrder(`command=${id}`),
    where(({ command }) => command.id === id),
  );
  assert.equal(await inOrder('since=5&until=9'), [5, 6, 7, 8, 9]);
  const { time } = all[9] as Event;
  assert.equal(
    await inOrder(`since=${time}`),
    where((event) => event.time >= time),
  );
  assert.equal(
    await inOrder(`until=${encodeURIComponent(time)}`),
    where((event) => event.time <= time),
  );
  assert.equal(
    await inOrder(`replicaSet=foo&type=GpuReleased&gpu=0&actor=ann&since=1&until=${all.length}`),
    where((event) => event.type === 'GpuReleased' && event.command.actor === 'ann'),
  );
  assert.equal(await inOrder('replicaSet=nobody'), []);
});

test('jsonl: one event a line, byte for byte as it is hashed, and the chain holds', async () => {
  const answer = await call(world, 'GET', '/api/v1/events?format=jsonl&order=asc&limit=1000');
  assert.is(answer.status, 200);
  assert.match(answer.type, /^application\/x-ndjson/);
  assert.is(answer.text, all.map((event) => `${canonical(event)}\n`).join(''));
  const lines = answer.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  const verdict = await verifyChain(
    (async function* () {
      yield lines;
    })(),
  );
  assert.is(verdict.ok, true);
  const first = await call(world, 'GET', '/api/v1/events?format=jsonl&limit=3&actor=ann');
  const link = first.headers.get('link') ?? '';
  assert.match(link, /^<\/api\/v1\/events\?format=jsonl&limit=3&actor=ann&cursor=\d+>; rel="next"$/);
});

test('one event: the command that caused it, and its neighbours', async () => {
  const released = all.findLast(({ type }) => type === 'GpuReleased') as Event;
  const answer = await call<{ event: Event; command: Event[]; truncated: boolean; links: { previous: string; next: string } }>(
    world,
    'GET',
    `/api/v1/events/${released.seq}`,
  );
  assert.equal(answer.data.event, released);
  assert.equal(
    answer.data.command,
    all.filter(({ command }) => command.id === released.command.id),
  );
  assert.is(answer.data.command[0]?.type, 'OperationStarted');
  assert.is(answer.data.truncated, false);
  const inStream = where(({ stream }) => stream === 'replicaSet/foo');
  const at = inStream.indexOf(released.seq);
  assert.equal(answer.data.links, {
    previous: `/api/v1/events/${inStream[at - 1]}`,
    next: at + 1 < inStream.length ? `/api/v1/events/${inStream[at + 1]}` : null,
  });
  const beyond = await call(world, 'GET', `/api/v1/events/${all.length + 1}`);
  assert.equal([beyond.status, beyond.msg], [404, `there is no event ${all.length + 1}: the log ends at ${all.length}`]);
});

test('a query with something unknown or wrong in it is refused, with what it can have', async () => {
  const wrong: [string, RegExp][] = [
    ['?replicaset=foo', /"replicaset" is not a parameter of this request: did you mean replicaSet\?$/],
    ['?type=GpuTaken', /there is no event type "GpuTaken"; there are: LogCreated, /],
    ['?type=', /type is empty/],
    ['?port=0', /port is "0"/],
    ['?port=abc', /port is "abc"/],
    ['?gpu=9', /gpu is 9, but this host has GPUs 0, 1, 2, 3/],
    ['?stream=foo', /stream is "foo": it must be log, host\/NAME/],
    ['?since=yesterday', /since is "yesterday"/],
    ['?since=1&since=2', /since is given 2 times/],
    ['?order=up', /order is "up": it can be asc or desc/],
    ['?limit=0', /limit is "0": it must be a whole number from 1 to 1000/],
    ['?limit=1001', /limit is "1001"/],
    ['?cursor=-1', /cursor is "-1"/],
    ['?format=xml', /format is "xml"/],
    ['/abc', /"abc" is not a sequence/],
    ['/0', /"0" is not a sequence/],
    ['/1?at=3', /"at" is not a parameter of this request/],
  ];
  for (const [path, message] of wrong) {
    const answer = await call(world, 'GET', `/api/v1/events${path}`);
    assert.equal([answer.status, answer.code], [400, 1000], path);
    assert.match(answer.msg, message);
  }
});

test('who: every event says who ordered it, and through which request', () => {
  for (const event of all) {
    const { command } = event;
    if (command.actor.startsWith('system:')) {
      assert.ok(['system:start', 'system:reconcile', 'system:housekeeping', 'system:inventory'].includes(command.actor), command.actor);
      continue;
    }
    assert.ok(['ann', 'bob'].includes(command.actor), `${event.type} by ${command.actor}`);
    assert.match(command.address ?? '', '127.0.0.1');
    if (command.actor === 'bob') assert.match(command.requestId ?? '', /^[0-9a-f-]{36}$/);
    else assert.equal([command.requestId, command.traceparent], ['request-1', ann.traceparent]);
  }
  assert.is(all.find(({ type }) => type === 'HostStarted')?.command.actor, 'system:start');
  const executed = all.find(({ type }) => type === 'CommandExecuted') as Extract<Event, { type: 'CommandExecuted' }>;
  assert.is(executed.command.actor, 'ann');
  assert.is(JSON.stringify(executed.data).includes('hello'), false, 'the output is not kept');
});

test('mutations that were refused: kept, newest first, and no event', async () => {
  const head = world.core.state().head.seq;
  await call(world, 'POST', '/api/v1/replicaSet', { ...RUN, replicaSetName: 'too-many' }, ann);
  await call(world, 'POST', '/api/v1/replicaSet', { ...RUN, replicaSetName: 'big', gpuCount: 99 }, ann);
  await call(world, 'PATCH', '/api/v1/replicaSet/nobody/stop', undefined, { 'x-actor': 'bob' });
  await call(world, 'POST', '/api/v1/replicaSet', 'no object', ann);
  await call(world, 'POST', '/api/v1/replicaSet?dryRun=true', { ...RUN, gpuCount: 99, replicaSetName: 'dry' }, ann);
  const { data } = await call<{ rejections: ShownRejection[]; total: number }>(world, 'GET', '/api/v1/rejections');
  assert.is(data.total, 4, 'a dry run is no mutation');
  assert.equal(
    data.rejections.map(({ command, stream, actor, code }) => [command, stream, actor, code]),
    [
      ['run', '', 'ann', 1000],
      ['stop', 'replicaSet/nobody', 'bob', 1010],
      ['run', 'replicaSet/big', 'ann', 1013],
      ['run', 'replicaSet/too-many', 'ann', 1003],
    ],
  );
  assert.is(data.rejections[2]?.requestId, 'request-1');
  assert.is(world.core.state().head.seq, head);
});

test('/metrics as Prometheus reads it', async () => {
  const { text, type, status } = await call(world, 'GET', '/metrics');
  assert.is(status, 200);
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  const value = (series: string): number | undefined => {
    const line = text.split('\n').find((one) => one.startsWith(`gpu_docker_api_${series} `));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };
  assert.is(value('http_requests_total{method="POST",route="/api/v1/volumes",status="200"}'), 1);
  assert.is(value('commands_total{command="run",outcome="done"}'), 1);
  assert.is(value('commands_total{command="run",outcome="rejected"}'), 2);
  assert.is(value('commands_total{command="execute",outcome="done"}'), 1);
  assert.is(value('rejections_total{code="1013"}'), 1);
  assert.is(value('log_head'), all.length);
  assert.is(value('http_request_duration_seconds_count{method="POST",route="/api/v1/volumes",status="2xx"}'), 1);
  assert.is(value('http_request_duration_seconds_bucket{method="POST",route="/api/v1/volumes",status="2xx",le="+Inf"}'), 1);
  assert.is(value('operation_duration_seconds_count{command="run"}'), 1);
  assert.is(value('operation_failures_total{command="patch"}'), 0, 'series are there before the first failure');
  assert.is(value('operation_step_failures_total{step="startContainer",kind="unavailable"}'), 0);
  assert.equal([value('ready'), value('leader'), value('warnings')], [1, 1, 0]);
  assert.equal([value('gpus{state="free"}'), value('gpus{state="leased"}'), value('gpus_leased_idle')], [4, 0, 0]);
  assert.equal([value('ports'), value('ports_held'), value('ports_available'), value('operations_open')], [100, 0, 100, 0]);
  assert.equal([value('projection_lag_events{of="views"}'), value('projection_lag_events{of="index"}'), value('etcd_up')], [0, 0, 1]);
  assert.equal([value('sse_clients'), value('executions_running')], [0, 0]);
  assert.ok(Math.abs((value('log_last_commit_timestamp_seconds') ?? 0) - Date.now() / 1_000) < 60);
  assert.ok((value('event_loop_lag_seconds{of="p99"}') ?? -1) >= 0);
  assert.ok((value('event_loop_lag_seconds{of="max"}') ?? -1) >= 0);
  assert.ok((value('etcd_db_bytes{of="disk"}') ?? 0) > 0);
  assert.is(value('etcd_quota_bytes'), 1 << 30);
  for (const line of text.trim().split(/\n+/))
    assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_0-9]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [0-9.e+-]+)$/);
});

test.run();
