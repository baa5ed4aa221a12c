// Pulls over a fake engine: shared, given up for silence alone, and of whom they are shown.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PullPace, PullRequest } from '../../../src/commands/outside/engine.ts';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { Progress } from '../../../src/commands/outside/progress.ts';
import { wholeName } from '../../../src/commands/request/image-name.ts';
import { sleep } from '../../../src/infra/async/time.ts';
import { PullProgress } from '../../../src/infra/docker/containers/pull.ts';
import { Pulls } from '../../../src/infra/runtime/operations/pulls.ts';
import { ImpatientError } from '../../../src/infra/runtime/queue/patience.ts';
import { realClock, TestCore } from '../../support/core.ts';

const test = suite('pulls');

interface Begun {
  readonly reference: string;
  tell(progress: Progress, pace: PullPace): void;
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
    begun[0]?.tell({ doing: 'download', bytes, of: 100 }, { bytes: bytes * 1_000_000, isQueued: false });
  }
  assert.equal(pulls.all()[0]?.progress, { doing: 'download', bytes: 8, of: 100 });
  assert.match((await failed(slow)).message, /pull of lab: nothing has come for 0 s \(--pull-timeout\)/);
});

test('drops are no progress; what is unpacked is', async () => {
  const { begun, pulls } = world(300);
  const drips = failed(pulls.pull('drips', 'ann'));
  const unpacks = pulls.pull('unpacks', 'ann');
  for (let i = 1; i <= 8; i++) {
    begun[0]?.tell({ doing: 'download', bytes: i, of: 100 }, { bytes: i * 50_000, isQueued: false });
    begun[1]?.tell({ doing: 'unpack', bytes: i, of: 100 }, { bytes: 100, isQueued: false });
    await sleep(100);
  }
  assert.match((await drips).message, /pull of drips: less than 1 MB has come in 0 s \(--pull-timeout\): it is given up/);
  assert.equal(
    pulls.all().map(({ image }) => image),
    ['docker.io/library/unpacks:latest'],
  );
  begun[1]?.end();
  await unpacks;
});

test('who waits for the downloads of others has time while they get on, and then its own', async () => {
  const { begun, pulls } = world(300);
  const [first, second] = [pulls.pull('first', 'ann'), failed(pulls.pull('second', 'bob'))];
  begun[1]?.tell({ doing: 'download' }, { bytes: 0, isQueued: true });
  for (let i = 1; i <= 8; i++) {
    begun[0]?.tell({ doing: 'download', bytes: i, of: 100 }, { bytes: i * 1_000_000, isQueued: false });
    await sleep(100);
  }
  assert.is(pulls.all().length, 2);
  begun[0]?.end();
  await first;
  begun[1]?.tell({ doing: 'download' }, { bytes: 1, isQueued: false });
  await sleep(200);
  assert.is(pulls.all().length, 1);
  assert.match((await second).message, /pull of second: nothing has come for 0 s/);
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
  assert.ok(says('b', 'Waiting'));
  assert.equal(progress.pace, { bytes: 0, isQueued: false });
  assert.ok(says('a', 'Waiting'));
  assert.not(says('a', 'Waiting'));
  assert.ok(says('b', 'Pulling fs layer'));
  assert.ok(says('b', 'Waiting'));
  assert.equal(progress.pace, { bytes: 0, isQueued: true });
  assert.ok(says('a', 'Downloading', 10, 100));
  assert.equal(progress.pace, { bytes: 10, isQueued: false });
  assert.not(says('a', 'Downloading', 10, 100));
  assert.not(says('a', 'Retrying in 5 seconds'));
  assert.not(says('a', 'Retrying in 4 seconds'));
  assert.ok(says('b', 'Downloading', 5, 50));
  assert.equal(progress.now, { doing: 'download', bytes: 15, of: 150 });
  assert.ok(says('a', 'Downloading', 2, 100), 'it is begun again');
  assert.ok(says('a', 'Downloading', 10, 100));
  assert.equal(progress.pace, { bytes: 23, isQueued: false });
  assert.ok(says('b', 'Download complete'));
  assert.ok(says('a', 'Download complete'));
  assert.equal(progress.now, { doing: 'unpack', bytes: 0, of: 150 });
  assert.ok(says('a', 'Extracting', 60, 100));
  assert.equal(progress.now, { doing: 'unpack', bytes: 60, of: 150 });
  for (const id of ['a', 'b']) assert.ok(says(id, 'Pull complete'));
  assert.ok(says('c', 'Already exists'));
  assert.equal(progress.now, { doing: 'unpack', bytes: 150, of: 150 });
});

test('an image of very many layers costs one step for each of its lines', () => {
  const progress = new PullProgress();
  const began = performance.now();
  for (const status of ['Pulling fs layer', 'Waiting', 'Download complete', 'Pull complete'])
    for (let i = 0; i < 50_000; i++) if (progress.note({ id: String(i), status })) assert.ok([progress.now, progress.pace]);
  assert.ok(performance.now() - began < 2_000, `${performance.now() - began} ms`);
});

test('without room nothing is pulled', async () => {
  const core = new TestCore({ pull: 'missing' });
  await core.start();
  const pulled: string[] = [];
  core.engine.before = async (call, [reference]) => void (call === 'pullImage' && pulled.push(String(reference)));
  const order: Parameters<TestCore['submit']>[0] = {
    do: 'run',
    imageName: 'new',
    replicaSetName: 'foo',
    gpuCount: 0,
    binds: [],
    env: [],
    containerPorts: [],
  };
  core.engine.registry.set('new', { cmd: ['sh'] });
  core.engine.roomLeft = { path: '/var/lib/docker', total: 100 * 2 ** 30, free: 2 ** 30, usedRatio: 0.99 };
  const refused = await core.submit(order);
  assert.match(refused.ok ? '' : refused.rejection.message, /99 % full/);
  assert.equal(pulled, []);
  core.engine.roomLeft = null;
  assert.ok((await core.submit(order)).ok);
  assert.equal(pulled, ['new']);
  core.die();
});

test('who sees his own alone is not told of others who wait', async () => {
  const { begun, pulls } = world();
  const all = ['ann', 'bob', 'bob'].map((actor) => pulls.pull('lab', actor));
  const seen = (own?: string) => pulls.all(own).map(({ waiting, actors }) => [waiting, actors]);
  assert.equal([seen(), seen('bob'), seen('eve')], [[[3, ['ann', 'bob']]], [[2, ['bob']]], []]);
  begun[0]?.end();
  await Promise.all(all);
});

test.run();
