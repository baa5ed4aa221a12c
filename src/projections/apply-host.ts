import { laterRelease } from '../events/evolution/release.ts';
import type { hostEvents } from '../events/host.ts';
import type { Appliers } from './applier.ts';
import { type HostBinding, hostOf } from './state.ts';

/** An id that the machine does not say replaces none that it said before; under another host id, it is another machine's. */
function boundAnew(
  before: HostBinding | undefined,
  {
    hostId,
    machineId = '',
    engineId = '',
    dataRoot = '',
    storageDriver,
  }: Partial<HostBinding> & Pick<HostBinding, 'hostId' | 'storageDriver'>,
): HostBinding {
  const known = before?.hostId === hostId ? before : undefined;
  return {
    hostId,
    machineId: machineId || (known?.machineId ?? ''),
    engineId: engineId || (known?.engineId ?? ''),
    dataRoot: dataRoot || (known?.dataRoot ?? ''),
    storageDriver: storageDriver || (known?.storageDriver ?? ''),
  };
}

export const hostAppliers: Pick<Appliers, keyof typeof hostEvents> = {
  HostStarted: (state, event) => {
    const host = hostOf(state, event.host);
    host.reads = event.data.reads ?? 1;
    state.release = laterRelease(state.release, event.data.version);
    if (event.data.hostId !== undefined) host.identity = boundAnew(host.identity, { ...event.data, hostId: event.data.hostId });
    const { bootId } = event.data;
    if (bootId !== undefined && bootId !== host.boot?.id) host.boot = { id: bootId, seq: host.boot === undefined ? 0 : event.seq };
  },
  HostRenamed: (state, event) => {
    hostOf(state, event.host).label = event.data.name;
  },
  HostAdopted: (state, event) => {
    const { by: _, ...binding } = event.data;
    hostOf(state, event.host).identity = binding;
  },
  RestoreSettled: (state, event) => {
    delete hostOf(state, event.host).restored;
  },
  GpuDiscovered: (state, event) => {
    const { gpus } = hostOf(state, event.host);
    const known = gpus.find((g) => g.gpu === event.data.gpu);
    if (known === undefined) gpus.push({ ...event.data, present: true, holder: null });
    else Object.assign(known, event.data, { present: true });
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
