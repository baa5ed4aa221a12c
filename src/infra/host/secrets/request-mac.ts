// The key of this data directory that requests with secret values are told apart by. A plain hash of such a request, which the log holds with
// an Idempotency-Key, would let anybody try out values.
import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isMissing, writeNow } from '../files.ts';
import { SECRET_KEYS_DIR } from './secret-key-files.ts';

/** Gives a text 64 hexadecimal digits, which nobody without the key can. */
export type Mac = (text: string) => string;

const macWith =
  (key: Buffer): Mac =>
  (text) =>
    createHmac('sha256', key).update(text).digest('hex');

/** A key that is made at the first call. Where it was lost, a repetition from before is taken for another request, and refused. */
export function requestMac(dataDir: string): Mac {
  const dir = join(dataDir, SECRET_KEYS_DIR);
  const path = join(dir, 'requests.key');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const known = read(path);
  if (known !== null) return macWith(known);
  rmSync(path, { force: true });
  writeNow(path, `${randomBytes(32).toString('hex')}\n`, 'first');
  return macWith(read(path) ?? randomBytes(32));
}

function read(path: string): Buffer | null {
  try {
    const text = readFileSync(path, 'latin1');
    return /^[0-9a-f]{64}\n$/.test(text) ? Buffer.from(text.trim(), 'hex') : null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
