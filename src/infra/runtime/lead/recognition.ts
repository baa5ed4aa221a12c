// Whether this machine may lead the host of the log: asked before each term, and at each comparison with Docker.
import { type Adoption, type MachineIdentity, refusalToLead } from '../../../commands/host/identity.ts';
import { otherLogsReason } from '../../../commands/host/other-logs.ts';
import type { HostFacts } from '../../../commands/host/reconcile.ts';
import type { ContainerEngine, EngineInfo } from '../../../commands/outside/engine.ts';
import type { Clock, GpuInventory } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { Committer } from '../committer.ts';
import type { Waiting } from './waiting.ts';

/** The machine as it is known without Docker, and an operator's word about it. */
export interface MachineOfHost {
  readonly hostId: string;
  /** The machine's name now. */
  readonly name: string;
  readonly machineId: string;
  /** The operator's word that this machine is the host; null while nobody gave one. */
  adoption(): Adoption | null;
  /** The log says it, too. */
  adopted(): void;
}

export interface RecognitionDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly inventory: GpuInventory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly machine: MachineOfHost;
  /** The host is led beside containers and volumes of another log on the same engine. */
  readonly ignoreOtherLogs?: boolean;
}

export type AskedFacts = Omit<HostFacts, 'pid' | 'version' | 'portRange'>;

/** This machine must not lead: it is not the host that the log knows, or its Docker is another log's. The message says how to mend it. */
export class MustNotLeadError extends Error {
  override readonly name = 'MustNotLeadError';
}

/** Pause between two looks at a machine that must not lead, ms. */
const REFUSED_MS = 2_000;

/**
 * Says who the machine is:
 *
 *     const facts = await recognition.facts(signal);   // before a term: throws MustNotLeadError
 *     await recognition.check();                       // within it: throws MustNotLeadError, EngineError
 *
 * Promises that neither records or touches anything, and that a reason is logged once for as long as it stays the same.
 */
export class Recognition {
  readonly #deps: RecognitionDeps;
  readonly #host: string;
  readonly #waiting: Waiting;

  /** `host`: its name in the log. */
  constructor(deps: RecognitionDeps, host: string, waiting: Waiting) {
    this.#deps = deps;
    this.#host = host;
    this.#waiting = waiting;
  }

  /** The facts to begin a term with. Waits for a Docker that does not answer. */
  async facts(signal: AbortSignal): Promise<AskedFacts> {
    await this.#requireAlone(signal);
    const { committer, engine, machine } = this.#deps;
    const info = await this.#waiting.untilAnswered(() => engine.info(), signal);
    await committer.catchUp();
    const identity = this.#identity(info);
    const refusal = refusalToLead(committer.state, identity, this.#host, null);
    const adoption = refusal === null ? null : machine.adoption();
    if (refusal !== null) this.#require(identity, adoption);
    const { version, storageDriver } = info;
    const facts = { engine: version, storageDriver, ...(await this.#gpus()), machine: identity };
    return adoption === null ? facts : { ...facts, adoptedBy: adoption.by };
  }

  /** One look whether the machine is still the host: a daemon may be replaced behind its socket. */
  async check(): Promise<void> {
    const info = await this.#deps.engine.info();
    this.#require(this.#identity(info), null);
  }

  /** Looks until this machine may lead, or an operator says so. Called without the lease, which the right machine may want. */
  async until(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.facts(signal);
        return;
      } catch (error) {
        if (!(error instanceof MustNotLeadError)) throw error;
      }
      await this.#deps.clock.sleep(REFUSED_MS, signal);
    }
  }

  #identity({ id, root, storageDriver }: EngineInfo): MachineIdentity {
    const { hostId, name, machineId } = this.#deps.machine;
    return { hostId, name, machineId, engineId: id, dataRoot: root, storageDriver };
  }

  #require(identity: MachineIdentity, adoption: Adoption | null): void {
    const refusal = refusalToLead(this.#deps.committer.state, identity, this.#host, adoption);
    if (refusal === null) return;
    const reason = `${refusal.differs}. This server does not lead and changes nothing. To mend it: ${refusal.mend}`;
    this.#refuse(reason, { host: refusal.host, ...identity });
  }

  /** Another log's containers or volumes on this engine are in the way, unless that is meant to be so. */
  async #requireAlone(signal: AbortSignal): Promise<void> {
    const { engine, committer, ignoreOtherLogs = false } = this.#deps;
    if (ignoreOtherLogs) return;
    const others = await this.#waiting.untilAnswered(() => engine.listOtherLogs(committer.state.logId), signal);
    if (others.length > 0) this.#refuse(otherLogsReason(others), { logs: others.map(({ log }) => log) });
  }

  #refuse(reason: string, about: object): never {
    if (this.#waiting.reason !== reason) this.#deps.logger.error(about, reason);
    this.#waiting.reason = reason;
    throw new MustNotLeadError(reason);
  }

  async #gpus(): Promise<Pick<HostFacts, 'gpuMode' | 'gpus'>> {
    const { inventory, logger } = this.#deps;
    const gpus = await inventory.list().catch((error: unknown) => {
      logger.warn({ err: messageOf(error) }, 'the GPU driver does not answer; the GPUs known so far are left unchanged');
      return null;
    });
    return { gpuMode: inventory.mode, gpus };
  }
}
