// Stream names: what is built is taken apart again, and nothing else is a stream name.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostStream, LOG_STREAM, parseStream, replicaSetStream, type StreamKind, volumeStream } from '../../src/events/stream.ts';

const test = suite('stream names');

const build: { readonly [K in StreamKind]: (name: string) => string } = {
  replicaSet: replicaSetStream,
  volume: volumeStream,
  host: hostStream,
  log: () => LOG_STREAM,
};
const kinds = Object.keys(build) as StreamKind[];
/** Names with a slash among them: only the first slash of a stream name separates. */
const anyName = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '/', 'log', 'a/b', 'volume/a', '__proto__', 'constructor'),
);
const anyText = fc.oneof(
  fc.string(),
  fc
    .tuple(fc.constantFrom(...kinds, 'Log', 'replicaset', 'replicaSets', ''), fc.constantFrom('', '/', '//', ' /', '\\'), anyName)
    .map((parts) => parts.join('')),
);

test('a built name is taken apart into its kind and name', () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), anyName, (kind, name) => {
      assert.equal(parseStream(build[kind](name)), { kind, name: kind === 'log' ? '' : name });
    }),
    { numRuns: 1_000 },
  );
});

test('any other text is not a stream name: a text that parses is the one that its parts build', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const parsed = parseStream(text);
      if (parsed !== null) assert.is(build[parsed.kind](parsed.name), text);
    }),
    { numRuns: 5_000 },
  );
  for (const text of [
    '',
    '/',
    'foo',
    '/foo',
    'log/',
    'log/foo',
    'replicaSet',
    'volume',
    'host',
    'replicaset/foo',
    ' volume/a',
    'toString/a',
  ])
    assert.is(parseStream(text), null, text);
});

test.run();
