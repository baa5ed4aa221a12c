// The parts of the service that the routes show: its events, the mutations that it refused, and its metrics.
import type { RejectionLog } from '../commands/reads.ts';
import type { EventReads } from '../events/query.ts';
import type { EventStreams } from './response/event-streams.ts';

export interface Observed {
  readonly events: EventReads;
  readonly streams: EventStreams;
  readonly rejections: RejectionLog;
  readonly metrics: { text(): Promise<string> };
  /** Counts an answer; `route` is the path as the route table has it. */
  request(method: string, route: string, status: number): void;
}
