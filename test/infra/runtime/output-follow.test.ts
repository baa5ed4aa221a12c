// A follower of a name whose container is started again: it goes on where it was, by the engine's clock and not by this machine's.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OutputRequest } from '../../../src/commands/outside/engine.ts';
import { TestCore } from '../../support/core.ts';
import { runs } from '../../support/scenario.ts';
import { until } from '../../support/until.ts';

const test = suite('output that is followed');

test('each line once, and no time of this machine is asked for', async () => {
  const t = await new TestCore().start();
  assert.ok((await t.submit(runs('foo'))).ok);
  const container = t.engine.host.containerBy('foo-1');
  assert.ok(container !== undefined);
  container.printed.push('first');
  const asked: OutputRequest[] = [];
  const readOutput = t.engine.readOutput.bind(t.engine);
  t.engine.readOutput = (ref, request) => {
    asked.push(request);
    return readOutput(ref, request).then(counted);
  };
  let ended = 0;
  async function* counted(output: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    yield* output;
    ended++;
  }
  t.engine.before = async (call) => {
    if (call === 'startContainer') await until('the reader has seen the end', () => ended === 1);
  };
  t.engine.after = async (call) => {
    if (call === 'startContainer') container.printed.push('second');
  };
  const over = new AbortController();
  const since = Date.now() - 1_000;
  const outcome = await t.core.outputs.read(
    { name: 'foo', follow: true, timestamps: false, tail: 5, sinceMs: since },
    { actor: 'a' },
    over.signal,
  );
  assert.ok(outcome.ok);
  let text = '';
  const reading = (async () => {
    for await (const piece of outcome.output) text += Buffer.from(piece).toString();
  })().catch(() => undefined);
  await until('the first line', () => text === 'first\n');
  assert.ok((await t.submit({ do: 'continue', name: 'foo' })).ok);
  await until('the second', () => text.endsWith('second\n'));
  assert.is(text, 'first\nsecond\n');
  assert.equal(
    asked.map(({ tail, sinceMs, sinceStart }) => [tail, sinceMs, sinceStart]),
    [
      [5, since, undefined],
      [undefined, undefined, true],
    ],
  );
  over.abort(new Error('gone'));
  await reading;
  t.die();
});

test.run();
