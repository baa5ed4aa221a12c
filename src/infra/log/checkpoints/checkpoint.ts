// A checkpoint is a signed note, outside of etcd, of where the log ended at a time. An intruder who cuts off the log's tail, or writes the
// whole chain anew, would have to forge the checkpoints too.
import { type KeyObject, sign, verify } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import type { Head } from '../../../events/envelope.ts';
import { canonical } from '../../../events/hash.ts';
import { isMissing } from '../../host/files.ts';
import type { SigningKey } from './key.ts';

export interface Checkpoint extends Head {
  readonly logId: string;
  /** When it was written, as events have it. */
  readonly time: string;
  readonly host: string;
  /**
   * On the checkpoint of a LogRestored: the last event of the former log that any note in the data directory was of. It vouches that whoever has the
   * key gave up what the notes before it say of that tail.
   */
  readonly restored?: number;
  /** The id of the signing key. */
  readonly key: string;
  /** Ed25519, base64. */
  readonly signature: string;
}
type Unsigned = Omit<Checkpoint, 'signature' | 'key'>;

/** The bytes that are signed. */
const signedText = (checkpoint: Omit<Checkpoint, 'signature'>): Buffer => {
  const { logId, seq, hash, time, host, restored, key } = checkpoint;
  const note = { logId, seq, hash, time, host, ...(restored !== undefined && { restored }), key };
  return Buffer.from(`gpu-docker-api checkpoint 1\n${canonical(note)}`);
};

export function signCheckpoint(note: Unsigned, { id, key }: SigningKey): Checkpoint {
  const unsigned = { ...note, key: id };
  return { ...unsigned, signature: sign(null, signedText(unsigned), key).toString('base64') };
}

/** Signs the note and appends it. On disk when it returns. */
export async function appendCheckpoint(path: string, note: Unsigned, key: SigningKey): Promise<Checkpoint> {
  const checkpoint = signCheckpoint(note, key);
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    // A crash may have left half a line, which this one must not continue.
    const torn = size > 0 && last[0] !== 0x0a;
    await file.appendFile(`${torn ? '\n' : ''}${JSON.stringify(checkpoint)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return checkpoint;
}

interface CheckpointFile {
  readonly checkpoints: readonly Checkpoint[];
  /** Numbers of the lines that do not parse: a crash while writing leaves one. */
  readonly broken: readonly number[];
}

/** Returns no checkpoints when there is no such file. */
export async function readCheckpoints(path: string): Promise<CheckpointFile> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return '';
    throw error;
  });
  const checkpoints: Checkpoint[] = [];
  const broken: number[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const one = parseCheckpoint(line);
    if (one === null) broken.push(i + 1);
    else checkpoints.push(one);
  }
  return { checkpoints, broken };
}

/** null: the line is not a checkpoint. */
export function parseCheckpoint(line: string): Checkpoint | null {
  try {
    const one = JSON.parse(line) as Partial<Checkpoint> | null;
    return typeof one?.seq === 'number' && typeof one.hash === 'string' && typeof one.signature === 'string' ? (one as Checkpoint) : null;
  } catch {
    return null;
  }
}

export interface CheckpointProblem {
  /** The log is as it was signed up to this event: the problem lies after it. */
  readonly after: number;
  /** The event that the disagreeing checkpoint signed. */
  readonly seq: number;
  readonly because: string;
}

/**
 * The first disagreement of the log with these checkpoints; null when all are validly signed and the log agrees with each. `log`: its id
 * and end, and the hashes that it holds at the checkpoints' sequences.
 */
export function compareCheckpoints(
  checkpoints: readonly Checkpoint[],
  keys: ReadonlyMap<string, KeyObject>,
  log: { readonly id: string; readonly head: Head; readonly hashAt: ReadonlyMap<number, string> },
): CheckpointProblem | null {
  let after = 0;
  for (const one of checkpoints.toSorted((a, b) => a.seq - b.seq)) {
    const because = disagreement(one, keys, log);
    if (because !== null) return { after, seq: one.seq, because };
    after = one.seq;
  }
  return null;
}

/** Whether one of these keys signed it. */
export function isSigned(one: Checkpoint, keys: ReadonlyMap<string, KeyObject>): boolean {
  const key = keys.get(one.key);
  return key !== undefined && verify(null, signedText(one), key, Buffer.from(one.signature, 'base64'));
}

function disagreement(
  one: Checkpoint,
  keys: ReadonlyMap<string, KeyObject>,
  log: { id: string; head: Head; hashAt: ReadonlyMap<number, string> },
): string | null {
  const of = `the checkpoint of ${one.time}`;
  const key = keys.get(one.key);
  if (key === undefined) return `${of} was signed with the key ${one.key}, which is not among the public keys given`;
  if (!isSigned(one, keys)) return `${of} has a wrong signature: it was changed or forged`;
  if (one.logId !== log.id) return `${of} is of the log ${one.logId}, but this is ${log.id}: the log was replaced`;
  if (one.seq > log.head.seq) return `${of} saw event ${one.seq}, but the log ends at ${log.head.seq}: its tail was cut off`;
  const found = log.hashAt.get(one.seq);
  if (found === one.hash) return null;
  return `${of} signed event ${one.seq} with the hash ${one.hash.slice(0, 12)}…, but the log has ${String(found).slice(0, 12)}… there: it was written anew`;
}
