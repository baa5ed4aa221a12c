// The archive's marker in etcd: how far the log was archived, and to which folder on which host. A reader that lacks the segments can then
// say where to find them.
import { type EtcdKv, EtcdNoSpaceError } from '../../etcd/kv.ts';

export interface Marker {
  /** The last archived event, and its hash. */
  readonly seq: number;
  readonly hash: string;
  readonly host: string;
  readonly dir: string;
}

const MARKER_KEY = '/gpu-docker-api/v1/archived';

export async function readMarker(kv: EtcdKv): Promise<Marker | null> {
  const found = await kv.get(MARKER_KEY);
  return found === null ? null : (JSON.parse(found.value) as Marker);
}

/** False when etcd has no space for it now. The marker is a hint for readers, so the archive goes on without it. */
export async function writeMarker(kv: EtcdKv, marker: Marker): Promise<boolean> {
  try {
    await kv.txn({ if: [], write: [{ put: MARKER_KEY, value: JSON.stringify(marker) }] });
    return true;
  } catch (error) {
    if (error instanceof EtcdNoSpaceError) return false;
    throw error;
  }
}
