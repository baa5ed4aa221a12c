// Finds the TCP ports of this host that somebody listens on.
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { inOneTurn } from '../async/in-one-turn.ts';

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
async function fromProc(): Promise<ReadonlySet<number> | null> {
  const [tcp, tcp6] = await Promise.all([table('/proc/net/tcp'), table('/proc/net/tcp6')]);
  return tcp === null ? null : new Set([...listeningPorts(tcp), ...listeningPorts(tcp6 ?? '')]);
}

/** Bytes read at a time: some 400 sockets. */
const PIECE = 65_536;

/**
 * Off the event loop, as the kernel walks all its buckets for it, which takes a millisecond or more however few sockets there are. In large
 * pieces from where the last one ended: `readFile` would ask for many small ones.
 */
async function table(path: string): Promise<string | null> {
  try {
    const file = await open(path);
    try {
      const piece = Buffer.allocUnsafe(PIECE);
      for (let text = ''; ; ) {
        const { bytesRead } = await file.read(piece, 0, PIECE, null);
        if (bytesRead === 0) return text;
        text += piece.toString('latin1', 0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

/**
 * Ports that cannot be published now; who asks in the same turn of the event loop gets one answer. Empty where the system has no
 * /proc/net/tcp: ask `isFree` for a single port there.
 */
export const busyPorts: () => Promise<ReadonlySet<number>> = inOneTurn(async () => (await fromProc()) ?? new Set());

/** True when nobody listens on the port, on any address. Reads /proc/net/tcp, or binds the port for a moment where there is none. */
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
