import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { TestFile } from './test-plan.ts';

export interface Result {
  readonly path: string;
  readonly passed: number;
  /** At least 1 when anything about the file is wrong. */
  readonly failed: number;
  /** Empty when all is well. */
  readonly why: string;
  readonly output: string;
  readonly ms: number;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly parallel: number;
  /** Called as each file ends. */
  readonly report: (result: Result) => void;
  /** Runs after each file's processes are gone. */
  readonly after?: () => Promise<void>;
}

const OUTPUT_LIMIT = 1_000_000;
/** Serial files that run at a time: each kills processes and watches the clock, and waits for most of its time. */
const MOST_SERIAL = 2;
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
// Begins at random, so that two runs on one machine seldom share a port range.
let index = Math.floor(Math.random() * 1_000_000);
const groups = new Set<number>();
let ended = false;

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the file's processes is left.
  }
}

/** Kills the running test processes and everything that they started. No further file begins. */
export function killRunning(): void {
  ended = true;
  for (const pid of groups) killGroup(pid);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
const plain = (text: string): string => text.replace(/\u001b\[[0-9;]*m/g, '');

/** Lines `note: …` that a file prints before its tests begin: shown also when all of them pass. */
export const notesOf = (output: string): readonly string[] => [...plain(output).matchAll(/^note: (.*)$/gm)].map(([, note = '']) => note);

/** Reads uvu's summary. uvu exits 0 when a hook throws, or when `.run()` was forgotten; the numbers show it. */
function judge(output: string, exit: string): { passed: number; failed: number; why: string } {
  const number = (name: string): number => Number(new RegExp(`^ +${name}: +(\\d+)`, 'm').exec(plain(output))?.[1] ?? -1);
  const total = number('Total');
  const passed = Math.max(0, number('Passed'));
  const failed = Math.max(1, total - passed);
  if (exit !== '') return { passed, failed, why: exit };
  if (total < 1) return { passed, failed, why: 'no test ran (is .run() missing?)' };
  if (passed !== total) return { passed, failed, why: `only ${passed} of ${total} passed (did a hook throw?)` };
  return { passed, failed: 0, why: '' };
}

async function runFile(file: TestFile, options: RunOptions): Promise<Result> {
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', tsx, '--enable-source-maps', file.path], {
    cwd: options.cwd,
    // A group of its own, so that a file's forgotten servers go with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env, TEST_INDEX: String(index++) },
  });
  const pid = child.pid;
  if (pid !== undefined) groups.add(pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = `${output}${chunk.toString()}`.slice(-OUTPUT_LIMIT);
    });
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    if (pid !== undefined) killGroup(pid);
  }, file.timeoutMs);
  const closed = once(child, 'close');
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  // A process that the file left behind would hold the pipes open.
  if (pid !== undefined) {
    killGroup(pid);
    groups.delete(pid);
  }
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 2_000))]);
  await options.after?.();
  const exit = timedOut
    ? `not done within ${file.timeoutMs / 1_000} s (an open handle, or a test that hangs)`
    : code === 0
      ? ''
      : `exit ${code ?? signal}`;
  return { path: file.path, ...judge(output, exit), output, ms: performance.now() - began };
}

/** Runs each file in a process of its own: first those that may run side by side, then the serial ones, of which two run at a time. */
export async function runFiles(files: readonly TestFile[], options: RunOptions): Promise<readonly Result[]> {
  const results: Result[] = [];
  const work = async (queue: TestFile[]): Promise<void> => {
    for (let file = queue.shift(); file !== undefined && !ended; file = queue.shift()) {
      const result = await runFile(file, options);
      results.push(result);
      options.report(result);
    }
  };
  const all = async (queue: TestFile[], beside: number): Promise<void> => {
    // The file with the longest deadline goes first: at the end no processor is idle.
    queue.sort((a, b) => b.timeoutMs - a.timeoutMs);
    await Promise.all(Array.from({ length: Math.min(beside, options.parallel) }, () => work(queue)));
  };
  await all(
    files.filter((file) => !file.serial),
    options.parallel,
  );
  await all(
    files.filter((file) => file.serial),
    MOST_SERIAL,
  );
  return results;
}
