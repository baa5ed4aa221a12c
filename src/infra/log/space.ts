import type { Logger } from '../../commands/outside/logger.ts';
import type { EtcdKv, EtcdStatus } from '../etcd/kv.ts';
import { archive, compact } from './archive/archive.ts';
import type { Segments } from './archive/segments.ts';

export interface SpaceDeps {
  readonly kv: EtcdKv;
  readonly segments: Segments;
  readonly logger: Logger;
  /** Bytes that etcd may hold. */
  readonly quotaBytes: number;
  /** Share of the quota, 0 to 1, at which the beginning of the log is archived; 0: never. */
  readonly archiveAt: number;
  /** The etcd is this server's own: it may be defragmented, and its alarm disarmed. */
  readonly embedded: boolean;
  /** For tests: how many events etcd may hold, whatever their size. By default MOST_EVENTS in our own etcd, any number in another. */
  readonly mostEvents?: number;
  /** For tests: see archive. */
  readonly alwaysInEtcd?: number;
  readonly head: () => number;
  /** Persists the state as it is now; returns the last sequence in it. */
  readonly snapshot: () => Promise<number>;
}

/** Share of the quota above which `warning` is set. */
const WARN_AT = 0.8;
/** Share of the quota below which the alarm is disarmed: above it, etcd would raise the alarm again at once. */
const FULL_AT = 0.95;
/** Events that our own etcd may hold: with these it starts in a third of a second, with a million in 3 s. */
const MOST_EVENTS = 100_000;

const percent = (part: number): string => `${Math.round(part * 100)} %`;

/**
 * Keeps etcd from filling up: archives the beginning of the log in time, warns before the quota is used up, and makes room when it is.
 *
 *     const space = new Space({ kv, segments, logger, quotaBytes, archiveAt: 0.25, embedded, head, snapshot });
 *     await space.check(true);  // every few seconds
 *     space.problem;            // null, or why nothing can be appended
 *
 * Promises that an event is archived only once a snapshot covers it: a start then reads the snapshot and etcd, not the archive.
 */
export class Space {
  readonly #deps: SpaceDeps;
  #warning: string | null = null;
  #problem: string | null = null;

  constructor(deps: SpaceDeps) {
    this.#deps = deps;
  }

  /** A problem to come, for /readyz; null when all is well. */
  get warning(): string | null {
    return this.#warning;
  }

  /** Why nothing can be appended; null when all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Looks once and acts. `mayArchive`: this server is the one that archives. Throws etcd's errors. */
  async check(mayArchive: boolean): Promise<void> {
    const { kv, quotaBytes } = this.#deps;
    const status = await kv.status();
    const full = (await kv.alarms()).filter(({ alarm }) => /nospace/i.test(alarm));
    if (full.length > 0) await this.#full(status, mayArchive);
    else if (this.#problem !== null) {
      this.#problem = null;
      this.#deps.logger.info({}, 'etcd has space again');
    }
    if (full.length === 0 && mayArchive) await this.#keepSmall(status);
    const used = (await kv.status()).dbSize / quotaBytes;
    const before = this.#warning;
    this.#warning =
      used < WARN_AT ? null : `etcd has used ${percent(used)} of its quota of ${quotaBytes} bytes: gpu-docker-api log archive makes room`;
    if (this.#warning !== null && before === null) this.#deps.logger.warn({ used, quotaBytes }, this.#warning);
  }

  async #keepSmall({ dbSizeInUse }: EtcdStatus): Promise<void> {
    const { kv, quotaBytes, archiveAt, embedded, head, segments, logger, snapshot, alwaysInEtcd } = this.#deps;
    // The number of events decides how long etcd takes to start, which concerns us only with our own etcd.
    const { mostEvents = embedded ? MOST_EVENTS : Number.POSITIVE_INFINITY } = this.#deps;
    const most = quotaBytes * archiveAt;
    const inEtcd = head() - segments.head.seq;
    if (archiveAt === 0 || (dbSizeInUse <= most && inEtcd <= mostEvents)) return;
    const covered = await snapshot();
    // Only half of what is allowed stays, so that archiving is rare.
    const keep = Math.floor(Math.min((inEtcd * most) / dbSizeInUse, mostEvents) / 2);
    const before = Math.min(covered, head() - keep) + 1;
    const { written, through, deleted } = await archive({
      kv,
      segments,
      before,
      embedded,
      ...(alwaysInEtcd !== undefined && { alwaysInEtcd }),
    });
    if (written.length === 0 && deleted === 0) return;
    logger.info(
      { through, segments: written.length, dbSizeInUse },
      `the log's first ${through} events were moved from etcd to ${segments.dir}`,
    );
  }

  async #full(status: EtcdStatus, mayArchive: boolean): Promise<void> {
    const { kv, segments, quotaBytes, embedded, head, logger, snapshot, archiveAt } = this.#deps;
    const reason = `etcd has no space left (${status.dbSize} bytes of ${quotaBytes})`;
    if (this.#problem === null) logger.error({ ...status, quotaBytes }, `${reason}: nothing can be changed until there is room`);
    this.#problem = `${reason}: nothing can be changed until there is room`;
    if (!embedded || !mayArchive) return;
    if (archiveAt > 0) {
      const covered = await snapshot();
      await archive({ kv, segments, before: Math.min(covered, head()) + 1 });
    } else await compact(kv);
    await kv.defragment();
    const { dbSize } = await kv.status();
    if (dbSize > quotaBytes * FULL_AT) {
      this.#problem = `${reason}, and what could be archived is: give it a larger one with --etcd-quota`;
      return;
    }
    for (const alarm of await kv.alarms()) if (/nospace/i.test(alarm.alarm)) await kv.disarm(alarm);
    this.#problem = null;
    logger.warn({ before: status.dbSize, after: dbSize }, 'etcd was full: the log was archived, and there is space again');
  }
}
