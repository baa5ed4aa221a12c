// `volume create|ls|inspect|resize|rm|history`: sized volumes.
import { answerOf, apiOf } from '../ask.ts';
import type { Schemas } from '../client/client.ts';
import { type Column, printRows, rowFlags } from '../output/rows.ts';
import { shownTime } from '../output/time.ts';
import { createdAt, pagesForAny, type ShownEvent, timeIn, versionIn } from '../reads/event-pages.ts';
import { asOf, EXIT_CODES, moment, VIEW_FLAGS } from '../reads/views.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { CHANGE_CODES, CHANGE_FLAGS, change, changeEach } from './change.ts';

interface Made {
  readonly name: string;
  readonly size: string;
}
const madeName = ({ name }: Made): string => name;

export const volumeCreate: Subcommand = {
  name: 'volume create',
  operands: ['NAME', 'SIZE'],
  summary: 'Make a volume of a size, such as 20GB. Prints the name of its first version.',
  flags: CHANGE_FLAGS,
  details: `Mount it by the name of its current version: run -v NAME-1:/path.\n\n${CHANGE_CODES}`,
  run: async (args, io) => {
    const [name = '', size = ''] = args.operands;
    const asked = { body: { name, size } };
    return change<Made>(
      args,
      io,
      {
        stream: `volume/${name}`,
        order: (api) => api.POST('/api/v1/volumes', asked),
        plan: (api) => api.POST('/api/v1/volumes', asked),
      },
      madeName,
    );
  },
};

export const volumeResize: Subcommand = {
  name: 'volume resize',
  operands: ['NAME', 'SIZE'],
  completes: 'volume',
  summary: 'Give a volume another size: a new version with everything in it. Prints its name.',
  flags: CHANGE_FLAGS,
  details: `No running container may mount it. Smaller than its contents is refused.\n\n${CHANGE_CODES}`,
  run: async (args, io) => {
    const [name = '', size = ''] = args.operands;
    const asked = { params: { path: { name } }, body: { size } };
    return change<Made>(
      args,
      io,
      {
        stream: `volume/${name}`,
        order: (api) => api.PATCH('/api/v1/volumes/{name}/size', asked),
        plan: (api) => api.PATCH('/api/v1/volumes/{name}/size', asked),
      },
      madeName,
    );
  },
};

export const volumeRm: Subcommand = {
  name: 'volume rm',
  operands: ['NAME…'],
  completes: 'volume',
  summary: 'Delete volumes, with everything in them.',
  flags: CHANGE_FLAGS,
  details: CHANGE_CODES,
  run: (args, io) =>
    changeEach(args, io, (name) => {
      const asked = { params: { path: { name } } };
      return {
        stream: `volume/${name}`,
        order: (api) => api.DELETE('/api/v1/volumes/{name}', asked),
        plan: (api) => api.DELETE('/api/v1/volumes/{name}', asked),
      };
    }),
};

const COLUMNS: readonly Column<Schemas['Volume']>[] = [
  { field: 'name', of: ({ name }) => name, least: 10 },
  { field: 'version', of: ({ version }) => version },
  { field: 'size', of: ({ size }) => size },
  { field: 'enforced', of: ({ enforced }) => (enforced ? 'yes' : 'no') },
  { field: 'state', of: ({ state, operation }) => (operation === null ? state : `${state} (${operation.kind})`) },
  { field: 'mountedBy', head: 'MOUNTED BY', of: ({ mountedBy }) => mountedBy.join(' '), least: 10 },
  { field: 'created', of: ({ createTime }) => shownTime(createTime) },
];

export const volumeLs: Subcommand = {
  name: 'volume ls',
  summary: 'List the volumes and the replicaSets that mount them.',
  flags: { ...VIEW_FLAGS, ...rowFlags() },
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await answerOf(apiOf(args, io).GET('/api/v1/volumes', { params: { query: moment(args) } }));
    return printRows(io, args, { columns: COLUMNS, rows: data.volumes, json: data, none: 'No volumes.', above: asOf(at) });
  },
};

interface Version {
  readonly version: number;
  readonly createTime: string;
  readonly status: Schemas['VolumeInfo'];
}
interface VersionMade {
  readonly entry: Version;
  readonly made: ShownEvent | undefined;
}

const VERSION_COLUMNS: readonly Column<VersionMade>[] = [
  { field: 'version', of: ({ entry }) => entry.version },
  { field: 'created', of: ({ entry, made }) => createdAt(entry, made) },
  { field: 'by', of: ({ made }) => made?.command.name ?? null },
  { field: 'actor', of: ({ made }) => made?.command.actor ?? null, least: 8 },
  { field: 'size', of: ({ entry }) => entry.status.opt.DriverOpts.size },
  { field: 'enforced', of: ({ entry }) => (entry.status.enforced === true ? 'yes' : 'no') },
];

/** Versions on a page: the API's limit. */
const PAGE = 1_000;

async function historyOf(args: Arguments, io: Terminal, name: string) {
  const history: Version[] = [];
  let next: { before?: number } = {};
  for (;;) {
    const query = { ...moment(args), limit: PAGE, ...next };
    const { data, at } = await answerOf(apiOf(args, io).GET('/api/v1/volumes/{name}/history', { params: { path: { name }, query } }));
    history.push(...data.history);
    if (data.next === undefined) return { history, at };
    next = { before: data.next };
  }
}

/** The events that made these versions. The newest of a number counts: an older one belongs to an earlier life of the name. */
async function makersOf(args: Arguments, io: Terminal, name: string, versions: readonly Version[]) {
  const makers = new Map<number, ShownEvent>();
  const types = ['VolumeVersionCreated', 'VolumeAdopted'] as const;
  for await (const events of pagesForAny(args, io, { stream: `volume/${name}`, types, count: versions.length })) {
    for (const event of events) if (!makers.has(versionIn(event))) makers.set(versionIn(event), event);
    if (versions.every(({ version }) => makers.has(version))) break;
  }
  return makers;
}

export const volumeHistory: Subcommand = {
  name: 'volume history',
  operands: ['NAME'],
  completes: 'volume',
  summary: 'List the versions of a volume, and who made each; newest first.',
  flags: { ...VIEW_FLAGS, ...rowFlags('version') },
  details: EXIT_CODES,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    const { history, at } = await historyOf(args, io, name);
    const makers = await makersOf(args, io, name, history);
    const rows = history.map((entry): VersionMade => ({ entry, made: makers.get(entry.version) }));
    const json = rows.map(({ entry, made }) => ({
      ...entry,
      created: made === undefined ? null : timeIn(made),
      by: made?.command.name ?? null,
      actor: made?.command.actor ?? null,
    }));
    return printRows(io, args, {
      columns: VERSION_COLUMNS,
      rows,
      json: { history: json },
      none: 'No versions.',
      above: asOf(at),
    });
  },
};
