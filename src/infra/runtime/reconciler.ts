// Records what differs between the log and Docker.

import { decideInventory, decideReconcile, missingGpus, strays, unnamedDisks } from '../../commands/host/reconcile.ts';
import type { ContainerEngine, ContainerFacts, VolumeFacts } from '../../commands/outside/engine.ts';
import type { Clock, GpuInventory, GpusSeen, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import { repeat, retry } from '../async/retry.ts';
import type { Committer } from './committer.ts';
import type { GpuObservation } from './gpu-observation.ts';

interface ReconcilerDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly inventory: GpuInventory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly gpus: GpuObservation;
  readonly host: string;
  readonly logger: Logger;
  readonly everyMs: number;
}

/** Debounce from a ring to the comparison, ms: a start or a stop rings several times, and skips streams with an open operation anyway. */
const SETTLE_MS = 150;
/** Pause after a comparison that failed, ms. */
const RETRY_MS = 500;
/** Delay, ms: from the look that finds no GPU to the one that confirms it. */
const SECOND_LOOK_MS = 5_000;

/**
 * Keeps the log true to Docker:
 *
 *     const reconciler = new Reconciler(deps, term.lost);
 *     await reconciler.once();
 *     reconciler.start();
 *
 * It compares all of Docker's containers and volumes with the state, on Docker's events and on a slow timer. Promises that the next
 * comparison makes up for a missed event, that a replicaSet or volume with an open operation is left alone, and that a container that the
 * log does not know is reported, never touched.
 */
export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #signal: AbortSignal;
  /** Whether it rang since the comparison under way began. */
  #rangAgain = false;
  #comparing: Promise<void> | null = null;
  /** Strays of the last comparison. */
  #suspected: ReadonlySet<string> = new Set();
  /** Strays that were reported and are still there. */
  readonly #reported = new Set<string>();
  /** Since when Docker gives no answer, and why; null while it answers. */
  trouble: { since: number; reason: string } | null = null;
  /** What the GPU driver printed that is not understood. */
  unreadable: readonly string[] = [];

  constructor(deps: ReconcilerDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  start(): void {
    const { engine, committer, clock, everyMs, logger } = this.#deps;
    engine.onChange(committer.state.logId, () => this.ring(), this.#signal);
    const visit = async (): Promise<void> => {
      this.ring();
      await this.#comparing;
      if (this.trouble !== null) return;
      await this.#takeInventory();
      await this.#sweepDisks();
    };
    const onFailure = (error: unknown): void => logger.error({ err: error }, 'the host could not be looked after; tried again later');
    void repeat(visit, { clock, everyMs, signal: this.#signal, onFailure });
  }

  /** Something may have changed: compare soon. Any number of rings during a comparison cause one more. */
  ring(): void {
    if (this.#signal.aborted) return;
    if (this.#comparing === null) this.#comparing = this.#compare();
    else this.#rangAgain = true;
  }

  /** Compares until a comparison has succeeded that began after the last ring. Never rejects. */
  async #compare(): Promise<void> {
    const { clock, logger } = this.#deps;
    let warned = '';
    const compareOnce = async (): Promise<void> => {
      await clock.sleep(SETTLE_MS, this.#signal);
      this.#rangAgain = false;
      await this.once();
    };
    const onPause = (error: unknown): void => {
      const reason = messageOf(error);
      if (reason !== warned) logger.warn({ err: reason }, 'Docker could not be compared with the log; tried again until it can');
      warned = reason;
    };
    try {
      do {
        await retry(compareOnce, { clock, signal: this.#signal, firstMs: RETRY_MS, maxMs: RETRY_MS, isPassing: () => true, onPause });
      } while (this.#rangAgain);
    } catch {
      // The signal has aborted.
    } finally {
      this.#comparing = null; // in the same turn in which no ring was seen
    }
  }

  /** One comparison, recorded. Throws when Docker or etcd gives no answer. */
  async once(): Promise<void> {
    const { committer, ids, host } = this.#deps;
    const { seq } = committer.state.head;
    const { containers, volumes } = await this.#list();
    const observed = { seq, containers, volumes: new Set(volumes.map((v) => v.name)) };
    const meta = { id: ids.next(), name: 'reconcile', actor: 'system:reconcile' };
    await committer.submit(meta, (state) => ({ kind: 'events', events: decideReconcile(state, host, observed) }));
    this.#reportStrays(strays(committer.state, containers).map((c) => c.containerName));
  }

  /** Everything of this log in Docker; who else uses its GPUs is looked at on the way. Only Docker's silence counts as Docker's trouble: the log has a `trouble` of its own. */
  async #list(): Promise<{ containers: readonly ContainerFacts[]; volumes: readonly VolumeFacts[] }> {
    const { engine, committer, clock, gpus } = this.#deps;
    try {
      const { logId } = committer.state;
      const [containers, volumes] = await Promise.all([engine.listContainers(logId), engine.listVolumes(logId), gpus.look()]);
      this.trouble = null;
      return { containers, volumes };
    } catch (error) {
      this.trouble ??= { since: clock.now(), reason: messageOf(error) };
      throw error;
    }
  }

  /** Records GPUs that came or went. Nothing changes while the driver does not answer. */
  async #takeInventory(): Promise<void> {
    const { committer, inventory, gpus, ids, host, logger, clock } = this.#deps;
    try {
      let seen = await inventory.list();
      const doubtful = missingGpus(committer.state, host, seen).all;
      if (doubtful) {
        logger.warn({}, 'the GPU driver lists none of the GPUs that it listed before; it is asked again before that is believed');
        await clock.sleep(SECOND_LOOK_MS, this.#signal);
        seen = await inventory.list();
      }
      this.reportUnreadable(seen);
      gpus.saw(seen.gpus);
      const meta = { id: ids.next(), name: 'inventory', actor: 'system:inventory' };
      await committer.submit(meta, (state) => ({ kind: 'events', events: decideInventory(state, host, seen, doubtful) }));
    } catch (error) {
      if (!this.#signal.aborted) logger.warn({ err: messageOf(error) }, 'the GPUs could not be listed; those known so far are kept');
    }
  }

  /** GPUs that the driver lists and cannot read are neither taken for new nor for lost. */
  reportUnreadable({ unreadable }: GpusSeen): void {
    const lines = unreadable.map(({ line }) => line);
    if (lines.length > 0 && lines.join('\n') !== this.unreadable.join('\n'))
      this.#deps.logger.warn({ lines }, 'the GPU driver printed what is not understood; the GPUs that it is about stay as they are');
    this.unreadable = lines;
  }

  /** Removes saved disks that nothing can be rolled back to. A disk that cannot be removed is left for the next time. */
  async #sweepDisks(): Promise<void> {
    const { committer, engine, host, logger } = this.#deps;
    const { seq } = committer.state.head;
    try {
      const disks = await engine.listDisks(committer.state.logId);
      for (const { image, name } of disks) {
        // Decided anew for each disk: a replicaSet that has changed meanwhile is left alone.
        if (this.#signal.aborted) return;
        if (unnamedDisks(committer.state, host, seq, disks).every((disk) => disk.image !== image)) continue;
        await engine.removeDisk(image);
        logger.info({ replicaSet: name, image }, 'a saved disk that no version names is removed');
      }
    } catch (error) {
      if (!this.#signal.aborted) logger.warn({ err: messageOf(error) }, 'saved disks could not be swept; tried again later');
    }
  }

  /** Reports strays of two comparisons in a row: a single one may have caught a container that was just being removed. */
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
