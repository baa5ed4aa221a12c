// What a container last said, for the message of a failed start.
import type { DockerApi } from '../connection/api.ts';

const LINES = 10;
const MAX_BYTES = 64 * 1024;
const MAX_TEXT = 2_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours and other control characters are what is taken out
const CONTROL = /\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0009\u000b-\u001f\u007f]/g;

/** The last lines of a container with a terminal, in one line of at most 2000 characters; '' where there are none to be had. */
export async function lastLines(api: DockerApi, id: string): Promise<string> {
  try {
    const query = { stdout: true, stderr: true, tail: LINES };
    const stream = await api.stream(`log of container ${id}`, {
      path: `/containers/${id}/logs`,
      query,
      signal: AbortSignal.timeout(api.deadlines.quickMs),
    });
    let kept = Buffer.alloc(0);
    for await (const chunk of stream) kept = Buffer.concat([kept, chunk as Buffer]).subarray(-MAX_BYTES);
    const lines = kept.toString('utf8').replace(CONTROL, '').split('\n');
    return lines
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join(' | ')
      .slice(-MAX_TEXT);
  } catch {
    // A log driver that cannot be read: the exit code has to do.
    return '';
  }
}
