// `log restored`: the operator's word that the log in etcd was put back to an earlier moment. An import says the same of itself.
import { existsSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { silent } from '../../commands/outside/logger.ts';
import { type EventData, levelOf, schemaVersionOf } from '../../events/catalogue.ts';
import type { Envelope, Head } from '../../events/envelope.ts';
import { EMPTY_HEAD } from '../../events/envelope.ts';
import { checkData } from '../../events/evolution/sealable.ts';
import { seal } from '../../events/hash.ts';
import { LOG_STREAM } from '../../events/stream.ts';
import { systemIds } from '../../infra/host/clock-and-ids.ts';
import { belongToOwnerOf } from '../../infra/host/files.ts';
import { knownHostFile } from '../../infra/host/machine-identity.ts';
import { appendCheckpoint, readCheckpoints } from '../../infra/log/checkpoints/checkpoint.ts';
import { PUBLIC_KEY, publicKeysIfAny, signingKey } from '../../infra/log/checkpoints/key.ts';
import { lastNoted } from '../../infra/log/checkpoints/restored.ts';
import { SNAPSHOTS_DIR } from '../../infra/log/open-log.ts';
import { Snapshots } from '../../infra/log/snapshots/snapshots.ts';
import { verifyChain } from '../../infra/log/verify/verify.ts';
import type { Flag } from '../../infra/options/flags.ts';
import { envName } from '../../infra/options/given-values.ts';
import { actor, userOfShell } from '../hosts.ts';
import { counted, progress } from '../output/progress.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { checkpointFileOf, dataDirOf, LOG_FLAGS, type OpenLog, openLog } from './open-log.ts';

export const RESTORE_FLAGS: Readonly<Record<string, Flag>> = {
  by: { value: 'NAME', help: 'name for the log (default: the user of this shell)' },
  checkpoint: { value: 'FILE', help: 'file of the signed checkpoints (default: checkpoints.jsonl in the data directory)' },
  'checkpoint-key': { value: 'FILE', help: 'signing key (default: the one in the data directory)' },
};

export const logRestored: Subcommand = {
  name: 'log restored',
  summary: 'Record that the log in etcd was put back to an earlier moment, and that later events are lost.',
  flags: { ...RESTORE_FLAGS, json: { help: 'print one JSON object' }, ...LOG_FLAGS },
  details:
    'For an etcd that was restored from its own snapshot. log import says it of itself. Stop every server of the log first, and say it with the data\n' +
    'directory of each host. The whole log is verified, LogRestored is written and signed, and snapshots of what is lost are put aside. The servers\n' +
    'give and start nothing until Docker and log agree. Exit code: 0 said, 1 refused or failed, 2 wrong usage, 3 the log is not whole.',
  run,
};

async function run(args: Arguments, io: Terminal): Promise<0 | 3> {
  const open = await openLog(args);
  const shown = progress(io, 'verifying');
  try {
    const end = new LogEnd();
    const verdict = await verifyChain(counted(open.history.read(1), shown, io.signal), { onWhole: (part) => end.add(part) });
    shown.end();
    if (!verdict.ok) {
      const { seq, fault, because } = verdict.problem;
      io.err(`Nothing was written: event ${seq} was ${fault}: ${because}.\n`);
      return 3;
    }
    if (verdict.events === 0) throw new Error('there is no log in this etcd: import a backup');
    const said = await sayRestored(open, args, end);
    io.out(args.has('json') ? `${JSON.stringify(said)}\n` : `${restoredText(said)}\n`);
    return 0;
  } finally {
    shown.end();
    await open.close();
  }
}

/** What has to be known of a log that was put back, event by event. */
export class LogEnd {
  logId = '';
  level = 1;
  last: Envelope | null = null;
  /** Each LogRestored, in its order. */
  readonly restorations: Envelope[] = [];
  /** Hosts that have settled after the last one. */
  readonly settled = new Set<string>();
  /** Streams of the keys that are not revoked. While there is none, the API on loopback is open. */
  readonly keys = new Set<string>();

  add(part: readonly Envelope[]): void {
    for (const event of part) {
      const { id, level } = (event.data ?? {}) as { readonly id?: unknown; readonly level?: unknown };
      if (event.type === 'LogCreated') this.logId = String(id);
      if (event.type === 'LogCreated' || event.type === 'LogLevelRaised') this.level = typeof level === 'number' ? level : 1;
      if (event.type === 'LogRestored') {
        this.restorations.push(event);
        this.settled.clear();
      }
      if (event.type === 'RestoreSettled') this.settled.add(event.host);
      if (event.type === 'KeyCreated') this.keys.add(event.stream);
      if (event.type === 'KeyRevoked') this.keys.delete(event.stream);
    }
    this.last = part.at(-1) ?? this.last;
  }

  get head(): Head {
    return this.last === null ? EMPTY_HEAD : { seq: this.last.seq, hash: this.last.hash };
  }
}

interface Said {
  /** The sequence of LogRestored; null where the log's level has no such event. */
  readonly restored: number | null;
  readonly by: string;
  /** The last event of the former log that is known to be lost; null: none is known. */
  readonly lostTo: number | null;
  readonly snapshotsPutAside: number;
  /** Sequences of earlier restorations that the data directory had not heard of, and that it vouches for now as well. */
  readonly alsoSigned: readonly number[];
  /** Whether the log has a key. Keys that were made after the backup are lost. */
  readonly hasKeys: boolean;
}

export function restoredText(said: Said): string {
  const open =
    'The log has no API key: as it is now, whoever reaches the server on loopback may do everything, also where keys were made after the backup.';
  return said.hasKeys ? wordOf(said) : `${wordOf(said)}\n${open}`;
}

function wordOf({ restored, by, lostTo, snapshotsPutAside, alsoSigned }: Said): string {
  if (restored === null)
    return 'The log is at level 1, which has no LogRestored: log verify and the server go on refusing what the checkpoints and snapshots know beyond it (docs/disaster-recovery.md).';
  const lost = lostTo === null ? 'no lost event is known' : `events ${restored} to ${lostTo} of the former log are lost`;
  const aside = snapshotsPutAside === 0 ? '' : ` Snapshots of them were put aside as *.lost: ${snapshotsPutAside}.`;
  const also = alsoSigned.length === 0 ? '' : ` Signed with it: the earlier restoration at event ${alsoSigned.join(', ')}.`;
  return `The log is restored at event ${restored}, by ${by}: ${lost}.${aside}${also}\nThe server gives and starts nothing until Docker and the log agree: see gpu-docker-api replay --check.`;
}

/**
 * Appends LogRestored unless `said` is it, signs a checkpoint that covers it, and puts snapshots of the lost tail aside. `said`: the one in the log that
 * is this restoration's. Without it (`log restored`) the log is asked: one at its end, or another host's that this host has yet to heed. Throws
 * where segments hold more than the log.
 */
export async function sayRestored(open: OpenLog, args: Arguments, end: LogEnd, said?: Envelope | null): Promise<Said> {
  const dataDir = dataDirOf(args);
  const by = actor(args.one('by') ?? userOfShell());
  const hasKeys = end.keys.size > 0;
  if (levelOf('LogRestored') > end.level) return { restored: null, by, lostTo: null, snapshotsPutAside: 0, alsoSigned: [], hasKeys };
  const path = checkpointFileOf(args);
  const all = (await readCheckpoints(path)).checkpoints.filter(({ logId }) => logId === end.logId);
  const keys = publicKeysIfAny(join(dataDir, PUBLIC_KEY));
  const snapshots = new Snapshots({ dir: join(dataDir, SNAPSHOTS_DIR), logger: silent });
  const noted = lastNoted(all, keys);
  const snapshot = (await snapshots.newest(end.logId)) ?? 0;
  const known = Math.max(noted?.seq ?? 0, snapshot);
  const isHeeded = (event: Envelope): boolean =>
    all.some(({ seq, hash, restored }) => restored !== undefined && seq === event.seq && hash === event.hash);
  const before = said === undefined ? ofOthers(end, isHeeded, knownHostFile(dataDir)?.name) : said;
  const last = noted !== undefined && noted.seq >= snapshot ? noted : { seq: snapshot };
  const event =
    before ??
    (await append(
      open,
      end,
      { by, lost: Math.max(0, known - end.head.seq), ...(known > end.head.seq && { last: lastOf(last) }) },
      dataDir,
    ));
  // Notes of a tail that an earlier one gave up fit the log as little; a directory without such notes has nothing to vouch for.
  const earlier = end.restorations.filter((one) => one.seq < event.seq && !isHeeded(one) && all.some(({ seq }) => seq >= one.seq));
  const unheeded = isHeeded(event) ? [] : [...earlier, event];
  const lostTo = known >= event.seq ? known : null;
  if (unheeded.length > 0) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const made = [path, join(dataDir, PUBLIC_KEY), join(dataDir, 'checkpoint.key')].filter((file) => !existsSync(file));
    const key = signingKey(dataDir, args.one('checkpoint-key') ?? process.env[envName('checkpoint-key')]);
    // The notes before it that are of lost tails, and of tails that an earlier restoration gave up.
    const restored = Math.max(event.seq - 1, snapshot, ...all.map(({ seq }) => seq), ...all.map((one) => one.restored ?? 0));
    for (const { seq, hash, host } of unheeded)
      await appendCheckpoint(path, { logId: end.logId, seq, hash, time: new Date().toISOString(), host, restored }, key);
    for (const file of made) if (existsSync(file)) belongToOwnerOf(dataDir, file);
  }
  return {
    restored: event.seq,
    by: byOf(event) ?? by,
    lostTo,
    snapshotsPutAside: await snapshots.setAside(end.logId, event.seq - 1),
    alsoSigned: unheeded.slice(0, -1).map(({ seq }) => seq),
    hasKeys,
  };
}

/**
 * The last LogRestored, where it is the word about this restoration already; null where another is needed. One that a host has settled was about an
 * earlier restoration: a data directory that is new has not heeded that one either. `host`: the directory's, undefined where it is of none yet.
 */
function ofOthers(end: LogEnd, isHeeded: (event: Envelope) => boolean, host: string | undefined): Envelope | null {
  const last = end.restorations.at(-1);
  if (last === undefined) return null;
  const isSettled = host === undefined ? end.settled.size > 0 : end.settled.has(host);
  return last.seq === end.head.seq || !(isHeeded(last) || isSettled) ? last : null;
}

const byOf = ({ data }: Envelope): string | undefined => {
  const { by } = (data ?? {}) as { readonly by?: unknown };
  return typeof by === 'string' ? by : undefined;
};

const lastOf = ({
  seq,
  hash,
  time,
}: {
  readonly seq: number;
  readonly hash?: string;
  readonly time?: string;
}): NonNullable<EventData['LogRestored']['last']> => ({
  seq,
  ...(hash !== undefined && { hash }),
  ...(time !== undefined && { time }),
});

async function append({ log }: OpenLog, { head, last }: LogEnd, data: EventData['LogRestored'], dataDir: string): Promise<Envelope> {
  const type = 'LogRestored';
  const stream = LOG_STREAM;
  checkData({ type, stream, data });
  // Later than all before it: an operation that began before it is told by its time.
  const time = new Date(Math.max(Date.now(), Date.parse(last?.time ?? '') + 1 || 0)).toISOString();
  const host = knownHostFile(dataDir)?.name ?? hostname();
  const command = { id: systemIds.next(), name: 'restore', actor: data.by };
  const event = seal({ seq: head.seq + 1, type, schema: schemaVersionOf(type), stream, time, host, command, data, prev: head.hash });
  if ((await log.append([event], head)) === 'conflict') throw new Error('somebody else writes to this log: is a server running?');
  return event;
}
