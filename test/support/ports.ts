import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, type ProcessRef, processRef } from './processes.ts';

const CONTAINER_PORTS = 200;
const SERVICE_PORTS = 56;
const BLOCK = CONTAINER_PORTS + SERVICE_PORTS;
const LOWEST = 12_000;

/** Ports that the kernel hands to no outgoing connection: one could take the port of a server that is just being started again. */
function reserved(): readonly [from: number, to: number] {
  const [low = 32_768] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
  return low - LOWEST >= 8 * BLOCK ? [LOWEST, low] : [41_000, 61_000];
}

/** A file's name has the number of the block, its text the process that the block is for. */
const CLAIM = join(tmpdir(), 'gpu-docker-api-ports-');
let claimed: number | null = null;

/**
 * Where this test process's ports begin; the runner numbers its processes with TEST_INDEX, where it begins to look. No two processes have one
 * block, of whatever run they are: a server that is started again would find another's at its address, and take its answers for its own.
 */
function block(): number {
  const [from, to] = reserved();
  const blocks = Math.floor((to - from) / BLOCK);
  const first = Number(process.env['TEST_INDEX'] ?? process.pid);
  for (let tries = 0; claimed === null && tries < blocks; tries++) {
    const number = (first + tries) % blocks;
    if (claim(`${CLAIM}${number}`)) claimed = number;
  }
  // All are taken: by chance, then.
  claimed ??= first % blocks;
  return from + claimed * BLOCK;
}

/** Whether the file is this process's own from now on; one whose process has ended is free. */
function claim(path: string): boolean {
  const me = JSON.stringify(processRef(process.pid));
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(path, me, { flag: 'wx' });
      process.on('exit', () => rmSync(path, { force: true }));
      return true;
    } catch {
      if (isTaken(path)) return false;
      rmSync(path, { force: true });
    }
  }
  return false;
}

function isTaken(path: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(path, 'utf8')) as ProcessRef);
  } catch {
    // Not there any more, or just being written.
    return existsSync(path);
  }
}

/** The 200 host ports that containers of this test process may publish, as the service's `--port-range` writes them. */
export function portRange(): { from: number; to: number; text: string } {
  const from = block();
  const to = from + CONTAINER_PORTS - 1;
  return { from, to, text: `${from}-${to}` };
}

function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

let next = 0;

/** A free loopback port for a server of the test itself, outside `portRange()`. */
export async function servicePort(): Promise<number> {
  for (let tries = 0; tries < SERVICE_PORTS; tries++) {
    const port = block() + CONTAINER_PORTS + (next++ % SERVICE_PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port for a server of this test');
}
