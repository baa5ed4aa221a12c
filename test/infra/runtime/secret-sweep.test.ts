// The keys of secret values whose life the log does not have: gone where that has ended, and not where a log that was put back has lost it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silent } from '../../../src/commands/outside/logger.ts';
import { Secret } from '../../../src/commands/outside/secrets.ts';
import { SecretSweep } from '../../../src/infra/runtime/absence/secret-sweep.ts';
import { Committer } from '../../../src/infra/runtime/committer.ts';
import { MemoryLog } from '../../doubles/memory-log.ts';
import { MemorySecretKeys } from '../../doubles/memory-secret-keys.ts';
import { realClock } from '../../support/core.ts';
import { HOST } from '../../support/scenario.ts';
import { hostStarted, logCreated, sealAll, storeOf, type Written } from '../../support/stored-log.ts';

const test = suite('secret sweep');
const restored: Written = { type: 'LogRestored', stream: 'log', data: { by: 'ann', lost: 1 } };
const settled = (host: string): Written => ({
  type: 'RestoreSettled',
  stream: `host/${host}`,
  data: { how: 'agreed', differences: 0 },
  host,
});

/** Lives that have keys after a look, of one that the log does not have. */
async function after(events: readonly Written[], missing?: () => Promise<string | null>): Promise<string[]> {
  const secretKeys = new MemorySecretKeys();
  await secretKeys.seal('gone', [{ name: 'TOKEN', value: new Secret('x') }]);
  await secretKeys.release('gone', true);
  const log = new MemoryLog({ store: await storeOf(sealAll([logCreated, ...events])) });
  const committer = new Committer({ log, clock: realClock, host: HOST });
  await committer.catchUp();
  const common = { committer, log, secretKeys, host: HOST, clock: realClock, logger: silent, everyMs: 1_000 };
  await new SecretSweep({ ...common, ...(missing !== undefined && { missing }) }).look();
  return [...secretKeys.keys.keys()];
}

test('of a life that a whole log does not have, the keys go', async () => {
  assert.equal(await after([hostStarted(HOST, '0.2.0')]), []);
  assert.equal(await after([hostStarted(HOST, '0.2.0')], async () => null), []);
});

test('while etcd lacks events that were noted outside of it, none goes, though nobody has said that the log was put back', async () => {
  assert.equal(await after([hostStarted(HOST, '0.2.0')], async () => 'events 7-9 are missing from etcd'), ['gone']);
});

test('a look that cannot tell whether etcd has all removes nothing', async () => {
  const events = [hostStarted(HOST, '0.2.0')];
  const failed = after(events, async () => {
    throw new Error('etcd does not answer');
  });
  assert.match(await failed.then(String, String), /does not answer/);
});

test('after a restore none goes until this host has settled, also where the log does not know it', async () => {
  assert.equal(await after([hostStarted(HOST, '0.2.0'), restored]), ['gone']);
  assert.equal(await after([restored]), ['gone']);
  assert.equal(await after([hostStarted(HOST, '0.2.0'), restored, settled(HOST)]), []);
});

test('another host that never settles holds no key back', async () => {
  const other = 'retired';
  assert.equal(await after([hostStarted(HOST, '0.2.0'), hostStarted(other, '0.2.0'), restored, settled(HOST)]), []);
});

test.run();
