// `volume create|ls|inspect|resize|rm|history`: sized volumes.
import type { HistoryPage } from '../../projections/views/history-page.ts';
import type { VolumeHistoryEntry, VolumeListEntry } from '../../projections/views/volume.ts';
import { ask } from '../ask.ts';
import { EXIT_CODES, moment, printJson, show, VIEW_FLAGS } from '../reads/views.ts';
import type { Subcommand } from '../subcommand.ts';
import { CHANGE_CODES, CHANGE_FLAGS, change, changeEach, volumePath } from './change.ts';

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
    const asked = { method: 'POST', path: '/api/v1/volumes', body: { name, size }, stream: `volume/${name}` } as const;
    return change<Made>(args, io, asked, madeName);
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
    const asked = { method: 'PATCH', path: volumePath(name, '/size'), body: { size }, stream: `volume/${name}` } as const;
    return change<Made>(args, io, asked, madeName);
  },
};

export const volumeRm: Subcommand = {
  name: 'volume rm',
  operands: ['NAME…'],
  completes: 'volume',
  summary: 'Delete volumes, with everything in them.',
  flags: CHANGE_FLAGS,
  details: CHANGE_CODES,
  run: (args, io) => changeEach(args, io, (name) => ({ method: 'DELETE', path: volumePath(name), stream: `volume/${name}` })),
};

export const volumeLs: Subcommand = {
  name: 'volume ls',
  summary: 'List the volumes, and what mounts each.',
  flags: { quiet: { short: 'q', help: 'print the names alone' }, ...VIEW_FLAGS },
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await ask<{ readonly volumes: readonly VolumeListEntry[] }>(args, io, '/api/v1/volumes', moment(args));
    if (args.has('json')) return printJson(io, data);
    if (args.has('quiet')) {
      io.out(data.volumes.map(({ name }) => `${name}\n`).join(''));
      return 0;
    }
    const rows = data.volumes.map(({ name, version, size, enforced, state, operation, mountedBy, createTime }) => [
      name,
      version,
      size,
      enforced ? 'yes' : 'no',
      operation === null ? state : `${state} (${operation.kind})`,
      mountedBy.join(' '),
      createTime,
    ]);
    return show(io, { columns: ['NAME', 'VERSION', 'SIZE', 'ENFORCED', 'STATE', 'MOUNTED BY', 'CREATED'], rows }, at, 'No volumes.');
  },
};

/** Versions on a page: the API's limit. */
const PAGE = 1_000;

export const volumeHistory: Subcommand = {
  name: 'volume history',
  operands: ['NAME'],
  completes: 'volume',
  summary: 'List the versions of a volume, newest first.',
  flags: VIEW_FLAGS,
  details: EXIT_CODES,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    const history: VolumeHistoryEntry[] = [];
    let before: string | undefined;
    for (;;) {
      const query = { ...moment(args), limit: String(PAGE), before };
      const { data, at } = await ask<HistoryPage<VolumeHistoryEntry>>(args, io, volumePath(name, '/history'), query);
      history.push(...data.history);
      if (data.next !== undefined) {
        before = String(data.next);
        continue;
      }
      if (args.has('json')) return printJson(io, { history });
      const rows = history.map(({ version, createTime, status }) => [
        version,
        createTime,
        status.opt.DriverOpts.size,
        status.enforced === false ? 'no' : 'yes',
      ]);
      return show(io, { columns: ['VERSION', 'CREATED', 'SIZE', 'ENFORCED'], rows }, at, 'No versions.');
    }
  },
};
