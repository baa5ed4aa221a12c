// `history NAME`: the versions of a replicaSet, or every change of it, page by page to the beginning of the log.

import { UsageError } from '../../infra/options/usage-error.ts';
import { answerOf, apiOf, RefusedError } from '../ask.ts';
import type { Schemas } from '../client/client.ts';
import { type Column, rowFlags, rowPrinter } from '../output/rows.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { count } from '../values.ts';
import { createdAt, pagesForAny, pagesOf, type ShownEvent, versionIn } from './event-pages.ts';
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
    changes: { help: 'list every change instead, including stops and failures; also of a deleted name' },
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

interface Entry {
  readonly version: number;
  readonly createTime: string;
  readonly status: {
    readonly config: { readonly Image: string };
    readonly hostConfig: {
      readonly Binds: readonly string[];
      readonly DeviceRequests: null | readonly { readonly DeviceIDs: readonly string[] }[];
    };
    readonly disk?: 'gone';
  };
}

/** Versions on a page: the API's limit. */
const PAGE = 1_000;

/** The newest `limit` versions, page by page. */
async function newestOf(args: Arguments, io: Terminal, name: string, limit: number) {
  const history: Entry[] = [];
  let next: { before?: number } = {};
  for (;;) {
    const query = { ...moment(args), limit: Math.min(PAGE, limit - history.length), ...next };
    const { data, at } = await answerOf(apiOf(args, io).GET('/api/v1/replicaSet/{name}/history', { params: { path: { name }, query } }));
    history.push(...data.history);
    if (data.next === undefined || history.length >= limit) return { history: history.slice(0, limit), at };
    next = { before: data.next };
  }
}

/** The events that tell who made a version. */
const makersOf = (args: Arguments, io: Terminal, name: string, count: number): AsyncGenerator<readonly ShownEvent[]> =>
  pagesForAny(args, io, { stream: `replicaSet/${name}`, types: ['ContainerVersionCreated', 'ContainerAdopted', 'VersionAdopted'], count });

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
  for await (const events of makersOf(args, io, name, history.length)) {
    for (const event of events) if (!makers.has(versionIn(event))) makers.set(versionIn(event), event);
    const unknown = history.findIndex(({ version }) => !makers.has(version));
    await showUpTo(unknown < 0 ? history.length : unknown);
    if (unknown < 0) return 0;
  }
  await showUpTo(history.length);
  return 0;
}

/** The API's entries, and of each by which command and whom it was made: as the table has it. */
async function withMakers(args: Arguments, io: Terminal, name: string, history: readonly Entry[]): Promise<object[]> {
  const makers = new Map<number, ShownEvent>();
  for await (const events of makersOf(args, io, name, history.length)) {
    for (const event of events) if (!makers.has(versionIn(event))) makers.set(versionIn(event), event);
    if (history.every(({ version }) => makers.has(version))) break;
  }
  return history.map((entry) => {
    const made = makers.get(entry.version);
    return { ...entry, by: made?.command.name ?? null, actor: made?.command.actor ?? null };
  });
}

interface Made {
  readonly entry: Entry;
  readonly made: ShownEvent | undefined;
}
const VERSION_COLUMNS: readonly Column<Made>[] = [
  { field: 'version', of: ({ entry }) => entry.version },
  { field: 'created', of: ({ entry, made }) => createdAt(entry, made) },
  { field: 'by', of: ({ made }) => made?.command.name ?? null },
  { field: 'actor', of: ({ made }) => made?.command.actor ?? null, least: 8 },
  { field: 'gpus', of: gpusIn },
  { field: 'image', of: ({ entry }) => entry.status.config.Image, least: 10 },
  { field: 'binds', of: ({ entry }) => entry.status.hostConfig.Binds.join(' '), least: 8 },
];

/** Of a version that was adopted without its container nobody knows which they were, only how many. */
function gpusIn({ entry, made }: Made): number {
  if (made?.type === 'VersionAdopted') return made.data.spec.gpuCount;
  return entry.status.hostConfig.DeviceRequests?.[0]?.DeviceIDs.length ?? 0;
}

async function changes(args: Arguments, io: Terminal, name: string): Promise<ExitCode> {
  const limit = limitOf(args);
  const print = args.has('json') ? jsonEvents(io) : changeTable(args, io, `Nothing about ${name} is in the log.`);
  let found = 0;
  // A change has two events: the operation's start, and its end. An adoption takes no step, and has one.
  const types = ['OperationStarted', 'OperationCompleted', 'OperationFailed', 'ContainerAdopted'] as const;
  for await (const page of pagesOf(args, io, { stream: `replicaSet/${name}`, types, count: limit * 2 })) {
    const last = page.findIndex((event) => isBeginning(event) && ++found === limit);
    await print.part(last < 0 ? page : page.slice(0, last + 1));
    if (last >= 0) break;
  }
  print.end();
  return 0;
}

type Began = Schemas['OperationStarted'] | Schemas['ContainerAdopted'];
const isBeginning = (event: ShownEvent): event is Began => event.type === 'OperationStarted' || event.type === 'ContainerAdopted';

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
  readonly began: Began;
  readonly end: ShownEvent | undefined;
  /** It was open in a log that was restored, and ended when its name was adopted. */
  readonly isGivenUp: boolean;
}
const CHANGE_COLUMNS: readonly Column<Change>[] = [
  { field: 'sequence', of: ({ began }) => began.seq },
  { field: 'time', of: ({ began }) => began.time },
  { field: 'actor', of: ({ began }) => began.command.actor, least: 8 },
  { field: 'command', of: ({ began }) => began.command.name },
  { field: 'versions', of: versionsOf },
  { field: 'outcome', of: outcomeOf, least: 12 },
];

function versionsOf({ began }: Change): string {
  if (began.type === 'ContainerAdopted') return String(began.data.version);
  return [began.data.from, began.data.to].filter((version) => version !== undefined).join(' -> ');
}

function outcomeOf({ began, end, isGivenUp }: Change): string {
  if (began.type === 'ContainerAdopted') return 'done';
  if (end === undefined) return isGivenUp ? 'ended by adopt' : 'under way';
  if (end.type === 'OperationFailed') return `failed: ${end.data.message}`;
  return began.data.reason === undefined ? 'done' : `done: ${began.data.reason}`;
}

function changeTable(args: Arguments, io: Terminal, none: string): Printer {
  const print = rowPrinter(io, args, { columns: CHANGE_COLUMNS, none });
  // Newest first: the end of a change comes before its beginning, possibly on an earlier page.
  const ends = new Map<string, ShownEvent>();
  let isAdopted = false;
  return {
    part: async (events) => {
      const changed: Change[] = [];
      for (const event of events) {
        if (!isBeginning(event)) ends.set(event.command.id, event);
        else {
          changed.push({ began: event, end: ends.get(event.command.id), isGivenUp: isAdopted });
          ends.delete(event.command.id);
          isAdopted ||= event.type === 'ContainerAdopted';
        }
      }
      print.part(changed);
      await io.drained();
    },
    end: () => print.end(),
  };
}
