// Secret values on their way from a request to the container, and the port to the keys that seal them: files outside the log.
import { HIDDEN } from '../../events/hidden.ts';
import type { SealedVariable } from '../../events/shapes.ts';

/** A value that no JSON, log line or error can show: only `reveal` gives it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toJSON(): string {
    return HIDDEN;
  }

  toString(): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}

export interface SecretVariable {
  readonly name: string;
  readonly value: Secret;
}

/** Secret values by the name of their variable. */
export type OpenedSecrets = ReadonlyMap<string, Secret>;

/** Values that cannot be opened: their key is not in this server's data directory, or is not the one that sealed them. */
export class SecretKeyError extends Error {
  override readonly name = 'SecretKeyError';
  readonly variables: readonly string[];
  constructor(variables: readonly string[]) {
    super(lostKeySentence(variables));
    this.variables = variables;
  }
}

/** The sentence for a client and an operator: the names of the variables, and the ways out. */
export function lostKeySentence(variables: readonly string[]): string {
  const names = [...new Set(variables)].join(', ');
  const way = 'patch it with secretEnv to give the values anew, or put its file back below secret-keys in the data directory';
  return `the key of the secret ${variables.length === 1 ? 'variable' : 'variables'} ${names} is not on this server: ${way}`;
}

export interface KeysOfLife {
  /** Of its keys. */
  readonly ids: ReadonlySet<string>;
  /** It is being decided on, by this server or another one with the same data directory. */
  readonly isHeld: boolean;
}

/** The keys of replicaSets' lives, by their uid. A key is on disk before `seal` resolves, and so before any event that needs it. */
export interface SecretKeys {
  /** Seals the values with the life's key, which is made at the first call. Until `release` the life counts as one that is being decided on. */
  seal(uid: string, variables: readonly SecretVariable[]): Promise<readonly SealedVariable[]>;
  /** The command that `seal` was called for has ended. Where its life did not come to be, its keys are removed. */
  release(uid: string, isAlive: boolean): Promise<void>;
  /** Throws SecretKeyError, with the names of all that cannot be opened. */
  open(uid: string, variables: readonly SealedVariable[]): Promise<OpenedSecrets>;
  /** The lives that have keys here. */
  list(): Promise<ReadonlyMap<string, KeysOfLife>>;
  /** Removes all keys of a life that has ended: whatever they sealed can never be opened again. Does nothing while it is being decided on. */
  forget(uid: string): Promise<void>;
}
