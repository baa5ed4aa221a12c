// The text of an API key: `gda_<id>_<secret>`. The log has its id, a salt, and the SHA-256 of the salt and the secret.
//
// A slow hash such as scrypt makes guesses expensive where people choose the secret. Nobody guesses 256 random bits, however quick the hash is,
// and a slow one would be paid for with each request.
import { createHash, timingSafeEqual } from 'node:crypto';

/** Random bytes that a key is made of: id, secret, salt. */
const ID_BYTES = 8;
const SECRET_BYTES = 32;
const SALT_BYTES = 16;
export const KEY_BYTES = ID_BYTES + SECRET_BYTES + SALT_BYTES;

const FORM = /^gda_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** What the log may know of a key. */
export interface HashedKey {
  /** 16 hex digits. */
  readonly id: string;
  /** Hex. */
  readonly salt: string;
  /** Hex. */
  readonly hash: string;
}

const hashOf = (salt: string, secret: string): string => createHash('sha256').update(salt, 'hex').update(secret).digest('hex');

/** A new key of these random bytes (KEY_BYTES of them). `text` is shown once, and stored nowhere. */
export function newKey(random: Buffer): { readonly text: string; readonly hashed: HashedKey } {
  if (random.length !== KEY_BYTES) throw new Error(`a key is made of ${KEY_BYTES} random bytes`);
  const id = random.subarray(0, ID_BYTES).toString('hex');
  const secret = random.subarray(ID_BYTES, ID_BYTES + SECRET_BYTES).toString('base64url');
  const salt = random.subarray(ID_BYTES + SECRET_BYTES).toString('hex');
  return { text: `gda_${id}_${secret}`, hashed: { id, salt, hash: hashOf(salt, secret) } };
}

/** The id and the secret in a key's text; null for any other text. */
export function partsOf(text: string): { readonly id: string; readonly secret: string } | null {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

const NOBODY: Pick<HashedKey, 'salt' | 'hash'> = { salt: '00'.repeat(SALT_BYTES), hash: '00'.repeat(32) };

/** Whether the secret is the key's. Takes as long where there is no such key. */
export function isSecretOf(key: Pick<HashedKey, 'salt' | 'hash'> | undefined, secret: string): boolean {
  const { salt, hash } = key ?? NOBODY;
  return timingSafeEqual(Buffer.from(hashOf(salt, secret), 'hex'), Buffer.from(hash, 'hex')) && key !== undefined;
}
