import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_HEAD } from '../../../src/events/envelope.ts';
import { FencedError } from '../../../src/events/log.ts';
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import type { EtcdKv } from '../../../src/infra/etcd/kv.ts';
import { acquireLease, type Holder, type LeaseOptions, leaseKey, type Term, TermOverError } from '../../../src/infra/etcd/lease.ts';
import { EtcdLog, HEAD_KEY, LOG_PREFIX } from '../../../src/infra/etcd/log.ts';
import { identityOf, isDeadPredecessor } from '../../../src/infra/etcd/process-identity.ts';
import { startEtcd } from '../../support/etcd.ts';
import { clock, endOf, eventsAfter, holderOf, ids, runChild, startProxy, until } from './support.ts';

const etcd = await startEtcd();
const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 1_000 });
const KEY = leaseKey('box');
const TTL = 2;
const me = holderOf('/data');
const test = suite('lease');

const acquire = (options: Partial<LeaseOptions> = {}): Promise<Term> =>
  acquireLease({ kv, clock, key: KEY, holder: me, ttlSeconds: TTL, signal: new AbortController().signal, isGone: () => false, ...options });
const over = (term: Term): Promise<string> =>
  new Promise((resolve) => {
    const tell = (): void => resolve(term.lost.reason instanceof TermOverError ? term.lost.reason.message : 'for no reason');
    if (term.lost.aborted) tell();
    else term.lost.addEventListener('abort', tell);
  });

test.before.each(async () => {
  const held = await kv.get(KEY);
  if (held !== null && held.lease !== '0') await kv.leaseRevoke(held.lease);
  await kv.deleteRange('/gpu-docker-api/', '/gpu-docker-api0');
});
test.after(async () => {
  kv.close();
  await etcd.stop();
});

test('a free lease is had at once; its key names the holder, its fence the key', async () => {
  const asked = performance.now();
  const term = await acquire();
  assert.ok(performance.now() - asked < 200);
  const held = await kv.get(KEY);
  assert.equal(JSON.parse(held?.value ?? ''), me);
  assert.equal(term.fence, { key: KEY, revision: held?.createRevision });
  assert.not(term.lost.aborted);
  await term.resign();
  assert.match(await over(term), /resigned/);
  assert.is(await kv.get(KEY), null);
});

test('a term outlasts its TTL many times over', async () => {
  const term = await acquire();
  await clock.sleep(TTL * 1_000 * 2.5);
  assert.not(term.lost.aborted);
  assert.is((await kv.get(KEY))?.createRevision, term.fence.revision);
  await term.resign();
});

test('a second contender waits, says for whom, and has it soon after the first resigns', async () => {
  const first = await acquire();
  const waited: (Holder | null)[] = [];
  const second = acquire({ holder: holderOf('/other'), onWaiting: (holder) => waited.push(holder) });
  await until('waiting', () => waited.length > 0);
  await clock.sleep(700);
  assert.equal(waited, [me]);
  const asked = performance.now();
  await first.resign();
  const term = await second;
  assert.ok(performance.now() - asked < 200, `after ${performance.now() - asked} ms`);
  assert.not.equal(term.fence.revision, first.fence.revision);
  await term.resign();
});

test('a standby can be told to stop waiting', async () => {
  const first = await acquire();
  const stop = new AbortController();
  const second = acquire({ signal: stop.signal });
  await clock.sleep(50);
  stop.abort(new Error('enough'));
  await second.then(
    () => assert.unreachable('it got it'),
    (error: unknown) => assert.is((error as Error).message, 'enough'),
  );
  await first.resign();
});

test('a killed predecessor is not waited for', async () => {
  const child = await runChild('lease-child.ts', etcd.endpoint, KEY, '60', '/data');
  assert.is((await kv.get(KEY))?.createRevision, child.said);
  let waiting = 0;
  const isGone = (holder: Holder): boolean => isDeadPredecessor(holder, me, false);
  const stop = new AbortController();
  const early = acquire({ isGone, signal: stop.signal, onWaiting: () => waiting++ }).catch(() => null);
  await until('waiting while it lives', () => waiting > 0);
  stop.abort();
  assert.is(await early, null);

  await child.kill('SIGKILL');
  const fresh = connectEtcd({ endpoints: [etcd.endpoint] });
  const asked = performance.now();
  const term = await acquire({ kv: fresh, isGone });
  const took = performance.now() - asked;
  process.stdout.write(`takeover of a killed predecessor: ${took.toFixed(0)} ms\n`);
  assert.ok(took < 200, `${took} ms`);
  assert.is.not(term.fence.revision, child.said);
  await term.resign();
  fresh.close();
});

test('only a process that certainly ended counts as a dead predecessor', async () => {
  const child = await runChild('lease-child.ts', etcd.endpoint, KEY, '60', '/data');
  const of = (pid: number): Holder => ({ ...me, ...identityOf(pid) });
  const living = of(child.pid);
  const isDead = (holder: Holder, ownEtcd = false): boolean => isDeadPredecessor(holder, me, ownEtcd);
  assert.not(isDead(living));
  assert.not(isDead(me));
  assert.ok(isDead({ ...living, startTime: '1' }), 'its pid is now another process');
  assert.ok(isDead({ ...living, bootId: 'another' }, true), 'the machine was started again, and nobody else can reach its etcd');
  await child.kill('SIGKILL');
  assert.ok(isDead(living), 'it was killed');
  assert.not(isDead({ ...living, host: 'elsewhere' }));
  assert.ok(isDead({ ...living, dataDir: '/elsewhere' }), 'a standby on the same machine takes over at once');
  assert.not(isDead({ ...living, bootId: 'another' }), 'in a shared etcd it may be another machine, also with the same data directory');
  assert.not(isDead({ ...living, pidNamespace: 'a container' }));
});

test('a restart of etcd shorter than the TTL keeps the term', async () => {
  const term = await acquire();
  for (const kill of [true, false]) {
    await (kill ? etcd.kill() : etcd.stop());
    await clock.sleep(400);
    await etcd.start();
    await clock.sleep(TTL * 1_000);
    assert.not(term.lost.aborted, String(term.lost.reason));
  }
  assert.is((await kv.get(KEY))?.createRevision, term.fence.revision);
  await term.resign();
});

test('a partition ends the term before another can have it, and the deposed holder can append nothing', async () => {
  await kv.deleteRange(LOG_PREFIX, `${LOG_PREFIX}~`);
  await kv.deleteRange(HEAD_KEY, `${HEAD_KEY}\0`);
  const proxy = await startProxy(etcd.endpoint);
  const cutOff = connectEtcd({ endpoints: [proxy.endpoint], timeoutMs: 1_000 });
  const first = await acquire({ kv: cutOff });
  const deposed = new EtcdLog({ kv, clock, ids, fence: () => first.fence });
  const one = eventsAfter(EMPTY_HEAD, 1);
  assert.is(await deposed.append(one, EMPTY_HEAD), 'committed');

  const order: string[] = [];
  const second = acquire({ holder: holderOf('/other') }).then((term) => {
    order.push('second');
    return term;
  });
  await clock.sleep(300);
  const since = performance.now();
  const ended = over(first).then((reason) => {
    order.push('first over');
    return reason;
  });
  proxy.freeze();
  assert.match(await ended, /not answered a renewal for 1600 ms/);
  const gaveUp = performance.now() - since;
  const term = await second;
  process.stdout.write(
    `partition, TTL 2 s: given up after ${gaveUp.toFixed(0)} ms, taken over after ${(performance.now() - since).toFixed(0)} ms\n`,
  );
  assert.equal(order, ['first over', 'second']);

  await deposed.append(eventsAfter(endOf(one), 1), endOf(one)).then(
    () => assert.unreachable('the deposed holder wrote'),
    (error: unknown) => assert.instance(error, FencedError),
  );
  const now = new EtcdLog({ kv, clock, ids, fence: () => term.fence });
  assert.is(await now.append(eventsAfter(endOf(one), 1), endOf(one)), 'committed');
  cutOff.close();
  proxy.close();
  await term.resign();
});

test('an etcd that stands still ends the term, and gives the lease back when it goes on', async () => {
  const term = await acquire();
  process.kill(etcd.pid, 'SIGSTOP');
  try {
    assert.match(await over(term), /not answered a renewal/);
  } finally {
    process.kill(etcd.pid, 'SIGCONT');
  }
  const next = await acquire({ holder: holderOf('/other') });
  await next.resign();
});

test('a process that was paused is told at its next look, before any timer has told it', async () => {
  let paused = 0;
  const term = await acquire({ clock: { ...clock, now: () => clock.now() + paused } });
  term.check();
  assert.not(term.lost.aborted);
  paused = TTL * 1_000;
  assert.throws(
    () => term.check(),
    (error: unknown) => error instanceof TermOverError && /not answered a renewal/.test(error.message),
  );
  assert.ok(term.lost.aborted);
  assert.throws(() => term.check(), /not answered a renewal/);
});

test('a wall clock that is set back prolongs no term', async () => {
  let back = 0;
  const { EtcdUnavailableError } = await import('../../../src/infra/etcd/kv.ts');
  const cut: EtcdKv = {
    ...kv,
    leaseKeepAlive: async (lease, ms) => {
      if (back > 0) throw new EtcdUnavailableError('cut');
      return kv.leaseKeepAlive(lease, ms);
    },
  };
  const term = await acquire({ kv: cut, clock: { ...clock, now: () => clock.now() - back } });
  back = 600_000;
  const asked = performance.now();
  assert.match(await over(term), /not answered a renewal/);
  assert.ok(performance.now() - asked < TTL * 1_000);
  const next = await acquire({ holder: holderOf('/other') });
  assert.throws(() => term.check(), /not answered a renewal/);
  await next.resign();
});

test('a lease that was taken away ends the term', async () => {
  const term = await acquire();
  const held = await kv.get(KEY);
  await kv.leaseRevoke(held?.lease ?? '');
  assert.match(await over(term), /run out/);
});

test('the lease is had even when the answer to the put is lost', async () => {
  let lost = 0;
  const lossy: EtcdKv = {
    ...kv,
    txn: async (txn) => {
      const answer = await kv.txn(txn);
      if (lost++ > 0) return answer;
      const { EtcdUnavailableError } = await import('../../../src/infra/etcd/kv.ts');
      throw new EtcdUnavailableError('lost');
    },
  };
  const term = await acquire({ kv: lossy });
  assert.is(lost, 1);
  assert.is((await kv.get(KEY))?.createRevision, term.fence.revision);
  await term.resign();
});

test.run();
