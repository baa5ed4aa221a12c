// The options that choose events, as the filters of the API do.
import { closest } from '../commands/request/closest.ts';
import { catalogue, isEventType } from '../events/catalogue.ts';
import type { Clause, EventFilter } from '../events/query.ts';
import { replicaSetStream } from '../events/stream.ts';
import type { Flag } from '../infra/options/flags.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import type { Arguments } from './subcommand.ts';

export const FILTER_FLAGS = {
  'replica-set': { value: 'NAME', alias: 'replicaSet', list: 'repeat', completes: 'replicaSet', help: 'of this replicaSet' },
  volume: { value: 'NAME', list: 'repeat', completes: 'volume', help: 'of this volume, and of the containers that mount it' },
  gpu: { value: 'GPU', list: 'repeat', help: 'about this GPU, by its UUID' },
  port: { value: 'PORT', list: 'repeat', help: 'about this host port' },
  type: { value: 'TYPE[,TYPE]', list: 'repeat', help: 'of these types, such as GpuAllocated' },
  actor: { value: 'NAME', list: 'repeat', help: 'ordered by this actor' },
  command: { value: 'ID', list: 'repeat', help: 'caused by the command with this id' },
  stream: { value: 'STREAM', list: 'repeat', help: 'of this stream: log, host/NAME, replicaSet/NAME or volume/NAME' },
} as const satisfies Readonly<Record<string, Flag>>;

type FilterName = keyof typeof FILTER_FLAGS;
const NAMES = Object.keys(FILTER_FLAGS) as FilterName[];

/** The filter for events that are read from the log itself, without a server. Null: every event. Throws UsageError. */
export function filterOf(args: Arguments): EventFilter | null {
  const clauses = NAMES.filter((name) => args.has(name)).map((name) => clauseOf(name, args.list(name)));
  return clauses.length === 0 ? null : { clauses };
}

function clauseOf(name: FilterName, values: readonly string[]): Clause {
  if (name === 'replica-set') return { field: 'stream', values: values.map(replicaSetStream) };
  if (name === 'type') return { field: 'type', values: values.flatMap((value) => value.split(',').map(eventType)) };
  for (const value of values) {
    if (name === 'gpu' && /^\d{1,4}$/.test(value))
      throw new UsageError(`--gpu: "${value}" is an index, which only a server knows: give the UUID, as gpu-docker-api gpus shows it`);
    if (name === 'port' && !/^[1-9]\d{0,4}$/.test(value)) throw new UsageError(`--port: "${value}" is not a host port`);
    if (name === 'stream' && !/^(log$|host\/.|replicaSet\/.|volume\/.)/.test(value))
      throw new UsageError(`--stream: "${value}" is not log, host/NAME, replicaSet/NAME or volume/NAME`);
  }
  return { field: name, values };
}

function eventType(text: string): string {
  const type = text.trim();
  if (isEventType(type)) return type;
  const near = closest(type, Object.keys(catalogue));
  throw new UsageError(
    `--type: there is no event type "${type}"${near === undefined ? '; docs/events.md lists them' : `: did you mean ${near}?`}`,
  );
}
