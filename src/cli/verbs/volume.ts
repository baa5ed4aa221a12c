// `volume create|ls|inspect|resize|rm|history`: sized volumes.
import type { HistoryPage } from '../../projections/views/history-page.ts';
import type { VolumeHistoryEntry, VolumeListEntry } from '../../projections/views/volume.ts';
import { ask } from '../ask.ts';
import { type Column, printRows, rowFlags } from '../output/rows.ts';
import { shownTime } from '../output/time.ts';
import { asOf, EXIT_CODES, moment, VIEW_FLAGS } from '../reads/views.ts';
import type { Subcommand } from '../subcommand.ts';
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

const COLUMNS: readonly Column<VolumeListEntry>[] = [
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
  summary: 'List the volumes, and what mounts each.',
  flags: { ...VIEW_FLAGS, ...rowFlags() },
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await ask<{ readonly volumes: readonly VolumeListEntry[] }>(args, io, '/api/v1/volumes', moment(args));
    return printRows(io, args, { columns: COLUMNS, rows: data.volumes, json: data, none: 'No volumes.', above: asOf(at) });
  },
};

const VERSION_COLUMNS: readonly Column<VolumeHistoryEntry>[] = [
  { field: 'version', of: ({ version }) => version },
  { field: 'created', of: ({ createTime }) => shownTime(createTime) },
  { field: 'size', of: ({ status }) => status.opt.DriverOpts.size },
  { field: 'enforced', of: ({ status }) => (status.enforced ? 'yes' : 'no') },
];

/** Versions on a page: the API's limit. */
const PAGE = 1_000;

export const volumeHistory: Subcommand = {
  name: 'volume history',
  operands: ['NAME'],
  completes: 'volume',
  summary: 'List the versions of a volume, newest first.',
  flags: { ...VIEW_FLAGS, ...rowFlags('version') },
  details: EXIT_CODES,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    const history: VolumeHistoryEntry[] = [];
    let before: string | undefined;
    for (;;) {
      const query = { ...moment(args), limit: String(PAGE), before };
      const { data, at } = await ask<HistoryPage<VolumeHistoryEntry>>(
        args,
        io,
        `/api/v1/volumes/${encodeURIComponent(name)}/history`,
        query,
      );
      history.push(...data.history);
      if (data.next !== undefined) {
        before = String(data.next);
        continue;
      }
      return printRows(io, args, { columns: VERSION_COLUMNS, rows: history, json: { history }, none: 'No versions.', above: asOf(at) });
    }
  },
};
