// Finds the TCP ports of this host that somebody listens on.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** State of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';

/** Listening ports in the text of /proc/net/tcp or tcp6. */
export function listeningPorts(table: string): readonly number[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
      return state === LISTEN && port > 0 ? [port] : [];
    });
}

/** All listening TCP ports, IPv4 and IPv6, or null where /proc does not tell. */
function fromProc(): ReadonlySet<number> | null {
  const tcp = table('/proc/net/tcp');
  return tcp === null ? null : new Set([...listeningPorts(tcp), ...listeningPorts(table('/proc/net/tcp6') ?? '')]);
}

/** Reads in one piece: the kernel makes the text anew for every piece, and an asynchronous read takes many. */
function table(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

/** Ports that cannot be published now. Empty where the system has no /proc/net/tcp: ask `isFree` for a single port there. */
export async function busyPorts(): Promise<ReadonlySet<number>> {
  return fromProc() ?? new Set();
}

/** True when nobody listens on the port, on any address. Reads /proc/net/tcp, or binds the port for a moment where there is none. */
export async function isFree(port: number): Promise<boolean> {
  const busy = fromProc();
  return busy === null ? canBind(port) : !busy.has(port);
}

/** Binds the port on all addresses for a moment. */
export function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
