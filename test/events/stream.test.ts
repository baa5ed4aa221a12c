// Stream names: built and taken apart again, and never taken for what they are not.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostStream, LOG_STREAM, replicaSetOfStream, replicaSetStream, volumeOfStream, volumeStream } from '../../src/events/stream.ts';

const test = suite('stream names');

const anyName = fc.oneof(fc.string(), fc.constantFrom('', '/', 'log', 'a/b', 'volume/a', 'replicaSet/a', '__proto__', 'constructor'));

test('a built name gives its name back, and is no stream of another kind', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      assert.is(replicaSetOfStream(replicaSetStream(name)), name);
      assert.is(volumeOfStream(volumeStream(name)), name);
      for (const other of [volumeStream(name), hostStream(name), LOG_STREAM]) assert.is(replicaSetOfStream(other), null);
      for (const other of [replicaSetStream(name), hostStream(name), LOG_STREAM]) assert.is(volumeOfStream(other), null);
    }),
    { numRuns: 1_000 },
  );
});

test('a text that names a replicaSet or a volume is the one that its name builds', () => {
  const anyText = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom('replicaSet', 'volume', 'replicaset', ' volume', ''), anyName).map((x) => x.join('')),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      const [replicaSet, volume] = [replicaSetOfStream(text), volumeOfStream(text)];
      if (replicaSet !== null) assert.is(replicaSetStream(replicaSet), text);
      if (volume !== null) assert.is(volumeStream(volume), text);
    }),
    { numRuns: 5_000 },
  );
  for (const text of ['', '/', 'replicaSet', 'volume', 'replicaset/foo', ' volume/a', 'toString/a']) {
    assert.is(replicaSetOfStream(text) ?? volumeOfStream(text), null, text);
  }
});

test.run();
