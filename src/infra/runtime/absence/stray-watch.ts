// Containers with our labels that the log does not know: reported, and stopped where they run without a lease. Only one that never ran is
// removed: there is nothing in it.
import type { Settings } from '../../../commands/decision.ts';
import { mustStop, neverRan, refOf, strays } from '../../../commands/host/strays.ts';
import type { ContainerEngine, ContainerFacts } from '../../../commands/outside/engine.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { Committer } from '../committer.ts';

interface StrayWatchDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly settings: Pick<Settings, 'stopTimeout'>;
  readonly logger: Logger;
}

/**
 * Looks after strays, comparison by comparison:
 *
 *     watch.saw(containers);   // all that carry our labels
 *
 * Promises that a stray counts as one from its second look in a row on, since a single look may catch a container that is just being
 * removed; that one which runs without a lease is then stopped, its disk kept in Docker; and that none is removed but one that never ran,
 * such as the late effect of a call that its server did not live to see answered. It would stand in the way of the next of its name.
 */
export class StrayWatch {
  readonly #deps: StrayWatchDeps;
  readonly #signal: AbortSignal;
  /** Ids of the strays of the last look. */
  #suspected: ReadonlySet<string> = new Set();
  /** Ids of the strays that were reported and are still there. */
  #reported: ReadonlySet<string> = new Set();
  /** Containers that run without a lease, by id, with their names. */
  #unleased: ReadonlyMap<string, string> = new Map();
  /** Strays of the last look that never ran. */
  #neverRan = 0;
  readonly #tended = new Set<string>();

  constructor(deps: StrayWatchDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** For readiness. */
  get warnings(): readonly string[] {
    return [...this.#unleased.values()].map((name) => `container ${name} runs without a lease, and is stopped: its disk stays`);
  }

  /** Whether one look more would tell something. */
  get wantsAnotherLook(): boolean {
    return this.#unleased.size > 0 || this.#neverRan > 0;
  }

  saw(containers: readonly ContainerFacts[]): void {
    const { committer } = this.#deps;
    const found = strays(committer.state, containers);
    const sure = found.filter(({ id }) => this.#suspected.has(id));
    for (const stray of sure) {
      if (neverRan(stray)) void this.#tend(stray, 'remove');
      else if (!this.#reported.has(stray.id)) this.#report(stray);
      if (mustStop(committer.state, stray)) void this.#tend(stray, 'stop');
    }
    this.#reported = new Set(sure.map(({ id }) => id));
    this.#suspected = new Set(found.map(({ id }) => id));
    this.#neverRan = found.filter(neverRan).length;
    this.#unleased = new Map(found.flatMap((c) => (mustStop(committer.state, c) ? [[c.id, c.containerName]] : [])));
  }

  #report({ containerName }: ContainerFacts): void {
    const fields = { container: containerName };
    this.#deps.logger.warn(
      fields,
      'a container carries our labels but is not in the log; it is left there: look at it, and remove it by hand (docker rm) if nobody needs it',
    );
  }

  /** Never rejects: what could not be done is tried again at the next look. */
  async #tend(stray: ContainerFacts, how: 'stop' | 'remove'): Promise<void> {
    const { committer, engine, settings, logger } = this.#deps;
    if (this.#signal.aborted || this.#tended.has(stray.id)) return;
    this.#tended.add(stray.id);
    const fields = { container: stray.containerName, gpus: stray.gpus, hostPorts: stray.hostPorts };
    const ref = refOf(committer.state, stray);
    try {
      if (how === 'stop') {
        await engine.stopContainer(ref, settings.stopTimeout);
        logger.warn(fields, 'a container that the log does not know ran without a lease, and is stopped: its disk stays');
      } else {
        await engine.removeContainer(ref, true, true); // it may have been started since the look
        logger.warn(fields, 'a container that the log does not know, and that never ran, is removed');
      }
    } catch (error) {
      if (!this.#signal.aborted)
        logger.error({ ...fields, err: messageOf(error) }, `a container that the log does not know could not be dealt with: ${how}`);
    } finally {
      this.#tended.delete(stray.id);
    }
  }
}
