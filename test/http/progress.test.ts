// How far operations are: in their list, and in frames of their own beside the events for who asks.
import { type IncomingMessage, request } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/until.ts';
import { type Live, startLive } from './live.ts';

const test = suite('progress');

let live: Live;
let release: () => void = () => {};
test.before.each(async () => {
  live = await startLive();
  await live.order('ann', { do: 'createVolume', name: 'bar', size: '20GB' });
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { engine } = live.core;
  engine.host.volumes.get('bar-1')?.files.set('/data', 'x'.repeat(1_000));
  engine.after = async (call) => {
    if (call === 'copyVolume') await held;
  };
});
test.after.each(async () => {
  release();
  await live.stop();
});

interface Shown {
  readonly stream: string;
  readonly step: string | null;
  readonly elapsedMs?: number;
  readonly attempt?: { readonly number: number; readonly since: string };
  readonly progress?: unknown;
  readonly done?: unknown;
}
interface Frame {
  readonly id: boolean;
  readonly event: string;
  readonly data: { readonly operations?: readonly Shown[] };
}

function follow(query: string): Promise<{ readonly frames: Frame[]; readonly response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const call = request(`${live.url}/api/v1/events${query}`, { headers: { accept: 'text/event-stream' }, agent: false }, (response) => {
      const frames: Frame[] = [];
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const block = text.slice(0, end);
          text = text.slice(end + 2);
          const event = /^event: (.*)$/m.exec(block)?.[1];
          if (event !== undefined)
            frames.push({ id: /^id: /m.test(block), event, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}') });
        }
      });
      response.on('error', () => {});
      resolve({ frames, response });
    });
    call.once('error', reject);
    call.end();
  });
}

const resize = (): Promise<void> => live.order('ann', { do: 'resizeVolume', name: 'bar', size: '30GB' });

test('an operation says which step it is at, the attempt, its time, and bytes of bytes', async () => {
  const resizing = resize();
  let found: Shown | undefined;
  for (let looks = 0; found?.progress === undefined; looks++) {
    assert.ok(looks < 500);
    found = (await live.get<{ operations: Shown[] }>('/api/v1/operations')).body.data.operations[0];
  }
  assert.equal([found.stream, found.step], ['volume/bar', 'copyVolume']);
  assert.equal(found.progress, { doing: 'copy', bytes: 500, of: 1_000 });
  assert.is(found.attempt?.number, 1);
  assert.ok(Date.parse(found.attempt?.since ?? '') <= Date.now());
  assert.type(found.elapsedMs, 'number');
  const { seq } = live.core.committer.state.head;
  const then = (await live.get<{ operations: Shown[] }>(`/api/v1/operations?at=${seq}`)).body.data.operations[0];
  assert.equal([then?.step, then?.elapsedMs, then?.progress], [null, undefined, undefined], 'of the past the log tells, and nothing else');
  release();
  await resizing;
});

test('frames come once a second to who asks, between the events and without an id, and the last one is empty', async () => {
  const [asked, plain] = [await follow('?progress=true&type=VolumeResized'), await follow('')];
  const progress = (): Frame[] => asked.frames.filter(({ event }) => event === 'progress');
  const resizing = resize();
  await until('three frames', () => progress().length >= 3);
  const frame = progress().at(-1)?.data.operations?.[0];
  assert.equal([frame?.stream, frame?.progress, frame?.done], ['volume/bar', { doing: 'copy', bytes: 500, of: 1_000 }, undefined]);
  const late = await follow('?progress=true');
  await until('one at once', () => late.frames.some(({ event }) => event === 'progress'));
  release();
  await resizing;
  await until('the last one', () => progress().at(-1)?.data.operations?.length === 0);
  const count = progress().length;
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  assert.is(progress().length, count, 'silence while nothing is under way');
  assert.ok(progress().every(({ id }) => !id));
  assert.equal([...new Set(asked.frames.map(({ event }) => event))].sort(), ['VolumeResized', 'progress']);
  assert.not.ok(plain.frames.some(({ event }) => event === 'progress'));
  for (const { response } of [asked, plain, late]) response.destroy();
  const { body } = await live.get('/api/v1/events?progress=maybe', { accept: 'text/event-stream' });
  assert.match(body.msg, /progress is "maybe"/);
});

test.run();
