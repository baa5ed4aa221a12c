// Options that are allowed, though somebody may have meant something else.
import { closest } from '../../commands/request/closest.ts';
import { isLoopback } from './exposure.ts';
import { ENV_PREFIX, envName } from './given-values.ts';
import type { Environment } from './machine.ts';
import type { ServeOptions } from './serve-options.ts';
import { OPTIONS } from './table.ts';

/** Variables with our prefix that other programs read: the sub-commands, and `npm start`. */
const OF_OTHER_PROGRAMS = ['server', 'key', 'allow-http', 'no-install'].map(envName);

export function unknownVariables(env: Environment): string[] {
  const known = [...Object.keys(OPTIONS).map(envName), ...OF_OTHER_PROGRAMS];
  return Object.keys(env)
    .filter((name) => name.startsWith(ENV_PREFIX) && !known.includes(name))
    .map((name) => {
      const near = closest(name, known);
      return `the environment variable ${name} is not one of ours${near === undefined ? '' : `: did you mean ${near}?`}`;
    });
}

/** That a range overlaps the kernel's ports for outgoing connections is none: the default does on every Linux, and a port that is taken is passed over. */
export function doubts({ portRange: range, addr, insecure, tls, trustProxy }: ServeOptions): string[] {
  const found: string[] = [];
  if (addr.port >= range.start && addr.port <= range.end) {
    found.push(`--port-range ${range.start}-${range.end} contains ${addr.port}, the port of the API itself: it is never leased`);
  }
  if (!isLoopback(addr.host)) {
    const open = `--addr ${addr.host}:${addr.port} is open to other machines`;
    if (insecure) found.push(`${open}, and while the log has no keys whoever reaches the API controls Docker on this one (--insecure)`);
    else if (tls === undefined && trustProxy.length === 0)
      found.push(`${open} without TLS: keys and answers can be read on the way; use --tls-cert and --tls-key, or a proxy with TLS`);
  }
  return found;
}
