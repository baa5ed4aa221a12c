import { CallMetrics } from './calls.ts';
import { HttpMetrics } from './http.ts';
import { Metrics } from './metrics.ts';
import { WorkMetrics } from './work.ts';

/** What is counted while the service works. It is there before the things that it counts. */
export class Meters {
  readonly metrics = new Metrics();
  readonly http = new HttpMetrics(this.metrics);
  readonly work = new WorkMetrics(this.metrics);
  readonly calls = new CallMetrics(this.metrics);
}
