// `ps`: the replicaSets of a running server, now or at any moment of the past.
import { UsageError } from '../../infra/options/usage-error.ts';
import type { ReplicaSetListEntry } from '../../projections/views/replica-set.ts';
import { ask } from '../ask.ts';
import type { Table } from '../output/table.ts';
import type { Arguments, Subcommand } from '../subcommand.ts';
import { EXIT_CODES, moment, printJson, printNames, type ReplicaSetList, show, VIEW_FLAGS } from './views.ts';

type Filter = (entry: ReplicaSetListEntry) => boolean;

const FILTERS: Readonly<Record<string, (value: string) => Filter>> = {
  name:
    (value) =>
    ({ name }) =>
      name.includes(value),
  state:
    (value) =>
    ({ state }) =>
      state === value,
  image:
    (value) =>
    ({ imageName }) =>
      imageName === value || imageName.startsWith(`${value}:`),
  gpu:
    (value) =>
    ({ gpus }) =>
      gpus.includes(value),
  port:
    (value) =>
    ({ ports }) =>
      Object.values(ports).includes(Number(value)),
};
/** Docker's word for it. */
const OTHER_NAMES: Readonly<Record<string, string>> = { status: 'state', ancestor: 'image', publish: 'port' };

/** Filters of one key: one must match; of different keys: all, as with docker. */
function filterOf(args: Arguments): Filter {
  const byKey = new Map<string, Filter[]>();
  for (const text of args.list('filter')) {
    const [, given = '', value = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    const key = OTHER_NAMES[given] ?? given;
    const made = Object.hasOwn(FILTERS, key) ? FILTERS[key] : undefined;
    if (made === undefined) throw new UsageError(`--filter "${text}": it is KEY=VALUE, and KEY one of ${Object.keys(FILTERS).join(', ')}`);
    byKey.set(key, [...(byKey.get(key) ?? []), made(value)]);
  }
  return (entry) => [...byKey.values()].every((any) => any.some((fits) => fits(entry)));
}

export function psTable(entries: readonly ReplicaSetListEntry[]): Table {
  const rows = entries.map((rs) => [
    rs.containerName,
    rs.operation === null ? rs.state : `${rs.state} (${rs.operation.kind})`,
    rs.imageName,
    rs.gpus.length,
    Object.entries(rs.ports)
      .map(([inside, port]) => `${port}->${inside}`)
      .join(' '),
    rs.createTime,
    rs.reason ?? null,
  ]);
  return { columns: ['CONTAINER', 'STATE', 'IMAGE', 'GPUS', 'PORTS', 'CREATED', 'REASON'], rows };
}

export const psCommand: Subcommand = {
  name: 'ps',
  summary: 'List the replicaSets, whether they run or not.',
  flags: {
    filter: { value: 'KEY=VALUE', short: 'f', list: 'repeat', help: 'only those with this name (a part of it), state, image, gpu or port' },
    quiet: { short: 'q', help: 'print the names alone, as other verbs take them' },
    all: { short: 'a', help: 'as always: also those that do not run, which may hold GPUs' },
    ...VIEW_FLAGS,
  },
  details: EXIT_CODES,
  run: async (args, io) => {
    const filter = filterOf(args);
    const { data, at } = await ask<ReplicaSetList>(args, io, '/api/v1/replicaSet', moment(args));
    const replicaSets = data.replicaSets.filter(filter);
    if (args.has('json')) return printJson(io, { ...data, replicaSets });
    if (args.has('quiet'))
      return printNames(
        io,
        replicaSets.map(({ name }) => name),
      );
    return show(io, psTable(replicaSets), at, args.has('filter') ? 'No replicaSet fits.' : 'No replicaSets.');
  },
};
