// `ps`: the replicaSets of a running server, now or at any moment of the past.
import { UsageError } from '../../infra/options/usage-error.ts';
import { answerOf, apiOf } from '../ask.ts';
import type { Schemas } from '../client/client.ts';
import { type Column, printRows, rowFlags } from '../output/rows.ts';
import { shownTime } from '../output/time.ts';
import type { Arguments, Subcommand } from '../subcommand.ts';
import { asOf, EXIT_CODES, moment, VIEW_FLAGS } from './views.ts';

type Listed = Schemas['ReplicaSet'];
type Filter = (entry: Listed) => boolean;

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

const portsOf = ({ ports }: Listed): string =>
  Object.entries(ports)
    .map(([inside, port]) => `${port}->${inside}`)
    .join(' ');

const COLUMNS: readonly Column<Listed>[] = [
  { field: 'container', of: ({ containerName }) => containerName, least: 12 },
  { field: 'state', of: ({ state, operation }) => (operation === null ? state : `${state} (${operation.kind})`) },
  { field: 'image', of: ({ imageName }) => imageName, least: 10 },
  { field: 'gpus', of: ({ gpus }) => gpus.length },
  { field: 'ports', of: portsOf, least: 9 },
  { field: 'created', of: ({ createTime }) => shownTime(createTime) },
  { field: 'reason', of: ({ reason }) => reason ?? null, least: 6 },
  { field: 'name', of: ({ name }) => name, hidden: true },
  { field: 'version', of: ({ version }) => version, hidden: true },
  { field: 'gpuIds', of: ({ gpus }) => gpus.join(' '), hidden: true },
  { field: 'exitCode', of: ({ exitCode }) => exitCode ?? null, hidden: true },
];

export const psCommand: Subcommand = {
  name: 'ps',
  summary: 'List the replicaSets, whether they run or not.',
  flags: {
    filter: { value: 'KEY=VALUE', short: 'f', list: 'repeat', help: 'only those with this (part of a) name, state, image, gpu or port' },
    all: { short: 'a', help: 'for users of docker; has no effect: stopped ones, which may hold GPUs, are always listed' },
    ...VIEW_FLAGS,
    ...rowFlags(),
  },
  details: EXIT_CODES,
  run: async (args, io) => {
    const filter = filterOf(args);
    const { data, at } = await answerOf(apiOf(args, io).GET('/api/v1/replicaSet', { params: { query: moment(args) } }));
    const replicaSets = data.replicaSets.filter(filter);
    return printRows(io, args, {
      columns: COLUMNS,
      name: ({ name }) => name,
      rows: replicaSets,
      json: { ...data, replicaSets },
      none: args.has('filter') ? 'No replicaSet fits.' : 'No replicaSets.',
      above: asOf(at),
    });
  },
};
