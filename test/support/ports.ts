import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const CONTAINER_PORTS = 200;
const SERVICE_PORTS = 56;
const BLOCK = CONTAINER_PORTS + SERVICE_PORTS;
const LOWEST = 12_000;

/** Ports that the kernel hands to no outgoing connection: one could take the port of a server that is just being started again. */
function reserved(): readonly [from: number, to: number] {
  const [low = 32_768] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
  return low - LOWEST >= 8 * BLOCK ? [LOWEST, low] : [41_000, 61_000];
}

/** Where this test process's ports begin; the runner numbers its processes with TEST_INDEX. */
function block(): number {
  const [from, to] = reserved();
  const index = Number(process.env['TEST_INDEX'] ?? process.pid);
  return from + (index % Math.floor((to - from) / BLOCK)) * BLOCK;
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
