// `replay`: rebuilds from the events alone what the hosts hold, and compares it with Docker where --check asks for that.
import type { Moment } from '../../commands/reads.ts';
import { EMPTY_HEAD, type Envelope } from '../../events/envelope.ts';
import { readEventFiles } from '../../infra/log/archive/event-file.ts';
import { verifyChain } from '../../infra/log/verify/verify.ts';
import { applyAll } from '../../projections/apply.ts';
import { initialState, type State } from '../../projections/state.ts';
import { replicaSetList } from '../../projections/views/replica-set.ts';
import { gpuList } from '../../projections/views/resources.ts';
import { volumeList } from '../../projections/views/volume.ts';
import { counted, progress } from '../output/progress.ts';
import { paint, tableText } from '../output/table.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { isoTime, moment } from '../values.ts';
import { LOG_FLAGS, openLog } from './open-log.ts';

export const replayCommand: Subcommand = {
  name: 'replay',
  summary: 'Rebuild the allocator and all views from the log, and print them.',
  flags: {
    events: { value: 'FILE', list: 'rest', help: 'from exported files or segments, in this order; needs neither etcd nor Docker' },
    at: { value: 'SEQ|TIME', help: 'as it was after this event, or at this time (default: the end of the log)' },
    check: { help: 'compare with Docker as it is now, and list each difference' },
    'host-name': { value: 'NAME', help: 'host to compare (default: the one in the log, of several that of the data directory)' },
    'gpu-monitors': { value: 'NAME[,NAME]', help: 'containers that see GPUs without using them, as for the server' },
    'docker-host': { value: 'URL', help: 'address of Docker; DOCKER_HOST is also read' },
    json: { help: 'print one JSON object' },
    ...LOG_FLAGS,
  },
  details: 'Every hash is checked on the way. Exit code: 0 done, 3 the log is not untouched, or Docker differs, 1 failed, 2 wrong usage.',
  run,
};

async function run(args: Arguments, io: Terminal): Promise<0 | 3> {
  const given = args.one('at');
  const until = given === undefined ? null : moment(given, '--at');
  const files = args.list('events');
  const replayed = files.length > 0 ? await replay(readEventFiles(files), until, io) : await replayStored(args, until, io);
  if ('problem' in replayed) {
    const { seq, fault, because } = replayed.problem;
    io.err(`Event ${seq} was ${fault}: ${because}.\n`);
    return 3;
  }
  const { state } = replayed;
  if (args.has('check')) return (await import('./replay-check.ts')).checkDocker(state, args, io);
  io.out(args.has('json') ? `${JSON.stringify(viewsOf(state))}\n` : report(state, io));
  return 0;
}

type Replayed =
  | { readonly state: State }
  | { readonly problem: { readonly seq: number; readonly fault: string; readonly because: string } };

async function replayStored(args: Arguments, until: Moment | null, io: Terminal): Promise<Replayed> {
  const open = await openLog(args);
  try {
    const { seq } = await open.history.head();
    return await replay(open.history.read(1, seq), until, io, seq);
  } finally {
    await open.close();
  }
}

async function replay(events: AsyncIterable<readonly Envelope[]>, until: Moment | null, io: Terminal, total?: number): Promise<Replayed> {
  const shown = progress(io, 'replaying', total);
  let state = initialState;
  const onWhole = (part: readonly Envelope[]): void => {
    state = applyAll(state, part);
  };
  try {
    const verdict = await verifyChain(counted(upTo(events, until), shown, io.signal), { from: EMPTY_HEAD, onWhole });
    return verdict.ok ? { state } : { problem: verdict.problem };
  } finally {
    shown.end();
  }
}

async function* upTo(
  events: AsyncIterable<readonly Envelope[]>,
  until: Moment | null,
): AsyncGenerator<readonly Envelope[], void, undefined> {
  const isPast = laterThan(until);
  for await (const part of events) {
    const end = part.findIndex(isPast);
    if (end !== 0) yield end < 0 ? part : part.slice(0, end);
    if (end >= 0) return;
  }
}

function laterThan(until: Moment | null): (event: Envelope) => boolean {
  if (until === null) return () => false;
  if ('seq' in until) return ({ seq }) => seq > until.seq;
  const last = isoTime(until.ms);
  return ({ time }) => time > last;
}

/** The shape of `--json`, which programs rely on. */
export function viewsOf(state: State) {
  const hosts = [...state.hosts.values()].map((host) => ({
    name: host.name,
    gpus: gpuList(host),
    portRange: host.portRange,
    ports: [...host.ports].sort(([a], [b]) => a - b).map(([port, holder]) => ({ port, holder })),
  }));
  return {
    at: { ...state.head, time: state.time },
    logId: state.logId,
    logLevel: state.logLevel,
    hosts,
    replicaSets: replicaSetList(state),
    volumes: volumeList(state),
  };
}

function report(state: State, io: Terminal): string {
  const colour = paint(io.colours);
  const { at, logId, hosts, replicaSets, volumes } = viewsOf(state);
  const part = (title: string, table: { columns: readonly string[]; rows: readonly (readonly (string | number | null)[])[] }): string =>
    `${colour('cyan', title)}\n${table.rows.length === 0 ? 'none' : tableText(table, io.colours)}\n`;
  return [
    `The log ${logId} as of event ${at.seq}${at.time === '' ? '' : `, ${at.time}`}\n`,
    ...hosts.flatMap(({ name, gpus, portRange, ports }) => [
      part(`GPUs of ${name}`, {
        columns: ['INDEX', 'GPU', 'MODEL', 'MIB', 'HELD BY'],
        rows: gpus.map((g) => [g.index, g.gpu, g.present ? g.name : `${g.name} (lost)`, g.memoryMiB || null, g.holder]),
      }),
      part(`Host ports of ${name}${portRange === null ? '' : ` (${portRange.start}-${portRange.end})`}`, {
        columns: ['PORT', 'HELD BY'],
        rows: ports.map(({ port, holder }) => [port, holder]),
      }),
    ]),
    part('replicaSets', {
      columns: ['NAME', 'VERSION', 'STATE', 'IMAGE', 'GPUS', 'PORTS', 'SINCE', 'UNDER WAY'],
      rows: replicaSets.map((rs) => [
        rs.name,
        rs.version,
        rs.state,
        rs.imageName,
        rs.gpus.length,
        Object.entries(rs.ports)
          .map(([inside, outside]) => `${outside}>${inside}`)
          .join(','),
        rs.createTime,
        rs.operation?.kind ?? null,
      ]),
    }),
    part('Volumes', {
      columns: ['NAME', 'VERSION', 'SIZE', 'STATE', 'MOUNTED BY'],
      rows: volumes.map((v) => [v.name, v.version, v.size, v.state, v.mountedBy.join(',')]),
    }),
  ].join('\n');
}
