// The earlier versions of a name of the Go program, read from an etcd in which somebody else may have written, too.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { historyOf } from '../../src/cli/moving/go-keys.ts';
import type { EtcdReader, PastValue } from '../../src/infra/etcd/reader.ts';

const test = suite('the history of the Go program');

test('values without end that are no version: reading them ends', async () => {
  const at: PastValue = { key: '/gpu-docker-api/apis/v1/containers/foo', value: 'junk', modRevision: '9', createRevision: '1' };
  let reads = 0;
  const etcd: EtcdReader = {
    all: async () => [at],
    before: async () => {
      if (++reads > 10_000) throw new Error('it goes on');
      return at;
    },
    close: () => undefined,
  };
  assert.equal(await historyOf(etcd, at), { versions: [], cut: 'more versions than one record holds' });
});

test.run();
