// Decides from facts alone how Docker and etcd come onto this machine.
import { absentNamedDocker, deniedDocker, type Probe, silentDocker } from '../../src/infra/host/docker-check.ts';

export interface MachineFacts {
  /** Debian, Ubuntu and what is made of them. */
  readonly isDebian: boolean;
  readonly isRoot: boolean;
  readonly hasAptGet: boolean;
  /** systemd runs the services of this machine. */
  readonly hasSystemd: boolean;
  /** --no-install was not given. */
  readonly mayInstall: boolean;
}

export interface DockerFacts extends MachineFacts {
  readonly socket: string;
  /** Somebody named this socket or address: it is theirs to start. */
  readonly given: boolean;
  readonly problem: Probe['problem'];
  readonly detail: Probe['detail'];
  readonly hasDockerd: boolean;
  readonly hasIptables: boolean;
}

export interface EtcdFacts extends MachineFacts {
  /** --etcd was given: no program is needed. */
  readonly given: boolean;
  readonly hasEtcd: boolean;
}

export type Action =
  /** Starts none of the services that the packages bring. `why`: a sentence that names what is missing. */
  | { readonly do: 'install'; readonly packages: readonly string[]; readonly why: string }
  /** The package's own service must not run beside the etcd that we supervise, now or after a reboot. */
  | { readonly do: 'disableService'; readonly name: string }
  | { readonly do: 'startService'; readonly name: string }
  | { readonly do: 'startDockerd'; readonly socket: string }
  | { readonly do: 'awaitDocker'; readonly socket: string };

export type Plan = { readonly ok: true; readonly actions: readonly Action[] } | { readonly ok: false; readonly message: string };

const NOTHING: Plan = { ok: true, actions: [] };
const no = (message: string): Plan => ({ ok: false, message });

/** How this user can install packages by hand on this machine. */
function byHand(facts: MachineFacts, packages: readonly string[]): string {
  const list = packages.join(' ');
  if (!facts.isDebian || !facts.hasAptGet) return `Install it with this system's package manager (Debian and Ubuntu call it ${list})`;
  return `Install it: ${facts.isRoot ? '' : 'sudo '}apt-get install ${list}`;
}

const canInstall = (facts: MachineFacts): boolean => facts.mayInstall && facts.isDebian && facts.isRoot && facts.hasAptGet;
const forbidden = (facts: MachineFacts): string => (facts.mayInstall ? '' : ' (--no-install forbids doing that here)');

export function planDocker(facts: DockerFacts): Plan {
  const { socket, problem, detail } = facts;
  if (problem === null) return NOTHING;
  if (problem === 'denied') return no(deniedDocker(socket));
  if (facts.given) return no(absentNamedDocker(socket, detail));
  if (problem === 'silent') return no(silentDocker(socket, detail));

  const start = facts.hasSystemd ? 'systemctl start docker' : 'dockerd &';
  const elsewhere = 'or name a running one with --docker-host';
  if (!facts.hasDockerd && !canInstall(facts)) {
    return no(`No Docker is on this machine. ${byHand(facts, ['docker.io'])}${forbidden(facts)} and start it, ${elsewhere}.`);
  }
  if (!facts.mayInstall || !facts.isRoot) {
    return no(`No Docker answers at ${socket}. Start it: ${facts.isRoot ? '' : 'sudo '}${start}${forbidden(facts)}, ${elsewhere}.`);
  }
  const missing = [...(facts.hasDockerd ? [] : ['docker.io']), ...(facts.hasIptables ? [] : ['iptables'])];
  if (missing.length > 0 && !canInstall(facts)) {
    return no(`Docker needs ${missing.join(' ')}, which this machine does not have. ${byHand(facts, missing)}${forbidden(facts)}.`);
  }
  return {
    ok: true,
    actions: [
      ...(missing.length > 0 ? [{ do: 'install', packages: missing, why: `No Docker answers at ${socket}` } as const] : []),
      facts.hasSystemd ? { do: 'startService', name: 'docker' } : { do: 'startDockerd', socket },
      { do: 'awaitDocker', socket },
    ],
  };
}

export function planEtcd(facts: EtcdFacts): Plan {
  if (facts.given || facts.hasEtcd) return NOTHING;
  const packages = ['etcd-server'];
  if (canInstall(facts)) {
    return {
      ok: true,
      actions: [
        { do: 'install', packages, why: 'No etcd program is on this machine' },
        { do: 'disableService', name: 'etcd' },
      ],
    };
  }
  const unpacked =
    facts.isDebian && !facts.isRoot
      ? ' Without root: apt-get download etcd-server && dpkg-deb -x etcd-server_*.deb etcd && PATH=$PWD/etcd/usr/bin:$PATH'
      : '';
  return no(
    `No etcd program is on this machine. ${byHand(facts, packages)}${forbidden(facts)}, or name a running one with --etcd.${unpacked}`,
  );
}
