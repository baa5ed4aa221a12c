// `log verify`: whether every event is as it was written, and none is missing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EMPTY_HEAD, type Envelope, type Head } from '../../events/envelope.ts';
import { HEAD_KEY, headOf, recordKey } from '../../infra/etcd/log.ts';
import { readEventFiles } from '../../infra/log/archive/event-file.ts';
import { readRecords } from '../../infra/log/archive/raw-records.ts';
import { type CheckpointProblem, compareCheckpoints, readCheckpoints } from '../../infra/log/checkpoints/checkpoint.ts';
import { PUBLIC_KEY, publicKeys } from '../../infra/log/checkpoints/key.ts';
import { sortOutLost } from '../../infra/log/checkpoints/restored.ts';
import { noteBackup, noteWritten } from '../../infra/log/last-written.ts';
import { INDEX_DIR } from '../../infra/log/open-log.ts';
import { type Verdict, verifyChain } from '../../infra/log/verify/verify.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { IndexCheck, type IndexVerdict } from '../../infra/past/parts/check.ts';
import { PartFiles } from '../../infra/past/parts/part-files.ts';
import { counted, progress } from '../output/progress.ts';
import { paint } from '../output/table.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { checkpointFileOf, dataDirOf, LOG_FLAGS, type OpenLog, openLog } from './open-log.ts';

export const logVerify: Subcommand = {
  name: 'log verify',
  summary: 'Compute every hash of the log again, and compare it with the signed checkpoints.',
  flags: {
    events: { value: 'FILE', list: 'rest', help: 'check exported files or segments instead, in this order; needs no etcd' },
    checkpoint: { value: 'FILE', help: 'file of the signed checkpoints (default: checkpoints.jsonl in the data directory)' },
    key: { value: 'FILE', help: 'public keys to trust, PEM (default: checkpoint.pub in the data directory)' },
    index: { help: 'also recompute the index and the GPU ledger, and compare them with their files; takes twice as long' },
    json: { help: 'print one JSON object' },
    ...LOG_FLAGS,
  },
  details:
    'Names the first event that was changed, removed, inserted or moved. A tail that was cut off, or a chain that was written\n' +
    'anew as a whole, shows in the checkpoints: keep a copy of those and of the public key on another machine.\n' +
    'Exit code: 0 the log is untouched, 3 it is not, 1 it could not be checked, 2 wrong usage.',
  run: verify,
};

interface Checked {
  readonly verdict: Verdict;
  readonly first: number;
  readonly logId: string;
  /** Hashes by sequence, of the wanted sequences. */
  readonly hashAt: ReadonlyMap<number, string>;
  /** Who put the log back, by the sequence of its LogRestored. */
  readonly restoredBy: ReadonlyMap<number, string>;
  /** Null where it was not asked for. */
  readonly index: IndexVerdict | null;
}

async function verify(args: Arguments, io: Terminal): Promise<0 | 3> {
  const files = args.list('events');
  if (files.length > 0 && args.has('index'))
    throw new UsageError('--index compares files below the data directory with the whole log, not with --events');
  const notes = files.length === 0 || args.has('checkpoint') ? checkpointFileOf(args) : null;
  if (args.has('checkpoint') && notes !== null && !existsSync(notes)) throw new Error(`there is no file ${notes}`);
  const { checkpoints, broken } = notes === null ? { checkpoints: [], broken: [] } : await readCheckpoints(notes);
  const keys = checkpoints.length === 0 ? new Map() : publicKeys(args.one('key') ?? join(dataDirOf(args), PUBLIC_KEY));
  const began = performance.now();
  const wanted = new Set(checkpoints.map(({ seq }) => seq));
  const checked = files.length > 0 ? await check(readEventFiles(files), wanted, io) : await checkStored(args, wanted, io);
  const seconds = (performance.now() - began) / 1_000;
  const { verdict, first, logId, hashAt, restoredBy, index } = checked;
  const log = { id: logId === '' ? (checkpoints[0]?.logId ?? '') : logId, head: verdict.head, hashAt };
  const { standing, lost, restorations } = sortOutLost(checkpoints, keys, log);
  // A checkpoint in front of an exported part, or behind a fault, has no event to be compared with.
  const comparable = standing.filter(({ seq }) => seq >= first && (verdict.ok || seq <= verdict.head.seq));
  const problem = compareCheckpoints(comparable, keys, log);
  const restored = [...restoredBy].map(([seq, by]) => {
    const signed = restorations.find((one) => one.seq === seq);
    return { seq, by, lostTo: signed === undefined || signed.restored < seq ? null : signed.restored, signed: signed !== undefined };
  });
  const result = {
    ok: verdict.ok && problem === null && (index?.differing.length ?? 0) === 0,
    first,
    events: verdict.events,
    head: verdict.head,
    problem: verdict.ok ? null : verdict.problem,
    checkpoints: {
      file: notes,
      compared: comparable.length,
      notCompared: standing.length - comparable.length,
      lost: lost.length,
      brokenLines: broken,
      problem,
    },
    restored,
    ...(index !== null && { index }),
    seconds: Math.round(seconds * 1_000) / 1_000,
    eventsPerSecond: Math.round(verdict.events / seconds),
  };
  if (result.ok && files.length === 0) noteWritten(dataDirOf(args), 'verify', verdict.head);
  if (result.ok && files.length > 0 && first === 1) noteBackup(dataDirOf(args), verdict.head);
  io.out(args.has('json') ? `${JSON.stringify(result)}\n` : report(result, io));
  return result.ok ? 0 : 3;
}

async function check(
  events: AsyncIterable<readonly Envelope[]>,
  wanted: ReadonlySet<number>,
  io: Terminal,
  total?: number,
  index: IndexCheck | null = null,
): Promise<Checked> {
  const shown = progress(io, 'verifying', total);
  const hashAt = new Map<number, string>();
  const restoredBy = new Map<number, string>();
  let [first, logId] = [1, ''];
  const iterator = counted(events, shown, io.signal)[Symbol.asyncIterator]();
  let start: { parts: readonly (readonly Envelope[])[]; error: unknown } = { parts: [], error: null };
  try {
    const { done, value } = await iterator.next();
    start = { parts: done === true ? [] : [value], error: null };
  } catch (error) {
    start = { parts: [], error };
  }
  const opening = start.parts[0]?.[0];
  // A file may be an export of a later part of the log. The log in etcd must begin with event 1.
  const partial = opening !== undefined && opening.seq > 1 && total === undefined;
  if (partial) first = opening.seq;
  else if (opening?.type === 'LogCreated') logId = String((opening.data as { id?: unknown } | null)?.id ?? '');
  const from: Head = partial ? { seq: opening.seq - 1, hash: opening.prev } : EMPTY_HEAD;
  const rest = async function* (): AsyncGenerator<readonly Envelope[]> {
    yield* start.parts;
    if (start.error !== null) throw start.error;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  const onWhole = (part: readonly Envelope[]): void => {
    for (const { seq, hash, type, data } of part) {
      if (wanted.has(seq)) hashAt.set(seq, hash);
      if (type === 'LogRestored') restoredBy.set(seq, String((data as { by?: unknown } | null)?.by ?? 'somebody'));
    }
    index?.add(part);
  };
  try {
    const verdict = await verifyChain(rest(), { from, onWhole });
    return { verdict, first, logId, hashAt, restoredBy, index: (await index?.verdict()) ?? null };
  } finally {
    shown.end();
  }
}

async function checkStored(args: Arguments, wanted: ReadonlySet<number>, io: Terminal): Promise<Checked> {
  const open = await openLog(args);
  try {
    for (;;) {
      const head = await open.log.head();
      const index = args.has('index') ? new IndexCheck(new PartFiles(join(dataDirOf(args), INDEX_DIR))) : null;
      const checked = await check(storedEvents(open, head), wanted, io, head.seq, index);
      const { verdict } = checked;
      // The missing events were archived during the check: they lie in a segment now.
      if (!verdict.ok && open.segments.refresh()) continue;
      return verdict.ok ? { ...checked, verdict: await headVerdict(open, verdict, head) } : checked;
    }
  } finally {
    await open.close();
  }
}

async function* storedEvents({ segments, kv }: OpenLog, head: Head): AsyncGenerator<readonly Envelope[], void, undefined> {
  yield* segments.read(1, Number.MAX_SAFE_INTEGER, true);
  for await (const { events } of readRecords(kv, segments.head.seq + 1, head.seq)) yield events;
}

/** Compares events whose chain is whole with the head: they must end there, and no event may lie behind it. */
async function headVerdict({ kv }: OpenLog, verdict: Verdict & { ok: true }, head: Head): Promise<Verdict> {
  const bad = (seq: number, fault: 'removed' | 'inserted' | 'changed', because: string): Verdict => ({
    ...verdict,
    ok: false,
    problem: { seq, fault, because },
  });
  const end = verdict.head;
  if (end.seq < head.seq) return bad(end.seq + 1, 'removed', `the log’s head is event ${head.seq}, but the events end at ${end.seq}`);
  if (end.seq > head.seq) return bad(head.seq + 1, 'inserted', `the log’s head is event ${head.seq}, but events go on to ${end.seq}`);
  if (end.hash !== head.hash)
    return bad(end.seq, 'changed', `the log’s head says ${head.hash.slice(0, 12)}…, but the event has ${end.hash.slice(0, 12)}…`);
  const behind = await kv.range(recordKey(head.seq + 1), recordKey(head.seq + 1_001));
  if (behind.length > 0 && headOf(await kv.get(HEAD_KEY)).seq === head.seq) {
    return bad(head.seq + 1, 'inserted', `it stands behind the log’s head, which is event ${head.seq}`);
  }
  return verdict;
}

/** A LogRestored. `lostTo`: the last event of the former log that is known to be lost; null: none is known. `signed`: a checkpoint covers it. */
interface Restored {
  readonly seq: number;
  readonly by: string;
  readonly lostTo: number | null;
  readonly signed: boolean;
}

function restoredLine({ seq, by, lostTo, signed }: Restored): string {
  const lost = lostTo === null ? 'no lost event is known' : `events ${seq} to ${lostTo} of the former log are lost`;
  return `Restored at event ${seq} by ${by}: ${signed ? lost : 'no signed checkpoint covers that'}.`;
}

interface Result {
  readonly ok: boolean;
  readonly first: number;
  readonly events: number;
  readonly head: Head;
  readonly problem: { readonly seq: number; readonly fault: string; readonly because: string } | null;
  readonly checkpoints: {
    readonly file: string | null;
    readonly compared: number;
    /** Checkpoints that could not be compared: they lie behind the fault, or in front of an exported part. */
    readonly notCompared: number;
    /** Checkpoints of a tail that was given up. */
    readonly lost: number;
    readonly brokenLines: readonly number[];
    readonly problem: CheckpointProblem | null;
  };
  readonly restored: readonly Restored[];
  readonly index?: IndexVerdict;
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

function indexLines({ same, missing, differing }: IndexVerdict): string[] {
  const bad = differing.map(
    ({ from, to }) => `The index of events ${from} to ${to} does not say what they say: delete its folder, a server makes it again.`,
  );
  if (missing > 0) bad.push(`${missing} parts of the index are not there or of another version: a server makes them.`);
  return [`${same} parts of the index say what the events say.`, ...bad];
}

function comparison(compared: number, notCompared: number, file: string, doubt: CheckpointProblem | null): string[] {
  if (compared + notCompared === 0) return [`No checkpoints to compare with in ${file}.`];
  return [
    ...(compared === 0 ? [] : [`${compared} signed checkpoints compared${doubt === null ? ', all hold' : ''}.`]),
    ...(notCompared === 0 ? [] : [`${notCompared} signed checkpoints in ${file} are of events that are not there to be compared.`]),
  ];
}

function report({ first, events, head, problem, checkpoints, restored, index, seconds, eventsPerSecond }: Result, io: Terminal): string {
  const colour = paint(io.colours);
  const text: string[] = [];
  if (problem !== null)
    text.push(
      colour('red', `Event ${problem.seq} was ${problem.fault === 'unreadable' ? 'made unreadable' : problem.fault}: ${problem.because}.`),
    );
  const { compared, notCompared, problem: doubt, brokenLines, file } = checkpoints;
  if (doubt !== null) {
    text.push(colour('red', `${doubt.because[0]?.toUpperCase() ?? ''}${doubt.because.slice(1)}.`));
    text.push(`As signed up to event ${doubt.after}; the fault lies in events ${doubt.after + 1} to ${doubt.seq}.`);
  }
  if (problem === null && doubt === null)
    text.push(colour('green', `The log is untouched: ${events} events, ${first} to ${head.seq}, each with the hash that it must have.`));
  else text.push(`Whole from event ${first} to ${head.seq}.`);
  text.push(`Head: ${head.seq} ${head.hash}`);
  text.push(...restored.map(restoredLine));
  if (file !== null) text.push(...comparison(compared, notCompared, file, doubt));
  if (index !== undefined) text.push(...indexLines(index));
  for (const line of brokenLines)
    text.push(colour('yellow', `Line ${line} of ${file} is not a checkpoint (a crash while it was written?); it was left out.`));
  text.push(`${seconds.toFixed(1)} s, ${eventsPerSecond} events/s`);
  return `${text.join('\n')}\n`;
}
