// `log archive`: moves the log's beginning from etcd to files. A server may run meanwhile, and then reads from the files.
import { archive } from '../../infra/log/archive/archive.ts';
import { sequenceAt } from '../../infra/log/find.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { isoTime, moment } from '../values.ts';
import { LOG_FLAGS, openLog } from './open-log.ts';

export const logArchive: Subcommand = {
  name: 'log archive',
  summary: 'Move old events from etcd to compressed, hash-linked files.',
  flags: {
    before: { value: 'SEQ|DATE', help: 'first event to leave in etcd, or the time of it' },
    json: { help: 'print one JSON object' },
    ...LOG_FLAGS,
  },
  details:
    'Nothing is deleted before its file is on disk and was read back. An interrupted run does no harm: repeat it. The last 500\n' +
    'events always stay. Everything goes on reading the archived events where they are now: keep the files, and back them up.',
  run,
};

async function run(args: Arguments, io: Terminal): Promise<0> {
  const given = args.one('before');
  if (given === undefined) throw new UsageError('--before SEQ or --before DATE says what to archive');
  const first = moment(given, '--before');
  const open = await openLog(args);
  try {
    const before = 'seq' in first ? first.seq : await sequenceAt(isoTime(first.ms), open.history);
    const { written, through, deleted } = await archive({
      kv: open.kv,
      segments: open.segments,
      before,
      embedded: open.embedded,
      signal: io.signal,
    });
    const events = written.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    if (args.has('json')) {
      io.out(
        `${JSON.stringify({ events, through, deletedRecords: deleted, segments: written.map(({ file, first, last, bytes }) => ({ file, first, last, bytes })) })}\n`,
      );
    } else if (events === 0 && deleted === 0) {
      io.out(
        `Nothing to archive before event ${before}${through > 0 ? `; events 1 to ${through} are in ${open.segments.dir} already` : ''}.\n`,
      );
    } else {
      const size = written.reduce((sum, { bytes }) => sum + bytes, 0);
      io.out(
        `${events} events moved to ${written.length} files (${Math.ceil(size / 1024)} KiB) in ${open.segments.dir}; events 1 to ${through} are archived.\n`,
      );
    }
    return 0;
  } finally {
    await open.close();
  }
}
