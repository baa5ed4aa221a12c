// The ledger over HTTP: sums as JSON and CSV, and the holders of one GPU.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Event } from '../../src/events/catalogue.ts';
import { type Live, runs, startLive } from './live.ts';

const test = suite('ledger over HTTP');
const BASE = '/api/v1/ledger/gpus';

interface Sums {
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly rows: readonly (Readonly<Record<string, unknown>> & {
    readonly gpuMs: number;
    readonly gpuSeconds: number;
    readonly holdings: number;
  })[];
  readonly total: { readonly gpuMs: number };
  readonly gpus: readonly { readonly gpu: string; readonly gpuMs: number; readonly knownMs: number; readonly utilization: number }[];
}
interface Side {
  readonly sequence: number;
  readonly time: string;
  readonly command: { readonly id: string; readonly name: string };
  readonly actor: string;
}
interface Held {
  readonly replicaSet: string;
  readonly version: number;
  readonly from: Side;
  readonly to: Side | null;
  readonly gpuMs: number;
}

let live: Live;
let events: readonly Event[];
/** When the last GPU was given back. */
let end: string;

test.before(async () => {
  live = await startLive(4);
  await live.order('alice', runs('foo', 1));
  await live.order('=cmd|"calc"', runs('baz', 2));
  await live.order('bob', { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } });
  await live.order('carol', { do: 'stop', name: 'foo' });
  await live.order('carol', { do: 'delete', name: 'baz' });
  events = await live.events();
  end = new Date(Date.parse(events.at(-1)?.time ?? '') + 1).toISOString();
});
test.after(() => live.stop());

const ms = (type: Event['type'], name: string, nth = 0): number => {
  const found = events.filter((e) => e.type === type && e.stream === `replicaSet/${name}`)[nth];
  return Date.parse(found?.time ?? '');
};

test('GPU time by replicaSet is what the events say, to the millisecond', async () => {
  const { body } = await live.get<Sums>(`${BASE}?to=${end}`);
  const of = new Map(body.data.rows.map((row) => [row['replicaSet'], row]));
  const foo = ms('GpuReleased', 'foo') - ms('GpuAllocated', 'foo', 0) + (ms('GpuReleased', 'foo') - ms('GpuAllocated', 'foo', 1));
  assert.is(of.get('foo')?.gpuMs, foo);
  assert.is(of.get('foo')?.gpuSeconds, foo / 1_000);
  assert.is(of.get('foo')?.holdings, 2);
  assert.is(of.get('baz')?.gpuMs, 2 * (ms('GpuReleased', 'baz') - ms('GpuAllocated', 'baz')));
  assert.is(body.data.from, events[0]?.time);
  assert.is(body.data.to, end);
});

test('an actor has what he ordered', async () => {
  const { body } = await live.get<Sums>(`${BASE}?to=${end}&by=actor`);
  const of = new Map(body.data.rows.map((row) => [row['actor'], row.gpuMs]));
  assert.is(of.get('alice'), ms('GpuReleased', 'foo') - ms('GpuAllocated', 'foo', 0));
  assert.is(of.get('bob'), ms('GpuReleased', 'foo') - ms('GpuAllocated', 'foo', 1));
  assert.is(of.get('carol'), undefined);
});

test('all ways to sum up have the same total', async () => {
  const totals = [];
  for (const by of ['replicaSet', 'gpu', 'actor', 'day']) {
    const { body } = await live.get<Sums>(`${BASE}?to=${end}&by=${by}`);
    assert.is(
      body.data.rows.reduce((sum, row) => sum + row.gpuMs, 0),
      body.data.total.gpuMs,
    );
    totals.push(body.data.total.gpuMs);
    assert.is(body.data.gpus.length, 4);
    for (const { gpuMs, knownMs, utilization } of body.data.gpus) assert.ok(Math.abs(gpuMs / knownMs - utilization) < 1e-6);
  }
  assert.is(new Set(totals).size, 1);
});

test('a span may be named by sequences, and its parts add up', async () => {
  const middle = events.findIndex((e) => e.type === 'GpuAllocated' && e.stream === 'replicaSet/baz') + 1;
  const total = async (query: string): Promise<number> => (await live.get<Sums>(`${BASE}?${query}`)).body.data.total.gpuMs;
  assert.is((await total(`from=1&to=${middle}`)) + (await total(`from=${middle}&to=${end}`)), await total(`to=${end}`));
});

test('CSV, by ?format= and by Accept', async () => {
  const [asked, accepted] = [
    await live.get(`${BASE}?to=${end}&by=actor&format=csv`),
    await live.get(`${BASE}?to=${end}&by=actor`, { Accept: 'text/csv' }),
  ];
  assert.is(asked.headers.get('content-type'), 'text/csv; charset=utf-8; header=present');
  assert.is(asked.text, accepted.text);
  const lines = asked.text.split('\r\n');
  assert.is(lines[0], 'actor,gpuSeconds,gpuHours,gpuMs,holdings');
  assert.is(lines.at(-1), '');
  assert.ok(
    lines.some((line) => line.startsWith(`"'=cmd|""calc""",`)),
    asked.text,
  );
  assert.match(lines[1] ?? '', /^[^,]+,\d+\.\d{3},\d+\.\d{6},\d+,\d+$/);
  const byGpu = (await live.get(`${BASE}?to=${end}&by=gpu&format=csv`)).text.split('\r\n');
  assert.is(byGpu[0], 'gpu,host,index,name,gpuSeconds,gpuHours,gpuMs,holdings,knownSeconds,utilization');
  assert.is(byGpu.length, 6);
});

test('a time to come counts as now', async () => {
  const { body } = await live.get<Sums>(`${BASE}?to=2999-01-01`);
  assert.ok(Date.parse(body.data.to) <= Date.now());
});

test('what cannot be asked is refused', async () => {
  const day = '2026-01-02';
  for (const query of [`from=${day}&to=2026-01-01`, 'by=colour', 'by=day&by=gpu', 'from=soon', 'to=99999', 'format=xml', 'at=3']) {
    const { status, body } = await live.get(`${BASE}?${query}`);
    assert.equal([status, body.code], [400, 1000], query);
  }
});

test('who held a GPU, which command by whom gave and took it', async () => {
  const { body } = await live.get<{ holdings: readonly Held[]; more: boolean }>(`${BASE}/GPU-0`);
  const [held] = body.data.holdings;
  assert.is(body.data.holdings.length, 1);
  assert.is(body.data.more, false);
  assert.equal([held?.replicaSet, held?.version, held?.from.actor, held?.from.command.name], ['foo', 1, 'alice', 'run']);
  assert.equal([held?.to?.actor, held?.to?.command.name], ['carol', 'stop']);
  const gave = events[(held?.from.sequence ?? 0) - 1];
  assert.equal([gave?.type, gave?.time, gave?.command.id], ['GpuAllocated', held?.from.time, held?.from.command.id]);
  assert.is(held?.gpuMs, Date.parse(held?.to?.time ?? '') - Date.parse(held?.from.time ?? ''));
});

test('a GPU may be named by its index on this host', async () => {
  assert.is((await live.get<{ gpu: string }>(`${BASE}/2`)).body.data.gpu, 'GPU-2');
});

test('who held it then', async () => {
  const gave = events.find((e) => e.type === 'GpuAllocated' && e.stream === 'replicaSet/foo');
  const took = events.find((e) => e.type === 'GpuReleased' && e.stream === 'replicaSet/foo');
  const holder = async (at: number | string): Promise<string | null> =>
    (await live.get<{ holder: Held | null }>(`${BASE}/GPU-0?at=${at}`)).body.data.holder?.replicaSet ?? null;
  assert.is(await holder((gave?.seq ?? 0) - 1), null);
  assert.is(await holder(gave?.seq ?? 0), 'foo');
  assert.is(await holder(gave?.time ?? ''), 'foo');
  assert.is(await holder((took?.seq ?? 0) - 1), 'foo');
  assert.is(await holder(took?.seq ?? 0), null);
  assert.is(await holder(0), null);
});

test('its holdings as CSV, and no more than asked for', async () => {
  const { text } = await live.get(`${BASE}/GPU-1?format=csv`);
  assert.is(text.split('\r\n').length, 3);
  assert.match(text, /^gpu,host,replicaSet,version,from,/);
  assert.is((await live.get(`${BASE}/GPU-1?limit=0`)).status, 400);
});

test('a GPU that nobody has seen is not found', async () => {
  const { status, body } = await live.get(`${BASE}/GPU-none`);
  assert.equal([status, body.code], [404, 404]);
  assert.is((await live.get(`${BASE}/99`)).status, 404);
});

test.run();
