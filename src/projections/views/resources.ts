// A host's GPUs and ports: how many there are to lease, and which are held.
import type { Host, State } from '../state.ts';

/** UUID → who uses it outside this log: an observation that comes from beside the log. */
type Foreign = ReadonlyMap<string, string>;

/**
 * UUID → 1 when held or in use outside this log, 0 when free. A GPU that the driver no longer reports is shown only while it is held.
 */
export function gpuUsage(host: Host | undefined, foreign: Foreign = new Map()): Record<string, 0 | 1> {
  const usage: Record<string, 0 | 1> = {};
  for (const { gpu, present, holder } of host?.gpus ?? []) {
    if (present || holder !== null) usage[gpu] = holder === null && !foreign.has(gpu) ? 0 : 1;
  }
  return usage;
}

export interface GpuListEntry {
  readonly gpu: string;
  readonly index: number;
  readonly name: string;
  /** 0 when the driver does not say. */
  readonly memoryMiB: number;
  /** False when the driver no longer reports it. */
  readonly present: boolean;
  readonly holder: string | null;
  /** The containers outside this log that use it. */
  readonly foreign?: string;
}

/** Every GPU that the host ever had, by index, including GPUs that are gone. */
export const gpuList = (host: Host | undefined, foreign: Foreign = new Map()): readonly GpuListEntry[] =>
  (host?.gpus ?? []).map(({ gpu, index, name, memoryMiB, present, holder }) => {
    const who = foreign.get(gpu);
    return { gpu, index, name, memoryMiB, present, holder, ...(who !== undefined && { foreign: who }) };
  });

export interface HostListEntry {
  /** Its name in the log: it never changes. */
  readonly name: string;
  /** The machine's name now. */
  readonly machine: string;
  /** The ids that it is bound to; '' where the machine does not say it, or where no server that knows of ids has started on it yet. */
  readonly hostId: string;
  readonly machineId: string;
  readonly engineId: string;
  readonly dataRoot: string;
  readonly storageDriver: string;
  /** GPUs that are present. */
  readonly gpus: number;
}

const UNBOUND = { hostId: '', machineId: '', engineId: '', dataRoot: '', storageDriver: '' };

/** The hosts of the log, in the order of their first start. */
export const hostList = (state: State): readonly HostListEntry[] =>
  [...state.hosts.values()].map(({ name, label = name, identity = UNBOUND, gpus }) => ({
    name,
    machine: label,
    ...identity,
    gpus: gpus.filter(({ present }) => present).length,
  }));

export interface PortUsage {
  readonly StartPort: number;
  readonly EndPort: number;
  /** Free ports of the range. */
  readonly AvailableCount: number;
  /** The held ports, including ports of an earlier range that lie outside of this one. */
  readonly UsedPortSet: Readonly<Record<string, object>>;
}

const NOTHING = Object.freeze({});

export function portUsage(host: Host | undefined): PortUsage {
  const range = host?.portRange ?? null;
  const used: Record<string, object> = {};
  let inRange = 0;
  for (const port of host?.ports.keys() ?? []) {
    used[String(port)] = NOTHING;
    if (range !== null && port >= range.start && port <= range.end) inRange++;
  }
  if (range === null) return { StartPort: 0, EndPort: 0, AvailableCount: 0, UsedPortSet: used };
  return { StartPort: range.start, EndPort: range.end, AvailableCount: range.end - range.start + 1 - inRange, UsedPortSet: used };
}
