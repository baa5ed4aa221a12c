// The check of a version's binds. It is made anew for each version and before each start: a link may lead elsewhere by now.
import { posix } from 'node:path';
import type { Bind } from '../../events/shapes.ts';
import { volumeStream } from '../../events/stream.ts';
import { currentVolumeVersion, type State, type Volume } from '../../projections/state.ts';
import type { Decision, Facts, Needs, Settings } from '../decision.ts';
import { reject } from '../decision.ts';
import { missingSentence } from '../host/absence.ts';
import { cut, quoted } from '../request/quoted.ts';

/** Bytes of a path, at most, as Linux has it. */
const MAX_PATH_BYTES = 4_096;
/** Mounts below these are GPU requests to an NVIDIA runtime that accepts devices as volume mounts. */
const GPU_REQUESTS = ['/var/run/nvidia-container-devices', '/run/nvidia-container-devices'];

const isHostPath = (src: string): boolean => src.startsWith('/');

/** The managed volume that `bar-7` is a version of, by its name. Names of ours have no dash, so this is never ambiguous. */
function managedVolume(state: State, src: string): Volume | undefined {
  const match = /^([^-]+)-\d+$/.exec(src);
  return match?.[1] === undefined ? undefined : state.volumes.get(match[1]);
}

/** The Docker volume that a bind mounts. A bind of an earlier version follows its managed volume to that volume's current version. */
function mountedVolume(state: State, { src, volume }: Bind): string {
  const managed = volume === undefined ? undefined : managedVolume(state, src);
  return (managed && currentVolumeVersion(managed)?.volumeName) ?? src;
}

export const hostBindsOf = (binds: readonly Bind[]): Bind[] => binds.filter((b) => isHostPath(b.src));
export const hostPathsOf = (binds: readonly Bind[]): string[] => hostBindsOf(binds).map(({ src }) => src);

export function needsOfBinds(state: State, binds: readonly Bind[]): Needs {
  return {
    volumes: binds.filter((b) => !isHostPath(b.src)).map((b) => mountedVolume(state, b)),
    hostPaths: hostPathsOf(binds),
  };
}

const within = (path: string, root: string): boolean => root === path || path.startsWith(root.endsWith('/') ? root : `${root}/`);

/** The reason why a client's bind cannot be used; null when its shape is good. */
export function checkBindShape(bind: { src: string; dest: string }): string | null {
  const { src, dest } = bind;
  const long = [src, dest].find((path) => new TextEncoder().encode(path).length > MAX_PATH_BYTES);
  if (long !== undefined) return `bind ${quoted(long)} is longer than a path can be: at most ${MAX_PATH_BYTES} bytes`;
  if (/[:\0\n]/.test(src) || /[:\0\n]/.test(dest)) return `bind ${cut(src)}:${cut(dest)} has a colon or a control character in it`;
  if (!dest.startsWith('/')) return `bind destination ${quoted(dest)} must be an absolute path in the container`;
  if (posix.resolve(dest) === '/') return 'a bind cannot be mounted at / of the container';
  if (GPU_REQUESTS.some((root) => within(posix.resolve(dest), root)))
    return `a bind cannot be mounted at ${cut(dest)}: the NVIDIA runtime takes that for a request of GPUs`;
  if (isHostPath(src)) return null;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]+$/.test(src)) {
    return `bind source ${quoted(src)} is neither an absolute host path nor a volume name (letters, digits, _ . - and at least two of them)`;
  }
  return null;
}

/** Why a host path may not be mounted; null when it may. `resolved` is where it leads when links are followed. */
function checkHostPath(path: string, resolved: string, settings: Settings, dataRoot?: string): string | null {
  const forbidden = dataRoot === undefined ? settings.forbiddenPaths : [...settings.forbiddenPaths, dataRoot];
  for (const candidate of new Set([posix.resolve(path), resolved])) {
    const led = candidate === posix.resolve(path) ? '' : ` (it leads to ${candidate})`;
    if (settings.allowBind.length > 0) {
      if (!settings.allowBind.some((root) => within(candidate, root))) {
        return `host path ${path}${led} is outside of what --allow-bind allows (${settings.allowBind.join(', ')})`;
      }
      continue;
    }
    const bad = forbidden.find((root) => (root === '/' ? candidate === '/' : within(candidate, root) || within(root, candidate)));
    if (bad !== undefined)
      return `host path ${path}${led} would hand over ${bad} of the host; name another path, or have the operator allow it with --allow-bind`;
  }
  return null;
}

/** The targets of host paths, as far as this server can tell. */
export type PathFacts = Pick<Facts, 'hostPaths' | 'dataRoot'>;

/** Where a path leads; null where that cannot be told, undefined where nobody looked. A Docker elsewhere has paths of its own. */
function targetOf(path: string, { hostPaths, dataRoot }: PathFacts): string | null | undefined {
  const target = hostPaths.get(path);
  return target === null && dataRoot === undefined ? posix.resolve(path) : target;
}

const unseen = (path: string): string =>
  `host path ${path} cannot be looked at, so it is not known where it leads: let the user that the server runs as search the directories above it`;

/**
 * Why a container that was made with these binds must not be started now; null when it may, undefined where a path was not looked at. Docker
 * would follow the links that are there at this moment, whoever made them since.
 */
export function whyNotStart(binds: readonly Bind[], paths: PathFacts, settings: Settings): string | null | undefined {
  for (const { src, dest, resolved: was } of hostBindsOf(binds)) {
    const is = targetOf(src, paths);
    if (is === undefined) return undefined;
    if (is === null) return `${unseen(src)}; the container is not started`;
    const problem = checkHostPath(src, is, settings, paths.dataRoot);
    if (was !== undefined && was !== is) {
      const way = problem === null ? 'restart makes a version with what it leads to now' : `and ${problem}`;
      return `host path ${src}, mounted at ${dest}, led to ${was} when it was checked and leads to ${is} now, so the container is not started; ${way}`;
    }
    if (problem !== null) return `${problem}; the container is not started`;
  }
  return null;
}

export type BindCheck =
  | { readonly ok: true; readonly binds: Bind[]; readonly createsVolumes: string[] }
  | { readonly ok: false; readonly decision: Decision };

/**
 * Checks the binds of a version to be made and names the managed volumes in them. `mayCreate`: whether a volume that does not
 * exist may be made by Docker (on run only). A bind of an earlier version follows its managed volume to that volume's current version.
 */
export function checkBinds(
  state: State,
  binds: readonly Bind[],
  mayCreate: boolean,
  code: number,
  facts: Facts,
  settings: Settings,
): BindCheck {
  const no = (kind: 'impossible' | 'invalid' | 'misdirected' | 'unavailable', message: string): BindCheck => ({
    ok: false,
    decision: reject(code, kind, message),
  });
  const checked: Bind[] = [];
  const createsVolumes: string[] = [];
  for (const asked of binds) {
    // As Docker has it: destinations are compared with those of its mounts.
    const bind = { ...asked, dest: posix.resolve(asked.dest) };
    if (isHostPath(bind.src)) {
      const resolved = targetOf(bind.src, facts);
      if (resolved === undefined) return { ok: false, decision: { kind: 'stale' } };
      if (resolved === null) return no('impossible', unseen(bind.src));
      const problem = checkHostPath(bind.src, resolved, settings, facts.dataRoot);
      if (problem !== null) return no('impossible', problem);
      // Docker reads what is behind a second colon as options.
      if (/[:\0\n]/.test(resolved))
        return no('impossible', `host path ${bind.src} leads to ${resolved}, which has a colon or a control character in it`);
      // A Docker on another machine may have other links than this one.
      checked.push({ src: bind.src, dest: bind.dest, ...(facts.dataRoot !== undefined && { resolved }) });
      continue;
    }
    const volume = managedVolume(state, bind.src);
    if (volume !== undefined && volume.host !== settings.host) {
      const way = `mount a volume of host ${settings.host}, or send the command to the server of ${volume.host}`;
      return no('misdirected', `volume ${bind.src} is on host ${volume.host}: ${way}`);
    }
    if (volume?.operation != null) return { ok: false, decision: { kind: 'wait', streams: [volumeStream(volume.name)] } };
    if (bind.volume !== undefined && volume?.uid !== bind.volume.uid) {
      return no('impossible', `volume ${bind.src} that this version mounts was deleted; patch the bind to another volume`);
    }
    if (volume !== undefined) {
      if (volume.missing !== undefined) return no('unavailable', missingSentence(volume));
      const current = currentVolumeVersion(volume);
      const isEarlier = bind.volume !== undefined;
      if (current === undefined || current.state !== 'ready')
        return no('impossible', `volume ${volume.name} is not usable: version ${volume.current} is ${current?.state ?? 'missing'}`);
      if (!isEarlier && bind.src !== current.volumeName) {
        return no('impossible', `volume ${bind.src} does not exist: the current version of ${volume.name} is ${current.volumeName}`);
      }
      // Docker would make it anew, empty and without a limit.
      const exists = facts.volumes.get(current.volumeName);
      if (exists === undefined) return { ok: false, decision: { kind: 'stale' } };
      if (!exists)
        return no(
          'impossible',
          `volume ${current.volumeName} was removed from Docker by someone else: delete ${volume.name} and create it anew`,
        );
      checked.push({ src: current.volumeName, dest: bind.dest, volume: { name: volume.name, uid: volume.uid } });
      continue;
    }
    const exists = facts.volumes.get(bind.src);
    if (exists === undefined) return { ok: false, decision: { kind: 'stale' } };
    if (!exists && !mayCreate) return no('impossible', `volume ${bind.src} does not exist: create it first`);
    if (!exists) {
      const managed = state.volumes.get(bind.src);
      if (managed !== undefined)
        return no('impossible', `volume ${bind.src} is mounted as ${managed.name}-${managed.current}: name its current version`);
      createsVolumes.push(bind.src);
    }
    checked.push({ src: bind.src, dest: bind.dest });
  }
  return { ok: true, binds: checked, createsVolumes };
}
