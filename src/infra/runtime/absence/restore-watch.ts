// Compares Docker with a log that was put back to an earlier moment, until they agree.
import { containersOf, streamsOf } from '../../../commands/host/reconcile.ts';
import { decideSettled, lacks, unknownContainers, unknownVolumes } from '../../../commands/host/restore/agreement.ts';
import { restoredOn } from '../../../commands/host/restore/mode.ts';
import type { ContainerFacts, VolumeFacts } from '../../../commands/outside/engine.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { inTurns } from '../../async/in-turns.ts';
import type { Committer } from '../committer.ts';

interface RestoreWatchDeps {
  readonly committer: Committer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly host: string;
  readonly logger: Logger;
}

/**
 * Holds a restored host back:
 *
 *     if (await watch.holdsBack(containers, volumes)) return;   // nothing is judged by this look
 *
 * Promises that the mode ends with the first look at which Docker and log agree, by an event, and never by itself otherwise.
 */
export class RestoreWatch {
  readonly #deps: RestoreWatchDeps;
  readonly #signal: AbortSignal;
  #said = '';
  /** What differed at the last look, a sentence each. */
  differences: readonly string[] = [];
  /** Names whose life Docker has a later container of than the log. */
  names: ReadonlySet<string> = new Set();

  constructor(deps: RestoreWatchDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  async holdsBack(containers: readonly ContainerFacts[], volumes: readonly VolumeFacts[]): Promise<boolean> {
    const { committer, clock, host, ids, logger } = this.#deps;
    if (restoredOn(committer.state, host) === undefined) {
      this.differences = [];
      this.names = new Set();
      return false;
    }
    const seen = { containers: containersOf(containers), volumes: new Set(volumes.map(({ name }) => name)) };
    const found: string[] = [];
    for await (const stream of inTurns(streamsOf(committer.state, host), clock, this.#signal)) {
      const difference = lacks(committer.state, stream, seen);
      if (difference !== null) found.push(difference);
    }
    const unknown = unknownContainers(committer.state, containers);
    found.push(...unknown.map(({ containerName, state }) => `${containerName} (${state}) is not in the log`));
    found.push(...unknownVolumes(committer.state, volumes).map(({ name }) => `volume ${name} is not in the log`));
    this.names = new Set(unknown.flatMap(({ name, uid }) => (committer.state.replicaSets.get(name)?.uid === uid ? [name] : [])));
    this.differences = found;
    if (found.length > 0) {
      const text = found.join('; ');
      if (text !== this.#said)
        logger.warn(
          { differences: found.slice(0, 20) },
          'the log was restored, and Docker does not agree with it: nothing is given or started',
        );
      this.#said = text;
      return true;
    }
    const meta = { id: ids.next(), name: 'settleRestore', actor: 'system:reconcile' };
    await committer.submit(meta, (state) => ({ kind: 'events', events: decideSettled(state, host, 'agreed', 0) }));
    logger.info({}, 'the log was restored, and Docker agrees with it: the host works as usual');
    return restoredOn(committer.state, host) !== undefined;
  }
}
