// TCP ports of this host that somebody listens on.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

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
async function fromProc(): Promise<ReadonlySet<number> | null> {
  const [tcp, tcp6] = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'latin1').catch(() => null)));
  if (tcp === null || tcp === undefined) return null;
  return new Set([...listeningPorts(tcp), ...listeningPorts(tcp6 ?? '')]);
}

/** Ports that cannot be published now. Where the system has no /proc/net/tcp none are known: ask `isFree` for the one that is wanted. */
export async function busyPorts(): Promise<ReadonlySet<number>> {
  return (await fromProc()) ?? new Set();
}

/** True when nobody listens on the port on any address: by a look at all listeners, else by binding it for a moment. */
export async function isFree(port: number): Promise<boolean> {
  const busy = await fromProc();
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
