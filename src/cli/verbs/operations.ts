// `operations`: what is under way, how far it is, and what became of it. `operations undo`: the order to take one back.
import { UsageError } from '../../infra/options/usage-error.ts';
import { answerOf, apiOf, orderedBy, resultOf } from '../ask.ts';
import type { Schemas } from '../client/client.ts';
import { actor, userOfShell } from '../hosts.ts';
import { type Column, printRows, rowFlags } from '../output/rows.ts';
import { plain, plainLines } from '../output/table.ts';
import { shownTime } from '../output/time.ts';
import { asOf, EXIT_CODES, moment, printJson, VIEW_FLAGS } from '../reads/views.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { CHANGE_CODES, ORDER_FLAGS } from './change.ts';
import { ended, type Known, look } from './follow.ts';
import { watch } from './watch.ts';
import { eventWords, type Pull, stepUnderWay, withProgress } from './words.ts';

type Open = Schemas['Operation'];

function holdUp({ phase, waiting, stalled, undoable }: Open): string {
  return [
    ...(phase === 'undo' ? ['being undone'] : []),
    ...(waiting === undefined ? [] : [`waits for its turn to ${waiting.for} since ${waiting.since}`]),
    ...(stalled === undefined ? [] : [`tried ${stalled.attempts} times since ${stalled.since}: ${stalled.reason}`]),
    ...(stalled !== undefined && undoable ? ['it can be undone'] : []),
  ].join('; ');
}

const nowOf = ({ step, progress }: Open): string | null => (step === null ? null : withProgress(stepUnderWay(step), progress));

function details(operation: Known | Open): string {
  const { id, stream, kind, since, actor: who } = operation;
  const lines: readonly (readonly [string, string])[] = [
    ['id', id],
    ['about', stream],
    ['kind', kind],
    ['since', since],
    ['ordered by', who],
    ...('answer' in operation
      ? ([
          ['ended', operation.ended],
          ['outcome', operation.state === 'done' ? 'done' : `failed: ${operation.answer.msg}`],
        ] as const)
      : ([
          ['done', operation.done.map(eventWords).join(', ') || '-'],
          ['now', nowOf(operation) ?? '-'],
          ['held up', holdUp(operation) || '-'],
        ] as const)),
  ];
  return lines.map(([name, value]) => `${name.padEnd(12)}${plainLines(value)}\n`).join('');
}

/** An operation, or a pull that commands wait for, which has no id. */
interface Line {
  readonly id: string | null;
  readonly about: string;
  readonly kind: string;
  readonly actor: string;
  readonly since: string;
  readonly now: string | null;
  readonly heldUp: string;
}

const COLUMNS: readonly Column<Line>[] = [
  { field: 'id', of: ({ id }) => id, least: 36 },
  { field: 'about', of: ({ about }) => about, least: 10 },
  { field: 'kind', of: ({ kind }) => kind },
  { field: 'actor', of: ({ actor: who }) => who, least: 6 },
  { field: 'since', of: ({ since }) => shownTime(since) },
  { field: 'now', of: ({ now }) => now, least: 10 },
  { field: 'heldUp', head: 'HELD UP', of: ({ heldUp }) => heldUp, least: 8 },
];

const lineOf = (open: Open): Line => ({ ...open, about: open.stream, now: nowOf(open), heldUp: holdUp(open) });
const pullLine = ({ image, actors, since, progress }: Pull): Line => ({
  ...{ id: null, about: image, kind: 'pull', actor: actors.join(' '), since, heldUp: '' },
  now: withProgress('pulling the image', progress),
});

async function one(args: Arguments, io: Terminal, id: string): Promise<ExitCode> {
  let found: Known | Open | undefined;
  if (args.has('follow')) found = await followed(args, io, id);
  else if (!args.has('at')) found = await look(args, io, id);
  else {
    const { operations } = await resultOf(apiOf(args, io).GET('/api/v1/operations', { params: { query: moment(args) } }));
    found = operations.find((operation) => operation.id === id);
  }
  if (found === undefined) throw new Error(`no operation ${id} was under way then: gpu-docker-api operations ${id} says what became of it`);
  if (args.has('json')) printJson(io, found);
  else io.out(details(found));
  return args.has('follow') && 'state' in found && found.state === 'failed' ? 1 : 0;
}

async function followed(args: Arguments, io: Terminal, id: string): Promise<Known> {
  const first = await look(args, io, id);
  if (first.state !== 'open') return first;
  const watching = watch(args, io, first);
  try {
    return await ended(args, io, id, watching);
  } catch (error) {
    if (io.signal.aborted) watching.tell(`gpu-docker-api: operation ${plain(id)} goes on\n`);
    throw error;
  } finally {
    watching.end();
  }
}

export const operationsCommand: Subcommand = {
  name: 'operations',
  operands: ['[ID]'],
  summary: 'List the operations under way, with step and delay; with ID show one, also after its end.',
  flags: { follow: { short: 'f', help: 'with ID: wait for its end; exit code 1 if it failed' }, ...VIEW_FLAGS, ...rowFlags('id') },
  details: `gpu-docker-api operations undo ID takes one back.\n\n${EXIT_CODES}`,
  run: async (args, io) => {
    const [id] = args.operands;
    if (args.has('follow') && args.has('at')) throw new UsageError('--follow and --at: choose one');
    if (id !== undefined) return one(args, io, id);
    if (args.has('follow')) throw new UsageError('--follow needs the ID of an operation');
    const { data, at } = await answerOf(apiOf(args, io).GET('/api/v1/operations', { params: { query: moment(args) } }));
    // A pull has no id that another command takes.
    const pulls = args.has('quiet') ? [] : data.pulls;
    const rows = [...data.operations.map(lineOf), ...pulls.map(pullLine)];
    return printRows(io, args, { columns: COLUMNS, rows, json: data, none: 'Nothing is under way.', above: asOf(at) });
  },
};

export const operationsUndo: Subcommand = {
  name: 'operations undo',
  operands: ['ID'],
  summary: 'Undo an operation once its current step has ended.',
  flags: ORDER_FLAGS,
  details: `For one that makes no progress, as gpu-docker-api operations shows it.\n\n${CHANGE_CODES}`,
  run: async (args, io) => {
    const [id = ''] = args.operands;
    const api = apiOf(args, io, { headers: orderedBy(actor(args.one('by') ?? userOfShell())) });
    const data = await resultOf(api.POST('/api/v1/operations/{id}/undo', { params: { path: { id } } }));
    if (args.has('json')) return printJson(io, data);
    io.out(`${id}\n`);
    return 0;
  },
};
