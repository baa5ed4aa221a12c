// The numbers of /metrics: what is recorded as it happens, and what is read when somebody asks.
import { once } from '../../async/once.ts';
import { Count, type Family, type Read, Series, Times } from './recorders.ts';

/** Prefix of all names. */
const PREFIX = 'gpu_docker_api_';

/**
 * Collects the numbers of this process:
 *
 *     const metrics = new Metrics();
 *     const calls = metrics.counter('calls_total', 'Calls, by kind.');
 *     calls.of({ call: 'get' }).add();
 *     metrics.gauge('ready', '1 while the service is ready.', () => (isReady() ? 1 : 0));
 *     console.log(await metrics.text(true));
 *
 * Names get the prefix. Promises that one number which cannot be read does not take the others along.
 */
export class Metrics {
  readonly #families: Family[] = [];
  /** prom-client takes 50 ms to load, and a few MB: a server that nobody asks for its numbers does without. */
  readonly #prometheus = once(async () => new (await import('./prometheus.ts')).Prometheus(this.#families));

  counter(name: string, help: string): Series<Count> {
    const series = new Series(() => new Count());
    this.#families.push({
      kind: 'counter',
      name: PREFIX + name,
      help,
      read: () => series.all().map(([labels, { value }]) => [labels, value]),
    });
    return series;
  }

  /** `bounds`: of the buckets, ascending, s. */
  times(name: string, help: string, bounds: readonly number[]): Series<Times> {
    const series = new Series(() => new Times(bounds));
    this.#families.push({ kind: 'histogram', name: PREFIX + name, help, bounds, series });
    return series;
  }

  /** `read` gives null while the value is not known. If it throws, there is no value either. */
  gauge(name: string, help: string, read: Read, { isNamed = false }: { readonly isNamed?: boolean } = {}): void {
    this.#families.push({ kind: 'gauge', name: PREFIX + name, help, read, isNamed });
  }

  /** A counter that is counted elsewhere. */
  readCounter(name: string, help: string, read: Read): void {
    this.#families.push({ kind: 'counter', name: PREFIX + name, help, read });
  }

  /** As Prometheus reads them (text format 0.0.4). `withNames`: also those whose labels name replicaSets. */
  async text(withNames: boolean): Promise<string> {
    return (await this.#prometheus()).text(withNames);
  }
}
