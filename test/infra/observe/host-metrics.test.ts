// GPUs by state and holder, idle leases, ports and the commands that wait, over the whole core.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { auditOf } from '../../support/audit.ts';
import { TestCore } from '../../support/core.ts';
import { runs } from '../../support/scenario.ts';
import { until } from '../../support/until.ts';

const test = suite('metrics of the host');

test('GPUs: free, leased, idle, foreign, lost and gone; ports; what failed; what waits', async () => {
  const t = new TestCore({ gpus: 6, reconcileEveryMs: 20 });
  const audit = auditOf(t.committer, t.store, { whole: t.feed });
  const service = audit.over(t.core);
  await t.start();
  const value = async (series: string, withNames = true): Promise<number | undefined> => {
    const line = (await audit.metrics.text(withNames)).split('\n').find((one) => one.startsWith(`gpu_docker_api_${series} `));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };
  const states = async (): Promise<object> =>
    Object.fromEntries(
      await Promise.all(['free', 'leased', 'foreign', 'lost', 'gone'].map(async (state) => [state, await value(`gpus{state="${state}"}`)])),
    );
  assert.equal(await states(), { free: 6, leased: 0, foreign: 0, lost: 0, gone: 0 });
  await service.submit(runs('foo', { gpuCount: 2, containerPorts: ['22'] }), { actor: 'ann' });
  assert.equal(await states(), { free: 4, leased: 2, foreign: 0, lost: 0, gone: 0 });
  assert.is(await value('gpu_leased{gpu="GPU-0",index="0",replica_set="foo"}'), 1);
  assert.is(await value('gpu_leased_idle{gpu="GPU-0",index="0",replica_set="foo"}'), 0);
  assert.is(await value('gpu_leased{gpu="GPU-0",index="0",replica_set="foo"}', false), undefined, 'no names for everybody');
  assert.equal([await value('ports'), await value('ports_held'), await value('ports_available')], [100, 1, 99]);
  await service.submit({ do: 'pause', name: 'foo' }, { actor: 'ann' });
  assert.is(await value('gpus_leased_idle'), 2);
  assert.is(await value('gpu_leased_idle{gpu="GPU-1",index="1",replica_set="foo"}'), 1);
  t.gpus = t.gpus.filter(({ index }) => index !== 1 && index !== 5);
  t.die();

  // A start looks at the driver.
  const next = new TestCore({ gpus: 6, engine: t.engine, store: t.store });
  next.gpus = t.gpus;
  const again = auditOf(next.committer, next.store, { whole: next.feed });
  again.over(next.core);
  await next.start();
  const text = await again.metrics.text(true);
  assert.match(text, /gpus\{state="free"\} 3\n/);
  assert.match(text, /gpus\{state="leased"\} 1\n/);
  assert.match(text, /gpus\{state="lost"\} 1\n/);
  assert.match(text, /gpus\{state="gone"\} 1\n/);
  assert.match(text, /operation_duration_seconds_count\{command="run"\} 0\n/, 'what an earlier process did is not counted again');
  next.die();
});

test('commands that wait, and for how long', async () => {
  const t = new TestCore();
  const audit = auditOf(t.committer, t.store, { whole: t.feed });
  const service = audit.over(t.core);
  await t.start();
  await service.submit(runs('foo'), { actor: 'ann' });
  const { queue } = t.core;
  assert.equal(queue.waiting, { count: 0, oldestMs: 0 });
  const patience = new AbortController();
  const orders = [1, 2, 3].map(() => service.submit({ do: 'restart', name: 'foo' }, { actor: 'ann' }));
  const impatient = service.submit({ do: 'restart', name: 'foo' }, { actor: 'ann' }, {}, patience.signal);
  await until('they wait', () => queue.waiting.count === 3);
  patience.abort(new Error('enough'));
  await impatient;
  assert.is(queue.waiting.count, 2);
  assert.ok(queue.waiting.oldestMs >= 0);
  await Promise.all(orders);
  assert.equal(queue.waiting, { count: 0, oldestMs: 0 });
  t.die();
});

test.run();
