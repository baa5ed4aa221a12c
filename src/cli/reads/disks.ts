// `disks`: what versions, containers and volumes take on the host's disk.
import { formatBytes } from '../../commands/request/names.ts';
import { apiOf, resultOf, SERVER_FLAGS } from '../ask.ts';
import { plainLines, type Row, tableText } from '../output/table.ts';
import type { Subcommand } from '../subcommand.ts';
import { EXIT_CODES, printJson } from './views.ts';

const bytes = (value: number | null): string | null => (value === null ? null : value === 0 ? '0' : formatBytes(value));

export const disksCommand: Subcommand = {
  name: 'disks',
  operands: ['[NAME]'],
  completes: 'replicaSet',
  summary: 'List the disk use of saved disks, containers and volumes; with NAME of each version.',
  flags: { json: { help: "print the server's data as one JSON object" }, ...SERVER_FLAGS },
  details:
    'DISKS: the saved disks of all versions, without the base image. OWN: what versions rm of that version alone gives back.\n\n' +
    EXIT_CODES,
  run: async (args, io) => {
    const [name] = args.operands;
    const query = name === undefined ? {} : { replicaSet: name };
    const { disks } = await resultOf(apiOf(args, io).GET('/api/v1/resources/disks', { params: { query } }));
    if (args.has('json')) return printJson(io, { disks });
    const table = (columns: readonly string[], rows: readonly Row[]): void => {
      if (rows.length > 0) io.out(`${tableText({ columns, rows }, io.colours, io.width)}\n`);
    };
    if (disks.room !== null)
      io.out(
        `${bytes(disks.room.free)} of ${bytes(disks.room.total)} are free on ${disks.room.path}, counted at ${disks.countedAt ?? '-'}.\n`,
      );
    if (disks.incomplete !== undefined) io.err(`gpu-docker-api: ${plainLines(disks.incomplete)}\n`);
    if (name !== undefined) {
      const [found] = disks.replicaSets;
      if (found === undefined) throw new Error(`replicaSet ${name} has nothing on the disk, or does not exist`);
      const rows = found.versions.map((one) => [one.version, bytes(one.bytes), bytes(one.shared), bytes(one.own), bytes(one.layer)]);
      table(['VERSION', 'DISK', 'SHARED', 'OWN', 'LAYER'], rows);
      return 0;
    }
    const { total } = disks;
    const sets = disks.replicaSets.map((one) => [
      one.name,
      one.versions.length,
      bytes(one.disks),
      bytes(one.waiting),
      bytes(one.container),
      bytes(one.anonymousVolumes),
    ]);
    const sum = ['TOTAL', null, bytes(total.disks), null, bytes(total.containers), bytes(total.anonymousVolumes)];
    table(['REPLICASET', 'SAVED', 'DISKS', 'WAITING', 'CONTAINER', 'ANONYMOUS'], sets.length === 0 ? [] : [...sets, sum]);
    table(
      ['VOLUME', 'VERSION', 'BYTES'],
      disks.volumes.map((one) => [one.name, one.version, bytes(one.bytes)]),
    );
    return 0;
  },
};
