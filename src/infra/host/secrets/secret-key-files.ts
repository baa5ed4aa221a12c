// The keys that seal secret values: one file a key, outside the log, below `secret-keys` in the data directory. A life's keys are removed when
// the replicaSet is deleted, and then nothing can open what the log holds of its secrets.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type KeysOfLife,
  type OpenedSecrets,
  Secret,
  SecretKeyError,
  type SecretKeys,
  type SecretVariable,
} from '../../../commands/outside/secrets.ts';
import { isAlive, isMissing, sweepDrafts, syncDir, writeWhole } from '../files.ts';
import { KEY_BYTES, openValue, placeOf, sealValue } from './secret-box.ts';

type SealedVariable = Parameters<SecretKeys['open']>[1][number];

export const SECRET_KEYS_DIR = 'secret-keys';
/** `<uid>.<id of the key>.key`. What is named otherwise is not a key, whatever an imported log says. */
const FILE = /^([A-Za-z0-9-]{1,64})\.([0-9a-f]{16})\.key$/;
/** `<uid>.<pid>.held`: that process is deciding on the life. Servers may share a data directory. */
const HELD = /^([A-Za-z0-9-]{1,64})\.(\d{1,10})\.held$/;
const UID = /^[A-Za-z0-9-]{1,64}$/;
const KEY_ID = /^[0-9a-f]{16}$/;
const ID_BYTES = 8;

const heldBy = (uid: string): string => `${uid}.${process.pid}.held`;

/**
 *     const keys = new SecretKeyFiles(dataDir, () => committer.state.logId);
 *     const sealed = await keys.seal(uid, [{ name: 'TOKEN', value: new Secret('…') }]);
 *     (await keys.open(uid, sealed)).get('TOKEN')?.reveal();
 *     await keys.forget(uid);      // from here on nothing opens them
 *
 * A folder for each log: a server that is started on another log by mistake removes no key. A life has one key as a rule, and a further one
 * where the first had been lost; both stay, for the first may be put back. Calls about one life are carried out one after another.
 */
export class SecretKeyFiles implements SecretKeys {
  readonly #dataDir: string;
  readonly #logId: () => string;
  /** Lives that are being decided on, and by how many commands. */
  readonly #held = new Map<string, number>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(dataDir: string, logId: () => string) {
    this.#dataDir = dataDir;
    this.#logId = logId;
  }

  async seal(uid: string, variables: readonly SecretVariable[]): Promise<readonly SealedVariable[]> {
    this.#held.set(uid, (this.#held.get(uid) ?? 0) + 1);
    try {
      return await this.#inTurn(uid, async () => {
        await this.#hold(uid);
        const { id, key } = (await this.#usable(uid)) ?? (await this.#make(uid));
        const place = (name: string): string => placeOf(this.#logId(), uid, name);
        return variables.map(({ name, value }) => ({ name, key: id, sealed: sealValue(key, place(name), value.reveal()) }));
      });
    } catch (error) {
      await this.release(uid, true).catch(() => undefined); // the reason is the first error
      throw error;
    }
  }

  async release(uid: string, isAlive: boolean): Promise<void> {
    const others = (this.#held.get(uid) ?? 0) - 1;
    if (others > 0) {
      this.#held.set(uid, others);
      return;
    }
    this.#held.delete(uid);
    await this.#inTurn(uid, async () => {
      if (!this.#held.has(uid)) await rm(join(this.#dir, heldBy(uid)), { force: true });
    });
    if (!isAlive) await this.forget(uid);
  }

  async open(uid: string, variables: readonly SealedVariable[]): Promise<OpenedSecrets> {
    const keys = new Map<string, Buffer | null>();
    const opened = new Map<string, Secret>();
    const lost: string[] = [];
    for (const { name, key: id, sealed } of variables) {
      if (!keys.has(id)) keys.set(id, await this.#read(uid, id));
      const key = keys.get(id) ?? null;
      const value = key === null ? null : openValue(key, placeOf(this.#logId(), uid, name), sealed);
      if (value === null) lost.push(name);
      else opened.set(name, new Secret(value));
    }
    if (lost.length > 0) throw new SecretKeyError(lost);
    return opened;
  }

  /** What a crash left half written is a key as well, and goes. */
  async list(): Promise<ReadonlyMap<string, KeysOfLife>> {
    await sweepDrafts(this.#dir);
    const keys = (await this.#names()).map((name) => FILE.exec(name)).filter((match) => match !== null);
    // Looked at after the keys: a life has its mark before it has a key, and none any more only when its fate is in the log.
    const held = new Set<string>();
    for (const name of await this.#names()) {
      const uid = this.#holderOf(name);
      if (uid !== undefined) held.add(uid);
      else if (HELD.test(name)) await rm(join(this.#dir, name), { force: true });
    }
    const found = new Map<string, { readonly ids: Set<string>; readonly isHeld: boolean }>();
    for (const [, uid = '', id = ''] of keys) {
      const known = found.get(uid);
      if (known === undefined) found.set(uid, { ids: new Set([id]), isHeld: held.has(uid) });
      else known.ids.add(id);
    }
    return found;
  }

  forget(uid: string): Promise<void> {
    return this.#inTurn(uid, async () => {
      const all = await this.#names();
      if (this.#held.has(uid) || all.some((name) => this.#holderOf(name) === uid)) return;
      const names = all.filter((name) => FILE.exec(name)?.[1] === uid);
      for (const name of names) await destroy(join(this.#dir, name));
      if (names.length > 0) await syncDir(this.#dir);
    });
  }

  /** The life that is being decided on, by the name of its mark; undefined for any other file, and for the mark of a process that has ended. */
  #holderOf(name: string): string | undefined {
    const [, uid = '', pid = ''] = HELD.exec(name) ?? [];
    const isHeld = Number(pid) === process.pid ? this.#held.has(uid) : pid !== '' && isAlive(Number(pid));
    return isHeld ? uid : undefined;
  }

  get #dir(): string {
    const logId = this.#logId();
    if (!UID.test(logId)) throw new Error(`there can be no keys for the log ${JSON.stringify(logId)}`);
    return join(this.#dataDir, SECRET_KEYS_DIR, logId);
  }

  #names(): Promise<string[]> {
    return readdir(this.#dir).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
  }

  /** A key of the life that is here and whole. */
  async #usable(uid: string): Promise<{ readonly id: string; readonly key: Buffer } | null> {
    for (const name of await this.#names()) {
      const [, whose, id = ''] = FILE.exec(name) ?? [];
      const key = whose === uid ? await this.#read(uid, id) : null;
      if (key !== null) return { id, key };
    }
    return null;
  }

  /** Marks the life as one that this process decides on. */
  async #hold(uid: string): Promise<void> {
    if (!UID.test(uid)) throw new Error(`there can be no key for the life ${JSON.stringify(uid)}`);
    const parent = join(this.#dataDir, SECRET_KEYS_DIR);
    if ((await mkdir(this.#dir, { recursive: true, mode: 0o700 })) !== undefined) {
      await chmod(parent, 0o700);
      await syncDir(this.#dataDir);
      await syncDir(parent);
    }
    await writeFile(join(this.#dir, heldBy(uid)), '', { mode: 0o600 });
  }

  async #make(uid: string): Promise<{ readonly id: string; readonly key: Buffer }> {
    const key = randomBytes(KEY_BYTES);
    const id = randomBytes(ID_BYTES).toString('hex');
    await writeWhole(join(this.#dir, `${uid}.${id}.key`), async (file) => {
      await file.write(`${key.toString('hex')}\n`);
    });
    return { id, key };
  }

  /** Null where it is not here, not whole or not readable: its variables are then named as lost. */
  async #read(uid: string, id: string): Promise<Buffer | null> {
    if (!UID.test(uid) || !KEY_ID.test(id)) return null;
    try {
      const text = await readFile(join(this.#dir, `${uid}.${id}.key`), 'latin1');
      return /^[0-9a-f]{64}\n$/.test(text) ? Buffer.from(text.trim(), 'hex') : null;
    } catch {
      return null;
    }
  }

  async #inTurn<T>(uid: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(uid) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(uid, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(uid) === turn) this.#turns.delete(uid);
    }
  }
}

/** Overwritten first, where the file system writes in place. Gone is success. */
async function destroy(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+');
    try {
      await file.write(Buffer.alloc(KEY_BYTES * 2 + 1), 0, undefined, 0);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // A file that cannot be written can be removed all the same.
    if (isMissing(error)) return;
  }
  await rm(path, { force: true });
}
