// Every command there is, and what follows from the table: the commands' types, what each needs to know, and how each is decided.
import type { OperationKind } from '../events/operation.ts';
import type { ReplicaSet, State, Volume } from '../projections/state.ts';
import { accept, type Context, type Decision, type Needs } from './decision.ts';
import type { CommandDefinition, OperationDefinition } from './definition.ts';
import { commit } from './replica-set/commit.ts';
import { continueCommand } from './replica-set/continue.ts';
import { deleteCommand } from './replica-set/delete.ts';
import { execute } from './replica-set/execute.ts';
import { patch } from './replica-set/patch.ts';
import { pause } from './replica-set/pause.ts';
import { restart } from './replica-set/restart.ts';
import { rollback } from './replica-set/rollback.ts';
import { run } from './replica-set/run.ts';
import { stop } from './replica-set/stop.ts';
import { createVolume } from './volume/create.ts';
import { deleteVolume } from './volume/delete.ts';
import { resizeVolume } from './volume/resize.ts';

/** A kind of operation without a command, or without its steps, does not compile. */
type Table = { readonly execute: CommandDefinition } & {
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
  commit,
  delete: deleteCommand,
  execute,
  createVolume,
  resizeVolume,
  deleteVolume,
} satisfies Table;

export type CommandKind = keyof typeof commands;
/** What the decider of that kind is given, which its body's schema makes. */
type Fields = { [K in CommandKind]: Parameters<(typeof commands)[K]['decide']>[1] };
export type CommandOf<K extends CommandKind> = { [P in K]: { readonly do: P } & Fields[P] }[K];
export type Command = CommandOf<CommandKind>;
/** The commands that begin an operation. */
export type Mutation = CommandOf<OperationKind>;
export type Execute = CommandOf<'execute'>;

const definitions: { readonly [K in CommandKind]: CommandDefinition<CommandOf<K>> } = commands;

const nameOf = (command: Command): string => (command.do === 'run' ? command.replicaSetName : command.name);

/** The stream that a command changes: one operation at a time on each. */
export const streamOf = (command: Command): string => commands[command.do].stream(nameOf(command));

export const needsOf = <K extends CommandKind>(state: State, command: CommandOf<K>): Needs => definitions[command.do].needs(state, command);

export const decide = <K extends CommandKind>(state: State, command: CommandOf<K>, context: Context): Decision =>
  definitions[command.do].decide(state, command, context);

/**
 * Events for a no-op. With an Idempotency-Key even "nothing to do" is recorded, so that a retry does not act on a state that has changed
 * since.
 */
export function recordNoOp(command: Mutation): Decision {
  const stream = streamOf(command);
  return accept(
    { type: 'OperationStarted', stream, data: { kind: command.do, reason: 'it was so already' } },
    { type: 'OperationCompleted', stream, data: { kind: command.do } },
  );
}
