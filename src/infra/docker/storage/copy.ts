// An exact copy of a volume's files: made by cp (which handles reflinks, holes and extended attributes), compared, and synced to disk.
import { execFile } from 'node:child_process';
import { chmod, readdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EngineError } from '../../../commands/outside/engine.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { killHere } from '../containers/kill-marked.ts';
import { CopyDiffers, compareTrees } from './compare.ts';

const run = promisify(execFile);
/** Variable that marks our cp processes. */
const MARKER = 'GPU_DOCKER_API_COPY';
const MAX_OUTPUT_BYTES = 10 * 1024 * 1024;

function toCopyError(error: unknown): EngineError {
  const { code, stderr } = error as { code?: unknown; stderr?: string };
  const text = (stderr ?? '').trim() === '' ? messageOf(error) : (stderr ?? '').trim().slice(0, 2_000);
  if (error instanceof CopyDiffers) return new EngineError('refused', error.message, { cause: error });
  if (code === 'ENOENT') return new EngineError('refused', `copying needs the programs cp and sync: ${text}`, { cause: error });
  const full = /no space left on device|disk quota exceeded/i.test(text) || code === 'ENOSPC' || code === 'EDQUOT';
  return new EngineError(full ? 'no-space' : 'refused', `copying failed: ${text}`, { cause: error });
}

/**
 * Copies one directory to another, from which everything is removed first; both are absolute paths. Starts over when repeated, even when
 * an earlier process of this service has died and its cp is still running. Throws EngineError: no-space, or refused with the reason.
 */
export async function copyTree(from: string, to: string): Promise<{ entries: number; bytes: number }> {
  try {
    const marker = `${MARKER}=${to}`;
    await killHere(marker);
    for (const name of await readdir(to, { encoding: 'buffer' }))
      await rm(Buffer.concat([Buffer.from(`${to}/`), name]), { recursive: true, force: true });
    // cp does not remove a sticky bit from a directory that exists.
    await chmod(to, 0o700);
    // -a alone ignores extended attributes that it could not copy. With --preserve=xattr they are an error.
    const options = ['-a', '--preserve=xattr', '--reflink=auto', '--sparse=auto', '--no-target-directory'];
    const env = { ...process.env, LC_ALL: 'C', [MARKER]: to };
    await run('cp', [...options, '--', from, to], { env, maxBuffer: MAX_OUTPUT_BYTES });
    const compared = await compareTrees(from, to);
    await run('sync', ['-f', to], { env, maxBuffer: MAX_OUTPUT_BYTES });
    return compared;
  } catch (error) {
    throw toCopyError(error);
  }
}
