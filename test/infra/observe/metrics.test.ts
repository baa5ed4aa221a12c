// The numbers of /metrics, and the text that they become.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { EtcdUnavailableError } from '../../../src/infra/etcd/kv.ts';
import { Meters } from '../../../src/infra/observe/metrics/meters.ts';
import { Metrics } from '../../../src/infra/observe/metrics/metrics.ts';
import { timedStep } from '../../../src/infra/runtime/operations/timed-step.ts';
import { FakeEtcd } from '../../doubles/fake-etcd.ts';
import { realClock } from '../../support/core.ts';

const test = suite('metrics');

const lines = async (metrics: Metrics, start: string): Promise<string[]> =>
  (await metrics.text(true)).split('\n').filter((line) => line.startsWith(`gpu_docker_api_${start}`));

test('a histogram: each bucket has those below it, too, and a bound is in its bucket', async () => {
  const metrics = new Metrics();
  const times = metrics.times('work_duration_seconds', 'Time.', [0.1, 1]);
  for (const seconds of [0.05, 0.1, 0.2, 5]) times.of({ kind: 'a' }).observe(seconds);
  times.of({ kind: 'b' });
  assert.equal(await lines(metrics, 'work_duration_seconds'), [
    'gpu_docker_api_work_duration_seconds_bucket{kind="a",le="0.1"} 2',
    'gpu_docker_api_work_duration_seconds_bucket{kind="a",le="1"} 3',
    'gpu_docker_api_work_duration_seconds_bucket{kind="a",le="+Inf"} 4',
    'gpu_docker_api_work_duration_seconds_sum{kind="a"} 5.35',
    'gpu_docker_api_work_duration_seconds_count{kind="a"} 4',
    'gpu_docker_api_work_duration_seconds_bucket{kind="b",le="0.1"} 0',
    'gpu_docker_api_work_duration_seconds_bucket{kind="b",le="1"} 0',
    'gpu_docker_api_work_duration_seconds_bucket{kind="b",le="+Inf"} 0',
    'gpu_docker_api_work_duration_seconds_sum{kind="b"} 0',
    'gpu_docker_api_work_duration_seconds_count{kind="b"} 0',
  ]);
});

test('one number that cannot be read takes no other along; null is no value', async () => {
  const metrics = new Metrics();
  metrics.gauge('broken', 'Throws.', () => {
    throw new Error('no');
  });
  metrics.gauge('unknown', 'Not known.', async () => null);
  metrics.gauge('fine', 'Fine.', () => 7);
  assert.equal(await lines(metrics, ''), ['gpu_docker_api_fine 7']);
});

test('labels are escaped; those that name replicaSets are only for who sees them all', async () => {
  const metrics = new Metrics();
  metrics.gauge('who', 'Names.', () => [[{ replica_set: 'a"b\\c\nd' }, 1]], { isNamed: true });
  metrics.gauge('how_many', 'Numbers.', () => 1);
  assert.equal(await lines(metrics, 'who'), ['gpu_docker_api_who{replica_set="a\\"b\\\\c\\nd"} 1']);
  const open = await metrics.text(false);
  assert.not.match(open, /gpu_docker_api_who|replica_set/);
  assert.match(open, /\ngpu_docker_api_how_many 1\n/);
  assert.match(open, /\nprocess_resident_memory_bytes \d+\n/);
});

test('numbers of the process, without gauges that are called totals and without a second lag', async () => {
  const text = await new Metrics().text(true);
  for (const name of ['process_cpu_seconds_total', 'process_open_fds', 'nodejs_heap_size_used_bytes', 'nodejs_version_info'])
    assert.match(text, new RegExp(`^${name}[ {]`, 'm'));
  assert.not.match(text, /eventloop_lag|nodejs_active_handles_total/);
});

test('requests by route, method and class; a method of somebody’s own is one of the others; a stream has no duration', async () => {
  const { metrics, http } = new Meters();
  http.request('GET', '/a', 200, 2);
  http.request('GET', '/a', 204, 4);
  http.request('GET', '/a', 200, null);
  http.request('BREW', '/a', 418, 1);
  http.request('SIP', '/a', 418, 1);
  assert.equal(await lines(metrics, 'http_requests_total'), [
    'gpu_docker_api_http_requests_total{method="GET",route="/a",status="200"} 2',
    'gpu_docker_api_http_requests_total{method="GET",route="/a",status="204"} 1',
    'gpu_docker_api_http_requests_total{method="other",route="/a",status="418"} 2',
  ]);
  assert.equal(await lines(metrics, 'http_request_duration_seconds_count'), [
    'gpu_docker_api_http_request_duration_seconds_count{method="GET",route="/a",status="2xx"} 2',
    'gpu_docker_api_http_request_duration_seconds_count{method="other",route="/a",status="4xx"} 2',
  ]);
});

test('etcd’s calls are timed, and what fails is counted by kind', async () => {
  const { metrics, calls } = new Meters();
  const kv = calls.timed({
    ...new FakeEtcd(realClock).client(),
    get: async () => {
      throw new EtcdUnavailableError('gone');
    },
  });
  await kv.count('a', 'b');
  await kv.get('a').catch(() => undefined);
  assert.equal(await lines(metrics, 'etcd_call_duration_seconds_count{call="count"}'), [
    'gpu_docker_api_etcd_call_duration_seconds_count{call="count"} 1',
  ]);
  assert.equal(await lines(metrics, 'etcd_call_failures_total{call="get"'), [
    'gpu_docker_api_etcd_call_failures_total{call="get",kind="unavailable"} 1',
  ]);
});

test('steps: what came off, what the engine refused, what did not start, what got no answer; the end of a term is no try', async () => {
  const told: (string | null)[] = [];
  const step = { do: 'removeVolume', volume: 'v-1', version: 1, owner: { log: 'l', name: 'v', uid: 'u', version: 1 } } as const;
  const onStep = (_: string, __: number, fault: string | null): void => void told.push(fault);
  await timedStep(step, onStep, async () => ({ ok: true, do: 'removeVolume' }));
  await timedStep(step, onStep, async () => ({ ok: false, do: 'removeVolume', error: { kind: 'in-use', message: 'no' } }));
  await timedStep(step, onStep, async () => ({ ok: true, do: 'startContainer', start: { started: false, why: 'failed', message: 'no' } }));
  await timedStep(step, onStep, async () => ({
    ok: true,
    do: 'startContainer',
    start: { started: false, why: 'port-taken', message: 'no' },
  }));
  const fails = (error: Error): Promise<unknown> => timedStep(step, onStep, () => Promise.reject(error)).catch(() => undefined);
  await fails(new EngineError('unavailable', 'gone'));
  await fails(new Error('the term is over'));
  assert.equal(told, [null, 'in-use', 'not-started', 'port-taken', 'unavailable']);
});

test.run();
