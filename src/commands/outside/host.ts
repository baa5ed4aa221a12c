// The small ports to the outside that commands need: time, ids and the GPUs that are in the machine.

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

export interface Gpu {
  readonly gpu: string;
  readonly index: number;
  readonly name: string;
  readonly memoryMiB: number;
}

export interface GpuInventory {
  readonly mode: 'nvidia' | 'none' | 'simulated';
  /** The GPUs present now, by index. Throws when the driver does not answer: what is known is then kept. */
  list(): Promise<readonly Gpu[]>;
}
