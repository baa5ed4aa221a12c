// The last output of a container.
import type { DockerApi } from '../../connection/api.ts';

/**
 * Entries of Docker's log that are asked for. An entry is a line, or 16 KiB of a longer one: so many that what is shown of them in the end never
 * begins with a part of a line.
 */
const ENTRIES = 60;
/** Bytes of output that are read, at most: more than any variable's value has. */
const MAX_BYTES = 256 * 1024;

/** Of a container with a terminal, whose output is one stream. Empty where its log driver cannot be read. */
export async function lastOutput(api: DockerApi, id: string): Promise<string> {
  try {
    const query = { stdout: true, stderr: true, tail: ENTRIES };
    const stream = await api.stream(`log of container ${id}`, {
      path: `/containers/${id}/logs`,
      query,
      signal: AbortSignal.timeout(api.deadlines.quickMs),
    });
    let end = Buffer.alloc(0);
    for await (const chunk of stream) end = Buffer.concat([end, chunk as Buffer]).subarray(-MAX_BYTES);
    return end.toString('utf8');
  } catch {
    return '';
  }
}
