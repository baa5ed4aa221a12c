// A query as a filter on events and a page of them. Unknown names and values are refused, with a list of the possible ones: a misspelt
// filter must not find everything.
import Type from 'typebox';
import { quoted } from '../../commands/request/quoted.ts';
import { catalogue, isEventType } from '../../events/catalogue.ts';
import type { Clause, EventFilter, PageRequest } from '../../events/query.ts';
import { replicaSetStream } from '../../events/stream.ts';
import type { Host } from '../../projections/state.ts';
import { invalid } from '../response/failure.ts';
import { momentIn, oneOf } from './moment.ts';
import { refuseUnknownParameters } from './unknown-fields.ts';

/** Values of one filter, and characters of one value, at most; events of a page, at most and by default. */
const MOST_VALUES = 100;
const LONGEST_VALUE = 1_024;
const MOST_EVENTS = 1_000;
const USUAL_EVENTS = 100;

/** A filter that may be given several times: one of its values must match. */
const any = (description: string) => Type.Array(Type.String(), { maxItems: MOST_VALUES, description });

/** The filters, with their descriptions in the API's document. */
export const FILTERS = {
  stream: any('Of this stream: log, host/NAME, replicaSet/NAME or volume/NAME. May be repeated, as all that follow but since and until.'),
  type: any('Of these types, repeated or separated by commas.'),
  gpu: any('About this GPU, by UUID or by its index on this host.'),
  port: any('About this host port.'),
  replicaSet: any('Of this replicaSet.'),
  volume: any('Of this volume, and of the containers that mount it.'),
  actor: any('Ordered by this actor.'),
  command: any('Caused by the command with this id.'),
  since: 'From this sequence or time on.',
  until: 'Up to this sequence or time, which is included.',
} as const;
type FilterName = keyof typeof FILTERS;

export const PAGE = {
  order: Type.Enum(['desc', 'asc'], { default: 'desc', description: 'Newest or oldest first.' }),
  limit: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 100,
    description: 'Events a page, at most: a page of very large events may have fewer.',
  }),
  cursor: Type.Integer({ minimum: 0, description: 'The `next` of the page before.' }),
  format: Type.Enum(['json', 'jsonl'], { default: 'json', description: 'jsonl: one event a line, as it stands in the log.' }),
};

const isFilter = (name: string): name is FilterName => Object.hasOwn(FILTERS, name);

/** Throws Failure 'invalid' for a name that is none of these. */
export const checkNames = (query: URLSearchParams, ...known: readonly object[]): void =>
  refuseUnknownParameters(query.keys(), known.flatMap(Object.keys));

/** Throws Failure 'invalid'. `host` is this host, whose GPUs have the indices. */
export function filterOf(query: URLSearchParams, host: Host | undefined): EventFilter {
  const clauses: Clause[] = [];
  for (const name of new Set(query.keys())) {
    if (!isFilter(name) || name === 'since' || name === 'until') continue;
    const given = query.getAll(name).flatMap((value) => (name === 'type' ? value.split(',').map((type) => type.trim()) : [value]));
    if (given.length > MOST_VALUES) throw invalid(`${name} has ${given.length} values: at most ${MOST_VALUES}`);
    const unfit = given.find((value) => value === '' || value.length > LONGEST_VALUE);
    if (unfit !== undefined)
      throw invalid(unfit === '' ? `${name} is empty: leave it out, or say which` : `${name} is longer than anything in the log`);
    clauses.push(clauseOf(name, given, host));
  }
  const [since, until] = [momentIn(query, 'since'), momentIn(query, 'until')];
  return { clauses, ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

function clauseOf(name: Exclude<FilterName, 'since' | 'until'>, values: readonly string[], host: Host | undefined): Clause {
  if (name === 'replicaSet') return { field: 'stream', values: values.map(replicaSetStream) };
  if (name === 'gpu') return { field: 'gpu', values: values.map((value) => gpuOf(value, host)) };
  for (const value of values) {
    if (name === 'type' && !isEventType(value))
      throw invalid(`there is no event type ${quoted(value)}; there are: ${Object.keys(catalogue).join(', ')}`);
    if (name === 'port' && !(/^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535)) {
      throw invalid(`port is ${quoted(value)}: it must be a host port from 1 to 65535`);
    }
    if (name === 'stream' && !/^(log$|host\/.|replicaSet\/.|volume\/.)/.test(value)) {
      throw invalid(`stream is ${quoted(value)}: it must be log, host/NAME, replicaSet/NAME or volume/NAME`);
    }
  }
  return { field: name, values: name === 'port' ? values.map((value) => String(Number(value))) : values };
}

function gpuOf(value: string, host: Host | undefined): string {
  if (!/^\d{1,4}$/.test(value)) return value;
  const found = host?.gpus.find(({ index }) => index === Number(value));
  if (found !== undefined) return found.gpu;
  const known = (host?.gpus ?? []).map(({ index }) => index).join(', ');
  throw invalid(`gpu is ${value}, but this host has ${known === '' ? 'no GPUs' : `GPUs ${known}`}: give an index or a UUID`);
}

/** Throws Failure 'invalid'. */
export function pageOf(query: URLSearchParams): PageRequest & { readonly format: 'json' | 'jsonl' } {
  const order = oneOf(query, 'order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw invalid(`order is ${quoted(order)}: it can be asc or desc`);
  const format = oneOf(query, 'format') ?? 'json';
  if (format !== 'json' && format !== 'jsonl') throw invalid(`format is ${quoted(format)}: it can be json or jsonl`);
  const cursor = wholeNumber(query, 'cursor', 0, Number.MAX_SAFE_INTEGER);
  const limit = wholeNumber(query, 'limit', 1, MOST_EVENTS) ?? USUAL_EVENTS;
  return { order, limit, format, ...(cursor !== undefined && { cursor }) };
}

export function wholeNumber(query: URLSearchParams, name: string, least: number, most: number): number | undefined {
  const text = oneOf(query, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw invalid(
    `${name} is ${quoted(text)}: it must be a whole number${most === Number.MAX_SAFE_INTEGER ? '' : ` from ${least} to ${most}`}`,
  );
}
