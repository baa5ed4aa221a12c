// The GPUs in the machine as its driver lists them: one goes, the others' indexes move up, and it may come back.
import type { Gpu } from '../../src/commands/outside/host.ts';

export class Gpus {
  readonly #all: readonly string[];
  readonly #gone = new Set<string>();
  readonly #everGone = new Set<string>();
  /** The driver gives no answer before. */
  silentUntil = 0;

  constructor(count: number) {
    this.#all = Array.from({ length: count }, (_, i) => `GPU-${i}`);
  }

  list(): readonly Gpu[] {
    return this.#all.filter((gpu) => this.has(gpu)).map((gpu, index) => ({ gpu, index, name: 'A100', memoryMiB: 81920 }));
  }

  has(gpu: string): boolean {
    return !this.#gone.has(gpu);
  }

  /** One that never went cannot be lost, whatever the driver says or does not say. */
  wentOnce(gpu: string): boolean {
    return this.#everGone.has(gpu);
  }

  lose(gpu: string): void {
    this.#gone.add(gpu);
    this.#everGone.add(gpu);
  }

  find(gpu: string): void {
    this.#gone.delete(gpu);
  }
}
