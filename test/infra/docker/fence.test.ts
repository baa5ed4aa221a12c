// A call of the engine changes something only in the term that it began in: by the next one another server may have led.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { deferred } from '../../../src/infra/async/deferred.ts';
import { dockerEngine } from '../../../src/infra/docker/engine.ts';
import type { Term } from '../../../src/infra/etcd/lease.ts';
import { CurrentTerm } from '../../../src/infra/runtime/lead/lead-loop.ts';
import { STUB_REF, startStubDocker, stubContainer } from '../../support/stub-docker.ts';

const test = suite('the fence of a step');

function termOf(key: string): Term & { end(): void } {
  const over = new AbortController();
  return {
    fence: { key, revision: '1' },
    lost: over.signal,
    check: () => over.signal.throwIfAborted(),
    resign: async () => {},
    end: () => over.abort(new Error(`term ${key} is over`)),
  };
}

test('is of the term that the step began in, though this server leads again by then', async () => {
  let asked = deferred<void>();
  const changes: string[] = [];
  let answer = (): void => {};
  const stub = await startStubDocker((url, response) => {
    if (url.includes('/version')) return [200, { ApiVersion: '1.44' }];
    if (url.includes('/stop')) {
      changes.push(url);
      return [204, null];
    }
    answer = () => response.writeHead(200).end(JSON.stringify(stubContainer(false)));
    asked.resolve();
    return null;
  });
  const current = new CurrentTerm();
  const engine = dockerEngine({ dockerHost: stub.host, fence: () => current.fenceOfStep() });
  const first = termOf('first');
  current.begin(first);
  // By name only: it is looked up before it is stopped, and Docker is slow over the look.
  const { id: _, ...byName } = STUB_REF;
  const stopping = engine.stopContainer(byName, 0).catch((error: unknown) => error);
  await asked.promise;
  first.end();
  current.begin(termOf('second'));
  answer();
  const error = await stopping;
  assert.is(error instanceof EngineError && error.kind, 'unavailable');
  assert.match(String(error), /term first is over/);
  assert.equal(changes, []);

  asked = deferred<void>();
  const again = engine.stopContainer(STUB_REF, 0);
  await asked.promise;
  answer();
  assert.equal(await again, { exitCode: 0 });
  assert.is(changes.length, 1, 'a step of the second term is carried out');
  stub.close();
});

test('before the first term nothing is changed', async () => {
  const stub = await startStubDocker((url) => (url.includes('/version') ? [200, { ApiVersion: '1.44' }] : [204, null]));
  const engine = dockerEngine({ dockerHost: stub.host, fence: () => new CurrentTerm().fenceOfStep() });
  const error = await engine.stopContainer(STUB_REF, 0).catch((reason: unknown) => reason);
  assert.match(String(error), /not in charge of the host/);
  stub.close();
});

test.run();
