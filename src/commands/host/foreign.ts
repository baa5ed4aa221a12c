// GPUs that running containers outside this log use: they are shown, counted and not given out. An observation, never an event.
import type { Host } from '../../projections/state.ts';
import type { GpuUser } from '../outside/engine.ts';
import { SIMULATED } from '../outside/host.ts';

/** UUID of a GPU of this host → who uses it, as a person would call them: `jupyter`, `one-1 (log 15a9…)`. */
export type ForeignGpus = ReadonlyMap<string, string>;

export const NO_FOREIGN_GPUS: ForeignGpus = new Map();

/** Shortest beginning of a UUID that counts as its name: NVIDIA's runtime takes one, too. */
const SHORTEST = 'GPU-xxxx'.length;

export const whoOf = ({ containerName, log }: Pick<GpuUser, 'containerName' | 'log'>): string =>
  log === null ? containerName : `${containerName} (log ${log.slice(0, 4)}…)`;

/** A simulated GPU is in no machine: no container can use it. */
export const isInTheMachine = ({ present, name }: { readonly present: boolean; readonly name: string }): boolean =>
  present && name !== SIMULATED;

/** The GPUs of the host that somebody else uses. A container whose GPUs cannot be told apart counts for all of them. */
export function foreignGpus(host: Host | undefined, users: readonly GpuUser[]): ForeignGpus {
  const found = new Map<string, string>();
  const all = (host?.gpus ?? []).filter(isInTheMachine);
  for (const user of users) {
    const used = user.gpus === 'all' ? all : user.gpus.flatMap((id) => named(all, id));
    for (const { gpu } of new Set(used)) {
      const before = found.get(gpu);
      found.set(gpu, before === undefined ? whoOf(user) : `${before}, ${whoOf(user)}`);
    }
  }
  return found;
}

/** Whether a decision about GPUs lacks the users of those in the machine: nobody had to be asked while there were none. */
export const areUsersUnknown = (host: Host | undefined, users: readonly GpuUser[] | null): boolean =>
  users === null && host?.gpus.some(isInTheMachine) === true;

interface Named {
  readonly gpu: string;
  readonly index: number;
}

/**
 * The GPUs that an id names: a UUID or the beginning of one, an index, or a MIG slice. A slice whose GPU its name does not say may be of any.
 */
export function named<G extends Named>(gpus: readonly G[], id: string): readonly G[] {
  const [, index] = /^(\d+)(?::\d+)?$/.exec(id) ?? [];
  if (index !== undefined) return gpus.filter((g) => g.index === Number(index));
  const [, parent] = /^MIG-(GPU-[^/]+)\//.exec(id) ?? [];
  if (parent === undefined && id.startsWith('MIG-')) return gpus;
  const uuid = parent ?? id;
  return gpus.filter(({ gpu }) => gpu === uuid || (uuid.length >= SHORTEST && gpu.startsWith(uuid)));
}

/** A sentence for each warning about the GPUs that somebody else uses. */
export function foreignGpuWarnings(host: Host | undefined, foreign: ForeignGpus): readonly string[] {
  const used = (host?.gpus ?? []).filter(({ gpu }) => foreign.has(gpu));
  const list = (gpus: typeof used): string => gpus.map(({ gpu, index }) => `GPU ${index} (${gpu}) by ${foreign.get(gpu)}`).join('; ');
  const free = used.filter(({ holder }) => holder === null);
  const held = used.filter(({ holder }) => holder !== null);
  return [
    ...(free.length > 0 ? [`containers outside this log use GPUs, which are therefore not given out: ${list(free)}`] : []),
    ...held.map(
      (g) => `GPU ${g.index} (${g.gpu}) is leased to replicaSet ${g.holder}, and used by ${foreign.get(g.gpu)} outside this log, too`,
    ),
  ];
}
