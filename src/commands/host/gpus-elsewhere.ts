// A GPU's UUID is one in the world: a GPU of this machine that another host of the log has is an error, never a find.
import type { State } from '../../projections/state.ts';
import type { Gpu } from '../outside/host.ts';

interface GpuElsewhere {
  readonly gpu: string;
  readonly index: number;
  /** The other host. */
  readonly host: string;
}

/** The GPUs of this machine that another host of the log has, or that a replicaSet there holds. */
export function gpusElsewhere(state: State, here: string, gpus: readonly Gpu[]): readonly GpuElsewhere[] {
  const others = [...state.hosts.values()].filter(({ name }) => name !== here);
  return gpus.flatMap(({ gpu, index }) => {
    const other = others.find((host) => host.gpus.some((one) => one.gpu === gpu && (one.present || one.holder !== null)));
    return other === undefined ? [] : [{ gpu, index, host: other.name }];
  });
}

export const elsewhereWarning = ({ gpu, index, host }: GpuElsewhere, here: string): string =>
  `GPU ${index} (${gpu}) of this machine is one of host ${host} in the log, and one GPU cannot be in two machines: host ${here} does not take it in; if this machine was ${host} before, see gpu-docker-api hosts adopt`;
