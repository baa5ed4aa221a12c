// What a command is: one object that holds all that is said about it. Each command is a file that exports one; command.ts is the table.
import type { Static, TSchema } from 'typebox';
import type { ReplicaSet, State, Volume } from '../projections/state.ts';
import type { Context, Decision, Needs } from './decision.ts';
import type { Steps } from './operation/steps.ts';

/** A command with the body `S` on a name that the path of the request gives. */
export type OnName<S extends TSchema> = { readonly name: string } & Static<S>;

/** `C`: the command's fields, without the kind. */
export interface CommandDefinition<C = never> {
  /** The body of the HTTP request: its validator, its type and its part of the OpenAPI document. */
  readonly schema: TSchema;
  /** The API's code of a command that could not be carried out. */
  readonly failureCode: number;
  /** The stream of a name: one operation at a time on each. */
  readonly stream: (name: string) => string;
  /** What must be asked of the outside before the command can be decided. */
  readonly needs: (state: State, command: C) => Needs;
  readonly decide: (state: State, command: C, context: Context) => Decision;
}

/** A command that begins an operation on a replicaSet or a volume. */
export interface OperationDefinition<A extends ReplicaSet | Volume, C = never> extends CommandDefinition<C> {
  readonly steps: Steps<A>;
}

/** The needs of a command that is decided on the state alone. */
export const needsNothing = (): Needs => ({});
