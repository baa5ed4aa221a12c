// /api/v1/ledger: who held which GPU, when, for how long, and who ordered it.
import Type from 'typebox';
import type { LedgerReads, Moment, PastReads } from '../../commands/reads.ts';
import { quoted } from '../../commands/request/quoted.ts';
import {
  type GpuUse,
  GROUPS,
  type Group,
  gpuMsOf,
  type Handover,
  type Holding,
  type Span,
  type Sum,
} from '../../projections/views/ledger.ts';
import { momentIn, oneOf } from '../request/moment.ts';
import { stateAsked, toFailure } from '../request/state-asked.ts';
import { type Cell, CSV_TYPE, csv, longCsv } from '../response/csv.ts';
import { Failure, invalid } from '../response/failure.ts';
import { type LongAnswer, longList, mapped } from '../response/long-answer.ts';
import { type RawAnswer, textAnswer } from '../response/raw-answer.ts';
import type { ApiRoute, Call } from '../route.ts';
import { GpuHolders, GpuSums } from './ledger-answers.ts';

const BASE = '/api/v1/ledger/gpus';
/** Holdings in one answer: by default, and at most. */
const LIMIT = { usual: 1_000, most: 10_000 };

function ledgerOf(past: PastReads): LedgerReads {
  try {
    return past.ledger();
  } catch (error) {
    return rethrown(error);
  }
}

const rethrown = (error: unknown): never => {
  throw toFailure(error);
};

/** Milliseconds since the epoch. A time in the future counts as now: nobody has held anything there. */
async function timeOf(name: string, moment: Moment, past: PastReads): Promise<number> {
  if ('ms' in moment) return Math.min(moment.ms, past.now());
  const ms = moment.seq === 0 ? 0 : await past.timeOf(moment.seq).catch(rethrown);
  if (ms === null) throw invalid(`${name} is ${moment.seq}: there is no such event yet`);
  return ms;
}

/** `from` (the beginning of the log) up to `to` (now). Throws Failure 'invalid'. */
async function spanOf({ query, past }: Call, { began }: LedgerReads): Promise<Span> {
  const [first, last] = [momentIn(query, 'from'), momentIn(query, 'to')];
  const now = past.now();
  const to = last === undefined ? now : await timeOf('to', last, past);
  const from = first === undefined ? Math.min(began ?? now, to) : await timeOf('from', first, past);
  if (from > to) throw invalid(`from (${iso(from)}) is later than to (${iso(to)})`);
  return { from, to };
}

function groupOf(query: URLSearchParams): Group {
  const by = oneOf(query, 'by') ?? 'replicaSet';
  const group = GROUPS.find((known) => known === by);
  if (group === undefined) throw invalid(`by is ${quoted(by)}: it can be ${GROUPS.join(', ')}`);
  return group;
}

/** ?format= comes before the Accept header. Throws Failure 'invalid'. */
function wantsCsv({ query, header }: Call): boolean {
  const format = oneOf(query, 'format');
  if (format === undefined)
    return header('Accept')
      .split(',')
      .some((part) => part.split(';')[0]?.trim().toLowerCase() === 'text/csv');
  if (format !== 'csv' && format !== 'json') throw invalid(`format is ${quoted(format)}: it can be json or csv`);
  return format === 'csv';
}

const csvText = (header: readonly string[], rows: readonly (readonly Cell[])[]): RawAnswer => textAnswer(CSV_TYPE, csv(header, rows));

const iso = (ms: number): string => new Date(ms).toISOString();
const seconds = (ms: number): number => ms / 1_000;
/** Rounded, for people; only gpuMs is exact. */
const hours = (ms: number): number => Math.round(ms / 3.6) / 1e6;
const time = (gpuMs: number): object => ({ gpuSeconds: seconds(gpuMs), gpuHours: hours(gpuMs), gpuMs });
const timeCells = (gpuMs: number): string[] => [(gpuMs / 1_000).toFixed(3), hours(gpuMs).toFixed(6), String(gpuMs)];
const utilization = ({ gpuMs, knownMs }: GpuUse): number => Math.round((gpuMs / knownMs) * 1e6) / 1e6;

const useOf = (use: GpuUse): object => {
  const { gpu, host, index, name, gpuMs, holdings, knownMs } = use;
  return { gpu, host, index, name, ...time(gpuMs), holdings, knownSeconds: seconds(knownMs), knownMs, utilization: utilization(use) };
};

function sumsCsv(by: Group, rows: Iterable<Sum>, uses: readonly GpuUse[]): RawAnswer | LongAnswer {
  const common = ['gpuSeconds', 'gpuHours', 'gpuMs', 'holdings'];
  if (by !== 'gpu')
    return longCsv(
      [by, ...common],
      mapped(rows, ({ key, gpuMs, holdings }) => [key, ...timeCells(gpuMs), holdings]),
    );
  return csvText(
    ['gpu', 'host', 'index', 'name', ...common, 'knownSeconds', 'utilization'],
    uses.map((u) => [
      u.gpu,
      u.host,
      u.index,
      u.name,
      ...timeCells(u.gpuMs),
      u.holdings,
      (u.knownMs / 1_000).toFixed(3),
      utilization(u).toFixed(6),
    ]),
  );
}

async function gpuTime(call: Call): Promise<unknown> {
  if (call.query.has('at')) throw invalid('the ledger is about a span of time: use from and to instead of at');
  const ledger = ledgerOf(call.past);
  const by = groupOf(call.query);
  const asCsv = wantsCsv(call);
  const span = await spanOf(call, ledger);
  const { sums: rows, uses } = await ledger.time(span, by).catch(rethrown);
  if (asCsv) return sumsCsv(by, rows, uses);
  const gpus = uses.map(useOf);
  return longList({
    before: { from: iso(span.from), to: iso(span.to), by },
    list: 'rows',
    rows: by === 'gpu' ? gpus : mapped(rows, ({ key, gpuMs, holdings }) => ({ [by]: key, ...time(gpuMs), holdings })),
    after: { total: time(uses.reduce((sum, { gpuMs }) => sum + gpuMs, 0)), gpus },
  });
}

const handover = ({ seq, ms, command, commandName, actor }: Handover): object => ({
  sequence: seq,
  time: iso(ms),
  command: { id: command, name: commandName },
  actor,
});

const holdingOf = (holding: Holding, span: Span): object => {
  const { replicaSet, version, host, gave, took } = holding;
  return { replicaSet, version, host, from: handover(gave), to: took === null ? null : handover(took), ...time(gpuMsOf(holding, span)) };
};

function holdingsCsv(holdings: readonly Holding[], span: Span): RawAnswer {
  const of = (side: Handover | null): Cell[] =>
    side === null ? [null, null, null, null] : [iso(side.ms), side.seq, side.commandName, side.actor];
  return csvText(
    [
      'gpu',
      'host',
      'replicaSet',
      'version',
      'from',
      'fromSequence',
      'givenBy',
      'givenByActor',
      'to',
      'toSequence',
      'takenBy',
      'takenByActor',
      'gpuSeconds',
      'gpuHours',
      'gpuMs',
    ],
    holdings.map((h) => [h.gpu, h.host, h.replicaSet, h.version, ...of(h.gave), ...of(h.took), ...timeCells(gpuMsOf(h, span))]),
  );
}

function limitOf(query: URLSearchParams): number {
  const text = oneOf(query, 'limit') ?? String(LIMIT.usual);
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > LIMIT.most) throw invalid(`limit is ${quoted(text)}: it must be a number from 1 to ${LIMIT.most}`);
  return limit;
}

/** A GPU's index on this host will do for its UUID. */
function gpuNamed({ params, service, options }: Call): string {
  const named = params['uuid'] ?? '';
  const here = /^\d{1,4}$/.test(named) ? service.state().hosts.get(options.hostName) : undefined;
  return here?.gpus.find(({ index }) => index === Number(named))?.gpu ?? named;
}

async function gpuHolders(call: Call): Promise<unknown> {
  const { query, past } = call;
  const gpu = gpuNamed(call);
  const ledger = ledgerOf(past);
  const presences = await ledger.presences(gpu).catch(rethrown);
  if (presences.length === 0)
    throw new Failure('not-found', 404, `GPU ${gpu} is not in the log: GET /api/v1/ledger/gpus?by=gpu lists those that are`);
  const about = presences.map(({ host, index, name, known }) => ({
    host,
    index,
    name,
    known: known.map(({ from, to }) => ({ from: iso(from), to: to === null ? null : iso(to) })),
  }));
  const then = await stateAsked(query, past, call.setHeader);
  if (then !== null) {
    const holder = await ledger.holderAt(gpu, then.head.seq).catch(rethrown);
    return {
      gpu,
      at: { sequence: then.head.seq, time: then.time === '' ? null : then.time },
      holder: holder && holdingOf(holder, { from: holder.gave.ms, to: past.now() }),
    };
  }
  const limit = limitOf(query);
  const asCsv = wantsCsv(call);
  const span = await spanOf(call, ledger);
  const { holdings: shown, more } = await ledger.holdings(gpu, span, limit).catch(rethrown);
  if (asCsv) return holdingsCsv(shown, span);
  return {
    gpu,
    from: iso(span.from),
    to: iso(span.to),
    hosts: about,
    holdings: shown.map((h) => holdingOf(h, span)),
    more,
  };
}

const SPAN = {
  from: 'Where the span begins: a time or a sequence. Default: the beginning of the log.',
  to: 'Where it ends, itself not included. Default, and at most: now.',
  format: Type.Enum(['json', 'csv'], { default: 'json', description: 'Accept: text/csv does the same.' }),
};

const CSV = { 'text/csv': Type.String({ description: 'RFC 4180, with a line of headings.' }) };

export const ledgerRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: BASE,
    id: 'getGpuTime',
    summary: 'Sum up the GPU time held',
    right: 'readAll',
    query: {
      ...SPAN,
      by: Type.Enum([...GROUPS], {
        default: 'replicaSet',
        description: 'What is summed up. An actor is who ordered the allocation, a day is UTC.',
      }),
    },
    answer: GpuSums,
    alsoAs: CSV,
    handle: gpuTime,
  },
  {
    method: 'GET',
    path: `${BASE}/:uuid`,
    id: 'getGpuHolders',
    summary: 'Say who held a GPU, and which command gave and took it',
    right: 'readAll',
    query: {
      ...SPAN,
      at: 'Only who held it then.',
      limit: Type.Integer({ minimum: 1, maximum: LIMIT.most, default: LIMIT.usual, description: 'How many holdings, newest first.' }),
    },
    answer: GpuHolders,
    alsoAs: CSV,
    handle: gpuHolders,
  },
];
