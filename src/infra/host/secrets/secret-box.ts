// Encryption of single values: AES-256-GCM with a random nonce. The place that a value belongs to is authenticated with it, so a ciphertext
// that was moved to another variable, replicaSet or log does not open.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Bytes: values are filled up with NULs, which none has, to a multiple of this. The length of a ciphertext tells little of its value's. */
const BLOCK_BYTES = 64;

/** Nonce, ciphertext and tag, as base64. `nonce`: random where it is left out; never the same one twice with one key. */
export function sealValue(key: Buffer, place: string, value: string, nonce: Buffer = randomBytes(NONCE_BYTES)): string {
  const text = Buffer.from(value, 'utf8');
  const padded = Buffer.alloc(Math.max(1, Math.ceil(text.length / BLOCK_BYTES)) * BLOCK_BYTES);
  text.copy(padded);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(place, 'utf8'));
  const ciphertext = Buffer.concat([cipher.update(padded), cipher.final()]);
  return Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]).toString('base64');
}

/** Null where another key, or another place, sealed it, or it was changed. */
export function openValue(key: Buffer, place: string, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64');
  if (key.length !== KEY_BYTES || bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(place, 'utf8'));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const padded = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES)), decipher.final()]);
    const end = padded.indexOf(0);
    return padded.toString('utf8', 0, end < 0 ? padded.length : end);
  } catch {
    return null;
  }
}

/** The place of a variable: a value that stands anywhere else does not open. */
export const placeOf = (logId: string, uid: string, name: string): string => JSON.stringify([logId, uid, name]);
