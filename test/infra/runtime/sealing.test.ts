// The keys of a command's secret values: gone where nothing came of it, and not while it may be in the log.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Needs } from '../../../src/commands/decision.ts';
import { Secret } from '../../../src/commands/outside/secrets.ts';
import { LogClosedError, LogFullError } from '../../../src/events/log.ts';
import { Committer } from '../../../src/infra/runtime/committer.ts';
import { Sealing } from '../../../src/infra/runtime/queue/sealing.ts';
import { MemoryLog } from '../../doubles/memory-log.ts';
import { MemorySecretKeys } from '../../doubles/memory-secret-keys.ts';
import { realClock } from '../../support/core.ts';

const test = suite('sealing');
const needs: Needs = { seals: { variables: [{ name: 'TOKEN', value: new Secret('x') }] } };

/** Lives that have keys when a run whose append ended like this is over. */
async function livesAfter(error: Error): Promise<string[]> {
  const secretKeys = new MemorySecretKeys();
  const committer = new Committer({ log: new MemoryLog(), clock: realClock, host: 'box' });
  const sealing = new Sealing({ committer, factSources: { secretKeys } }, 'c1', 'replicaSet/foo');
  await sealing.seal(needs);
  sealing.committing = Promise.reject(error);
  await sealing.end();
  return [...secretKeys.keys.keys()];
}

test('a run that is not in the log leaves no key', async () => {
  assert.equal(await livesAfter(new LogFullError('etcd has no space left')), []);
});

test('a server that stops while etcd is silent leaves the key: the run may be in the log, and would never find its values again', async () => {
  assert.equal(await livesAfter(new LogClosedError('the log is closed')), ['c1']);
});

test.run();
