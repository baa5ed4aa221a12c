// Pulls over a fake engine: shared, given up for silence alone, and of whom they are shown.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PullRequest } from '../../../src/commands/outside/engine.ts';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { Progress } from '../../../src/commands/outside/progress.ts';
import { wholeName } from '../../../src/commands/request/image-name.ts';
import { sleep } from '../../../src/infra/async/time.ts';
import { PullProgress } from '../../../src/infra/docker/containers/pull.ts';
import { Pulls } from '../../../src/infra/runtime/operations/pulls.ts';
import { ImpatientError } from '../../../src/infra/runtime/queue/patience.ts';
import { realClock } from '../../support/core.ts';

const test = suite('pulls');

interface Begun {
  readonly reference: string;
  tell(progress: Progress): void;
  end(error?: Error): void;
}

function world(stallMs = 60_000) {
  const begun: Begun[] = [];
  const engine = {
    pullImage: (reference: string, { signal, onProgress = () => {} }: PullRequest = {}) =>
      new Promise<void>((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new EngineError('unavailable', 'cut')), { once: true });
        begun.push({ reference, tell: onProgress, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  };
  return { begun, pulls: new Pulls({ engine, clock: realClock, logger: silent, stallMs }) };
}

const failed = (promise: Promise<void>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: Error) => error,
  );

test('spellings of one image are one pull; its failure is that of all, and the next one begins anew', async () => {
  const { begun, pulls } = world();
  const all = ['lab', 'lab:latest', 'docker.io/library/lab', 'index.docker.io/library/lab:latest'].map((name) => pulls.pull(name, 'ann'));
  const other = pulls.pull('lab:2', 'bob');
  assert.equal(
    begun.map(({ reference }) => reference),
    ['lab', 'lab:2'],
  );
  assert.equal(
    pulls.all().map(({ image, waiting, actors }) => [image, waiting, actors]),
    [
      ['docker.io/library/lab:latest', 4, ['ann']],
      ['docker.io/library/lab:2', 1, ['bob']],
    ],
  );
  begun[0]?.end(new EngineError('not-found', 'pull of lab: manifest unknown'));
  for (const one of all) assert.is((await failed(one)).message, 'pull of lab: manifest unknown');
  begun[1]?.end();
  await other;
  await sleep(1);
  assert.equal(pulls.all(), []);
  void pulls.pull('lab', 'ann');
  assert.is(begun.length, 3);
  begun[2]?.end();
  assert.is(wholeName('registry:5000/a@sha256:01'), 'registry:5000/a@sha256:01');
});

test('silence ends it, and time does not', async () => {
  const { begun, pulls } = world(300);
  const slow = pulls.pull('lab', 'ann');
  slow.catch(() => {});
  for (let bytes = 1; bytes <= 8; bytes++) {
    await sleep(100);
    begun[0]?.tell({ doing: 'download', bytes, of: 100 });
  }
  assert.equal(pulls.all()[0]?.progress, { doing: 'download', bytes: 8, of: 100 });
  assert.match((await failed(slow)).message, /pull of lab: nothing has come for 0 s \(--pull-timeout\)/);
});

test('patience ends for one alone; a stop ends all; no more than so many at once', async () => {
  const { begun, pulls } = world();
  const over = new AbortController();
  const [impatient, patient] = [pulls.pull('lab', 'ann', over.signal), pulls.pull('lab', 'bob')];
  over.abort(new Error('the client hung up'));
  assert.instance(await failed(impatient), ImpatientError);
  assert.equal(pulls.all()[0]?.actors, ['bob']);
  const others = Array.from({ length: 15 }, (_, i) => failed(pulls.pull(`lab:${i}`, `user${i}`)));
  assert.match((await failed(pulls.pull('more', 'bob'))).message, /16 images are being pulled already/);
  assert.is(begun.length, 16);
  pulls.stop('the server is stopping');
  for (const error of [await failed(patient), ...(await Promise.all(others))]) assert.is(error.message, 'the server is stopping');
});

test('one actor alone never has all places: half of them, and they come back', async () => {
  const { begun, pulls } = world();
  const anns = Array.from({ length: 8 }, (_, i) => pulls.pull(`slow:${i}`, 'ann'));
  assert.match((await failed(pulls.pull('slow:8', 'ann'))).message, /^8 images are being pulled already that ann sent: try again/);
  const shared = pulls.pull('slow:0', 'ann');
  const bobs = pulls.pull('lab', 'bob');
  assert.is(begun.length, 9);
  for (const { end } of begun) end();
  await Promise.all([...anns, shared, bobs]);
  await sleep(1);
  const again = pulls.pull('slow:8', 'ann');
  begun[9]?.end();
  await again;
});

test('what Docker says of layers, added up: a wait and a retry are no progress', () => {
  const progress = new PullProgress();
  const says = (id: string, status: string, current?: number, total?: number): boolean =>
    progress.note({ id, status, ...(current !== undefined && total !== undefined && { progressDetail: { current, total } }) });
  assert.ok(says('a', 'Pulling fs layer'));
  assert.equal(progress.now, { doing: 'download' });
  assert.not(says('b', 'Waiting'));
  assert.ok(says('a', 'Downloading', 10, 100));
  assert.not(says('a', 'Downloading', 10, 100));
  assert.not(says('a', 'Retrying in 5 seconds'));
  assert.not(says('a', 'Retrying in 4 seconds'));
  assert.ok(says('b', 'Downloading', 5, 50));
  assert.equal(progress.now, { doing: 'download', bytes: 15, of: 150 });
  assert.ok(says('b', 'Download complete'));
  assert.ok(says('a', 'Download complete'));
  assert.equal(progress.now, { doing: 'unpack', bytes: 0, of: 150 });
  assert.ok(says('a', 'Extracting', 60, 100));
  assert.equal(progress.now, { doing: 'unpack', bytes: 60, of: 150 });
  for (const id of ['a', 'b']) assert.ok(says(id, 'Pull complete'));
  assert.ok(says('c', 'Already exists'));
  assert.equal(progress.now, { doing: 'unpack', bytes: 150, of: 150 });
});

test.run();
