// What a host has to lease and what of it is held.
import type { Host } from '../state.ts';

/** UUID → 1 when held, 0 when free. A GPU that is no longer reported is shown only while it is held. */
export function gpuUsage(host: Host | undefined): Record<string, 0 | 1> {
  const usage: Record<string, 0 | 1> = {};
  for (const { gpu, present, holder } of host?.gpus ?? []) {
    if (present || holder !== null) usage[gpu] = holder === null ? 0 : 1;
  }
  return usage;
}

export interface GpuListEntry {
  readonly gpu: string;
  readonly index: number;
  readonly name: string;
  /** 0 where the driver does not say. */
  readonly memoryMiB: number;
  /** False: the driver does not report it any more. */
  readonly present: boolean;
  readonly holder: string | null;
}

/** Every GPU that the host ever had, in the state's order, which is by index: those that are gone as well. */
export const gpuList = (host: Host | undefined): readonly GpuListEntry[] =>
  (host?.gpus ?? []).map(({ gpu, index, name, memoryMiB, present, holder }) => ({ gpu, index, name, memoryMiB, present, holder }));

export interface PortUsage {
  readonly StartPort: number;
  readonly EndPort: number;
  /** Ports of the range that nobody holds. */
  readonly AvailableCount: number;
  /** The held ports: those outside of the range too, which an earlier range gave out. */
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
