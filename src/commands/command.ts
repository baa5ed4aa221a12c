// The table of all commands, and everything that follows from it: the commands' types, their needs and their decisions.
import type { EventType } from '../events/catalogue.ts';
import type { OperationKind } from '../events/operation.ts';
import { aggregateOf, isReplicaSet, type ReplicaSet, type State, type Volume, writable } from '../projections/state.ts';
import { accept, already, type By, type Context, type Decision, type Needs, type Rejection } from './decision.ts';
import type { CommandDefinition, OperationDefinition } from './definition.ts';
import { raiseLogLevel } from './host/raise-log-level.ts';
import { whileRestored } from './host/restore/mode.ts';
import { commit } from './replica-set/commit.ts';
import { continueCommand } from './replica-set/continue.ts';
import { deleteCommand } from './replica-set/delete.ts';
import { execute } from './replica-set/execute.ts';
import { freeze, thaw } from './replica-set/freeze.ts';
import { patch } from './replica-set/patch.ts';
import { pause } from './replica-set/pause.ts';
import { removeVersion } from './replica-set/remove-version.ts';
import { restart } from './replica-set/restart.ts';
import { rollback } from './replica-set/rollback.ts';
import { run } from './replica-set/run.ts';
import { setPolicy } from './replica-set/set-policy.ts';
import { stop } from './replica-set/stop.ts';
import { createKey } from './request/keys/create-key.ts';
import { withinQuota } from './request/keys/quota.ts';
import { revokeKey } from './request/keys/revoke-key.ts';
import { gainsForeign, rightProblem } from './request/keys/rights.ts';
import { setKey } from './request/keys/set-key.ts';
import { createVolume } from './volume/create.ts';
import { deleteVolume } from './volume/delete.ts';
import { resizeVolume } from './volume/resize.ts';

/** A kind of operation without a command, or without its steps, does not compile. */
type Table = { readonly [K in 'execute' | 'raiseLogLevel' | 'createKey' | 'setKey' | 'revokeKey']: CommandDefinition } & {
  readonly [K in OperationKind]: OperationDefinition<ReplicaSet> | OperationDefinition<Volume>;
};

export const commands = {
  run,
  patch,
  rollback,
  restart,
  stop,
  pause,
  continue: continueCommand,
  freeze,
  thaw,
  commit,
  delete: deleteCommand,
  setPolicy,
  removeVersion,
  execute,
  createVolume,
  resizeVolume,
  deleteVolume,
  raiseLogLevel,
  createKey,
  setKey,
  revokeKey,
} satisfies Table;

export type CommandKind = keyof typeof commands;
/** The fields of each kind of command, as its decider takes them; they derive from its body's schema. */
type Fields = { [K in CommandKind]: Parameters<(typeof commands)[K]['decide']>[1] };
export type CommandOf<K extends CommandKind> = { [P in K]: { readonly do: P } & Fields[P] }[K];
export type AnyCommand = CommandOf<CommandKind>;
/** The commands on a replicaSet or a volume. */
export type Command = CommandOf<OperationKind | 'execute'>;
/** The commands that begin an operation. */
export type Mutation = CommandOf<OperationKind>;
export type Execute = CommandOf<'execute'>;
export type RaiseLogLevel = CommandOf<'raiseLogLevel'>;
/** The commands on API keys. */
export type KeyCommand = CommandOf<'createKey' | 'setKey' | 'revokeKey'>;

const definitions: { readonly [K in CommandKind]: CommandDefinition<CommandOf<K>> } = commands;

/** A command of any kind, as far as it says what it is about. */
interface About {
  readonly do: CommandKind;
  /** Absent in a command that is about the log. */
  readonly name?: string;
  /** The name in a `run`. */
  readonly replicaSetName?: string;
}

/** The stream that a command changes: one operation at a time on each. */
export const streamOf = (command: About): string => commands[command.do].stream(command.replicaSetName ?? command.name ?? '');

export const needsOf = <K extends CommandKind>(state: State, command: CommandOf<K>): Needs => definitions[command.do].needs(state, command);

/** The refusal of each command of a host that the log does not have yet: nothing says at which level it writes, nor with what it works. */
export const notBegun = (state: State, command: About, host: string): Rejection | null =>
  state.hosts.has(host)
    ? null
    : {
        code: commands[command.do].failureCode,
        kind: 'unavailable',
        message: `host ${host} is not in the log yet: no server has led it so far`,
      };

/**
 * The refusal of a command about a replicaSet or a volume that another host of the log has; null for any other. Its operation would wait
 * for that host's server, with the facts of this one.
 */
export function misdirected(state: State, command: About, host: string): Rejection | null {
  const aggregate = aggregateOf(state, streamOf(command));
  if (aggregate === undefined || aggregate.host === host) return null;
  const what = `${isReplicaSet(aggregate) ? 'replicaSet' : 'volume'} ${aggregate.name}`;
  const message = `${what} is on host ${aggregate.host}, and this is the server of host ${host}: send the command to the server of ${aggregate.host}`;
  return { code: commands[command.do].failureCode, kind: 'misdirected', message };
}

/** The refusal of a command that would give or start something while the log is one that was put back; null for any other. */
export function heldBack(state: State, command: About, host: string): Rejection | null {
  const message = whileRestored(state, host, command.do, streamOf(command));
  return message === null ? null : { code: commands[command.do].failureCode, kind: 'unavailable', message };
}

/** The refusal of a command that the key behind it has no right to; null where it has, or where no key is needed. */
export const notPermitted = (state: State, command: Command, by: By | undefined): Rejection | null =>
  rightProblem(state, streamOf(command), command, by);

/** A command on a replicaSet or a volume: where it belongs, by what right, then the decision itself, then its quota. */
export function decide<K extends Command['do']>(state: State, command: CommandOf<K> & Command, context: Context): Decision {
  const { host } = context.settings;
  const rejection = misdirected(state, command, host) ?? notPermitted(state, command, context.by) ?? heldBack(state, command, host);
  if (rejection !== null) return { kind: 'rejected', rejection };
  const stream = streamOf(command);
  const decision = definitions[command.do].decide(state, command, context);
  const gained = decision.kind === 'events' ? gainsForeign(state, stream, decision.events, context.by) : null;
  return gained === null ? withinQuota(state, stream, decision, context.by) : { kind: 'rejected', rejection: gained };
}

/** The event that brought a kind of operation along: where the log may not hold it, a release that reads the log may not know the kind. */
const broughtBy: { readonly [K in OperationKind]?: EventType } = {
  setPolicy: 'PolicySet',
  removeVersion: 'VersionRemoved',
  freeze: 'ContainerFrozen',
  thaw: 'ContainerThawed',
};

/**
 * Events for a no-op. With an Idempotency-Key even "nothing to do" is recorded, so that a retry does not act on a state that has changed
 * since. Of a kind that is not of the log's level nothing is: until the level is raised, a retry changes nothing.
 */
export function recordNoOp(state: State, command: Mutation): Decision {
  const type = broughtBy[command.do];
  if (type !== undefined && !writable(state, type)) return already;
  const stream = streamOf(command);
  return accept(
    { type: 'OperationStarted', stream, data: { kind: command.do, reason: 'it was so already' } },
    { type: 'OperationCompleted', stream, data: { kind: command.do } },
  );
}
