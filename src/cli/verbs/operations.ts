// `operations`: what is under way, and what holds it up. `operations undo`: the order to take one back.
import type { OperationInfo } from '../../commands/service.ts';
import { ask, order } from '../ask.ts';
import { actor, userOfShell } from '../hosts.ts';
import { type Column, printRows, rowFlags } from '../output/rows.ts';
import { plain } from '../output/table.ts';
import { shownTime } from '../output/time.ts';
import { asOf, EXIT_CODES, moment, printJson, VIEW_FLAGS } from '../reads/views.ts';
import type { Subcommand } from '../subcommand.ts';
import { CHANGE_CODES, ORDER_FLAGS } from './change.ts';
import { eventWords, stepUnderWay } from './words.ts';

function holdUp({ phase, waiting, stalled, undoable }: OperationInfo): string {
  return [
    ...(phase === 'undo' ? ['being undone'] : []),
    ...(waiting === undefined ? [] : [`waits for its turn to ${waiting.for} since ${waiting.since}`]),
    ...(stalled === undefined ? [] : [`tried ${stalled.attempts} times since ${stalled.since}: ${stalled.reason}`]),
    ...(stalled !== undefined && undoable ? ['it can be undone'] : []),
  ].join('; ');
}

function details(operation: OperationInfo): string {
  const { id, stream, kind, since, actor: who, done, step } = operation;
  const lines: readonly (readonly [string, string])[] = [
    ['id', id],
    ['about', stream],
    ['kind', kind],
    ['since', since],
    ['ordered by', who],
    ['done', done.map(eventWords).join(', ') || '-'],
    ['now', step === null ? '-' : stepUnderWay(step)],
    ['held up', holdUp(operation) || '-'],
  ];
  return lines.map(([name, value]) => `${name.padEnd(12)}${plain(value)}\n`).join('');
}

const COLUMNS: readonly Column<OperationInfo>[] = [
  { field: 'id', of: ({ id }) => id, least: 36 },
  { field: 'about', of: ({ stream }) => stream, least: 10 },
  { field: 'kind', of: ({ kind }) => kind },
  { field: 'actor', of: ({ actor: who }) => who, least: 6 },
  { field: 'since', of: ({ since }) => shownTime(since) },
  { field: 'now', of: ({ step }) => (step === null ? null : stepUnderWay(step)), least: 10 },
  { field: 'heldUp', head: 'HELD UP', of: holdUp, least: 8 },
];

export const operationsCommand: Subcommand = {
  name: 'operations',
  operands: ['[ID]'],
  summary: 'List what is under way, the step of each, and what holds it up.',
  flags: { ...VIEW_FLAGS, ...rowFlags('id') },
  details: `With ID that one alone. gpu-docker-api operations undo ID takes one back.\n\n${EXIT_CODES}`,
  run: async (args, io) => {
    const { data, at } = await ask<{ readonly operations: readonly OperationInfo[] }>(args, io, '/api/v1/operations', moment(args));
    const [id] = args.operands;
    if (id !== undefined) {
      const found = data.operations.find((operation) => operation.id === id);
      if (found === undefined) throw new Error(`no operation ${id} is under way: gpu-docker-api events --command ${id} says how it ended`);
      if (args.has('json')) return printJson(io, found);
      io.out(details(found));
      return 0;
    }
    return printRows(io, args, { columns: COLUMNS, rows: data.operations, json: data, none: 'Nothing is under way.', above: asOf(at) });
  },
};

export const operationsUndo: Subcommand = {
  name: 'operations undo',
  operands: ['ID'],
  summary: 'Take an operation back: it is undone when the step under way has come to an end.',
  flags: ORDER_FLAGS,
  details: `For one that makes no progress, as gpu-docker-api operations shows it.\n\n${CHANGE_CODES}`,
  run: async (args, io) => {
    const [id = ''] = args.operands;
    const who = actor(args.one('by') ?? userOfShell());
    const path = `/api/v1/operations/${encodeURIComponent(id)}/undo`;
    const data = await order<{ readonly operation: OperationInfo }>(args, io, path, { actor: who, body: {}, dryRun: false });
    if (args.has('json')) return printJson(io, data);
    io.out(`${id}\n`);
    return 0;
  },
};
