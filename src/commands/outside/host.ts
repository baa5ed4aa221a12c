// The small ports to the outside that commands need: time, ids and the GPUs that are in the machine.
import type { Gpu } from '../../events/host.ts';

export interface Clock {
  /** Milliseconds since the epoch. May step, in either direction. */
  now(): number;
  /** Milliseconds since the machine started, counting those in which it was suspended. Never steps back. */
  boot(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Both clocks at one moment at which the wall clock was believed, ms. */
export interface ClockReading {
  readonly wall: number;
  readonly boot: number;
}

/** Remembers a reading beyond the process, for as long as the machine is not restarted. */
export interface ReadingMemory {
  recall(): ClockReading | null;
  remember(reading: ClockReading): void;
}

export interface Ids {
  /** A fresh unique id (a UUID in production, a counter in the simulation). */
  next(): string;
}

export type { Gpu };

/** One look at the driver. */
export interface GpusSeen {
  /** By index. */
  readonly gpus: readonly Gpu[];
  /** GPUs that the driver listed unreadably, with its words; `gpu` is null where not even the UUID could be read. They are neither seen nor lost. */
  readonly unreadable: readonly { readonly gpu: string | null; readonly line: string }[];
}

/** Name of the model of every simulated GPU. */
export const SIMULATED = 'simulated';

export interface GpuInventory {
  readonly mode: 'nvidia' | 'none' | 'simulated';
  /** The GPUs present now. Throws when the driver does not answer: the GPUs in the log are then left unchanged. */
  list(): Promise<GpusSeen>;
}

/** In an allowed root, the name of the replicaSet's owner: each has a directory of his own there, and none of another. */
export const OWNER = '{owner}';
