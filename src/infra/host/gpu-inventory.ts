// Lists the GPUs of this machine: those of nvidia-smi, none, or simulated ones.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { type Gpu, type GpuInventory, type GpusSeen, SIMULATED } from '../../commands/outside/host.ts';
import type { GpuSource } from '../options/serve-options.ts';

const run = promisify(execFile);
const QUERY = ['--query-gpu=index,uuid,name,memory.total', '--format=csv,noheader,nounits'];
/** Deadline of nvidia-smi, ms. */
const TIMEOUT_MS = 30_000;
const SIMULATED_MIB = 81_920;

const NO_DEVICES = /^no devices were found/i;
/** Some boards say so of their memory; in other brackets the driver tells of a fault, as in [GPU requires reset]. */
const HAS_NONE = /^\[(N\/A|Not Supported)\]$/i;
const FAULT = /^\[.*\]$/;

/** One line, `0, GPU-…, NVIDIA A100, 81920`; a name may hold commas. Null where it says anything else. */
function gpuOf(line: string): Gpu | null {
  const [, index, gpu, name, memory] = /^\s*(\d+),\s*(\S+),\s*(.*),\s*(\d+|\[[^\]]*\])\s*$/.exec(line) ?? [];
  if (index === undefined || gpu === undefined || name === undefined || memory === undefined) return null;
  if (FAULT.test(gpu) || FAULT.test(name) || (FAULT.test(memory) && !HAS_NONE.test(memory))) return null;
  return { gpu, index: Number(index), name, memoryMiB: Number(memory) || 0 };
}

const uuidIn = (line: string): string | null => /\b(?:GPU|MIG)-[0-9A-Za-z/-]+/.exec(line)?.[0] ?? null;

/** Line by line: a GPU that the driver cannot read hides no other. */
export function parseNvidiaSmi(output: string): GpusSeen {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !NO_DEVICES.test(line));
  const read = lines.map((line) => ({ line, gpu: gpuOf(line) }));
  return {
    gpus: read.flatMap(({ gpu }) => (gpu === null ? [] : [gpu])).sort((a, b) => a.index - b.index),
    unreadable: read.flatMap(({ line, gpu }) => (gpu === null ? [{ gpu: uuidIn(line), line }] : [])),
  };
}

/** Null when nvidia-smi is not installed. Throws with its words when it fails and lists no GPU, as it does with a broken driver. */
async function askNvidiaSmi(): Promise<GpusSeen | null> {
  try {
    const { stdout } = await run('nvidia-smi', QUERY, { timeout: TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' } });
    return parseNvidiaSmi(stdout);
  } catch (error) {
    const { code, stdout = '', stderr = '', killed } = error as { code?: unknown; stdout?: string; stderr?: string; killed?: boolean };
    if (code === 'ENOENT') return null;
    const words = `${stdout} ${stderr}`.trim();
    if (NO_DEVICES.test(words)) return { gpus: [], unreadable: [] };
    if (killed === true) throw new Error(`nvidia-smi did not answer within ${TIMEOUT_MS / 1_000} s`, { cause: error });
    if (code === undefined) throw error;
    const seen = parseNvidiaSmi(`${stdout}\n${stderr}`);
    const reason = `nvidia-smi failed: ${words === '' ? `exit code ${String(code)}` : words}`;
    if (seen.gpus.length === 0) throw new Error(reason, { cause: error });
    // It ends with an error for the sake of one GPU (a lost one: exit code 15), having listed the others.
    return seen.unreadable.length > 0 ? seen : { ...seen, unreadable: [{ gpu: null, line: reason }] };
  }
}

const NOTHING: GpusSeen = { gpus: [], unreadable: [] };
const NONE: GpuInventory = { mode: 'none', list: async () => NOTHING };

/** Simulated GPUs have ids in the shape of real ones, and the same host gets the same ids at every start. */
function simulated(count: number, hostName: string): GpuInventory {
  const gpus = Array.from({ length: count }, (_, index): Gpu => {
    const hex = createHash('sha256').update(`${hostName}/${index}`).digest('hex');
    const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
    return { gpu: `GPU-${uuid}`, index, name: SIMULATED, memoryMiB: SIMULATED_MIB };
  });
  return { mode: 'simulated', list: async () => ({ gpus, unreadable: [] }) };
}

/** Asked anew each time: a driver that has no devices at boot may have them a minute later. */
function nvidia(): GpuInventory {
  let there = false;
  const list = async (): Promise<GpusSeen> => {
    const seen = await askNvidiaSmi();
    if (seen === null && there) throw new Error('nvidia-smi is no longer there');
    there ||= seen !== null;
    return seen ?? NOTHING;
  };
  return { mode: 'nvidia', list };
}

/** `source`: auto, none or simulated:N; throws for any other. Asks nothing yet: nvidia-smi takes its time. */
export function gpuInventory(source: string, hostName: string): GpuInventory {
  const [, count] = /^simulated:(\d{1,4})$/.exec(source) ?? [];
  if (count !== undefined) return simulated(Number(count), hostName);
  if (source === 'none') return NONE;
  if (source !== 'auto') throw new Error(`GPUs "${source}": auto, none or simulated:N`);
  return nvidia();
}

/** The GPUs as the option `--gpus` names them. */
export const inventoryOf = (gpus: GpuSource, hostName: string): GpuInventory =>
  gpuInventory(gpus.mode === 'simulated' ? `simulated:${gpus.count}` : gpus.mode, hostName);
