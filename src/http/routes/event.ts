// /api/v1/events: the log itself, as pages, as lines and as it happens.
import Type from 'typebox';
import { quoted } from '../../commands/request/quoted.ts';
import type { Envelope } from '../../events/envelope.ts';
import { canonical } from '../../events/hash.ts';
import { shownEvent } from '../../events/hidden.ts';
import { type EventFilter, EventsUnavailableError } from '../../events/query.ts';
import { checkNames, FILTERS, filterOf, PAGE, pageOf } from '../request/event-filter.ts';
import { isTrue, oneOf } from '../request/moment.ts';
import { Failure, invalid } from '../response/failure.ts';
import { progressOf } from '../response/progress-feed.ts';
import { RawAnswer, textAnswer } from '../response/raw-answer.ts';
import type { ApiRoute, Call } from '../route.ts';
import { EventInContext, EventPage, Rejections } from './event-answers.ts';

const BASE = '/api/v1/events';
const STREAM = {
  event: Type.Enum(['type', 'message'], {
    default: 'type',
    description: 'For text/event-stream: message leaves the type out of the frames, so that the onmessage of an EventSource gets them all.',
  }),
  lastEventId: 'For text/event-stream: go on after this sequence; the header Last-Event-ID says the same.',
  progress:
    'For text/event-stream: true: with frames of type progress, without an id, that say once a second how far the operations under way are.',
};

const linkTo = (seq: number | null): string | null => (seq === null ? null : `${BASE}/${seq}`);

/** Throws Failure 'unavailable' where the events cannot be read now. */
export async function available<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof EventsUnavailableError ? new Failure('unavailable', 503, error.message) : error;
  }
}

const jsonLines = (events: readonly Envelope[]): string => events.map((event) => `${canonical(shownEvent(event))}\n`).join('');

const wantsStream = (accept: string): boolean =>
  accept.split(',').some((part) => part.split(';')[0]?.trim().toLowerCase() === 'text/event-stream');

/** A page of events, or the stream of them. */
async function list(call: Call): Promise<unknown> {
  const { query, service, options, observed } = call;
  const host = service.state().hosts.get(options.hostName);
  if (wantsStream(call.header('Accept'))) {
    checkNames(query, FILTERS, STREAM);
    return follow(call, filterOf(query, host));
  }
  checkNames(query, FILTERS, PAGE);
  const filter = filterOf(query, host);
  const { format, ...request } = pageOf(query);
  const page = await available(observed.events.page(filter, request));
  const headers = page.next === null ? {} : { Link: nextLink(query, page.next) };
  if (format === 'jsonl') return textAnswer('application/x-ndjson', jsonLines(page.events), headers);
  return { ...page, events: page.events.map(shownEvent) };
}

function nextLink(query: URLSearchParams, cursor: number): string {
  const next = new URLSearchParams(query);
  next.set('cursor', String(cursor));
  return `<${BASE}?${next}>; rel="next"`;
}

/** The start of a stream: after the last event that the client has, else at `since`, else now. */
function startOf({ query, header, observed }: Call, filter: EventFilter): number {
  const last = header('Last-Event-ID') || (oneOf(query, 'lastEventId') ?? '');
  if (last === '') return filter.since === undefined ? observed.events.head() : 0;
  if (!/^\d{1,15}$/.test(last))
    throw invalid(`Last-Event-ID is ${quoted(last)}: it must be the sequence of the last event that was received`);
  return Number(last);
}

/** A client that has an event which the log does not have was served from a log that has since been restored: what it has is not what was. */
async function refuseAhead({ observed }: Call, after: number): Promise<void> {
  if (after <= observed.events.head()) return;
  // This server may lag behind the one that the client comes from.
  const end = await available(observed.events.end());
  if (after <= end) return;
  throw new Failure(
    'gone',
    410,
    `Last-Event-ID is ${after}, but the log ends at event ${end}: it was restored to an earlier moment (see the event LogRestored), so what followed that is not what you have. Read anew, and follow without Last-Event-ID`,
  );
}

async function follow(call: Call, filter: EventFilter): Promise<RawAnswer> {
  const { streams } = call.observed;
  const kind = oneOf(call.query, 'event') ?? 'type';
  if (kind !== 'type' && kind !== 'message') throw invalid(`event is ${quoted(kind)}: it can be type or message`);
  const unnamed = kind === 'message';
  const after = startOf(call, filter);
  await refuseAhead(call, after);
  if (streams.isFull)
    throw new Failure('busy', 429, `${streams.most} clients follow the events already (--max-sse): try again when one has ended`);
  const { until } = filter;
  const isProgressAsked = isTrue(call.query, 'progress');
  return new RawAnswer((ctx) => {
    // An EventSource takes 204 for "do not come again".
    if (until !== undefined && 'seq' in until && after >= until.seq) {
      ctx.status = 204;
      return;
    }
    if (ctx.method === 'HEAD') {
      ctx.set('Content-Type', 'text/event-stream');
      ctx.body = '';
      return;
    }
    ctx.respond = false;
    streams.open(ctx.res, filter, after, {
      mayStay: call.mayStay,
      unnamed,
      ...(isProgressAsked && { progress: progressOf(call.service) }),
    });
  });
}

async function one({ params, query, observed }: Call): Promise<unknown> {
  checkNames(query);
  const text = params['seq'] ?? '';
  if (!/^\d{1,15}$/.test(text) || Number(text) < 1) throw invalid(`${quoted(text)} is not a sequence: they are whole numbers from 1`);
  const found = await available(observed.events.one(Number(text)));
  if (found === null) throw new Failure('not-found', 404, `there is no event ${text}: the log ends at ${observed.events.head()}`);
  const { previous, next, event, command, truncated } = found;
  return {
    event: shownEvent(event),
    command: command.map(shownEvent),
    truncated,
    links: { previous: linkTo(previous), next: linkTo(next) },
  };
}

async function rejections({ query, observed }: Call): Promise<unknown> {
  checkNames(query);
  return { rejections: observed.rejections.list(), total: observed.rejections.total };
}

export const eventRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: BASE,
    id: 'listEvents',
    summary: 'Get events, or follow them',
    right: 'readAll',
    query: { ...FILTERS, ...PAGE, ...STREAM },
    answer: EventPage,
    alsoAs: {
      'application/x-ndjson': Type.String({ description: 'With format=jsonl: one event a line.' }),
      'text/event-stream': Type.String({
        description:
          'What happens, as it happens. A frame has the sequence as its `id`, the type as its `event`, and the event as its `data`. Comments come in between.',
      }),
    },
    handle: list,
  },
  {
    method: 'GET',
    path: `${BASE}/:seq`,
    id: 'getEvent',
    summary: 'Get an event, why it happened and what it led to',
    right: 'readAll',
    answer: EventInContext,
    handle: one,
  },
  {
    method: 'GET',
    path: '/api/v1/rejections',
    id: 'listRejections',
    summary: 'Get the last mutations that were refused',
    right: 'readAll',
    answer: Rejections,
    handle: rejections,
  },
];
