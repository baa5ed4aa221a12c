// The few etcd operations that the log and the lease need, so that a simulated etcd can stand in for the real one.

/** A key as etcd has it. Revisions and lease ids are 64-bit integers in decimal, which a number would not hold exactly. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: string;
  readonly modRevision: string;
  /** The lease that the key ends with; `0` for none. */
  readonly lease: string;
}

export type Compare =
  | { readonly key: string; readonly value: string }
  | { readonly key: string; readonly createRevision: string }
  | { readonly key: string; readonly absent: true };

export type Write = { readonly put: string; readonly value: string; readonly lease?: string } | { readonly delete: string };

/** If every compare holds, do the writes; else get these keys. */
export interface Txn {
  readonly if: readonly Compare[];
  readonly write: readonly Write[];
  readonly orGet?: readonly string[];
}

export interface TxnResult {
  readonly succeeded: boolean;
  /** The store's revision after it: the create revision of every key that it created. */
  readonly revision: string;
  /** The values of the `orGet` keys, in their order; empty when it succeeded. */
  readonly found: readonly (KeyValue | null)[];
}

export interface EtcdStatus {
  readonly version: string;
  readonly revision: string;
  /** Bytes on disk, which the quota limits. */
  readonly dbSize: number;
  /** Bytes of those in use; a defragmentation frees the rest. */
  readonly dbSizeInUse: number;
}

export interface EtcdAlarm {
  readonly memberId: string;
  /** `Nospace` or `Corrupt`. */
  readonly alarm: string;
}

/**
 * Every promise rejects with EtcdUnavailableError (no answer: a write may or may not have happened), EtcdNoSpaceError (nothing was written, unless
 * it was the write that crossed the quota), EtcdLeaseGoneError (nothing was written) or EtcdRefusedError (a definite no).
 */
export interface EtcdKv {
  get(key: string): Promise<KeyValue | null>;
  /** The keys of [from, to) in order, read at one moment. */
  range(from: string, to: string): Promise<readonly KeyValue[]>;
  /** How many keys [from, to) has. */
  count(from: string, to: string): Promise<number>;
  txn(txn: Txn): Promise<TxnResult>;
  /** Deletes the keys of [from, to); resolves with how many there were. */
  deleteRange(from: string, to: string): Promise<number>;
  /**
   * Rings after the key has changed, and whenever a change may have been missed (connected, reconnected). A doorbell, never a source: it
   * may ring for nothing, and a ring can stand for many changes. `value`: that of the last of these changes; undefined where it is not known.
   * Never fails; ends with the signal.
   */
  watch(key: string, ring: (value?: string) => void, signal: AbortSignal): void;
  /** A new lease's id. */
  leaseGrant(ttlSeconds: number): Promise<string>;
  /**
   * Renews the lease; resolves with the seconds that it now has, 0 when it is gone. EtcdUnavailableError without an answer in `timeoutMs`.
   */
  leaseKeepAlive(lease: string, timeoutMs: number): Promise<number>;
  /** Ends the lease and deletes its keys. Resolves also when the lease is already gone. */
  leaseRevoke(lease: string): Promise<void>;
  status(): Promise<EtcdStatus>;
  alarms(): Promise<readonly EtcdAlarm[]>;
  /** Disarms an alarm: etcd does not do so itself when there is space again. */
  disarm(alarm: EtcdAlarm): Promise<void>;
  /** Drops the history before `revision`; resolves when the space is free for new writes. */
  compact(revision: string): Promise<void>;
  /** Returns free space to the file system. etcd does not answer meanwhile (about 5 s for 1 GB). */
  defragment(): Promise<void>;
  /** Ends every watch and connection. */
  close(): void;
}

/** No answer. The request may have been carried out, or may still be. */
export class EtcdUnavailableError extends Error {
  override readonly name = 'EtcdUnavailableError';
}
/**
 * etcd's quota is used up. Reads and deletes still work. Nothing was written, with one exception: etcd looks at the quota again while it carries a write
 * out, and one that crosses it there is written. It is over when this is thrown: a read tells.
 */
export class EtcdNoSpaceError extends Error {
  override readonly name = 'EtcdNoSpaceError';
}
/** The lease does not exist (any more): nothing was written. */
export class EtcdLeaseGoneError extends Error {
  override readonly name = 'EtcdLeaseGoneError';
}
/** etcd refused: wrong credentials, no permission, too large, a compacted revision, a closed client. Nothing was written. */
export class EtcdRefusedError extends Error {
  override readonly name = 'EtcdRefusedError';
}
