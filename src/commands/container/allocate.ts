// The choice of a version's GPUs and host ports: deterministic, from the state alone, so that a replay explains every choice.
import type { PortMapping } from '../../events/shapes.ts';
import type { Host } from '../../projections/state.ts';
import { foreignGpus } from '../host/foreign.ts';
import type { GpuUser } from '../outside/engine.ts';

/** For decisions in which no port has to be chosen. */
export const NO_PORTS: ReadonlySet<number> = new Set();

export type Allocation<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

/**
 * Picks `count` GPUs for a replicaSet from its own and the free ones: first `preferred` (the version's own at a rollback), then held, then
 * free, each by index. GPUs that are no longer present, and free ones that a container outside this log uses, are never picked.
 */
export function chooseGpus(
  host: Host | undefined,
  name: string,
  count: number,
  users: readonly GpuUser[],
  preferred: readonly string[] = [],
): Allocation<string[]> {
  const foreign = foreignGpus(host, users);
  const unheld = (host?.gpus ?? []).filter((g) => g.present && (g.holder === null || g.holder === name));
  const usable = unheld.filter((g) => g.holder === name || !foreign.has(g.gpu));
  const rank = (g: { gpu: string; holder: string | null }): number => (preferred.includes(g.gpu) ? 0 : g.holder === name ? 1 : 2);
  if (usable.length < count) {
    const present = (host?.gpus ?? []).filter((g) => g.present).length;
    const free = usable.filter((g) => g.holder === null).length;
    const held = usable.length - free;
    return {
      ok: false,
      message: [
        `${plural(count, 'GPU')} asked for, but ${free} of ${present} free`,
        held > 0 ? ` beside the ${held} that ${name} holds` : '',
        usedOutside(unheld.filter((g) => !usable.includes(g)).map((g) => foreign.get(g.gpu) ?? '')),
      ].join(''),
    };
  }
  const picked = [...usable].sort((a, b) => rank(a) - rank(b) || a.index - b.index).slice(0, count);
  return { ok: true, value: picked.sort((a, b) => a.index - b.index).map((g) => g.gpu) };
}

/**
 * Whether `chooseGpus` may pick a GPU that the replicaSet does not hold. Otherwise it does not matter who uses GPUs outside this log: those that it
 * holds stay its own.
 */
export function choosesGpus(host: Host | undefined, name: string, count: number, preferred: readonly string[] = []): boolean {
  if (count <= 0) return false;
  const present = (host?.gpus ?? []).filter((g) => g.present);
  const held = present.filter((g) => g.holder === name);
  return held.length < count || present.some((g) => g.holder === null && preferred.includes(g.gpu));
}

/** The GPUs that are used outside this log, by their users. */
function usedOutside(users: readonly string[]): string {
  if (users.length === 0) return '';
  return ` (${users.length} ${users.length === 1 ? 'is' : 'are'} used by containers outside this log: ${[...new Set(users)].join(', ')})`;
}

/**
 * A host port for each container port. Ports in `held` stay; then come `before` (the ports that the version had before) where free, and
 * then the lowest free ports of the range that nobody listens on.
 */
export function choosePorts(
  host: Host | undefined,
  containerPorts: readonly string[],
  held: readonly PortMapping[],
  before: readonly PortMapping[],
  busy: ReadonlySet<number>,
): Allocation<PortMapping[]> {
  const range = host?.portRange ?? { start: 1, end: 0 };
  const leased = [...(host?.ports.keys() ?? [])];
  const taken = new Set(leased);
  const free = (port: number): boolean => port >= range.start && port <= range.end && !taken.has(port) && !busy.has(port);
  const chosen: PortMapping[] = [];
  let at = range.start;
  for (const containerPort of containerPorts) {
    const own = held.find((p) => p.containerPort === containerPort);
    if (own !== undefined) {
      chosen.push({ containerPort, hostPort: own.hostPort });
      continue;
    }
    let hostPort = before.find((p) => p.containerPort === containerPort && free(p.hostPort))?.hostPort;
    if (hostPort === undefined) {
      while (at <= range.end && !free(at)) at++;
      if (at > range.end) {
        const inRange = leased.filter((p) => p >= range.start && p <= range.end).length;
        const total = Math.max(0, range.end - range.start + 1);
        return {
          ok: false,
          message: `${plural(containerPorts.length, 'host port')} asked for, but the range ${range.start}-${range.end} of ${total} has ${inRange} leased and no more that nobody listens on`,
        };
      }
      hostPort = at;
    }
    taken.add(hostPort);
    chosen.push({ containerPort, hostPort });
  }
  return { ok: true, value: chosen };
}
