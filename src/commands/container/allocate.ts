// Which GPUs and host ports a version gets: deterministic, from the state alone, so that a replay explains every choice.
import type { PortMapping } from '../../events/shapes.ts';
import type { Host } from '../../projections/state.ts';

/** Where no port has to be chosen. */
export const NO_PORTS: ReadonlySet<number> = new Set();

export type Allocation<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

/**
 * Picks `count` GPUs for a replicaSet that may use those it holds and the free ones: first `preferred` (the version's own at a
 * rollback), then held, then free, each by index. GPUs that are no longer present are never picked.
 */
export function chooseGpus(host: Host | undefined, name: string, count: number, preferred: readonly string[] = []): Allocation<string[]> {
  const usable = (host?.gpus ?? []).filter((g) => g.present && (g.holder === null || g.holder === name));
  const rank = (g: { gpu: string; holder: string | null }): number => (preferred.includes(g.gpu) ? 0 : g.holder === name ? 1 : 2);
  if (usable.length < count) {
    const present = (host?.gpus ?? []).filter((g) => g.present).length;
    const free = usable.filter((g) => g.holder === null).length;
    const held = usable.length - free;
    return {
      ok: false,
      message: `${plural(count, 'GPU')} asked for, but ${free} of ${present} free${held > 0 ? ` beside the ${held} that ${name} holds` : ''}`,
    };
  }
  const picked = [...usable].sort((a, b) => rank(a) - rank(b) || a.index - b.index).slice(0, count);
  return { ok: true, value: picked.sort((a, b) => a.index - b.index).map((g) => g.gpu) };
}

/**
 * A host port for each container port. Those in `keep` stay; then `wish` (what the version had before) where free, then the
 * lowest free ones of the range that nobody listens on.
 */
export function choosePorts(
  host: Host | undefined,
  containerPorts: readonly string[],
  keep: readonly PortMapping[],
  wish: readonly PortMapping[],
  busy: ReadonlySet<number>,
): Allocation<PortMapping[]> {
  const range = host?.portRange ?? { start: 1, end: 0 };
  const leased = [...(host?.ports.keys() ?? [])];
  const taken = new Set(leased);
  const free = (port: number): boolean => port >= range.start && port <= range.end && !taken.has(port) && !busy.has(port);
  const chosen: PortMapping[] = [];
  let at = range.start;
  for (const containerPort of containerPorts) {
    const kept = keep.find((p) => p.containerPort === containerPort);
    if (kept !== undefined) {
      chosen.push({ containerPort, hostPort: kept.hostPort });
      continue;
    }
    let hostPort = wish.find((p) => p.containerPort === containerPort && free(p.hostPort))?.hostPort;
    if (hostPort === undefined) {
      while (at <= range.end && !free(at)) at++;
      if (at > range.end) {
        const held = leased.filter((p) => p >= range.start && p <= range.end).length;
        const total = Math.max(0, range.end - range.start + 1);
        return {
          ok: false,
          message: `${plural(containerPorts.length, 'host port')} asked for, but the range ${range.start}-${range.end} of ${total} has ${held} leased and no more that nobody listens on`,
        };
      }
      hostPort = at;
    }
    taken.add(hostPort);
    chosen.push({ containerPort, hostPort });
  }
  return { ok: true, value: chosen };
}
