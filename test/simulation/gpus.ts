// The GPUs in the machine as its driver lists them: one goes, the others' indexes move up, and it may come back.
import type { Gpu, GpusSeen } from '../../src/commands/outside/host.ts';
import type { Machine } from './machine.ts';

export class Gpus {
  readonly #all: string[];
  readonly #gone = new Set<string>();
  readonly #everGone = new Set<string>();
  /** The driver gives no answer before. */
  silentUntil = 0;
  /** The driver lists none before. */
  emptyUntil = 0;

  constructor(all: readonly string[]) {
    this.#all = [...all];
  }

  /** A card that is taken out and put into another machine. */
  take(gpu: string): void {
    this.lose(gpu);
    this.#all.splice(this.#all.indexOf(gpu), 1);
  }

  /** A card that is put in, after the others. */
  add(gpu: string): void {
    if (!this.#all.includes(gpu)) this.#all.push(gpu);
    this.find(gpu);
  }

  list(): readonly Gpu[] {
    return this.#all.filter((gpu) => this.has(gpu)).map((gpu, index) => ({ gpu, index, name: 'A100', memoryMiB: 81920 }));
  }

  /** What the driver says: now and then it cannot read one, or lists none for a moment as while it comes up. */
  look(world: Machine): GpusSeen {
    const { now } = world.scheduler;
    // Seldom enough that two looks some seconds apart never meet two such moments.
    if (now > this.emptyUntil + 120_000 && world.strikes('gpus', 'driver lists none', 0.05))
      this.emptyUntil = now + world.chance.roll('length of none') * 3_000;
    if (now < this.emptyUntil) return { gpus: [], unreadable: [] };
    const gpus = this.list();
    const odd = world.strikes('gpus', 'driver cannot read', 0.1) ? world.chance.pick('odd line', gpus) : undefined;
    if (odd === undefined) return { gpus, unreadable: [] };
    const gpu = world.chance.happens('odd line has a UUID', 0.5) ? odd.gpu : null;
    return { gpus: gpus.filter((one) => one !== odd), unreadable: [{ gpu, line: `${odd.index}, ${odd.gpu}, [Unknown Error]` }] };
  }

  has(gpu: string): boolean {
    return this.#all.includes(gpu) && !this.#gone.has(gpu);
  }

  /** One that never went cannot be lost, whatever the driver says or does not say. */
  wentOnce(gpu: string): boolean {
    return this.#everGone.has(gpu);
  }

  lose(gpu: string): void {
    this.#gone.add(gpu);
    this.#everGone.add(gpu);
  }

  /** It is back, unless another machine has it by now. */
  find(gpu: string): void {
    if (this.#all.includes(gpu)) this.#gone.delete(gpu);
  }
}
