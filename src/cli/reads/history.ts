// `history NAME`: the versions of a replicaSet, or every change of it, page by page to the beginning of the log.

import { UsageError } from '../../infra/options/usage-error.ts';
import type { HistoryPage } from '../../projections/views/history-page.ts';
import type { ReplicaSetHistoryEntry } from '../../projections/views/replica-set.ts';
import { ask, RefusedError } from '../ask.ts';
import { type Column, rowFlags, rowPrinter } from '../output/rows.ts';
import { shownTime } from '../output/time.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { count } from '../values.ts';
import { asOf, EXIT_CODES, moment, printJson, VIEW_FLAGS } from './views.ts';

export const historyCommand: Subcommand = {
  name: 'history',
  operands: ['NAME'],
  completes: 'replicaSet',
  summary: 'List the versions of a replicaSet, and who made each; newest first.',
  flags: {
    limit: { value: 'N', short: 'n', help: 'only the newest N (default: all)' },
    ...VIEW_FLAGS,
    ...rowFlags('version'),
    changes: { help: 'list every change instead, stops and failures too; also of a deleted name' },
  },
  details: EXIT_CODES,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    if (args.has('changes')) return changes(args, io, name);
    return versions(args, io, name).catch((error: unknown) => {
      if (!(error instanceof RefusedError) || !error.message.includes('does not exist')) throw error;
      throw new RefusedError(error.status, `${error.message}; gpu-docker-api history ${name} --changes lists what the log has of it`);
    });
  },
};

function limitOf(args: Arguments): number {
  const given = args.one('limit');
  if (given === undefined) return Number.POSITIVE_INFINITY;
  const limit = count(given, '--limit');
  if (limit === 0) throw new UsageError('--limit: "0" would show nothing');
  return limit;
}

/** The shown fields of an event in the answers of the events API. */
interface ShownEvent {
  readonly seq: number;
  readonly time: string;
  readonly type: string;
  readonly command: { readonly id: string; readonly name: string; readonly actor: string };
  readonly data: {
    readonly version?: number;
    readonly from?: number;
    readonly to?: number;
    readonly message?: string;
    readonly reason?: string;
  };
}
interface Page {
  readonly events: readonly ShownEvent[];
  readonly next: number | null;
}

/** Events a page. `least`: wanted events lie far apart, and small pages would make many requests. `most`: the API's limit. */
const PAGE = { least: 100, most: 1_000 };

/** Yields pages from the newest event to the first of the log. Each page is requested only when the caller comes to it. */
async function* pagesOf(args: Arguments, io: Terminal, name: string, type: string, wanted: number): AsyncGenerator<readonly ShownEvent[]> {
  const limit = String(Math.max(PAGE.least, Math.min(PAGE.most, wanted)));
  let cursor: string | undefined;
  do {
    const query = { replicaSet: name, type, until: args.one('at'), limit, cursor };
    const { events, next } = (await ask<Page>(args, io, '/api/v1/events', query)).data;
    yield events;
    cursor = next === null ? undefined : String(next);
  } while (cursor !== undefined);
}

/** The newest `limit` versions, page by page. */
async function newestOf(args: Arguments, io: Terminal, name: string, limit: number) {
  const path = `/api/v1/replicaSet/${encodeURIComponent(name)}/history`;
  const history: ReplicaSetHistoryEntry[] = [];
  let before: string | undefined;
  for (;;) {
    const query = { ...moment(args), limit: String(Math.min(PAGE.most, limit - history.length)), before };
    const { data, at } = await ask<HistoryPage<ReplicaSetHistoryEntry>>(args, io, path, query);
    history.push(...data.history);
    if (data.next === undefined || history.length >= limit) return { history: history.slice(0, limit), at };
    before = String(data.next);
  }
}

/** The types of the events that tell who made a version. */
const MAKERS = 'ContainerVersionCreated,ContainerAdopted,VersionAdopted';

async function versions(args: Arguments, io: Terminal, name: string): Promise<ExitCode> {
  const { history, at } = await newestOf(args, io, name, limitOf(args));
  if (args.has('json')) return printJson(io, { history: await withMakers(args, io, name, history) });
  const isAnyGone = history.some(({ status }) => status.disk === 'gone');
  const print = rowPrinter(io, args, {
    columns: [...VERSION_COLUMNS, { field: 'disk', of: ({ entry }) => entry.status.disk ?? null, hidden: !isAnyGone }],
    none: 'No versions.',
    above: asOf(at),
  });
  // The newest event of a version number counts: an older one belongs to an earlier life of the name.
  const makers = new Map<number, ShownEvent>();
  let shown = 0;
  const showUpTo = async (end: number): Promise<void> => {
    print.part(history.slice(shown, end).map((entry) => ({ entry, made: makers.get(entry.version) })));
    shown = end;
    await io.drained();
  };
  for await (const events of pagesOf(args, io, name, MAKERS, history.length)) {
    for (const event of events) {
      const { version = 0 } = event.data;
      if (!makers.has(version)) makers.set(version, event);
    }
    const unknown = history.findIndex(({ version }) => !makers.has(version));
    await showUpTo(unknown < 0 ? history.length : unknown);
    if (unknown < 0) return 0;
  }
  await showUpTo(history.length);
  return 0;
}

/** The API's entries, and of each by which command and whom it was made: as the table has it. */
async function withMakers(args: Arguments, io: Terminal, name: string, history: readonly ReplicaSetHistoryEntry[]): Promise<object[]> {
  const makers = new Map<number, ShownEvent>();
  for await (const events of pagesOf(args, io, name, MAKERS, history.length)) {
    for (const event of events) if (!makers.has(event.data.version ?? 0)) makers.set(event.data.version ?? 0, event);
    if (history.every(({ version }) => makers.has(version))) break;
  }
  return history.map((entry) => {
    const made = makers.get(entry.version);
    return { ...entry, by: made?.command.name ?? null, actor: made?.command.actor ?? null };
  });
}

interface Made {
  readonly entry: ReplicaSetHistoryEntry;
  readonly made: ShownEvent | undefined;
}
/** The API's `createTime` is the server's local time, as in the Go program. The event has it in UTC, as all other tables do. */
const createdOf = ({ entry, made }: Made): string => shownTime(made?.type === 'ContainerVersionCreated' ? made.time : entry.createTime);

const VERSION_COLUMNS: readonly Column<Made>[] = [
  { field: 'version', of: ({ entry }) => entry.version },
  { field: 'created', of: createdOf },
  { field: 'by', of: ({ made }) => made?.command.name ?? null },
  { field: 'actor', of: ({ made }) => made?.command.actor ?? null, least: 8 },
  { field: 'gpus', of: ({ entry }) => entry.status.hostConfig.DeviceRequests?.[0]?.DeviceIDs.length ?? 0 },
  { field: 'image', of: ({ entry }) => entry.status.config.Image, least: 10 },
  { field: 'binds', of: ({ entry }) => entry.status.hostConfig.Binds.join(' '), least: 8 },
];

async function changes(args: Arguments, io: Terminal, name: string): Promise<ExitCode> {
  const limit = limitOf(args);
  const print = args.has('json') ? jsonEvents(io) : changeTable(args, io, `Nothing about ${name} is in the log.`);
  let found = 0;
  // A change has two events: the operation's start, and its end.
  for await (const page of pagesOf(args, io, name, 'OperationStarted,OperationCompleted,OperationFailed', limit * 2)) {
    const last = page.findIndex((event) => isBeginning(event) && ++found === limit);
    await print.part(last < 0 ? page : page.slice(0, last + 1));
    if (last >= 0) break;
  }
  print.end();
  return 0;
}

const isBeginning = ({ type }: ShownEvent): boolean => type === 'OperationStarted';

interface Printer {
  part(events: readonly ShownEvent[]): Promise<void>;
  end(): void;
}

/** Prints all pages as one JSON object of the API's shape. */
function jsonEvents(io: Terminal): Printer {
  let before = '{"events":[';
  return {
    part: async (events) => {
      for (const event of events) {
        io.out(`${before}${JSON.stringify(event)}`);
        before = ',';
      }
      await io.drained();
    },
    end: () => io.out(`${before === ',' ? '' : before}]}\n`),
  };
}

interface Change {
  readonly began: ShownEvent;
  readonly end: ShownEvent | undefined;
}
const CHANGE_COLUMNS: readonly Column<Change>[] = [
  { field: 'sequence', of: ({ began }) => began.seq },
  { field: 'time', of: ({ began }) => began.time },
  { field: 'actor', of: ({ began }) => began.command.actor, least: 8 },
  { field: 'command', of: ({ began }) => began.command.name },
  { field: 'versions', of: ({ began: { data } }) => [data.from, data.to].filter((version) => version !== undefined).join(' -> ') },
  { field: 'outcome', of: outcomeOf, least: 12 },
];

function outcomeOf({ began, end }: Change): string {
  if (end === undefined) return 'under way';
  if (end.type !== 'OperationCompleted') return `failed: ${end.data.message ?? ''}`;
  return began.data.reason === undefined ? 'done' : `done: ${began.data.reason}`;
}

function changeTable(args: Arguments, io: Terminal, none: string): Printer {
  const print = rowPrinter(io, args, { columns: CHANGE_COLUMNS, none });
  // Newest first: the end of a change comes before its beginning, possibly on an earlier page.
  const ends = new Map<string, ShownEvent>();
  return {
    part: async (events) => {
      const changed: Change[] = [];
      for (const event of events) {
        if (!isBeginning(event)) ends.set(event.command.id, event);
        else {
          changed.push({ began: event, end: ends.get(event.command.id) });
          ends.delete(event.command.id);
        }
      }
      print.part(changed);
      await io.drained();
    },
    end: () => print.end(),
  };
}
