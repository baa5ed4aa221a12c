// Rules about versions that are given up, with books of their own: which numbers were given, and how many a name may retain.
import type { Event } from '../../src/events/catalogue.ts';
import { type ContainerVersion, findVersion, type State, usableDisk } from '../../src/projections/state.ts';
import { hold } from './violation.ts';

export class Retention {
  /** Stream → the highest number that a version of this life had. */
  readonly #numbers = new Map<string, number>();
  /** Stream → versions that it may retain by its own policy; 0: all. */
  readonly #limits = new Map<string, number>();

  /** Stream → version → the disk that it has, read as release 0.1.0 does: a discard leaves none. */
  readonly #disks = new Map<string, Map<number, string>>();

  read({ seq, stream, type, data }: Event): void {
    const disks = this.#disks.get(stream) ?? new Map<number, string>();
    if (type === 'SystemDiskSaved') this.#disks.set(stream, disks.set(data.version, data.disk.image));
    if (type === 'SystemDiskDiscarded') disks.delete(data.version);
    if (type === 'ReplicaSetDeleted') {
      this.#disks.delete(stream);
      this.#numbers.delete(stream);
      this.#limits.delete(stream);
    }
    if (type === 'PolicySet') this.#limits.set(stream, data.policy.keepVersions ?? 0);
    if (type === 'ContainerAdopted') this.#numbers.set(stream, data.version);
    if (type !== 'ContainerVersionCreated') return;
    const last = data.version === 1 ? 0 : (this.#numbers.get(stream) ?? 0);
    hold(data.version === last + 1, 'a number is given once', () => `event ${seq} makes ${stream}-${data.version}, the last was ${last}`);
    this.#numbers.set(stream, data.version);
  }

  afterwards({ seq, stream, type, data }: Event, state: State): void {
    const rs = state.replicaSets.get(stream.slice('replicaSet/'.length));
    if (rs === undefined || !stream.startsWith('replicaSet/')) return;
    if (type === 'VersionRemoved') {
      const { operation, current } = rs;
      const named = [current, operation?.from, operation?.to].filter((version) => version !== undefined && version > 0);
      hold(
        !named.includes(data.version) && findVersion(rs, current) !== undefined,
        'removed in use',
        () => `event ${seq} removes ${stream}-${data.version}, the current version is ${current}`,
      );
    }
    if (type === 'OperationFailed') {
      const failed = rs.versions.find((version) => version.failed !== undefined);
      hold(failed === undefined, 'failed leaves nothing', () => `event ${seq}: ${failed?.containerName} is left`);
    }
    if (type === 'SystemDiskSaved' || type === 'SystemDiskDiscarded') {
      const image = findVersion(rs, data.version)?.disk?.image;
      const before = this.#disks.get(stream)?.get(data.version);
      hold(
        image === before,
        'read by the release before',
        () => `event ${seq}: ${stream}-${data.version} has ${image}, there it has ${before}`,
      );
    }
    const limit = this.#limits.get(stream) ?? 0;
    if (type !== 'OperationCompleted' || limit === 0 || !['patch', 'rollback', 'restart', 'setPolicy'].includes(data.kind)) return;
    // While the container is missing, an old version may be the only way back; once it is gone, the current version is none without a disk.
    if (rs.missing !== undefined) return;
    const isWayBack = (version: ContainerVersion): boolean =>
      usableDisk(version) !== undefined || (version.version === rs.current && version.container !== 'removed');
    // One whose container is back beside its successor is given up when that is gone.
    const isBack = ({ version, container }: ContainerVersion): boolean => version !== rs.current && container !== 'removed';
    const retained = rs.versions.filter((version) => isWayBack(version) && !isBack(version));
    hold(retained.length <= limit, 'more than are retained', () => `event ${seq}: ${stream} retains ${retained.length} of ${limit}`);
  }
}
