// Shows that the simulation bites: the program is bundled with one rule in it broken, by changing a line or two, and its simulation must fail, or the
// test that the mutation names. A mutation whose text is not found any more is itself a failure: the line that keeps the rule has moved.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { type Edit, MUTATIONS, type Mutation } from './mutations.ts';

export interface Caught {
  readonly mutation: Mutation;
  /** The seed that found it, or the test; null when none did. */
  readonly by: number | string | null;
  readonly said: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Below the project, so that the bundle finds its packages. */
const BUNDLES = join(ROOT, 'node_modules/.cache');
/** A test that fails may leave something open, and not end: it is killed then. */
const TEST_MS = 60_000;

/** Runs the seeds from the mutation's `from` on over the program with the mutation in it, until one fails; or the test that it names. */
export async function tryMutation(mutation: Mutation, seeds: number, from = mutation.from ?? 1): Promise<Caught> {
  mkdirSync(BUNDLES, { recursive: true });
  const folder = mkdtempSync(join(BUNDLES, 'mutation-'));
  try {
    const program = join(folder, 'program.mjs');
    await bundle(mutation.test ?? 'scripts/simulate.ts', program, mutation.edits);
    if (mutation.test !== undefined) {
      const output = await run(program, [], TEST_MS);
      const failed = /^ +FAIL .*"(.*)"/m.exec(output);
      return { mutation, by: failed === null ? null : mutation.test, said: failed?.[1] ?? output.slice(-300) };
    }
    const only = mutation.on === undefined ? [] : ['--with', mutation.on];
    const output = await run(program, ['--seed', String(from), '--seeds', String(seeds), '--first', '--no-shrink', ...only]);
    const found = /^seed (\d+): (.*)$/m.exec(output);
    return { mutation, by: found === null ? null : Number(found[1]), said: found?.[2] ?? output.slice(-300) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bundle(entry: string, outfile: string, edits: readonly Edit[]): Promise<void> {
  const left = new Set(edits);
  const mutating: Plugin = {
    name: 'mutating',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        let contents = readFileSync(path, 'utf8');
        for (const edit of edits.filter(({ file }) => file === relative(ROOT, path))) {
          if (contents.split(edit.find).length !== 2) throw new Error(`${edit.file} does not hold exactly once: ${edit.find}`);
          contents = contents.replace(edit.find, () => edit.put);
          left.delete(edit);
        }
        return { contents, loader: 'ts' };
      }),
  };
  const entryPoints = [join(ROOT, entry)];
  await build({
    ...{ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' },
    ...{ plugins: [mutating], logLevel: 'silent' },
  });
  for (const { file } of left) throw new Error(`${entry} does not use ${file}`);
}

function run(program: string, args: readonly string[], timeout?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--no-warnings', program, ...args], {
      ...{ cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], killSignal: 'SIGKILL', env: { ...process.env, NO_COLOR: '1' } },
      ...(timeout !== undefined && { timeout }),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}

/** Tries all whose name holds `only`, from seed `from` on where it is given; the number of those that nothing caught. */
export async function tryMutations(seeds: number, only: string, say: (line: string) => void, from?: number): Promise<number> {
  let missed = 0;
  for (const mutation of MUTATIONS.filter(({ what }) => what.includes(only))) {
    const { by, said } = await tryMutation(mutation, seeds, from);
    if (by === null) missed++;
    say(
      `| ${mutation.rule} | ${mutation.what} | ${by ?? 'NOT CAUGHT'} | ${said.slice(0, 160).replaceAll('\n', ' ').replaceAll('|', '/')} |`,
    );
  }
  return missed;
}
