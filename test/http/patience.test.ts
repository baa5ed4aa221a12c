// How long a request waits for its command.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommandOutcome } from '../../src/commands/service.ts';
import { start } from './client.ts';

const test = suite('the patience of clients');

const refusal = (kind: 'busy' | 'late', message: string): CommandOutcome => ({ ok: false, rejection: { code: 1011, kind, message } });

test('a request that has waited for as long as it may is answered 504, and says that its command goes on', async () => {
  const world = await start({ requestTimeoutMs: 50 });
  world.submit = (_command, _origin, patience) =>
    new Promise((resolve) => {
      patience?.addEventListener('abort', () => {
        resolve(refusal('late', `${(patience.reason as Error).message}: the command goes on`));
      });
    });
  const answer = await fetch(`${world.url}/api/v1/replicaSet/foo/restart`, { method: 'PATCH' });
  assert.is(answer.status, 504);
  assert.match(await answer.text(), /no answer within the 0\.05 s that a request may wait: the command goes on/);
  await world.stop();
});

test('a client that hangs up ends its patience, and one that was answered does not', async () => {
  const world = await start();
  const ended: string[] = [];
  const hungUp = new AbortController();
  const over = new Promise<void>((resolve) => {
    world.submit = (_command, { actor }, patience) => {
      patience?.addEventListener('abort', () => {
        ended.push(`${actor}: ${(patience.reason as Error).message}`);
        resolve();
      });
      if (actor === 'quick') return Promise.resolve({ ok: true });
      hungUp.abort();
      return new Promise(() => {});
    };
  });
  const ask = (actor: string, signal?: AbortSignal) =>
    fetch(`${world.url}/api/v1/replicaSet/foo/stop`, { method: 'PATCH', headers: { 'X-Actor': actor }, ...(signal && { signal }) });
  assert.is((await ask('quick')).status, 200);
  assert.is(await ask('gone', hungUp.signal).catch(() => 'hung up'), 'hung up');
  await over;
  assert.equal(ended, ['gone: the client hung up']);
  await world.stop();
});

test.run();
