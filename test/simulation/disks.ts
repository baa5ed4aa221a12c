// What is on every disk and volume, followed beside the engine: a version starts with exactly what the one it comes from ended with, a
// new life of a name starts with nothing of the old, and what can be rolled back to is there.
import type { ContainerRef, CreateContainer } from '../../src/commands/outside/engine.ts';
import type { Event } from '../../src/events/catalogue.ts';
import type { Disk } from '../../src/events/shapes.ts';
import { type ContainerVersion, completeDisk, currentVolumeVersion, findVersion, type ReplicaSet } from '../../src/projections/state.ts';
import { type FakeContainer, type FakeHost, filesOf } from '../doubles/fake-host.ts';
import type { Auditor } from './auditor.ts';
import type { Chance } from './chance.ts';
import { hold } from './violation.ts';

type Files = ReadonlyMap<string, string | null>;

const key = (uid: string, version: number): string => `${uid}/${version}`;
const show = (files: Files): string => JSON.stringify([...files].sort());
const same = (a: Files, b: Files): boolean => a.size === b.size && [...a].every(([path, content]) => b.get(path) === content);

/** All files on a container's own disk. */
function contentOf(container: FakeContainer): Files {
  const files = filesOf(container.image);
  for (const [path, content] of container.layer) {
    if (content === null) files.delete(path);
    else files.set(path, content);
  }
  return files;
}

/** Files that somebody puts into a volume at once. */
const STORED = 6;
/** Versions whose disks are looked at after every operation. */
const RECENT = 30;

export class Disks {
  readonly #host: FakeHost;
  readonly #auditor: Auditor;
  /** What a version's container held when it was last seen. */
  readonly #last = new Map<string, Files>();
  /** Saved disk → what its container held at that moment. */
  readonly #saved = new Map<string, Files>();
  /** Where each version has which anonymous volume. */
  readonly #anonymous = new Map<string, ReadonlyMap<string, string>>();
  #tokens = 0;

  constructor(host: FakeHost, auditor: Auditor) {
    this.#host = host;
    this.#auditor = auditor;
  }

  /** Before the engine does what a call asks for. */
  before(call: string, args: readonly unknown[]): void {
    if (call !== 'removeContainer') return;
    const ref = args[0] as ContainerRef;
    const found = ref.id === undefined ? this.#host.containerBy(ref.containerName) : this.#host.containers.get(ref.id);
    if (found === undefined) return;
    this.remember(found);
    if (args[2] !== true && !this.#auditor.isPast) this.#checkLast(found);
  }

  /** A container that ran goes with its name, with the failure of its version, or when its disk is saved with all that it holds. */
  #checkLast(container: FakeContainer): void {
    const { owner, containerName, state } = container;
    const rs = this.#auditor.state.replicaSets.get(owner?.name ?? '');
    if (owner === undefined || rs === undefined || rs.uid !== owner.uid || state === 'created') return;
    const version = findVersion(rs, owner.version);
    const { operation } = rs;
    if (version === undefined || version.failed !== undefined || operation?.kind === 'delete' || operation?.to === owner.version) return;
    const image = version.disk?.image;
    hold(image !== undefined, 'removed without its disk', () => `${containerName} is removed, and no disk of it is saved`);
    const saved = this.#host.images.get(image);
    if (saved === undefined) return;
    hold(
      same(filesOf(saved), contentOf(container)),
      'removed without its disk',
      () => `${containerName} is removed with ${show(contentOf(container))}, its saved disk holds ${show(filesOf(saved))}`,
    );
  }

  /** `stale`: asked for by a process that has died or given up since. */
  after(call: string, args: readonly unknown[], value: unknown, stale: boolean): void {
    if (call === 'createContainer' && !this.#auditor.isPast)
      this.#created(args[0] as CreateContainer, (value as { containerId: string }).containerId);
    // An etcd that was put back may have a volume as still to be made that has been made and filled since: it is found as it is.
    if (call === 'createVolume' && !this.#auditor.isPast) this.#checkEmpty(args[0] as string);
    if (call !== 'startContainer' && call !== 'saveDisk') return;
    const ref = args[0] as ContainerRef;
    const container = ref.id === undefined ? this.#host.containerBy(ref.containerName) : this.#host.containers.get(ref.id);
    if (call === 'saveDisk' && container !== undefined) this.#saved.set((value as Disk).image, contentOf(container));
    if (call === 'saveDisk' || container?.state !== 'running') return;
    if (stale) this.#auditor.outside.add(container.id);
    this.work(container, 'start');
  }

  /** Before a container goes. */
  remember(container: FakeContainer): void {
    if (container.owner === undefined) return;
    this.#last.set(key(container.owner.uid, container.owner.version), contentOf(container));
  }

  /**
   * Somebody removes a container. An undo that started it again may not have been recorded: then the disk that was saved before stays in
   * the log, as the only copy there is, and lacks what was written since. Nobody can bring that back; what was saved must be in it.
   */
  lost(container: FakeContainer): void {
    this.remember(container);
    const { owner } = container;
    const rs = this.#auditor.state.replicaSets.get(owner?.name ?? '');
    if (owner === undefined || rs?.uid !== owner.uid) return;
    const saved = this.#saved.get(findVersion(rs, owner.version)?.disk?.image ?? '');
    if (saved !== undefined) this.#last.set(key(owner.uid, owner.version), saved);
  }

  /** A prune takes a container that has ended. At rest, a disk that the log has as complete is all that it held. */
  pruned(container: FakeContainer): void {
    const { owner } = container;
    const rs = this.#auditor.state.replicaSets.get(owner?.name ?? '');
    const version = rs !== undefined && rs.uid === owner?.uid ? findVersion(rs, owner.version) : undefined;
    if (rs?.operation === null && version !== undefined && completeDisk(version) !== undefined) this.remember(container);
    else this.lost(container);
  }

  /** A program in a running container changes files: on its own disk and in what it mounts. One that was started from outside touches nothing. */
  work(container: FakeContainer, how: 'start' | 'write' | 'remove'): void {
    if (
      container.state !== 'running' ||
      container.owner === undefined ||
      container.request === undefined ||
      this.#auditor.outside.has(container.id)
    )
      return;
    const token = `${container.owner.uid}#${++this.#tokens}`;
    const roots = ['', ...container.mounts.keys()];
    if (how === 'remove') {
      for (const path of ['/etc/base', '/data/start']) this.#host.write(container, path, null);
      return;
    }
    for (const root of roots) this.#host.write(container, how === 'start' ? `${root}/data/start` : `${root}/data/${token}`, token);
  }

  /** Somebody puts files into a volume that no operation is about: its name; undefined where there is none. */
  store(chance: Chance): string | undefined {
    const idle = [...this.#auditor.state.volumes.values()].filter(({ operation }) => operation === null);
    const volume = chance.pick('stored in', idle);
    const version = volume === undefined ? undefined : currentVolumeVersion(volume);
    const files = version?.state === 'ready' ? this.#host.volumes.get(version.volumeName)?.files : undefined;
    if (files === undefined) return undefined;
    for (let i = 0; i < STORED; i++) files.set(`/data/stored-${i}`, `stored#${++this.#tokens}`);
    return volume?.name;
  }

  #created(request: CreateContainer, id: string): void {
    const container = this.#host.containers.get(id);
    if (container === undefined || container.state !== 'created') return;
    const { uid, name, version } = request.owner;
    const rs = this.#auditor.state.replicaSets.get(name);
    const planned = rs?.uid === uid ? findVersion(rs, version) : undefined;
    const content = contentOf(container);
    if (planned?.diskOf === undefined) {
      const image = this.#host.images.get(request.image);
      hold(image === undefined || same(content, filesOf(image)), 'disk', () => `${request.containerName} starts with more than its image`);
      hold(
        !request.fromDisk || planned === undefined,
        'disk',
        () => `${request.containerName} starts from a disk that its version does not name`,
      );
    } else {
      const expected = this.#contentOf(uid, planned.diskOf);
      hold(
        same(content, expected),
        'disk',
        () => `${request.containerName} starts with ${show(content)}, version ${planned.diskOf} ended with ${show(expected)}`,
      );
    }
    if (planned !== undefined) this.#checkAnonymous(container, planned);
  }

  /** Anonymous volumes travel along with the disk, also below a bind that hides one for a while; a new life gets new, empty ones. */
  #checkAnonymous(container: FakeContainer, { version, diskOf }: ContainerVersion): void {
    const uid = container.owner?.uid ?? '';
    const bound = new Set(container.request?.spec.binds.map(({ dest }) => dest));
    const mounts = new Map([...container.mounts].filter(([dest]) => !bound.has(dest)));
    const before = diskOf === undefined ? undefined : this.#anonymous.get(key(uid, diskOf));
    for (const [dest, name] of mounts) {
      const known = before?.get(dest);
      if (known !== undefined)
        hold(
          known === name,
          'anonymous volume',
          () => `${container.containerName} mounts ${name} at ${dest}, version ${diskOf} before it had ${known}`,
        );
      else
        hold(
          this.#host.volumes.get(name)?.files.size === 0,
          'anonymous volume',
          () => `${name} of a new ${container.containerName} is not empty`,
        );
    }
    this.#anonymous.set(key(uid, version), new Map([...(before ?? []), ...mounts]));
  }

  #contentOf(uid: string, version: number): Files {
    const there = [...this.#host.containers.values()].find(({ owner }) => owner?.uid === uid && owner.version === version);
    return there === undefined ? (this.#last.get(key(uid, version)) ?? new Map()) : contentOf(there);
  }

  /** Every version that can be rolled back to has its disk, with what it ended with. */
  checkSaved(rs: ReplicaSet, isAtRest = false): void {
    // Of hundreds of versions the last, until all is at rest.
    for (const version of isAtRest ? rs.versions : rs.versions.slice(-RECENT)) {
      if (version.disk === undefined) continue;
      if (this.#auditor.lostImages.has(version.disk.image)) {
        hold(
          !isAtRest || version.diskLost === true || this.#auditor.state.logLevel < 2,
          'lost disk',
          () => `somebody removed the disk of ${version.containerName}: nobody noticed`,
        );
        continue;
      }
      const image = this.#host.images.get(version.disk.image);
      hold(image !== undefined, 'saved disk', () => `the disk of ${version.containerName} is not in the engine`);
      // A container that has run since then, or runs, has the next disk saved of it.
      if (version.container !== 'removed' && (completeDisk(version) === undefined || version.container === 'running')) continue;
      const expected = this.#contentOf(rs.uid, version.version);
      hold(
        same(filesOf(image), expected),
        'saved disk',
        () => `the disk of ${version.containerName} holds ${show(filesOf(image))}, it ended with ${show(expected)}`,
      );
    }
  }

  /** A client's stop or pause leaves a saved disk, or says that it has none. One by the service may be about an earlier version. */
  isSaved(rs: ReplicaSet, end: Event): void {
    if (end.type !== 'OperationCompleted' || (end.data.kind !== 'stop' && end.data.kind !== 'pause')) return;
    if (end.command.actor.startsWith('system:')) return;
    const version = findVersion(rs, rs.current);
    if (version === undefined || version.container === 'removed') return;
    const told = end.data.warning !== undefined || completeDisk(version) !== undefined;
    hold(told, 'a stop saves the disk', () => `event ${end.seq}: the disk of ${version.containerName} is not saved`);
  }

  checkResized(from: string, to: string): void {
    const [source, target] = [this.#host.volumes.get(from), this.#host.volumes.get(to)];
    hold(
      source !== undefined && target !== undefined && same(source.files, target.files),
      'volume',
      () => `${to} does not hold what ${from} holds`,
    );
  }

  /** Unless somebody has mounted it already. */
  #checkEmpty(name: string): void {
    hold(
      this.#host.volumes.get(name)?.files.size === 0 || this.#host.usersOf(name).length > 0,
      'volume',
      () => `${name} is new and not empty`,
    );
  }
}
