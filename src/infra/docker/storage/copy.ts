// An exact copy of a volume's files: made by cp (which handles reflinks, holes and extended attributes), compared, and synced to disk.
import { execFile } from 'node:child_process';
import { chmod, lstat, open, readdir, readFile, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import type { VolumeContent } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { OnProgress } from '../../../commands/outside/progress.ts';
import { killHere } from '../containers/kill-marked.ts';
import { compareTrees } from './compare.ts';
import { type Ask, type Copied, type CopyTrees, copyOnce } from './copy-once.ts';
import { CopyProgress } from './copy-progress.ts';
import { below, look, namesIn } from './tree.ts';

const run = promisify(execFile);
/** Variable that marks our cp processes. */
const MARKER = 'GPU_DOCKER_API_COPY';
const MAX_OUTPUT_BYTES = 10 * 1024 * 1024;
/** Interval at which the lease is asked about while cp runs, ms. */
const ASK_EVERY_MS = 100;

function toCopyError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { code, stderr, syscall } = error as { code?: unknown; stderr?: string; syscall?: string };
  const text = (stderr ?? '').trim() === '' ? messageOf(error) : (stderr ?? '').trim().slice(0, 2_000);
  if (code === 'ENOENT' && syscall?.startsWith('spawn') === true)
    return new EngineError('refused', `copying needs the programs cp and sync: ${text}`, { cause: error });
  const full = /no space left on device|disk quota exceeded/i.test(text) || code === 'ENOSPC' || code === 'EDQUOT';
  return new EngineError(full ? 'no-space' : 'refused', `copying failed: ${text}`, { cause: error });
}

/**
 * Copies one directory to another; both are absolute paths. Starts over when repeated, even when an earlier process of this service has
 * died and its cp is still running. Throws EngineError: unavailable (`mayChange` has thrown), not-found (there is nothing to copy),
 * conflict (see copyOnce), no-space, or refused with the reason.
 */
export async function copyTree(
  from: string,
  to: string,
  operation: string,
  mayChange: () => void,
  onProgress: OnProgress = () => {},
): Promise<Copied> {
  try {
    return await copyOnce(treesAt(from, to, new CopyProgress(from, onProgress)), operation, mayChange);
  } catch (error) {
    throw toCopyError(error);
  }
}

/** The mark lies beside the target, in the volume's own directory: no container sees it, and it goes with the volume. */
const markOf = (to: string): string => `${to}.unfinished-copy`;

export async function contentOf(path: string): Promise<VolumeContent> {
  if ((await readFile(markOf(path)).catch(absent)) !== undefined) return 'unfinished';
  return (await readdir(path)).length === 0 ? 'empty' : 'filled';
}

function treesAt(from: string, to: string, progress: CopyProgress): CopyTrees {
  const mark = markOf(to);
  const env = { ...process.env, LC_ALL: 'C', [MARKER]: to };
  return {
    target: basename(dirname(to)),
    requireSource: async () => {
      const found = await lstat(from).catch(absent);
      if (found?.isDirectory() !== true) throw new EngineError('not-found', `copying failed: there is nothing at ${from}`);
    },
    mark: async () => (await readFile(mark, 'utf8').catch(absent)) ?? null,
    setMark: async (operation, ask) => {
      ask();
      const file = await open(mark, 'w', 0o600);
      try {
        await file.writeFile(operation);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncDirectory(dirname(mark));
    },
    clearMark: async (ask) => {
      ask();
      await unlink(mark);
      await syncDirectory(dirname(mark));
    },
    isEmpty: async () => (await readdir(to)).length === 0,
    empty: async (ask) => {
      ask();
      await killHere(`${MARKER}=${to}`);
      await removeBelow(Buffer.from(to), ask);
      // cp does not remove a sticky bit from a directory that exists.
      ask();
      await chmod(to, 0o700);
    },
    copy: async (ask) => {
      // -a alone ignores extended attributes that it could not copy. With --preserve=xattr they are an error.
      const options = ['-a', '--preserve=xattr', '--reflink=auto', '--sparse=auto', '--no-target-directory'];
      await whileAllowed(ask, (signal) => {
        const copying = run('cp', [...options, '--', from, to], { env, maxBuffer: MAX_OUTPUT_BYTES, signal, killSignal: 'SIGKILL' });
        return copying.finally(progress.follow(copying.child.pid));
      });
      await run('sync', ['-f', to], { env, maxBuffer: MAX_OUTPUT_BYTES });
    },
    compare: () => compareTrees(from, to, progress.compared),
  };
}

/** Everything in a directory, entry by entry; links are removed, not followed. */
async function removeBelow(directory: Buffer, ask: Ask): Promise<void> {
  for (const name of await namesIn(directory)) {
    const path = below(directory, name);
    const isDirectory = (await look(path)).isDirectory();
    if (isDirectory) await removeBelow(path, ask);
    ask();
    await (isDirectory ? rmdir(path) : unlink(path));
  }
}

/** Ends the work as soon as it may not go on. */
async function whileAllowed(ask: Ask, work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  ask();
  const over = new AbortController();
  let reason: unknown = null;
  const timer = setInterval(() => {
    try {
      ask();
    } catch (error) {
      reason = error;
      over.abort();
    }
  }, ASK_EVERY_MS);
  try {
    await work(over.signal);
  } catch (error) {
    throw reason ?? error;
  } finally {
    clearInterval(timer);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
