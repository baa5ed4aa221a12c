// Pages of events, from the newest one to the first of the log.
import { apiOf, RefusedError, resultOf } from '../ask.ts';
import type { operations, Schemas } from '../client/client.ts';
import { shownTime } from '../output/time.ts';
import type { Arguments, Terminal } from '../subcommand.ts';

export type ShownEvent = Schemas['Event'];
type Page = operations['listEvents']['responses'][200]['content']['application/json']['data'];

/** Events a page. `least`: wanted events lie far apart, and small pages would make many requests. `most`: the API's limit. */
const PAGE = { least: 100, most: 1_000 };

interface Wanted {
  readonly stream: string;
  readonly types: readonly ShownEvent['type'][];
  /** Roughly how many are looked for. */
  readonly count: number;
}

/** Yields pages from the newest event on. Each page is requested only when the caller comes to it. */
export async function* pagesOf(args: Arguments, io: Terminal, { stream, types, count }: Wanted): AsyncGenerator<readonly ShownEvent[]> {
  const limit = Math.max(PAGE.least, Math.min(PAGE.most, count));
  const until = args.one('at');
  const query = { stream: [stream], type: [...types], limit, ...(until !== undefined && { until }) };
  for (let next: Page['next'] | undefined; next !== null; ) {
    const here = { ...query, ...(next !== undefined && { cursor: next }) };
    const page: Page = await resultOf(apiOf(args, io).GET('/api/v1/events', { params: { query: here } }));
    yield page.events;
    ({ next } = page);
  }
}

/** The same; none for a key that may not read events: its scope is own. */
export async function* pagesForAny(args: Arguments, io: Terminal, wanted: Wanted): AsyncGenerator<readonly ShownEvent[]> {
  try {
    yield* pagesOf(args, io, wanted);
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 403) throw error;
  }
}

/** The version that an event is about; 0: none. */
export const versionIn = ({ data }: ShownEvent): number => ('version' in data && typeof data.version === 'number' ? data.version : 0);

/** The time at which a version was made, by the event that says so: ISO, UTC. */
export const timeIn = ({ data, time }: ShownEvent): string => ('createTime' in data ? data.createTime : time);

/**
 * The time of a version in a table, by the event that made it. The API's `createTime` of histories is the server's local time, as in the Go
 * program: it stands where there is no event, and the table says so.
 */
export function createdAt({ createTime }: { readonly createTime: string }, made: ShownEvent | undefined): string {
  return made === undefined ? `${createTime} (server's time)` : shownTime(timeIn(made));
}
