// The small ports to the outside that commands need: time, ids and the GPUs that are in the machine.
import type { Gpu } from '../../events/host.ts';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Ids {
  /** A fresh unique id (a UUID in production, a counter in the simulation). */
  next(): string;
}

export type { Gpu };

export interface GpuInventory {
  readonly mode: 'nvidia' | 'none' | 'simulated';
  /** The GPUs present now, by index. Throws when the driver does not answer: the GPUs in the log are then left unchanged. */
  list(): Promise<readonly Gpu[]>;
}
