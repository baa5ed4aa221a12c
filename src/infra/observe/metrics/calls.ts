// Calls of Docker and of etcd: how long they took, and which failed.
import type { EngineErrorKind } from '../../../commands/outside/engine-error.ts';
import { type EtcdKv, EtcdLeaseGoneError, EtcdNoSpaceError, EtcdUnavailableError } from '../../etcd/kv.ts';
import type { Metrics } from './metrics.ts';
import type { Count, Series, Times } from './recorders.ts';

/** Upper bounds of the buckets, s: an inspect takes milliseconds, a commit or a stop minutes. */
const DOCKER_BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120, 600, 3_600];
const ETCD_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 3, 30];

/** The calls of EtcdKv that are timed: all but the watch, which has no end, and the end of the connection. */
const ETCD_CALLS = [
  ...(['get', 'range', 'count', 'txn', 'deleteRange', 'leaseGrant', 'leaseKeepAlive', 'leaseRevoke'] as const),
  ...(['status', 'alarms', 'disarm', 'compact', 'defragment'] as const),
];

export class CallMetrics {
  readonly #docker: Series<Times>;
  readonly #dockerFailures: Series<Count>;
  readonly #byCall = new Map<string, Times>();
  readonly #etcd: Series<Times>;
  readonly #etcdFailures: Series<Count>;

  constructor(metrics: Metrics) {
    this.#docker = metrics.times('docker_call_duration_seconds', 'Time until Docker has answered a call, by call.', DOCKER_BOUNDS);
    this.#dockerFailures = metrics.counter(
      'docker_call_failures_total',
      'Calls of Docker that were refused or got no answer, by call and kind.',
    );
    this.#etcd = metrics.times('etcd_call_duration_seconds', 'Time until etcd has answered a call, by call.', ETCD_BOUNDS);
    this.#etcdFailures = metrics.counter('etcd_call_failures_total', 'Calls of etcd that were refused or got no answer, by call and kind.');
    for (const call of ETCD_CALLS) {
      this.#etcd.of({ call });
      this.#etcdFailures.of({ call, kind: 'unavailable' });
    }
  }

  /** `call`: method and path, with `{id}` for names. A call that somebody gave up has no place here. */
  readonly docker = (call: string, seconds: number, failure: EngineErrorKind | null): void => {
    let times = this.#byCall.get(call);
    if (times === undefined) {
      times = this.#docker.of({ call });
      this.#byCall.set(call, times);
      this.#dockerFailures.of({ call, kind: 'unavailable' });
    }
    times.observe(seconds);
    if (failure !== null) this.#dockerFailures.of({ call, kind: failure }).add();
  };

  /** The same etcd, with its calls timed. */
  timed(kv: EtcdKv): EtcdKv {
    const over = <A extends readonly unknown[], T>(
      call: (typeof ETCD_CALLS)[number],
      ask: (...args: A) => Promise<T>,
    ): ((...args: A) => Promise<T>) => {
      const times = this.#etcd.of({ call });
      return async (...args) => {
        const began = performance.now();
        try {
          return await ask(...args);
        } catch (error) {
          this.#etcdFailures.of({ call, kind: kindOf(error) }).add();
          throw error;
        } finally {
          times.observe((performance.now() - began) / 1_000);
        }
      };
    };
    return {
      get: over('get', (key) => kv.get(key)),
      range: over('range', (from, to) => kv.range(from, to)),
      count: over('count', (from, to) => kv.count(from, to)),
      txn: over('txn', (txn) => kv.txn(txn)),
      deleteRange: over('deleteRange', (from, to) => kv.deleteRange(from, to)),
      watch: (key, ring, signal) => kv.watch(key, ring, signal),
      leaseGrant: over('leaseGrant', (ttlSeconds) => kv.leaseGrant(ttlSeconds)),
      leaseKeepAlive: over('leaseKeepAlive', (lease, withinMs) => kv.leaseKeepAlive(lease, withinMs)),
      leaseRevoke: over('leaseRevoke', (lease) => kv.leaseRevoke(lease)),
      status: over('status', () => kv.status()),
      alarms: over('alarms', () => kv.alarms()),
      disarm: over('disarm', (alarm) => kv.disarm(alarm)),
      compact: over('compact', (revision) => kv.compact(revision)),
      defragment: over('defragment', () => kv.defragment()),
      close: () => kv.close(),
    };
  }
}

function kindOf(error: unknown): string {
  if (error instanceof EtcdUnavailableError) return 'unavailable';
  if (error instanceof EtcdNoSpaceError) return 'no-space';
  return error instanceof EtcdLeaseGoneError ? 'lease-gone' : 'refused';
}
