// The service as its doors (HTTP and the command line) see it: commands to submit, the state to read, and whether it is ready.
import type { State } from '../projections/state.ts';
import type { Execute, KeyCommand, Mutation, RaiseLogLevel } from './command.ts';
import type { Rejection } from './decision.ts';
import type { ForeignGpus } from './host/foreign.ts';
import type { PlannedStep } from './operation/plan.ts';
import type { DiskUsage, Room } from './outside/disk-usage.ts';
import type { ExecResult, OutputRequest } from './outside/engine.ts';
import type { Progress } from './outside/progress.ts';
import type { AskedUnlabelled } from './request/adopt-body.ts';

/** The source of a command: it goes into the envelope of every event that the command causes. */
export interface Origin {
  readonly actor: string;
  /** The name of the API key that the request came with; absent where none was needed. */
  readonly key?: string;
  /** Which of that name's keys it was. */
  readonly keyId?: string;
  readonly requestId?: string;
  readonly idempotencyKey?: string;
  readonly bodyHash?: string;
  readonly traceparent?: string;
  readonly address?: string;
}

/** For events under which no repetition of the request is to be found: it is decided anew. */
export function withoutIdempotencyKey(origin: Origin): Origin {
  const { idempotencyKey: _, bodyHash: __, ...who } = origin;
  return who;
}

export type CommandOutcome =
  /**
   * Done and in the log. `version` is the version made (run, patch, rollback, restart, createVolume, resizeVolume); `warning`: a sentence about
   * what could not be done beside it.
   */
  { readonly ok: true; readonly version?: number; readonly warning?: string } | { readonly ok: false; readonly rejection: Rejection };

export type ExecuteOutcome = { readonly ok: true; readonly result: ExecResult } | { readonly ok: false; readonly rejection: Rejection };

/** The output of a replicaSet's container that is wanted. */
export interface OutputAsked extends Omit<OutputRequest, 'signal'> {
  readonly name: string;
}
export type OutputOutcome =
  | { readonly ok: true; readonly output: AsyncIterable<Uint8Array> }
  | { readonly ok: false; readonly rejection: Rejection };

/** The state that a client decided on: the command is rejected when its stream has moved on since. */
export interface Precondition {
  /** The stream's version (`seq`), as the ETag of an info gives it. */
  readonly ifMatch?: number;
}

/** The events and steps that a command would cause now. */
interface Plan {
  readonly stream: string;
  /** The stream's version that this was decided on; null where there is none yet. */
  readonly etag: number | null;
  readonly events: readonly { readonly type: string; readonly stream: string; readonly data: unknown }[];
  readonly steps: readonly PlannedStep[];
}
export type PlanOutcome = { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly rejection: Rejection };

/** The names that were given up, or with dryRun would be: the ones whose container or volume is missing from Docker. */
interface Loss {
  readonly host: string;
  readonly replicaSets: readonly string[];
  readonly volumes: readonly string[];
}
export type LossOutcome = { readonly ok: true; readonly loss: Loss } | { readonly ok: false; readonly rejection: Rejection };

/** What a host and its restored log did not agree about, a sentence each. */
interface Settlement {
  readonly host: string;
  /** False: there was nothing to settle any more. */
  readonly wasRestored: boolean;
  readonly differences: readonly string[];
}
export type RestoreOutcome = { readonly ok: true; readonly settlement: Settlement } | { readonly ok: false; readonly rejection: Rejection };

/** What an operator had the log take back. */
export interface Adoption {
  readonly what: 'replicaSet' | 'volume';
  readonly name: string;
  /** 0: there was nothing to take back, as the log has it already. */
  readonly version: number;
  /** Of a volume: ready. */
  readonly state: 'running' | 'exited' | 'ready';
  /** UUIDs that it uses. */
  readonly gpus: readonly string[];
  readonly ports: readonly { readonly containerPort: string; readonly hostPort: number }[];
  /** Names of volumes that were taken back with it. */
  readonly volumes: readonly string[];
  /** Sentences about what could not be read exactly, and about other versions of the volumes. */
  readonly approximate: readonly string[];
}
export type AdoptOutcome =
  | { readonly ok: true; readonly plan: Plan; readonly adoption: Adoption }
  | { readonly ok: false; readonly rejection: Rejection };

/** An operation that is under way. */
export interface OperationInfo {
  readonly id: string;
  readonly stream: string;
  readonly kind: string;
  /** undo: a step failed, and the steps before it are being undone. */
  readonly phase: 'forward' | 'undo';
  /** ISO time of its first event. */
  readonly since: string;
  readonly actor: string;
  /** The events that record its steps so far. */
  readonly done: readonly string[];
  /** The step that comes now; null where this server does not lead its host. */
  readonly step: string | null;
  /** Whether an order to undo it would be followed. */
  readonly undoable: boolean;
  /** Time since its first event; absent of an operation of the past. */
  readonly elapsedMs?: number;
  /** Present while its step is being carried out: the how manieth attempt, and since when. */
  readonly attempt?: { readonly number: number; readonly since: string };
  /** Present while its step tells how far it is. */
  readonly progress?: Progress;
  /** Present while it makes no progress, and is tried again. */
  readonly stalled?: { readonly since: string; readonly attempts: number; readonly reason: string };
  /** Present while its step waits for others of its kind: `for` is the kind of slot. That is no stall. */
  readonly waiting?: { readonly for: string; readonly since: string };
  /** Why it is being undone. `output`: what a container that ended at once had printed last. */
  readonly failure?: { readonly step: string; readonly message: string; readonly output?: readonly string[] };
}
/** A pull of an image that is under way, for whoever waits for it. */
export interface PullInfo {
  /** The image's whole name. */
  readonly image: string;
  /** ISO time. */
  readonly since: string;
  readonly elapsedMs: number;
  /** Commands that wait for it, and who sent them; none once all of them have given up. */
  readonly waiting: number;
  readonly actors: readonly string[];
  readonly progress?: Progress;
}
export type UndoOutcome = { readonly ok: true; readonly operation: OperationInfo } | { readonly ok: false; readonly rejection: Rejection };

/** The engine's storage, as last counted. */
export interface MeasuredDisks {
  readonly usage: DiskUsage;
  /** ISO time of the count; null where there is none. */
  readonly countedAt: string | null;
  /** Why there is no fresh count. */
  readonly incomplete?: string;
  readonly room: Room | null;
}

export type Readiness =
  /**
   * `reasons`: why some commands are refused though it is ready: what ends the trouble goes on. `warnings`: conditions that become problems if
   * nobody acts.
   */
  | { readonly ready: true; readonly reasons?: readonly string[]; readonly warnings?: readonly string[] }
  | { readonly ready: false; readonly reasons: readonly string[] };

export interface Service {
  /** The state at the head of the log; frozen. */
  state(): State;
  readiness(): Readiness;
  /** As `readiness` says, at little cost. */
  isReady(): boolean;
  /** The GPUs of this host that containers outside this log used when last looked at. */
  foreignGpus(): ForeignGpus;
  /** Bytes of disks, containers and volumes as the engine counts them now, or counted them some seconds ago. */
  disks(): Promise<MeasuredDisks>;
  /**
   * Resolves when the command's operation has ended, or the command is rejected. Never throws for a reason of the client's. `patience` aborts when
   * the client waits no longer, with an Error that says why: what is not decided by then is taken out, what is goes on (`late`). `onBegun` is
   * called with the id of the operation once that is in the log; not for what ends at once.
   */
  submit(
    command: Mutation,
    origin: Origin,
    precondition?: Precondition,
    patience?: AbortSignal,
    onBegun?: (operation: string) => void,
  ): Promise<CommandOutcome>;
  /** Validates and decides as submit would, and appends nothing. `patience` as of submit. */
  plan(command: Mutation, origin: Origin, precondition?: Precondition, patience?: AbortSignal): Promise<PlanOutcome>;
  /** Raises the log's level, or with `dryRun` only decides. The plan says what was, or would be, appended. */
  raiseLogLevel(command: RaiseLogLevel, origin: Origin, dryRun: boolean): Promise<PlanOutcome>;
  /** Makes, changes or revokes an API key, or with `dryRun` only decides. The plan says what was, or would be, appended. */
  changeKey(command: KeyCommand, origin: Origin, dryRun: boolean): Promise<PlanOutcome>;
  /** The operator's word that what is missing from this host's Docker is lost. With `dryRun` it is only listed. */
  acceptLoss(host: string, origin: Origin, dryRun: boolean): Promise<LossOutcome>;
  /** The operator's word that what a restored log says holds, whatever Docker has. With `dryRun` the differences are only listed. */
  acceptRestore(host: string, origin: Origin, dryRun: boolean): Promise<RestoreOutcome>;
  /**
   * Takes back what Docker has of a name and the log does not know, or takes in one without labels (`unlabelled`). The plan says what was, or with `dryRun`
   * would be, appended.
   */
  adopt(what: Adoption['what'], name: string, origin: Origin, dryRun: boolean, unlabelled?: AskedUnlabelled): Promise<AdoptOutcome>;
  /** The operations that are under way, oldest first; or were `then`, of which only the log's word is left: no step, and nothing that holds one up. */
  operations(then?: State): readonly OperationInfo[];
  /** The operation that is under way on this stream, replicaSet/NAME or volume/NAME; null where none is. */
  operationOn(stream: string): OperationInfo | null;
  /** The pulls of images that are under way on this host, oldest first. `own`: only those that this actor waits for, without the others who do. */
  pulls(own?: string): readonly PullInfo[];
  /** Orders that an operation be undone: it goes back when the step under way has come to an end. */
  undo(id: string, origin: Origin): UndoOutcome;
  /** Runs a command in the container. The signal is the client hanging up: the command is then killed. */
  execute(command: Execute, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome>;
  /**
   * The output of the replicaSet's container; a follower goes on with the versions that replace it. The iteration throws where the output breaks off.
   * The signal ends it, and has to abort in the end.
   */
  output(asked: OutputAsked, origin: Pick<Origin, 'actor'>, signal: AbortSignal): Promise<OutputOutcome>;
}
