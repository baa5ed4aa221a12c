// Lists the GPUs of this machine: those of nvidia-smi, none, or simulated ones.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import type { Gpu, GpuInventory } from '../../commands/outside/host.ts';
import { once } from '../async/once.ts';
import type { GpuSource } from '../options/serve-options.ts';

const run = promisify(execFile);
const QUERY = ['--query-gpu=index,uuid,name,memory.total', '--format=csv,noheader,nounits'];
/** Deadline of nvidia-smi, ms. */
const TIMEOUT_MS = 30_000;
const SIMULATED_MIB = 81_920;

/** `0, GPU-…, NVIDIA A100, 81920` a line; a name may hold commas. Throws on anything else. */
export function parseNvidiaSmi(output: string): readonly Gpu[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/^no devices were found/i.test(line.trim()));
  const gpus = lines.map((line): Gpu => {
    const match = /^\s*(\d+),\s*(\S+),\s*(.*),\s*(\d+|\[[^\]]*\])\s*$/.exec(line);
    const [, index, gpu, name, memory] = match ?? [];
    if (index === undefined || gpu === undefined || name === undefined)
      throw new Error(`nvidia-smi printed a line that is not understood: ${line}`);
    // Some boards print [N/A] for their memory.
    return { gpu, index: Number(index), name, memoryMiB: Number(memory) || 0 };
  });
  return gpus.sort((a, b) => a.index - b.index);
}

/** Null when nvidia-smi is not installed. Throws with its words when it fails, as it does with a broken driver. */
async function askNvidiaSmi(): Promise<readonly Gpu[] | null> {
  try {
    const { stdout } = await run('nvidia-smi', QUERY, { timeout: TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' } });
    return parseNvidiaSmi(stdout);
  } catch (error) {
    const { code, stdout, stderr, killed } = error as { code?: unknown; stdout?: string; stderr?: string; killed?: boolean };
    if (code === 'ENOENT') return null;
    const said = `${stdout ?? ''} ${stderr ?? ''}`.trim();
    if (/^no devices were found/i.test(said)) return [];
    if (killed === true) throw new Error(`nvidia-smi did not answer within ${TIMEOUT_MS / 1_000} s`, { cause: error });
    throw code === undefined
      ? error
      : new Error(`nvidia-smi failed: ${said === '' ? `exit code ${String(code)}` : said}`, { cause: error });
  }
}

const NONE: GpuInventory = { mode: 'none', list: async () => [] };

/** Simulated GPUs have ids in the shape of real ones, and the same host gets the same ids at every start. */
function simulated(count: number, hostName: string): GpuInventory {
  const gpus = Array.from({ length: count }, (_, index): Gpu => {
    const hex = createHash('sha256').update(`${hostName}/${index}`).digest('hex');
    const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
    return { gpu: `GPU-${uuid}`, index, name: 'simulated', memoryMiB: SIMULATED_MIB };
  });
  return { mode: 'simulated', list: async () => gpus };
}

/** `source`: auto, none or simulated:N. Throws for any other, and in auto when nvidia-smi is there but fails. */
export async function gpuInventory(source: string, hostName: string): Promise<GpuInventory> {
  const [, count] = /^simulated:(\d{1,4})$/.exec(source) ?? [];
  if (count !== undefined) return simulated(Number(count), hostName);
  if (source === 'none') return NONE;
  if (source !== 'auto') throw new Error(`GPUs "${source}": auto, none or simulated:N`);
  const found = await askNvidiaSmi();
  if (found === null || found.length === 0) return NONE;
  const list = async (): Promise<readonly Gpu[]> => {
    const gpus = await askNvidiaSmi();
    if (gpus === null) throw new Error('nvidia-smi is no longer there');
    return gpus;
  };
  return { mode: 'nvidia', list };
}

/** The GPUs as the option `--gpus` names them. They are looked for at the first `list`, not before: nvidia-smi takes its time. */
export function lazyInventory(gpus: GpuSource, hostName: string): GpuInventory {
  const source = gpus.mode === 'simulated' ? `simulated:${gpus.count}` : gpus.mode;
  const inventory = once(() => gpuInventory(source, hostName));
  return {
    mode: gpus.mode === 'auto' ? 'nvidia' : gpus.mode,
    list: async () => (await inventory()).list(),
  };
}
