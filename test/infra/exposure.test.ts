// Whether a server may go on with the keys of its log.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { doorProblem } from '../../src/infra/options/exposure.ts';
import type { ApiKey } from '../../src/projections/keys/api-keys.ts';

const test = suite('exposure');
const NOW = Date.parse('2031-01-01T00:00:00.000Z');
const rest = { id: '0', salt: '', hash: '', role: 'admin', scope: 'all', quota: {}, created: '', by: 'root' } as const;
const keys = (...more: Partial<ApiKey>[]): Map<string, ApiKey> =>
  new Map(more.map((one, i) => [`k${i}`, { name: `k${i}`, ...rest, ...one }]));
const at = (host: string) => ({ addr: { host, port: 1 }, insecure: false });
const ended = { expires: '2030-01-01T00:00:00.000Z' };
const revoked = { revoked: '2030-01-01T00:00:00.000Z' };

test('on the network a log without keys ends the server; expired keys do not, though they let nobody in', () => {
  const isFatal = (host: string, ...more: Partial<ApiKey>[]): boolean | undefined =>
    doorProblem(at(host), keys(...more), NOW, '/d')?.isFatal;
  assert.is(isFatal('0.0.0.0'), true);
  assert.is(isFatal('0.0.0.0', revoked), true);
  assert.is(isFatal('0.0.0.0', revoked, ended), false);
  assert.is(isFatal('0.0.0.0', ended, {}), undefined);
  assert.is(isFatal('127.0.0.1'), undefined);
  assert.is(isFatal('127.0.0.1', ended), false);
  assert.match(doorProblem(at('127.0.0.1'), keys(ended), NOW, '/d')?.message ?? '', /all keys have expired.*--data-dir \/d/);
});

test.run();
