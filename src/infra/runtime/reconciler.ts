// Keeps the log true to what Docker has: on Docker's events and on a slow timer, by level, so that a missed event heals.

import { decideInventory, decideReconcile, strays, unnamedDisks } from '../../commands/host/reconcile.ts';
import type { ContainerEngine, ContainerFacts, VolumeFacts } from '../../commands/outside/engine.ts';
import type { Clock, GpuInventory, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import type { Committer } from './committer.ts';

export interface ReconcilerDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly inventory: GpuInventory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly host: string;
  readonly logger: Logger;
  readonly everyMs: number;
}

/** From a ring to the look, in ms. */
const SETTLE_MS = 150;
const RETRY_MS = 500;

export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #signal: AbortSignal;
  #again = false;
  #running: Promise<void> | null = null;
  #suspected: ReadonlySet<string> = new Set();
  readonly #reported = new Set<string>();
  /** Since when Docker gives no answer, and what it said; null when it answers. */
  trouble: { since: number; reason: string } | null = null;

  constructor(deps: ReconcilerDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  start(): void {
    const { engine, committer, clock, everyMs } = this.#deps;
    engine.onChange(committer.state.logId, () => this.ring(), this.#signal);
    void (async () => {
      while (!this.#signal.aborted) {
        await clock.sleep(everyMs, this.#signal);
        this.ring();
        await this.#running;
        if (this.trouble !== null) continue;
        await this.#takeInventory();
        await this.#sweepDisks();
      }
    })().catch(() => {});
  }

  /** Something may have changed: compare soon. Rings while one comparison runs are answered by one more. */
  ring(): void {
    if (this.#signal.aborted) return;
    if (this.#running !== null) {
      this.#again = true;
      return;
    }
    this.#running = this.#loop().finally(() => {
      this.#running = null;
    });
  }

  /** Until one comparison has succeeded that began after the last ring. */
  async #loop(): Promise<void> {
    const { clock, logger } = this.#deps;
    let said = '';
    do {
      // A start or a stop rings several times, and an operation that is under way is left alone anyway.
      await clock.sleep(SETTLE_MS, this.#signal).catch(() => {});
      this.#again = false;
      if (this.#signal.aborted) return;
      await this.once().catch(async (error: unknown) => {
        if (this.#signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== said) logger.warn({ err: reason }, 'Docker could not be compared with the log; tried again until it can');
        said = reason;
        this.#again = true;
        await clock.sleep(RETRY_MS, this.#signal).catch(() => {});
      });
    } while (this.#again && !this.#signal.aborted);
  }

  /** One comparison, recorded. Throws when Docker or etcd gives no answer. */
  async once(): Promise<void> {
    const { committer, ids, host } = this.#deps;
    const { seq } = committer.state.head;
    const { containers, volumes } = await this.#look();
    const observed = { seq, containers, volumes: new Set(volumes.map((v) => v.name)) };
    const meta = { id: ids.next(), name: 'reconcile', actor: 'system:reconcile' };
    await committer.submit(meta, (state) => ({ kind: 'events', events: decideReconcile(state, host, observed) }));
    this.#reportStrays(strays(committer.state, containers).map((c) => c.containerName));
  }

  /** Only Docker's silence is Docker's trouble: a log that takes nothing just now has its own. */
  async #look(): Promise<{ containers: readonly ContainerFacts[]; volumes: readonly VolumeFacts[] }> {
    const { engine, committer, clock } = this.#deps;
    try {
      const { logId } = committer.state;
      const [containers, volumes] = await Promise.all([engine.listContainers(logId), engine.listVolumes(logId)]);
      this.trouble = null;
      return { containers, volumes };
    } catch (error) {
      this.trouble ??= { since: clock.now(), reason: error instanceof Error ? error.message : String(error) };
      throw error;
    }
  }

  /** Records GPUs that came or went. A driver that does not answer changes nothing. */
  async #takeInventory(): Promise<void> {
    const { committer, inventory, ids, host, logger } = this.#deps;
    try {
      const gpus = await inventory.list();
      const meta = { id: ids.next(), name: 'inventory', actor: 'system:inventory' };
      await committer.submit(meta, (state) => ({ kind: 'events', events: decideInventory(state, host, gpus) }));
    } catch (error) {
      if (!this.#signal.aborted)
        logger.warn({ err: error instanceof Error ? error.message : error }, 'the GPUs could not be listed; those known so far are kept');
    }
  }

  /** Removes saved disks that nothing can be rolled back to. What fails is left for the next time. */
  async #sweepDisks(): Promise<void> {
    const { committer, engine, host, logger } = this.#deps;
    const { seq } = committer.state.head;
    try {
      const disks = await engine.listDisks(committer.state.logId);
      for (const { image, name } of disks) {
        // Looked at anew each time: a replicaSet that has changed meanwhile is left alone.
        if (this.#signal.aborted) return;
        if (unnamedDisks(committer.state, host, seq, disks).every((disk) => disk.image !== image)) continue;
        await engine.removeDisk(image);
        logger.info({ replicaSet: name, image }, 'a saved disk that no version names is removed');
      }
    } catch (error) {
      if (!this.#signal.aborted)
        logger.warn({ err: error instanceof Error ? error.message : error }, 'saved disks could not be swept; tried again later');
    }
  }

  /** Those that two looks in a row have seen: one alone may have caught a container that was just being removed. */
  #reportStrays(names: readonly string[]): void {
    for (const name of names.filter((n) => this.#suspected.has(n) && !this.#reported.has(n))) {
      this.#reported.add(name);
      this.#deps.logger.warn(
        { container: name },
        'a container carries our labels but is not in the log; it is left alone: look at it and remove it by hand',
      );
    }
    this.#suspected = new Set(names);
    for (const name of this.#reported) if (!this.#suspected.has(name)) this.#reported.delete(name);
  }
}
