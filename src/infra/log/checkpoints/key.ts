// The private key that signs checkpoints, and the public keys that they are checked against.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMissing, writeNow } from '../../host/files.ts';

export interface SigningKey {
  readonly id: string;
  readonly key: KeyObject;
}

const PRIVATE_KEY = 'checkpoint.key';
export const PUBLIC_KEY = 'checkpoint.pub';

/** Names a key by the beginning of the SHA-256 of its public half. */
const idOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);

/**
 * The private key: `given`, or the one in the data directory, which the first start makes. The public halves of all keys that ever signed
 * here are in `checkpoint.pub` in the data directory. Throws when the file does not hold an Ed25519 key.
 */
export function signingKey(dataDir: string, given?: string): SigningKey {
  const path = given ?? join(dataDir, PRIVATE_KEY);
  if (given === undefined && !existsSync(path)) create(path);
  const key = createPrivateKey(readFileSync(path));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path} is no Ed25519 key, but ${String(key.asymmetricKeyType)}`);
  const publicKey = createPublicKey(key);
  const id = idOf(publicKey);
  const published = join(dataDir, PUBLIC_KEY);
  if (!existsSync(published) || !publicKeys(published).has(id)) {
    appendFileSync(published, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644, flush: true } as object);
  }
  return { id, key };
}

/** Two servers that start together use the same key. */
function create(path: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeNow(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'first');
}

/** As publicKeys; none where there is no such file. */
export function publicKeysIfAny(path: string | undefined): ReadonlyMap<string, KeyObject> {
  return path === undefined || !existsSync(path) ? new Map() : publicKeys(path);
}

/** Public keys by id. The file holds one PEM block per key. Throws when it holds none. */
export function publicKeys(path: string): ReadonlyMap<string, KeyObject> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) throw new Error(`there is no file ${path} with the public key of the checkpoints: name it with --key`);
    throw error;
  }
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) throw new Error(`${path} holds no public key (PEM)`);
  return new Map(blocks.map((block) => createPublicKey(block)).map((key) => [idOf(key), key]));
}
