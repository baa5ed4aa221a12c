// `log import`: puts an exported log into an empty etcd. Events and hashes stay the same.
import type { Envelope, Head } from '../../events/envelope.ts';
import { EMPTY_HEAD } from '../../events/envelope.ts';
import { MAX_BYTES_PER_RECORD, MAX_EVENTS_PER_RECORD } from '../../events/log.ts';
import { LOG_PREFIX } from '../../infra/etcd/log.ts';
import { eventLine, readEventFiles } from '../../infra/log/archive/event-file.ts';
import { verifyChain } from '../../infra/log/verify/verify.ts';
import { actor, userOfShell } from '../hosts.ts';
import { counted, progress } from '../output/progress.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { LOG_FLAGS, type OpenLog, openLog } from './open-log.ts';
import { LogEnd, RESTORE_FLAGS, restoredText, sayRestored } from './restored.ts';

export const logImport: Subcommand = {
  name: 'log import',
  summary: 'Put an exported log into an empty etcd.',
  operands: ['FILE…'],
  flags: {
    resume: { help: 'resume an interrupted import of the same files' },
    json: { help: 'print one JSON object' },
    ...RESTORE_FLAGS,
    ...LOG_FLAGS,
  },
  details:
    'FILE is what log export printed, or segments of the archive in their order (.jsonl, .jsonl.gz). The files are verified from\n' +
    'event 1 to their end before anything is written. No server may run: it would begin a log of its own. LogRestored follows them, signed, and\n' +
    'says what is lost; the server then gives and starts nothing until Docker and log agree.\n' +
    'Exit code: 0 imported, 1 refused or failed, 2 wrong usage, 3 the files are not an untouched log.',
  run,
};

async function run(args: Arguments, io: Terminal): Promise<0 | 3> {
  const files = args.operands;
  actor(args.one('by') ?? userOfShell()); // before anything is written
  const checking = progress(io, 'verifying');
  let present = null as Head | null;
  const open = await openLog(args, { create: true });
  try {
    const head = await open.log.head();
    await refuseUnlessEmpty(open, head, args.has('resume'));
    const end = new LogEnd();
    const onWhole = (part: readonly Envelope[]): void => {
      present = part.find(({ seq }) => seq === head.seq) ?? present;
      end.add(part);
    };
    const verdict = await verifyChain(counted(readEventFiles(files), checking, io.signal), { onWhole });
    checking.end();
    if (!verdict.ok) {
      const { seq, fault, because } = verdict.problem;
      io.err(`Nothing was imported: event ${seq} was ${fault}: ${because}.\n`);
      return 3;
    }
    if (verdict.events === 0) throw new Error(`there are no events in ${files.join(', ')}`);
    const { seq: archived } = open.segments.head;
    if (archived > end.head.seq)
      throw new Error(
        `the archive holds events up to ${archived}, and these files end at ${end.head.seq}: import its segments, too, before them`,
      );
    // An earlier import of these files has come to its end, but perhaps for what is beside etcd.
    const { seq: through, hash } = end.head;
    if (head.seq === through + 1) {
      for await (const part of open.log.read(head.seq)) if (part[0]?.type === 'LogRestored' && part[0].prev === hash) end.add(part);
    }
    const isSaid = end.head.seq > through;
    if (head.seq > 0 && present?.hash !== head.hash && !isSaid)
      throw new Error(`the log in etcd, which ends at event ${head.seq}, is not the beginning of these files`);
    const shown = progress(io, 'importing', verdict.events - head.seq);
    const written = isSaid ? head : await write(open, counted(readEventFiles(files), shown, io.signal), head);
    shown.end();
    const imported = written.seq - head.seq;
    const said = await sayRestored(open, args, end, isSaid ? end.last : null);
    io.out(
      args.has('json')
        ? `${JSON.stringify({ imported, head: await open.log.head(), ...said })}\n`
        : `${imported} events imported, up to event ${written.seq} with the hash ${written.hash}.\n${restoredText(said)}\n`,
    );
    return 0;
  } finally {
    checking.end();
    await open.close();
  }
}

async function refuseUnlessEmpty({ kv, log }: OpenLog, head: Head, resume: boolean): Promise<void> {
  const refuse = (why: string): never => {
    throw new Error(
      `${why}: an import needs an empty etcd. Stop the server, move the old data directory (or its etcd folder) away, and try again`,
    );
  };
  if (head.seq > 0) {
    if (!resume) refuse(`etcd has a log of ${head.seq} events`);
    for await (const _ of log.read(1)) break; // its beginning must be there
    return;
  }
  const found = await kv.range(LOG_PREFIX, `${LOG_PREFIX}0000000000010000`);
  if (found.length > 0) refuse('etcd has records of a log without a head');
}

/** Writes records as large as a commit may be. */
async function write({ log }: OpenLog, parts: AsyncIterable<readonly Envelope[]>, from: Head): Promise<Head> {
  let head = from;
  let record: Envelope[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const last = record.at(-1);
    if (last === undefined) return;
    if ((await log.append(record, head)) === 'conflict') throw new Error('somebody else writes to this log: is a server running?');
    head = { seq: last.seq, hash: last.hash };
    [record, bytes] = [[], 200];
  };
  for await (const part of parts) {
    for (const event of part) {
      if (event.seq <= from.seq) continue;
      const size = Buffer.byteLength(eventLine(event));
      if (record.length === MAX_EVENTS_PER_RECORD || bytes + size > MAX_BYTES_PER_RECORD) await flush();
      record.push(event);
      bytes += size;
    }
  }
  await flush();
  return head.seq === 0 ? EMPTY_HEAD : head;
}
