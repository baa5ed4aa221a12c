// The text that Prometheus reads, by prom-client, with its numbers of the process and of Node.js.
import { Counter, collectDefaultMetrics, Gauge, Histogram, type MetricValue, Registry } from 'prom-client';
import type { Family, Labels, Times } from './recorders.ts';

/** Without: lag has a number of its own here, for which no clock of 100 Hz has to run, and the rest are gauges that are called totals. */
const LEFT_OUT = /^nodejs_(eventloop_lag_.*|active_(handles|requests|resources)_total)$/;
/** Interval of a measurement whose numbers are left out, ms. */
const NEVER_MS = 3_600_000;

interface Value extends MetricValue<string> {
  metricName?: string;
}

/** A metric whose values are those of a family, at the moment when they are asked for. */
class Scraped extends Gauge<string> {
  readonly #family: Family;
  readonly #blank: Counter | Gauge | Histogram;

  constructor(family: Family) {
    const { name, help, kind } = family;
    super({ name, help, registers: [] });
    this.#family = family;
    this.#blank = new BLANKS[kind]({ name, help, registers: [] });
  }

  override async get(): ReturnType<Gauge<string>['get']> {
    const values = await valuesOf(this.#family).catch(() => []);
    return { ...(await this.#blank.get()), values };
  }
}

const BLANKS = { counter: Counter, gauge: Gauge, histogram: Histogram } as const;

async function valuesOf(family: Family): Promise<Value[]> {
  if (family.kind === 'histogram') {
    const { name, bounds, series } = family;
    return series.all().flatMap(([labels, times]) => histogramOf(name, bounds, labels, times));
  }
  const found = await family.read();
  if (found === null) return [];
  return typeof found === 'number' ? [{ labels: {}, value: found }] : found.map(([labels, value]) => ({ labels: { ...labels }, value }));
}

function histogramOf(name: string, bounds: readonly number[], labels: Labels, { counts, sum }: Times): Value[] {
  const metricName = `${name}_bucket`;
  let value = 0;
  const buckets = [...bounds, '+Inf'].map((le, at): Value => {
    value += counts[at] ?? 0;
    return { metricName, labels: { ...labels, le }, value };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { ...labels }, value: sum },
    { metricName: `${name}_count`, labels: { ...labels }, value },
  ];
}

export class Prometheus {
  readonly #registry = new Registry();
  /** Names of the metrics for everybody who gets any. */
  readonly #open: readonly string[];

  constructor(families: readonly Family[]) {
    const registry = this.#registry;
    for (const family of families) registry.registerMetric(new Scraped(family));
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
    const names = registry.getMetricsAsArray().map(({ name }) => name);
    for (const name of names) if (LEFT_OUT.test(name)) registry.removeSingleMetric(name);
    const closed = new Set(families.filter(({ isNamed }) => isNamed).map(({ name }) => name));
    this.#open = names.filter((name) => !LEFT_OUT.test(name) && !closed.has(name));
  }

  async text(withNames: boolean): Promise<string> {
    if (withNames) return this.#registry.metrics();
    const texts = await Promise.all(this.#open.map((name) => this.#registry.getSingleMetricAsString(name)));
    return `${texts.join('\n\n')}\n`;
  }
}
