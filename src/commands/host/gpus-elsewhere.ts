// A GPU's UUID is one in the world: a GPU of this machine that another host of the log has is an error, never a find.
import type { Host, State } from '../../projections/state.ts';
import type { Gpu } from '../outside/host.ts';

interface GpuElsewhere {
  readonly gpu: string;
  readonly index: number;
  /** The other host. */
  readonly host: string;
}

/** The other host of the log that has the GPU, or on which a replicaSet holds it; undefined where none does. */
export function hostElsewhere(state: State, here: string, gpu: string): string | undefined {
  const has = ({ gpus }: Host): boolean => gpus.some((one) => one.gpu === gpu && (one.present || one.holder !== null));
  return [...state.hosts.values()].find((host) => host.name !== here && has(host))?.name;
}

/** The GPUs of this machine that another host of the log has. */
export function gpusElsewhere(state: State, here: string, gpus: readonly Gpu[]): readonly GpuElsewhere[] {
  return gpus.flatMap(({ gpu, index }) => {
    const host = hostElsewhere(state, here, gpu);
    return host === undefined ? [] : [{ gpu, index, host }];
  });
}

export const elsewhereWarning = ({ gpu, index, host }: GpuElsewhere, here: string): string =>
  `GPU ${index} (${gpu}) of this machine is one of host ${host} in the log, and one GPU cannot be in two machines: host ${here} does not take it in; if this machine was ${host} before, see gpu-docker-api hosts adopt`;
