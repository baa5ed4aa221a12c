// Whether this machine is the host that the log knows: judged by ids that stay with the machine, never by its name alone.
import { createHash } from 'node:crypto';
import type { Host, State } from '../../projections/state.ts';
import type { EngineIds } from '../outside/engine.ts';

/** The machine as its server knows it. An id is '' where the machine does not say it. */
export interface MachineIdentity {
  /** Random, made once and persisted in the data directory. */
  readonly hostId: string;
  /** The name that the server was given (`--host-name`, or the machine's own): a label. */
  readonly name: string;
  /** `/etc/machine-id`. */
  readonly machineId: string;
  /** Docker's own id (`docker info`, ID). */
  readonly engineId: string;
  /** Docker's data root. */
  readonly dataRoot: string;
  readonly storageDriver: string;
}

export type IdentityVerdict =
  /** The machine may lead the host that the log calls `host`. `renamed`: it has another name than it had. */
  | { readonly kind: 'same'; readonly host: string; readonly renamed: boolean }
  /** The log does not know this machine, and nothing speaks against it: `host` is the name that it gets in the log. */
  | { readonly kind: 'new'; readonly host: string }
  /** The machine cannot prove to be who the log knows: it must not lead. */
  | Refusal;

/** `differs` and `mend` are sentences for the operator. */
export interface Refusal {
  readonly kind: 'refused';
  /** The log's name of the host in question. */
  readonly host: string;
  readonly differs: string;
  readonly mend: string;
}

/** An operator's word that this machine is the host. */
export interface Adoption {
  /** The operator. */
  readonly by: string;
  /** The `seenCode` of the refusal that was read: the word is about that machine and Docker alone. */
  readonly seen: string;
}

/** The present name of a host's machine. */
export const labelOf = (host: Host): string => host.label ?? host.name;

const hostWithId = (state: State, hostId: string): Host | undefined =>
  hostId === '' ? undefined : [...state.hosts.values()].find(({ identity }) => identity?.hostId === hostId);

const hostWithLabel = (state: State, label: string): Host | undefined => [...state.hosts.values()].find((host) => labelOf(host) === label);

/** The log's name of the host that this machine claims to be: by its id where the log knows that, else by the machine's name. */
export function claimedHost(state: State, { hostId, name }: Pick<MachineIdentity, 'hostId' | 'name'>): string {
  const claimed = hostWithId(state, hostId) ?? hostWithLabel(state, name);
  if (claimed !== undefined) return claimed.name;
  // The name is free, but an older host that is called otherwise by now has it in the log.
  return state.hosts.has(name) ? `${name}-${hostId.slice(0, 8)}` : name;
}

/** A path is shown whole: its end is what differs. */
const shown = (id: string): string => (id === '' ? 'unknown' : id.length > 16 && !id.startsWith('/') ? `${id.slice(0, 16)}…` : id);

/** A difference between the log and the machine in one thing; null where they agree or one of them does not say. */
const difference = (what: string, before: string | undefined, now: string): string | null =>
  before === undefined || before === '' || now === '' || before === now ? null : `${what} is ${shown(now)}, in the log ${shown(before)}`;

const PROVED_BY = [
  ['machineId', 'the machine id (/etc/machine-id)'],
  ['engineId', "Docker's id"],
  ['dataRoot', "Docker's data root"],
  ['storageDriver', "Docker's storage driver"],
] as const;

/** The differences between the machine and what the host was when it was last bound. */
const differences = (host: Host, machine: Partial<MachineIdentity>): readonly string[] =>
  PROVED_BY.flatMap(([field, what]) => difference(what, host.identity?.[field], machine[field] ?? '') ?? []);

/** How an engine differs from the one that the log knows as a host's; null: in nothing, or the log does not know the host's. */
export function otherEngine(state: State, host: string, { id, root, storageDriver }: EngineIds): string | null {
  const known = state.hosts.get(host);
  const differs = known === undefined ? [] : differences(known, { engineId: id, dataRoot: root, storageDriver });
  return differs.length === 0 ? null : differs.join('; ');
}

/** Both the machine's id and Docker's are known and agree: only the data directory was lost. */
const isSameMachine = (host: Host, machine: MachineIdentity): boolean =>
  machine.machineId !== '' &&
  machine.engineId !== '' &&
  host.identity?.machineId === machine.machineId &&
  host.identity.engineId === machine.engineId &&
  differences(host, machine).length === 0;

/** Length of a code, hexadecimal digits: it tells mistakes apart, and nobody has a reason to forge it. */
const CODE_LENGTH = 8;

/** Stands for the machine, its Docker and what the log has of the host: where one of them changes, so does the code. */
export function seenCode(state: State, machine: MachineIdentity, host: string): string {
  const ids = ({ hostId, machineId, engineId, dataRoot, storageDriver }: Omit<MachineIdentity, 'name'>): readonly string[] => [
    hostId,
    machineId,
    engineId,
    dataRoot,
    storageDriver,
  ];
  const bound = state.hosts.get(host)?.identity;
  const text = JSON.stringify([host, ids(machine), bound === undefined ? null : ids(bound)]);
  return createHash('sha256').update(text).digest('hex').slice(0, CODE_LENGTH);
}

/** The command of an operator who has read the refusal. */
const adopting = (state: State, machine: MachineIdentity, host: string): string =>
  `gpu-docker-api hosts adopt ${host} --seen ${seenCode(state, machine, host)}`;

/** A host by its present name; where it was renamed, with the log's own name of it, which commands take. */
export function namedInLog(state: State, host: string): string {
  const known = state.hosts.get(host);
  return known === undefined || labelOf(known) === host ? host : `${labelOf(known)} (${host} in the log)`;
}

const adopt = (state: State, machine: MachineIdentity, host: string): string =>
  `if this machine is meant to be host ${namedInLog(state, host)} from now on, say so on it: ${adopting(state, machine, host)}`;

/** The data directory's name of the host is given once: another `--host-name` alone does not change it. */
const startUnder = (name: string): string =>
  `stop this server, remove host.json from its data directory, and start it with ${name} (--host-name)`;

/**
 * Judges a machine that asks to lead. Refuses: another engine, another machine, another data root or storage driver than the host was
 * bound to; a name that another machine's host has; a Docker that belongs to another host of the log.
 */
export function judgeIdentity(state: State, machine: MachineIdentity): IdentityVerdict {
  const known = hostWithId(state, machine.hostId);
  const named = hostWithLabel(state, machine.name);
  if (known !== undefined) {
    const differs = differences(known, machine);
    if (differs.length > 0) {
      return {
        kind: 'refused',
        host: known.name,
        differs: `this is not the machine that the log knows as host ${labelOf(known)}: ${differs.join('; ')}`,
        mend: `check DOCKER_HOST and that Docker's disk is mounted; ${adopt(state, machine, known.name)}`,
      };
    }
    if (named === undefined || named === known) return { kind: 'same', host: known.name, renamed: named === undefined };
    return {
      kind: 'refused',
      host: known.name,
      differs: `this machine is host ${labelOf(known)} of the log, and its name is now ${machine.name}, as another host's is`,
      mend: `give it another name: --host-name ${labelOf(known)}`,
    };
  }
  if (named?.identity !== undefined && !isSameMachine(named, machine)) {
    return {
      kind: 'refused',
      host: named.name,
      differs: `the log knows another machine as host ${labelOf(named)}: ${[
        `its host id is ${shown(named.identity.hostId)}, this data directory's ${shown(machine.hostId)}`,
        ...differences(named, machine),
      ].join('; ')}`,
      mend: `use the data directory of before; or ${startUnder('another name')}; ${adopt(state, machine, named.name)}`,
    };
  }
  // A host of a log that was written before hosts had ids is bound at its first start under the same name.
  if (named !== undefined) return { kind: 'same', host: named.name, renamed: false };
  const engineOf = [...state.hosts.values()].find(({ identity }) => machine.engineId !== '' && identity?.engineId === machine.engineId);
  if (engineOf !== undefined) {
    return {
      kind: 'refused',
      host: engineOf.name,
      differs: `this Docker (id ${shown(machine.engineId)}) belongs to host ${labelOf(engineOf)} of the log, and this data directory is a new one`,
      mend: `use the data directory of before; ${adopt(state, machine, engineOf.name)}`,
    };
  }
  const unbound = [...state.hosts.values()].find(({ identity }) => identity === undefined);
  if (unbound !== undefined) {
    return {
      kind: 'refused',
      host: unbound.name,
      differs: `the log knows host ${unbound.name}, not ${machine.name}, and was written before hosts had ids: whether they are one machine cannot be told`,
      mend: `${adopt(state, machine, unbound.name)}; otherwise start the server on ${unbound.name} once before this one joins`,
    };
  }
  return { kind: 'new', host: claimedHost(state, machine) };
}

/**
 * Why a server must not lead `host`, the name that its data directory holds; null: it may. An operator's word outweighs every difference that
 * was there when it was given, but only for a host that the log knows: a mistyped name would become a second host on the same Docker.
 */
export function refusalToLead(state: State, machine: MachineIdentity, host: string, adoption: Adoption | null): Refusal | null {
  const names = [...state.hosts.keys()];
  if (adoption !== null && names.length > 0 && !state.hosts.has(host)) {
    return {
      kind: 'refused',
      host,
      differs: `${adoption.by} said that this machine is host ${host}, which the log does not know; it knows ${names.join(', ')}`,
      mend: `say which of these it is: ${names.map((name) => adopting(state, machine, name)).join(' or ')}, and start the server again`,
    };
  }
  const refusal = refusalWithoutWord(state, machine, host);
  if (refusal === null || adoption === null || adoption.seen === seenCode(state, machine, host)) {
    return adoption === null ? refusal : null;
  }
  return {
    ...refusal,
    differs: `${adoption.by} said that this machine is host ${host}, but of what was shown under another code: the machine, its Docker or the host in the log has changed since, or the code was mistyped. ${refusal.differs}`,
  };
}

function refusalWithoutWord(state: State, machine: MachineIdentity, host: string): Refusal | null {
  const verdict = judgeIdentity(state, machine);
  if (verdict.kind === 'refused') return verdict;
  if (verdict.kind === 'same' && verdict.host !== host) {
    return {
      kind: 'refused',
      host: verdict.host,
      differs: `the log knows this machine as host ${verdict.host}, and this data directory calls it ${host}`,
      mend: adopt(state, machine, verdict.host),
    };
  }
  if (verdict.kind === 'new' && state.hosts.has(host)) {
    return {
      kind: 'refused',
      host,
      differs: `this data directory calls the machine host ${host}, which is another machine in the log`,
      mend: `${startUnder(`the name ${verdict.host}`)}; ${adopt(state, machine, host)}`,
    };
  }
  return null;
}
