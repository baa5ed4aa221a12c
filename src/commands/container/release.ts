// Releases what a replicaSet holds. These events come only after the event that saw the user of the GPUs and ports end.
import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream } from '../../events/stream.ts';
import type { ReplicaSet } from '../../projections/state.ts';

interface Holdings {
  readonly gpus: readonly string[];
  readonly ports: readonly { readonly hostPort: number }[];
}

const NOTHING: Holdings = { gpus: [], ports: [] };

/** Releases everything that the replicaSet holds beyond `retained`. */
export function released(rs: ReplicaSet, version: number, retained: Holdings = NOTHING): readonly NewEvent[] {
  const stream = replicaSetStream(rs.name);
  const gpus = rs.gpus.filter((g) => !retained.gpus.includes(g));
  const ports = rs.ports.filter((p) => !retained.ports.some((r) => r.hostPort === p.hostPort)).map((p) => ({ ...p }));
  return [
    ...(gpus.length > 0 ? [{ type: 'GpuReleased', stream, data: { version, gpus } } as const] : []),
    ...(ports.length > 0 ? [{ type: 'PortReleased', stream, data: { version, ports } } as const] : []),
  ];
}
