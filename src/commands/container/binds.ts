// The check of a version's binds. It is made anew for each version and before each start: a link may lead elsewhere by now.
import { posix } from 'node:path';
import type { Bind } from '../../events/shapes.ts';
import { volumeStream } from '../../events/stream.ts';
import { currentVolumeVersion, type State, type Volume } from '../../projections/state.ts';
import type { Decision, Facts, Needs, Settings } from '../decision.ts';
import { reject } from '../decision.ts';
import { missingSentence } from '../host/absence.ts';
import { ALLOW_LABEL } from '../outside/engine.ts';
import { cut, quoted } from '../request/quoted.ts';
import {
  absent,
  checkHostPath,
  hostBindsOf,
  hostPathsOf,
  isAmong,
  isHostPath,
  rulesFor,
  sharedWith,
  targetOf,
  within,
} from './host-paths.ts';

/** Bytes of a path, at most, as Linux has it. */
const MAX_PATH_BYTES = 4_096;
/** Mounts below these are GPU requests to an NVIDIA runtime that accepts devices as volume mounts. */
const GPU_REQUESTS = ['/var/run/nvidia-container-devices', '/run/nvidia-container-devices'];

/** The managed volume that `bar-7` is a version of, by its name. Names of ours have no dash, so this is never ambiguous. */
export function managedVolume(state: State, src: string): Volume | undefined {
  const match = /^([^-]+)-\d+$/.exec(src);
  return match?.[1] === undefined ? undefined : state.volumes.get(match[1]);
}

/** The Docker volume that a bind mounts. A bind of an earlier version follows its managed volume to that volume's current version. */
function mountedVolume(state: State, { src, volume }: Bind): string {
  const managed = volume === undefined ? undefined : managedVolume(state, src);
  return (managed && currentVolumeVersion(managed)?.volumeName) ?? src;
}

export function needsOfBinds(state: State, binds: readonly Bind[]): Needs {
  const hostPaths = hostPathsOf(binds);
  return { volumes: binds.filter((b) => !isHostPath(b.src)).map((b) => mountedVolume(state, b)), hostPaths, presentPaths: hostPaths };
}

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

export type BindCheck =
  | { readonly ok: true; readonly binds: Bind[]; readonly createsVolumes: string[] }
  | { readonly ok: false; readonly decision: Decision };

/** The replicaSet that mounts them, and how its command is refused. */
interface Asker {
  readonly name: string;
  readonly owner: string;
  readonly code: number;
  /** The only owner whose names who orders it is told; absent or null: of all. */
  readonly own?: string | null;
  /** Binds of the container that it has now: what they mount stays mounted, by whatever rules came since, short of the allowed paths. */
  readonly before?: readonly Bind[];
  /** A volume that does not exist may be made by Docker: on run only, and only where any volume may be mounted. */
  readonly mayCreate?: boolean;
  /** The container was made with them, and only starts: by rules that came since it would stay down after a reboot, though `continue` starts it. */
  readonly isMade?: boolean;
}

/** The refusal of a bind; else the bind as it is recorded. */
type Checked = Bind | Decision;
const isBind = (checked: Checked): checked is Bind => 'src' in checked;

/**
 * Checks the binds of a version to be made and names the managed volumes in them. A bind of an earlier version follows its managed volume to
 * that volume's current version.
 */
export function checkBinds(state: State, binds: readonly Bind[], asker: Asker, facts: Facts, settings: Settings): BindCheck {
  const checked: Bind[] = [];
  const createsVolumes: string[] = [];
  const { name, owner, code, own = null, isMade = false, before = [] } = asker;
  const rules = rulesFor(owner, settings);
  for (const asked of binds) {
    // As Docker has it: destinations are compared with those of its mounts.
    const bind = { ...asked, dest: posix.resolve(asked.dest) };
    const check = isHostPath(bind.src)
      ? checkPath(bind, asker, facts, rules)
      : (checkManaged(state, bind, asker, facts, settings) ?? checkOther(state, bind, asker, facts, settings));
    if (!isBind(check)) return { ok: false, decision: check };
    if (!isHostPath(bind.src) && facts.volumes.get(check.src) === 'none') createsVolumes.push(check.src);
    checked.push(check);
  }
  const added = isMade ? [] : hostBindsOf(checked).filter((bind) => !isAmong(bind, before));
  const shared = sharedWith(state, { host: settings.host, name, own }, added);
  if (shared !== null) return { ok: false, decision: reject(code, 'impossible', shared) };
  return { ok: true, binds: checked, createsVolumes };
}

function checkPath(bind: Bind, { code }: Asker, facts: Facts, settings: Settings): Checked {
  const no = (message: string): Decision => reject(code, 'impossible', message);
  const resolved = targetOf(bind.src, facts);
  if (resolved === undefined) return { kind: 'stale' };
  const problem = checkHostPath(bind.src, resolved, settings, facts.dataRoot);
  if (problem !== null || resolved === null) return no(problem ?? `host path ${bind.src} cannot be looked at`);
  // Docker reads what is behind a second colon as options.
  if (/[:\0\n]/.test(resolved)) return no(`host path ${bind.src} leads to one that has a colon or a control character in it`);
  if (facts.absentPaths.has(bind.src) && !settings.createBinds) return no(absent(bind.src));
  // A Docker on another machine may have other links than this one.
  return { src: bind.src, dest: bind.dest, ...(facts.dataRoot !== undefined && { resolved }) };
}

/** Null: it is not a managed volume's. */
function checkManaged(state: State, bind: Bind, { code }: Asker, facts: Facts, settings: Settings): Checked | null {
  const no = (message: string): Decision => reject(code, 'impossible', message);
  const volume = managedVolume(state, bind.src);
  if (volume !== undefined && volume.host !== settings.host) {
    const way = `mount a volume of host ${settings.host}, or send the command to the server of ${volume.host}`;
    return reject(code, 'misdirected', `volume ${bind.src} is on host ${volume.host}: ${way}`);
  }
  if (volume?.operation != null) return { kind: 'wait', streams: [volumeStream(volume.name)] };
  if (bind.volume !== undefined && volume?.uid !== bind.volume.uid)
    return no(`volume ${bind.src} that this version mounts was deleted; patch the bind to another volume`);
  if (volume === undefined) return null;
  if (volume.missing !== undefined) return reject(code, 'unavailable', missingSentence(volume));
  const current = currentVolumeVersion(volume);
  const isEarlier = bind.volume !== undefined;
  if (current === undefined || current.state !== 'ready')
    return no(`volume ${volume.name} is not usable: version ${volume.current} is ${current?.state ?? 'missing'}`);
  if (!isEarlier && bind.src !== current.volumeName)
    return no(`volume ${bind.src} does not exist: the current version of ${volume.name} is ${current.volumeName}`);
  const seen = facts.volumes.get(current.volumeName);
  if (seen === undefined) return { kind: 'stale' };
  // Docker would make one that is gone anew, empty and without a limit; another one of that name is somebody else's.
  if (seen === 'none')
    return no(`volume ${current.volumeName} was removed from Docker by someone else: delete ${volume.name} and create it anew`);
  if (seen !== 'ours')
    return no(`volume ${current.volumeName} was replaced in Docker by someone else’s: delete ${volume.name} and create it anew`);
  return { src: current.volumeName, dest: bind.dest, volume: { name: volume.name, uid: volume.uid } };
}

/** A volume that no command of ours has made: mounted where an operator has marked it, or lets any be mounted. */
function checkOther(
  state: State,
  bind: Bind,
  { code, mayCreate = false, isMade = false, before = [] }: Asker,
  facts: Facts,
  settings: Settings,
): Checked {
  const no = (message: string): Decision => reject(code, 'impossible', message);
  const { src, dest } = bind;
  const any = settings.allowVolumes === 'any';
  const seen = facts.volumes.get(src);
  if (seen === undefined) return { kind: 'stale' };
  const managed = seen === 'none' ? state.volumes.get(src) : undefined;
  if (managed !== undefined) return no(`volume ${src} is mounted as ${managed.name}-${managed.current}: name its current version`);
  if (seen === 'none' && !(any && mayCreate))
    return no(`volume ${src} does not exist: create one with POST /api/v1/volumes, and mount its current version, such as data-1`);
  if (seen !== 'none' && seen !== 'marked' && !any && !isMade && !isAmong(bind, before)) {
    const way = `docker volume create --label ${ALLOW_LABEL}=true NAME; Docker gives no label to one that is there`;
    return no(
      `volume ${src} was not made by this service: it is mounted only if an operator made it for that (${way}), or with --allow-volumes any`,
    );
  }
  return { src, dest };
}
