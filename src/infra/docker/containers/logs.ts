// The last output of a container, for the message of a failed start.
import type { DockerApi } from '../connection/api.ts';

const MAX_LINES = 10;
const MAX_BYTES = 64 * 1024;
const MAX_TEXT = 2_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches the terminal colours and control characters that are removed
const CONTROL = /\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0009\u000b-\u001f\u007f]/g;

/** The last lines of a container with a terminal, joined to one line of at most 2000 characters; '' when there are none. */
export async function lastLines(api: DockerApi, id: string): Promise<string> {
  try {
    const query = { stdout: true, stderr: true, tail: MAX_LINES };
    const stream = await api.stream(`log of container ${id}`, {
      path: `/containers/${id}/logs`,
      query,
      signal: AbortSignal.timeout(api.deadlines.quickMs),
    });
    let end = Buffer.alloc(0);
    for await (const chunk of stream) end = Buffer.concat([end, chunk as Buffer]).subarray(-MAX_BYTES);
    const lines = end.toString('utf8').replace(CONTROL, '').split('\n');
    return lines
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join(' | ')
      .slice(-MAX_TEXT);
  } catch {
    // The container's log driver cannot be read. The exit code has to be enough.
    return '';
  }
}
