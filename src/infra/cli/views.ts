// `gpus`, `ports`, `ps`, `history NAME`: the views of a running server, now or at any moment of the past.
import type { ReplicaSetHistoryEntry, ReplicaSetListEntry } from '../../projections/views/replica-set.ts';
import type { PortUsage } from '../../projections/views/resources.ts';
import { AT_FLAG, ask, SERVER_FLAGS } from './ask.ts';
import type { Arguments, Command, ExitCode, Flag, Terminal } from './command.ts';
import { paint, type Table, tableText } from './table.ts';

const FLAGS: Readonly<Record<string, Flag>> = {
  at: AT_FLAG,
  json: { help: "print the server's data as one JSON object" },
  ...SERVER_FLAGS,
};
const EXIT_CODES = 'Exit code: 0 done, 1 failed or no server, 2 wrong usage.';

/** The table, under what moment it is of; `none` where there are no rows. */
export function show(io: Terminal, { rows, columns }: Table, at: string | null, none: string): ExitCode {
  if (at !== null) io.out(`${paint(io.colours)('dim', `As of ${at}`)}\n`);
  io.out(rows.length === 0 ? `${none}\n` : `${tableText({ rows, columns }, io.colours)}\n`);
  return 0;
}

export const printJson = (io: Terminal, data: unknown): ExitCode => {
  io.out(`${JSON.stringify(data)}\n`);
  return 0;
};

const moment = (args: Arguments): { readonly at: string | undefined } => ({ at: args.one('at') });

interface List {
  readonly replicaSets: readonly ReplicaSetListEntry[];
}
const listed = async (args: Arguments, io: Terminal, at: string | undefined): Promise<readonly ReplicaSetListEntry[]> =>
  (await ask<List>(args, io, '/api/v1/replicaSet', { at })).data.replicaSets;

export const gpusCommand: Command = {
  name: 'gpus',
  summary: 'List the GPUs and which replicaSet holds each.',
  flags: FLAGS,
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await ask<{ readonly gpus: Readonly<Record<string, 0 | 1>> }>(args, io, '/api/v1/resources/gpus', moment(args));
    if (args.has('json')) return printJson(io, data);
    const holders = new Map((await listed(args, io, args.one('at'))).flatMap(({ name, gpus }) => gpus.map((gpu) => [gpu, name])));
    const rows = Object.entries(data.gpus).map(([gpu, held]) => [gpu, held === 1 ? 'held' : 'free', holders.get(gpu) ?? null]);
    return show(io, { columns: ['GPU', 'STATE', 'REPLICASET'], rows }, at, 'No GPUs.');
  },
};

export const portsCommand: Command = {
  name: 'ports',
  summary: 'List the host ports that are leased.',
  flags: FLAGS,
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await ask<{ readonly ports: PortUsage }>(args, io, '/api/v1/resources/ports', moment(args));
    if (args.has('json')) return printJson(io, data);
    const { StartPort, EndPort, AvailableCount, UsedPortSet } = data.ports;
    const holders = new Map(
      (await listed(args, io, args.one('at'))).flatMap(({ name, ports }) =>
        Object.entries(ports).map(([inside, port]) => [port, { name, inside }]),
      ),
    );
    const rows = Object.keys(UsedPortSet).map((port) => {
      const holder = holders.get(Number(port));
      return [Number(port), holder?.name ?? null, holder?.inside ?? null];
    });
    io.out(`Range ${StartPort}-${EndPort}, ${AvailableCount} free.\n`);
    return show(io, { columns: ['PORT', 'REPLICASET', 'CONTAINER PORT'], rows }, at, 'No port is leased.');
  },
};

export const psCommand: Command = {
  name: 'ps',
  summary: 'List the replicaSets.',
  flags: FLAGS,
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await ask<List>(args, io, '/api/v1/replicaSet', moment(args));
    if (args.has('json')) return printJson(io, data);
    const rows = data.replicaSets.map((rs) => [
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
    return show(io, { columns: ['CONTAINER', 'STATE', 'IMAGE', 'GPUS', 'PORTS', 'CREATED', 'REASON'], rows }, at, 'No replicaSets.');
  },
};

/** What the events API says of an event, as far as it is shown. */
interface ShownEvent {
  readonly seq: number;
  readonly time: string;
  readonly type: string;
  readonly command: { readonly id: string; readonly name: string; readonly actor: string };
  readonly data: { readonly version?: number; readonly from?: number; readonly to?: number; readonly message?: string };
}

/** Newest first. */
async function eventsOf(args: Arguments, io: Terminal, name: string, type: string): Promise<readonly ShownEvent[]> {
  const query = { replicaSet: name, type, until: args.one('at'), limit: '1000' };
  return (await ask<{ readonly events: readonly ShownEvent[] }>(args, io, '/api/v1/events', query)).data.events;
}

export const historyCommand: Command = {
  name: 'history',
  operands: ['NAME'],
  summary: 'List the versions of a replicaSet, and who made each.',
  flags: { ...FLAGS, changes: { help: 'list every change instead, stops and failures too; also of a deleted name' } },
  details: EXIT_CODES,
  run: async (args, io) => {
    const [name = ''] = args.given;
    return args.has('changes') ? changes(args, io, name) : versions(args, io, name);
  },
};

async function versions(args: Arguments, io: Terminal, name: string): Promise<ExitCode> {
  const path = `/api/v1/replicaSet/${encodeURIComponent(name)}/history`;
  const { data, at } = await ask<{ readonly history: readonly ReplicaSetHistoryEntry[] }>(args, io, path, moment(args));
  if (args.has('json')) return printJson(io, data);
  const made = await eventsOf(args, io, name, 'ContainerVersionCreated');
  const rows = data.history.map(({ version, createTime, status }) => {
    // The newest of that number: an older one is of an earlier life of the name.
    const command = made.find((event) => event.data.version === version)?.command;
    const { config, hostConfig } = status;
    const gpus = hostConfig.DeviceRequests?.[0]?.DeviceIDs.length ?? 0;
    return [version, createTime, command?.name ?? null, command?.actor ?? null, gpus, config.Image, hostConfig.Binds.join(' ')];
  });
  return show(io, { columns: ['VERSION', 'CREATED', 'BY', 'ACTOR', 'GPUS', 'IMAGE', 'BINDS'], rows }, at, 'No versions.');
}

async function changes(args: Arguments, io: Terminal, name: string): Promise<ExitCode> {
  const found = await eventsOf(args, io, name, 'OperationStarted,OperationCompleted,OperationFailed');
  if (args.has('json')) return printJson(io, { events: found });
  const ends = new Map(found.filter(({ type }) => type !== 'OperationStarted').map((event) => [event.command.id, event]));
  const rows = found
    .filter(({ type }) => type === 'OperationStarted')
    .map(({ seq, time, command, data }) => {
      const end = ends.get(command.id);
      const outcome = end === undefined ? 'under way' : end.type === 'OperationCompleted' ? 'done' : `failed: ${end.data.message ?? ''}`;
      return [
        seq,
        time,
        command.actor,
        command.name,
        [data.from, data.to].map((v) => (v === undefined ? '' : String(v))).join(' -> '),
        outcome,
      ];
    });
  return show(
    io,
    { columns: ['SEQUENCE', 'TIME', 'ACTOR', 'COMMAND', 'VERSIONS', 'OUTCOME'], rows },
    null,
    `Nothing about ${name} is in the log.`,
  );
}
