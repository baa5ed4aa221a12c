// Remembers a reading of the two clocks in a file of the data directory: a server that is started again while the clock is wrong is not misled.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClockReading, ReadingMemory } from '../../commands/outside/host.ts';

/** Interval between two writes, ms of the boot clock: any reading of this boot serves as well as the last. */
const EVERY_MS = 60_000;

/** `bootId`: of the machine as it runs now. A reading of another boot is worth nothing: the boot clock began anew. */
export function clockMemory(dataDir: string, bootId: string): ReadingMemory {
  const path = join(dataDir, 'clock.json');
  let writtenAt = Number.NEGATIVE_INFINITY;
  return {
    recall: () => (bootId === '' ? null : recalled(path, bootId)),
    remember: ({ wall, boot }) => {
      if (boot - writtenAt < EVERY_MS) return;
      writtenAt = boot;
      // Without it the next server believes the clock as it is.
      writeFile(path, `${JSON.stringify({ bootId, wall, boot })}\n`, { mode: 0o600 }).catch(() => undefined);
    },
  };
}

function recalled(path: string, bootId: string): ClockReading | null {
  try {
    const { bootId: then, wall, boot } = JSON.parse(readFileSync(path, 'utf8')) as Partial<ClockReading> & { bootId?: unknown };
    return then === bootId && typeof wall === 'number' && typeof boot === 'number' ? { wall, boot } : null;
  } catch {
    return null;
  }
}
