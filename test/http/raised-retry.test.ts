// A request that is repeated across the raise of the log's level: it was known by a plain hash before.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/events/hash.ts';
import { requestText } from '../../src/http/request/body.ts';
import { startLive } from './live.ts';

const test = suite('a repetition after the log was raised');
const PATH = '/api/v1/replicaSet';

test('gets the answer of the first, and another request of the same key does not', async () => {
  const live = await startLive();
  const body = { imageName: 'img', replicaSetName: 'foo', gpuCount: 1, env: ['API_TOKEN=x'] };
  const bodyHash = sha256(requestText('POST', PATH, body));
  const first = await live.core.core.queue.submit(
    { do: 'run', binds: [], containerPorts: [], ...body, env: [] },
    { actor: 'anonymous', idempotencyKey: '7', bodyHash },
  );
  try {
    assert.ok(first.ok, JSON.stringify(first));
    const send = async (env: readonly string[]): Promise<string> => {
      const headers = { 'Idempotency-Key': '7', 'Content-Type': 'application/json' };
      const answer = await fetch(`${live.url}${PATH}`, { method: 'POST', headers, body: JSON.stringify({ ...body, env }) });
      return answer.text();
    };
    assert.match(await send(body.env), /"msg":"Success"/);
    assert.match(await send(['API_TOKEN=y']), /was used with another request before/);
  } finally {
    await live.stop();
  }
});

test.run();
