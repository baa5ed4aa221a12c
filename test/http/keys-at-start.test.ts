// Whether a server may go on with the keys of its log.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bestOf } from '../../src/http/access/keys-at-start.ts';
import type { ApiKey } from '../../src/projections/keys/api-keys.ts';

const test = suite('keys at the start');
const NOW = Date.parse('2031-01-01T00:00:00.000Z');
const rest = { id: '0', salt: '', hash: '', role: 'admin', scope: 'all', quota: {}, created: '', by: 'root' } as const;
const keys = (...more: Partial<ApiKey>[]): Map<string, ApiKey> =>
  new Map(more.map((one, i) => [`k${i}`, { name: `k${i}`, ...rest, ...one }]));
const ended = { expires: '2030-01-01T00:00:00.000Z' };
const revoked = { revoked: '2030-01-01T00:00:00.000Z' };

test('an expired key is no live one, and more than none: the server runs on, and nobody gets in', () => {
  assert.is(bestOf(keys(), NOW), 'none');
  assert.is(bestOf(keys(revoked), NOW), 'none');
  assert.is(bestOf(keys(revoked, ended), NOW), 'expired');
  assert.is(bestOf(keys(ended, {}), NOW), 'live');
});

test.run();
