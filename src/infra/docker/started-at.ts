import type { DockerApi } from './connection/api.ts';
import { isStatus } from './connection/errors.ts';
import type { RawNetwork } from './connection/raw.ts';

/**
 * Docker says nowhere when it came up, but makes its default bridge anew each time, unless containers outlived it (live-restore). Null
 * where it has none (`--bridge=none`).
 */
export async function engineStartedAt(api: DockerApi): Promise<number | null> {
  try {
    const { Created } = await api.call<RawNetwork>('look at the default bridge', { path: '/networks/bridge' });
    const ms = Date.parse(Created ?? '');
    return Number.isNaN(ms) ? null : ms;
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}
