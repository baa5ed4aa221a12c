// `history NAME`: the versions of a replicaSet, or every change of it, page by page to the beginning of the log.

import { UsageError } from '../../infra/options/usage-error.ts';
import type { HistoryPage } from '../../projections/views/history-page.ts';
import type { ReplicaSetHistoryEntry } from '../../projections/views/replica-set.ts';
import { ask } from '../ask.ts';
import { growingTable, type Row } from '../output/table.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { count } from '../values.ts';
import { EXIT_CODES, moment, printJson, printMoment, VIEW_FLAGS } from './views.ts';

export const historyCommand: Subcommand = {
  name: 'history',
  operands: ['NAME'],
  summary: 'List the versions of a replicaSet, and who made each; newest first.',
  flags: {
    limit: { value: 'N', short: 'n', help: 'only the newest N (default: all)' },
    ...VIEW_FLAGS,
    changes: { help: 'list every change instead, stops and failures too; also of a deleted name' },
  },
  details: EXIT_CODES,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    return args.has('changes') ? changes(args, io, name) : versions(args, io, name);
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

/** Prints the rows of each call, and waits until the terminal has taken them. */
function tablePrinter(io: Terminal, columns: readonly string[]): (rows: readonly Row[]) => Promise<void> {
  const lines = growingTable(columns, io.colours);
  return async (rows) => {
    if (rows.length === 0) return;
    io.out(`${lines(rows).join('\n')}\n`);
    await io.drained();
  };
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
  printMoment(io, at);
  const isAnyGone = history.some(({ status }) => status.disk === 'gone');
  const print = tablePrinter(io, ['VERSION', 'CREATED', 'BY', 'ACTOR', 'GPUS', 'IMAGE', 'BINDS', ...(isAnyGone ? ['DISK'] : [])]);
  // The newest event of a version number counts: an older one belongs to an earlier life of the name.
  const makers = new Map<number, ShownEvent>();
  let shown = 0;
  const showUpTo = async (end: number): Promise<void> => {
    const rows = history
      .slice(shown, end)
      .map((entry) => [...versionRow(entry, makers.get(entry.version)), ...(isAnyGone ? [entry.status.disk ?? null] : [])]);
    shown = end;
    await print(rows);
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

function versionRow({ version, createTime, status }: ReplicaSetHistoryEntry, made: ShownEvent | undefined): Row {
  const { config, hostConfig } = status;
  const gpus = hostConfig.DeviceRequests?.[0]?.DeviceIDs.length ?? 0;
  return [version, createTime, made?.command.name ?? null, made?.command.actor ?? null, gpus, config.Image, hostConfig.Binds.join(' ')];
}

async function changes(args: Arguments, io: Terminal, name: string): Promise<ExitCode> {
  const limit = limitOf(args);
  const print = args.has('json') ? jsonEvents(io) : changeTable(io);
  let found = 0;
  // A change has two events: the operation's start, and its end.
  for await (const page of pagesOf(args, io, name, 'OperationStarted,OperationCompleted,OperationFailed', limit * 2)) {
    const last = page.findIndex((event) => isBeginning(event) && ++found === limit);
    await print.part(last < 0 ? page : page.slice(0, last + 1));
    if (last >= 0) break;
  }
  print.end(`Nothing about ${name} is in the log.`);
  return 0;
}

const isBeginning = ({ type }: ShownEvent): boolean => type === 'OperationStarted';

interface Printer {
  part(events: readonly ShownEvent[]): Promise<void>;
  end(none: string): void;
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

function changeTable(io: Terminal): Printer {
  const print = tablePrinter(io, ['SEQUENCE', 'TIME', 'ACTOR', 'COMMAND', 'VERSIONS', 'OUTCOME']);
  // Newest first: the end of a change comes before its beginning, possibly on an earlier page.
  const ends = new Map<string, ShownEvent>();
  let any = false;
  return {
    part: async (events) => {
      const rows: Row[] = [];
      for (const event of events) {
        if (!isBeginning(event)) ends.set(event.command.id, event);
        else {
          rows.push(changeRow(event, ends.get(event.command.id)));
          ends.delete(event.command.id);
        }
      }
      any ||= rows.length > 0;
      await print(rows);
    },
    end: (none) => {
      if (!any) io.out(`${none}\n`);
    },
  };
}

function changeRow({ seq, time, command, data }: ShownEvent, end: ShownEvent | undefined): Row {
  const done = data.reason === undefined ? 'done' : `done: ${data.reason}`;
  const outcome = end === undefined ? 'under way' : end.type === 'OperationCompleted' ? done : `failed: ${end.data.message ?? ''}`;
  const versions = [data.from, data.to].filter((version) => version !== undefined).join(' -> ') || null;
  return [seq, time, command.actor, command.name, versions, outcome];
}
