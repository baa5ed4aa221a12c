// Looks after the keys of secret values: removes those of lives that have ended, and names the variables whose key is missing.
import type { Clock } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { lostKeySentence, type SecretKeys } from '../../../commands/outside/secrets.ts';
import { upcastAll } from '../../../events/evolution/upcasters.ts';
import type { EventLog } from '../../../events/log.ts';
import { currentVersion, type State } from '../../../projections/state.ts';
import { Breather } from '../../async/breather.ts';
import type { Committer } from '../committer.ts';

interface SecretSweepDeps {
  readonly committer: Committer;
  readonly log: Pick<EventLog, 'head'>;
  readonly secretKeys: SecretKeys;
  readonly host: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Interval between two looks at all keys, ms. */
  readonly everyMs: number;
  /** The sentence about events that etcd should have, and has not; absent: it has all. */
  readonly missing?: () => Promise<string | null>;
}

/** ReplicaSets that readiness names. */
const MOST_WARNINGS = 10;

/**
 *     const sweep = new SecretSweep(deps);
 *     sweep.start(signal);      // the log has been read to its head
 *
 * Promises that the keys of a replicaSet go when its end is in the log, and not before; and where that failed, or the process died in between, at
 * the next look, the first of which is at the start; and that none goes because a log has lost events. Standbys do so, too: each data directory has the keys of what was run through its server.
 */
export class SecretSweep {
  readonly #deps: SecretSweepDeps;
  #missing: readonly string[] = [];
  #failure: string | null = null;
  /** Lives that began since the look did: their keys may be in its list. */
  readonly #born = new Set<string>();

  constructor(deps: SecretSweepDeps) {
    this.#deps = deps;
  }

  /** Of the last look, for readiness. */
  get warnings(): readonly string[] {
    const more = this.#missing.length - MOST_WARNINGS;
    return [
      ...this.#missing.slice(0, MOST_WARNINGS),
      ...(more > 0 ? [`${more} more replicaSets have secret variables whose key is not on this server`] : []),
      ...(this.#failure === null ? [] : [this.#failure]),
    ];
  }

  /** Goes on until the signal aborts. */
  start(signal: AbortSignal): void {
    const { committer, secretKeys } = this.#deps;
    const stop = committer.onCommit((stored) => {
      for (const event of upcastAll(stored)) {
        if (event.type === 'ContainerVersionCreated' && event.data.reason === 'run') this.#born.add(event.data.uid);
        // A life that the log had lost: its key may be one of before.
        if (event.type === 'ContainerAdopted') this.#born.add(event.data.uid);
        // A run that failed has the id of its life.
        if (event.type === 'ReplicaSetDeleted') void this.#attempt(() => secretKeys.forget(event.data.uid));
        if (event.type === 'OperationFailed' && event.data.kind === 'run') void this.#attempt(() => secretKeys.forget(event.command.id));
      }
    });
    signal.addEventListener('abort', stop, { once: true });
    void this.#goOn(signal);
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    const { clock, everyMs } = this.#deps;
    while (!signal.aborted) {
      await this.#attempt(() => this.look());
      await clock.sleep(everyMs, signal).catch(() => undefined); // rejects only when the signal aborts
    }
  }

  /** Never rejects: what failed is said, and done at the next look. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const failure = `the keys of secret variables cannot be looked after, which is tried again: ${messageOf(error)}`;
      if (this.#failure !== failure)
        this.#deps.logger.error({ err: messageOf(error) }, 'the keys of secret variables cannot be looked after');
      this.#failure = failure;
    }
  }

  /** One look at all keys and all names. */
  async look(): Promise<void> {
    const { committer, secretKeys, host } = this.#deps;
    if (committer.state.logId === '') return;
    this.#born.clear();
    const keys = await secretKeys.list();
    const breather = new Breather();
    const { replicaSets }: State = committer.state;
    const ended = new Set([...keys].flatMap(([uid, { isHeld }]) => (isHeld ? [] : [uid])));
    const missing: string[] = [];
    for (const rs of replicaSets.values()) {
      ended.delete(rs.uid);
      const secrets = rs.host === host ? (currentVersion(rs)?.spec.secretEnv ?? []) : [];
      const lost = secrets.filter(({ key }) => keys.get(rs.uid)?.ids.has(key) !== true);
      if (lost.length > 0) missing.push(`replicaSet ${rs.name}: ${lostKeySentence(lost.map(({ name }) => name))}`);
      await breather.breathe();
    }
    this.#missing = missing;
    if (ended.size > 0 && (await this.#isWhole())) await this.#forget(ended, breather);
    this.#failure = null;
  }

  /**
   * Whether a life that the log does not have has ended. A log that was put back may have lost it, whether somebody has said so or not, and it may
   * be taken back. This host's word counts alone: its keys are of its own lives, and another host may be gone for good before it has settled.
   */
  async #isWhole(): Promise<boolean> {
    const { committer, host, missing = async () => null } = this.#deps;
    const { hosts, restored } = committer.state;
    const known = hosts.get(host);
    if ((known === undefined ? restored : known.restored) !== undefined) return false;
    return (await missing()) === null;
  }

  /** Lives without a replicaSet. Another server of this data directory may have begun one of them: only what the whole log does not have has ended. */
  async #forget(ended: ReadonlySet<string>, breather: Breather): Promise<void> {
    const { committer, log, secretKeys } = this.#deps;
    const { seq } = await log.head();
    if (committer.state.head.seq < seq) await committer.catchUp();
    if (committer.state.head.seq < seq) return; // it is being written to: the next look
    for (const uid of ended) {
      if (!this.#born.has(uid)) await secretKeys.forget(uid);
      await breather.breathe();
    }
  }
}
