// The host paths that binds may name: an allow list, judged by where the paths lead. Pure; where they lead comes in as facts.
import { posix } from 'node:path';
import type { Bind } from '../../events/shapes.ts';
import type { ReplicaSet, State } from '../../projections/state.ts';
import type { Facts, Settings } from '../decision.ts';
import { OWNER } from '../outside/host.ts';
import { isKeyName } from '../request/keys/fields.ts';

export const isHostPath = (src: string): boolean => src.startsWith('/');
export const hostBindsOf = (binds: readonly Bind[]): Bind[] => binds.filter((b) => isHostPath(b.src));
export const hostPathsOf = (binds: readonly Bind[]): string[] => hostBindsOf(binds).map(({ src }) => src);

export const within = (path: string, root: string): boolean => root === path || path.startsWith(root.endsWith('/') ? root : `${root}/`);
const overlap = (a: string, b: string): boolean => within(a, b) || within(b, a);

/**
 * The rules for what this owner's replicaSets may mount. A name that is not a key's could be any path: it has no directory. Nor has one whose
 * directory would be the system's, as that of `kubelet` below /var/lib: it is the operator's word that hands one over, and never a name.
 */
export function rulesFor(owner: string, settings: Settings): Settings {
  const { allowBind, forbiddenPaths } = settings;
  if (!allowBind.some((root) => root.includes(OWNER))) return settings;
  const named = (root: string): string[] => {
    const own = root.replaceAll(OWNER, owner);
    return isKeyName(owner) && !forbiddenPaths.some((one) => within(own, one) && !within(root, one)) ? [own] : [];
  };
  return { ...settings, allowBind: allowBind.flatMap((root) => (root.includes(OWNER) ? named(root) : [root])) };
}

/** The targets of host paths, as far as this server can tell. */
export type PathFacts = Pick<Facts, 'hostPaths' | 'absentPaths' | 'dataRoot'>;

/** Where a path leads; null where that cannot be told, undefined where nobody looked. A Docker elsewhere has paths of its own. */
export function targetOf(path: string, { hostPaths, dataRoot }: PathFacts): string | null | undefined {
  const target = hostPaths.get(path);
  return target === null && dataRoot === undefined ? posix.resolve(path) : target;
}

/** Where the host paths of binds lead, one for each bind; without those of which nobody can tell. */
export const targetsOf = (binds: readonly Bind[], paths: PathFacts): string[] =>
  hostPathsOf(binds).flatMap((path) => targetOf(path, paths) ?? []);

/**
 * Why a path as it is written may not be mounted; null when it may. A directory of the system is covered only by an allowed root in it, never
 * by one above it; what belongs to Docker or to this service is covered by none.
 */
function problemOf(path: string, { allowBind, forbiddenPaths, protectedPaths }: Settings, dataRoot?: string): string | null {
  const roots = allowBind.filter((root) => within(path, root));
  const owned = dataRoot === undefined ? protectedPaths : [...protectedPaths, dataRoot];
  const isOwned = owned.some((one) => overlap(path, one));
  if (roots.length === 0) {
    const [why, way] =
      allowBind.length === 0
        ? ['is not mounted, as no host path is unless --allow-bind allows it', 'an operator can start the server with']
        : [`is outside of what --allow-bind allows (${allowBind.join(', ')})`, 'an operator can add'];
    // No way is named that leads to the next refusal.
    const isSystem = forbiddenPaths.some((one) => within(path, one));
    return isOwned ? why : `${why}: ${way} --allow-bind ${path}${isSystem || path === '/' ? '' : ', or a directory above it'}`;
  }
  if (isOwned) return 'holds, or lies in, what belongs to Docker or to this service: that is never mounted, whatever --allow-bind says';
  const handedOver = (root: string): string | undefined =>
    forbiddenPaths.find((one) => one !== root && within(one, root) && overlap(path, one));
  const system = roots.map(handedOver);
  if (system.includes(undefined)) return null;
  return `would hand over ${system[0]} of the host: only an --allow-bind that names it, or a directory in it, allows that`;
}

/**
 * Why a host path may not be mounted; null when it may. `resolved`: where it leads, null where that cannot be told. It is not said: that would
 * tell what is on the host.
 */
export function checkHostPath(path: string, resolved: string | null, settings: Settings, dataRoot?: string): string | null {
  const written = posix.resolve(path);
  const problem = problemOf(written, settings, dataRoot);
  if (problem !== null) return `host path ${path} ${problem}`;
  if (resolved === null) {
    const way = 'let the user that the server runs as search the directories above it';
    return `host path ${path} cannot be looked at, so it is not known where it leads: ${way}`;
  }
  if (resolved === written || problemOf(resolved, settings, dataRoot) === null) return null;
  return `host path ${path} leads outside of what --allow-bind allows`;
}

/** Docker would make a directory in its place, of root's. */
export const absent = (path: string): string =>
  `host path ${path} does not exist: make it first, or have an operator start the server with --create-binds`;

/**
 * Why a container that was made with these binds must not be started now; null when it may, undefined where a path was not looked at. Docker
 * would follow the links that are there at this moment, whoever made them since.
 */
export function whyNotStart(binds: readonly Bind[], paths: PathFacts, settings: Settings): string | null | undefined {
  for (const { src, dest, resolved: was } of hostBindsOf(binds)) {
    const is = targetOf(src, paths);
    if (is === undefined) return undefined;
    const problem = checkHostPath(src, is, settings, paths.dataRoot);
    if (is !== null && was !== undefined && was !== is) {
      const way = problem === null ? 'restart makes a version with what it leads to now' : problem;
      return `host path ${src}, mounted at ${dest}, leads elsewhere than when it was checked, so the container is not started; ${way}`;
    }
    if (problem !== null) return `${problem}; the container is not started`;
    if (paths.absentPaths.has(src) && !settings.createBinds) return `${absent(src)}; the container is not started`;
  }
  return null;
}

interface MountedPath {
  readonly path: string;
  readonly src: string;
}

/** Of a replicaSet, which never changes: the host paths of its containers, each once. A look at all versions of all names takes a second. */
const MOUNTED = new WeakMap<ReplicaSet, readonly MountedPath[]>();

function mountedBy(rs: ReplicaSet): readonly MountedPath[] {
  const known = MOUNTED.get(rs);
  if (known !== undefined) return known;
  const found = new Map<string, MountedPath>();
  for (const { container, spec } of rs.versions) {
    if (container === 'removed') continue;
    for (const bind of hostBindsOf(spec.binds)) found.set(pathOf(bind), { path: pathOf(bind), src: bind.src });
  }
  const mounted = [...found.values()];
  MOUNTED.set(rs, mounted);
  return mounted;
}

/** The directories above a path, the nearest first. */
function* above(path: string): Generator<string, void, undefined> {
  for (let at = path; at !== '/'; ) {
    at = at.slice(0, Math.max(1, at.lastIndexOf('/')));
    yield at;
  }
}

/** Who is going to mount the paths. */
interface Mounter {
  readonly host: string;
  readonly name: string;
  /** The only owner whose names it is told; null: of all. */
  readonly own: string | null;
}

/**
 * Why one of these paths must not be mounted beside what the host's other replicaSets mount; null when all may. All binds can be written to, and who
 * can write above a path can put a link in its place between its check and Docker's mount. The same path is shared: its users cannot move it.
 * One look at all names, however many paths there are.
 */
export function sharedWith(state: State, { host, name, own }: Mounter, binds: readonly Pick<Bind, 'src' | 'resolved'>[]): string | null {
  if (binds.length === 0) return null;
  const asked = new Map(binds.map((bind) => [pathOf(bind), bind.src]));
  const aboveAsked = new Map<string, string>();
  for (const [path, src] of asked) for (const one of above(path)) if (!aboveAsked.has(one)) aboveAsked.set(one, src);
  const mountedAbove = (path: string): string | undefined => asked.get([...above(path)].find((one) => asked.has(one)) ?? '');
  for (const rs of state.replicaSets.values()) {
    if (rs.name === name || rs.host !== host) continue;
    for (const other of mountedBy(rs)) {
      const lower = aboveAsked.get(other.path);
      const src = lower ?? mountedAbove(other.path);
      if (src === undefined) continue;
      const [whose, how] = [`replicaSet ${rs.name}`, lower === undefined ? 'above' : 'below'];
      const isSeen = own === null || rs.owner === own;
      const what = isSeen ? `${other.src}, which ${whose} mounts` : 'a path that a replicaSet of somebody else mounts';
      const way = `mount the same path as ${isSeen ? rs.name : 'that one'} does, or one beside it`;
      return `host path ${src} lies ${how} ${what}, and who writes above a path can replace it by a link: ${way}`;
    }
  }
  return null;
}

const pathOf = ({ src, resolved }: Pick<Bind, 'src' | 'resolved'>): string => resolved ?? posix.resolve(src);

/** Whether it is among the binds that were there before: the same source, which leads to the same place, at the same destination. */
export const isAmong = (bind: Bind, before: readonly Bind[]): boolean =>
  before.some(
    (old) => old.src === bind.src && posix.resolve(old.dest) === bind.dest && (!isHostPath(bind.src) || pathOf(old) === pathOf(bind)),
  );
