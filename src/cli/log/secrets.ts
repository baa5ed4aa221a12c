// `log secrets`: the events that hold a value in clear whose name looks secret, as logs of level 1 do. Never the value.
import { looksSecret, nameOf } from '../../commands/request/secret-names.ts';
import type { Event } from '../../events/catalogue.ts';
import type { Envelope } from '../../events/envelope.ts';
import { upcast } from '../../events/evolution/upcasters.ts';
import { replicaSetOfStream } from '../../events/stream.ts';
import { readEventFiles } from '../../infra/log/archive/event-file.ts';
import { progress } from '../output/progress.ts';
import { plain } from '../output/table.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { LOG_FLAGS, openLog } from './open-log.ts';

export const logSecrets: Subcommand = {
  name: 'log secrets',
  summary: 'List the events that seem to hold a secret in clear.',
  flags: {
    events: { value: 'FILE', list: 'rest', help: 'read exported files or segments instead, in this order; needs no etcd' },
    json: { help: 'print one JSON object a line' },
    ...LOG_FLAGS,
  },
  details:
    'Names the sequence, time, replicaSet and variable, never the value. Looks at plain env, at the environment of base images, and at\n' +
    'arguments such as --token=… of commands. Such values can be read by all who can read the log, for as long as there is a copy of it:\n' +
    'change them where they are valid, and give the new ones as secretEnv.\n' +
    'Exit code: 0 there are none, 3 there are some, 1 the log could not be read, 2 wrong usage.',
  run,
};

interface Found {
  readonly seq: number;
  readonly time: string;
  readonly replicaSet: string;
  readonly variable: string;
  /** `image`: of the base image, whose configuration is recorded with a run. */
  readonly where: 'env' | 'image' | 'cmd' | 'execute';
}

async function run(args: Arguments, io: Terminal): Promise<0 | 3> {
  const files = args.list('events');
  if (files.length > 0) return list(readEventFiles(files), null, args, io);
  const open = await openLog(args);
  try {
    return await list(open.history.read(1), (await open.history.head()).seq, args, io);
  } finally {
    await open.close();
  }
}

async function list(records: AsyncIterable<readonly Envelope[]>, events: number | null, args: Arguments, io: Terminal): Promise<0 | 3> {
  const shown = progress(io, 'looking', events ?? 0);
  let count = 0;
  for await (const part of records) {
    io.signal.throwIfAborted();
    for (const stored of part)
      for (const event of upcast(stored))
        for (const found of secretsIn(event)) {
          count++;
          io.out(args.has('json') ? `${JSON.stringify(found)}\n` : `${lineOf(found)}\n`);
        }
    await io.drained();
    shown.add(part.length);
  }
  shown.end();
  if (!args.has('json')) io.out(count === 0 ? 'No event holds what looks like a secret in clear.\n' : `${count} found.\n`);
  return count === 0 ? 0 : 3;
}

const lineOf = ({ seq, time, replicaSet, variable, where }: Found): string =>
  `${String(seq).padStart(7)}  ${time}  ${plain(replicaSet).padEnd(20)}  ${where.padEnd(8)}${plain(variable)}`;

/** What looks secret in one event, each variable once a place. */
export function secretsIn(event: Event): readonly Found[] {
  const at = { seq: event.seq, time: event.time, replicaSet: replicaSetOfStream(event.stream) ?? '' };
  const named = (where: Found['where'], names: readonly string[]): Found[] =>
    [...new Set(names)].filter(looksSecret).map((variable) => ({ ...at, variable, where }));
  if (event.type === 'CommandRequested') return named('execute', namesIn(event.data.cmd));
  if (event.type !== 'ContainerVersionCreated' && event.type !== 'ContainerAdopted' && event.type !== 'VersionAdopted') return [];
  const { spec } = event.data;
  const image = event.type === 'VersionAdopted' ? undefined : event.data.image;
  return [
    ...named('env', variablesIn(spec.env)),
    ...named('image', variablesIn(image?.env ?? [])),
    ...named('cmd', namesIn(spec.cmd ?? [])),
  ];
}

/** One without a value says nothing. */
const variablesIn = (env: readonly string[]): string[] => env.map(nameOf).filter((name, i) => name !== '' && env[i] !== `${name}=`);

/** `TOKEN=…`, `--token=…`, and both of them anywhere in a line for a shell. */
const namesIn = (cmd: readonly string[]): string[] =>
  cmd.flatMap((argument) => [...argument.matchAll(/(?:^|[\s;&|'"(])-{0,2}([A-Za-z_][\w.-]*)=[^\s]/g)].map(([, name = '']) => name));
