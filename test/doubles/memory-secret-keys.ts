// The keys of secret values in memory, each made of a counter: the same calls give the same ciphertext in every run.
import {
  type KeysOfLife,
  type OpenedSecrets,
  Secret,
  SecretKeyError,
  type SecretKeys,
  type SecretVariable,
} from '../../src/commands/outside/secrets.ts';
import type { SealedVariable } from '../../src/events/shapes.ts';
import { openValue, placeOf, sealValue } from '../../src/infra/host/secrets/secret-box.ts';

export class MemorySecretKeys implements SecretKeys {
  /** Life → id → key. It outlives the server, as a data directory does. */
  readonly keys = new Map<string, Map<string, Buffer>>();
  readonly #held = new Set<string>();
  #count = 0;

  #bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    bytes.writeUInt32BE(++this.#count);
    return bytes;
  }

  async seal(uid: string, variables: readonly SecretVariable[]): Promise<readonly SealedVariable[]> {
    this.#held.add(uid);
    const keys = this.keys.get(uid) ?? new Map<string, Buffer>();
    this.keys.set(uid, keys);
    if (keys.size === 0) {
      const made = this.#bytes(32);
      keys.set(made.toString('hex', 0, 8), made);
    }
    const [[id, key] = ['', Buffer.alloc(32)]] = keys;
    return variables.map(({ name, value }) => ({
      name,
      key: id,
      sealed: sealValue(key, placeOf('log', uid, name), value.reveal(), this.#bytes(12)),
    }));
  }

  async release(uid: string, isAlive: boolean): Promise<void> {
    this.#held.delete(uid);
    if (!isAlive) await this.forget(uid);
  }

  async open(uid: string, variables: readonly SealedVariable[]): Promise<OpenedSecrets> {
    const opened = new Map<string, Secret>();
    for (const { name, key: id, sealed } of variables) {
      const key = this.keys.get(uid)?.get(id);
      const value = key === undefined ? null : openValue(key, placeOf('log', uid, name), sealed);
      if (value !== null) opened.set(name, new Secret(value));
    }
    const lost = variables.filter(({ name }) => !opened.has(name)).map(({ name }) => name);
    if (lost.length > 0) throw new SecretKeyError(lost);
    return opened;
  }

  async list(): Promise<ReadonlyMap<string, KeysOfLife>> {
    return new Map([...this.keys].map(([uid, keys]) => [uid, { ids: new Set(keys.keys()), isHeld: this.#held.has(uid) }]));
  }

  async forget(uid: string): Promise<void> {
    if (!this.#held.has(uid)) this.keys.delete(uid);
  }
}
