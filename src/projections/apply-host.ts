import type { Appliers } from './apply.ts';
import type { Host, State } from './state.ts';

export function hostOf(state: State, name: string): Host {
  let host = state.hosts.get(name);
  if (host === undefined) {
    state.hosts.set(name, { name, gpus: [], portRange: null, ports: new Map() });
    host = state.hosts.get(name) as Host;
  }
  return host;
}

export const hostAppliers: Pick<Appliers, 'LogCreated' | 'HostStarted' | 'GpuDiscovered' | 'GpuLost' | 'PortRangeSet'> = {
  LogCreated: (state, event) => {
    state.logId = event.data.id;
  },
  HostStarted: (state, event) => {
    hostOf(state, event.host);
  },
  GpuDiscovered: (state, event) => {
    const { gpu, index, name, memoryMiB } = event.data;
    const { gpus } = hostOf(state, event.host);
    const known = gpus.find((g) => g.gpu === gpu);
    if (known === undefined) gpus.push({ gpu, index, name, memoryMiB, present: true, holder: null });
    else Object.assign(known, { index, name, memoryMiB, present: true });
    gpus.sort((a, b) => a.index - b.index || (a.gpu < b.gpu ? -1 : 1));
  },
  GpuLost: (state, event) => {
    const lost = hostOf(state, event.host).gpus.find((g) => g.gpu === event.data.gpu);
    if (lost !== undefined) lost.present = false;
  },
  PortRangeSet: (state, event) => {
    hostOf(state, event.host).portRange = { start: event.data.start, end: event.data.end };
  },
};
