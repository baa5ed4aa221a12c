// Events that open and close an operation, on the stream of the replicaSet or volume that it changes.
// The operation's id is the id of the command that began it (`command.id` of all its events).
import Type, { type Static } from 'typebox';
import { closed, Version } from './shapes.ts';

export const OperationKind = Type.Union([
  Type.Literal('run'),
  Type.Literal('patch'),
  Type.Literal('rollback'),
  Type.Literal('restart'),
  Type.Literal('stop'),
  Type.Literal('pause'),
  Type.Literal('continue'),
  Type.Literal('freeze'),
  Type.Literal('thaw'),
  Type.Literal('commit'),
  Type.Literal('delete'),
  Type.Literal('setPolicy'),
  Type.Literal('removeVersion'),
  Type.Literal('createVolume'),
  Type.Literal('resizeVolume'),
  Type.Literal('deleteVolume'),
]);
export type OperationKind = Static<typeof OperationKind>;

const kinds: ReadonlySet<string> = new Set(OperationKind.anyOf.map(({ const: kind }) => kind));
export const isOperationKind = (kind: string): kind is OperationKind => kinds.has(kind);

export const operationEvents = {
  /** Intent, logged before the first Docker call. `from`: the version acted on or replaced; `to`: the version being made. */
  OperationStarted: Type.Object(
    {
      kind: OperationKind,
      from: Type.Optional(Version),
      to: Type.Optional(Version),
      /** commit: the name of the image to make. */
      imageName: Type.Optional(Type.String()),
      /**
       * Stop by reconcile: a container without a lease was found running. Continue by system:restart: why it is started again. Under an
       * Idempotency-Key: there was nothing to do.
       */
      reason: Type.Optional(Type.String()),
      /** Stop: seconds from SIGTERM to SIGKILL, where the request says so. */
      stopTimeout: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    closed,
  ),
  /**
   * A mutation was refused; only with --audit-rejections. `code` and `message` are what the client was told, `suppressed` how many more
   * were refused since the one before and are not in the log.
   */
  CommandRejected: Type.Object(
    { code: Type.Integer(), kind: Type.String(), message: Type.String(), suppressed: Type.Optional(Type.Integer({ minimum: 1 })) },
    closed,
  ),
  /** `warning`: a sentence for the client about what could not be done beside it: a stop or a pause whose system disk is not saved. */
  OperationCompleted: Type.Object({ kind: OperationKind, warning: Type.Optional(Type.String()) }, closed),
  /**
   * Failed, and everything it did undone. `code` is the API's (1004 run failed, …), `message` what the client is told. `refused`: a continue by
   * system:restart that was not begun, for what it needs is not there; it waits for that, and is not counted as a try.
   */
  OperationFailed: Type.Object(
    { kind: OperationKind, code: Type.Integer(), message: Type.String(), refused: Type.Optional(Type.Literal(true)) },
    closed,
  ),
} as const;
