// The parts of the service that the routes show: its events, the mutations that it refused, and its metrics.
import type { RejectionLog } from '../commands/reads.ts';
import type { EventReads } from '../events/query.ts';
import type { EventStreams } from './response/event-streams.ts';

export interface Observed {
  readonly events: EventReads;
  readonly streams: EventStreams;
  readonly rejections: RejectionLog;
  /** `withNames`: also the numbers whose labels name replicaSets. */
  readonly metrics: { text(withNames: boolean): Promise<string> };
  /** Counts an answer; `route` is the path as the route table has it. `ms` is null where the time says nothing, as that of a stream. */
  request(method: string, route: string, status: number, ms: number | null): void;
}
