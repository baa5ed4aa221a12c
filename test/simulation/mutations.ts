// One rule of the program broken at a time, by changing a line or two: try-mutation.ts shows that the simulation of each fails.
import { MUTATIONS_OF_DOUBT } from './mutations-of-doubt.ts';
import { MUTATIONS_OF_LIFE } from './mutations-of-life.ts';
import { MUTATIONS_OF_REQUESTS } from './mutations-of-requests.ts';
import { MUTATIONS_OF_SIZE } from './mutations-of-size.ts';
import type { Fault } from './plan.ts';

/** A text that the file holds exactly once, and what is put in its place. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}
export interface Mutation {
  /** The rule of the design that it breaks. */
  readonly rule: number;
  readonly what: string;
  readonly edits: readonly Edit[];
  /** The first seed that is tried, where few catch it; 1 unless told. */
  readonly from?: number;
  /** Only seeds with this class of faults are tried: hardly another catches it. */
  readonly on?: Fault;
  /** The test that catches it, where no world of the simulation is large enough to. */
  readonly test?: string;
}

const one = (rule: number, what: string, file: string, find: string, put: string): Mutation => ({
  rule,
  what,
  edits: [{ file, find, put }],
});

const on = (fault: Fault, mutation: Mutation): Mutation => ({ ...mutation, on: fault });

const COMMITTER = 'src/infra/runtime/committer.ts';
const LOG = 'src/infra/etcd/log.ts';
const QUEUE = 'src/infra/runtime/queue/command-queue.ts';
const STEPS = 'src/commands/container/steps.ts';
const VERSION_STEPS = 'src/commands/container/version-steps.ts';
const STOP = 'src/commands/replica-set/stop.ts';
const REPLACE = 'src/commands/container/replace.ts';

export const MUTATIONS: readonly Mutation[] = [
  ...MUTATIONS_OF_DOUBT,
  ...MUTATIONS_OF_REQUESTS,
  ...MUTATIONS_OF_LIFE,
  ...MUTATIONS_OF_SIZE,
  one(
    1,
    'the state moves before the append is answered',
    COMMITTER,
    'outcome = await this.#log.append(events, this.#state.head, texts);',
    'const head = this.#state.head;\n        this.#advance(events, state, [head.seq + 1]);\n        outcome = await this.#log.append(events, head, texts);',
  ),
  one(
    2,
    'a projection looks at the clock',
    'src/projections/apply-replica-set.ts',
    'createTime: event.time,',
    'createTime: String(performance.now()),',
  ),
  one(
    3,
    'no intent: a container is labelled with what changes from try to try',
    STEPS,
    'version: v.version, operation: operation.id },\n    image:',
    'version: v.version, operation: String(state.head.seq) },\n    image:',
  ),
  one(
    3,
    'a lost answer counts as done',
    'src/infra/runtime/operations/perform-step.ts',
    "if (error.kind === 'unavailable') throw error;",
    "if (error.kind === 'unavailable' && step.do !== 'stopContainer') throw error;\n    if (step.do === 'stopContainer') return { ok: true, do: step.do, exitCode: 0 };",
  ),
  one(
    4,
    'a delete releases before it removes',
    'src/commands/replica-set/delete.ts',
    "[{ type: 'ContainerRemoved', stream, data: { version } }, ...(isLast ? released(rs, version) : [])]",
    "[...(isLast ? released(rs, version) : []), { type: 'ContainerRemoved', stream, data: { version } }]",
  ),
  {
    ...one(
      4,
      'a delete releases with the first of its containers',
      'src/commands/replica-set/delete.ts',
      '...(isLast ? released(rs, version) : [])',
      '...(isLast || rs.gpus.length > 0 ? released(rs, version) : [])',
    ),
    from: 300_003_113,
  },
  one(
    4,
    'a patch to fewer GPUs releases while the old version runs',
    VERSION_STEPS,
    'saveDisk: diskSaved,',
    'saveDisk: (open, done) => [...released(open.aggregate, done.step.version, { gpus: [], ports: open.aggregate.ports }), ...diskSaved(open, done)],',
  ),
  one(5, 'an append does not compare the head', LOG, '{ key: HEAD_KEY, value: headText(expected) }', "{ key: '/none', absent: true }"),
  one(
    5,
    'an unknown outcome counts as a conflict',
    LOG,
    'if (record !== null) return txOf(record.value) === tx;',
    'if (record !== null) return false;',
  ),
  one(5, 'the fence is not compared', LOG, '...(fence === null ? [] : [{ key: fence.key, createRevision: fence.revision }]),', ''),
  one(
    5,
    'after a conflict the old decision is appended again',
    COMMITTER,
    'await this.#readOnAfterConflict();\n        continue;',
    'await this.#readOnAfterConflict();\n        for (const d of decided) d.pending.resolve(d.committed);\n        this.#queue.splice(0, decided.length);\n        continue;',
  ),
  one(
    6,
    'the old container is removed before the new one runs',
    VERSION_STEPS,
    "if (to.container === 'created') return startStep(open, to);",
    "if (to.container === 'created') return old === null ? startStep(open, to) : removeStep(open, old, false);",
  ),
  one(
    6,
    'an undo leaves the old container stopped',
    VERSION_STEPS,
    "const wasRunning = operation.before === 'running' &&",
    "const wasRunning = operation.before === 'paused' &&",
  ),
  one(
    6,
    'the system disk is not saved',
    VERSION_STEPS,
    "if (!has(operation, 'SystemDiskSaved')) return",
    "if (!has(operation, 'SystemDiskSaved') && old.disk !== undefined) return",
  ),
  one(
    7,
    'unknown events are skipped',
    'src/events/evolution/upcasters.ts',
    'if (upcaster === undefined) throw',
    'if (upcaster === undefined) return [];\n  if (upcaster === undefined) throw',
  ),
  one(
    8,
    'the engine removes by name without a look at the labels',
    'src/infra/docker/containers/containers.ts',
    'if (found === undefined || !isContainerOf(api, found, ref.owner)) return { found: false };',
    'if (found === undefined) return { found: false };',
  ),
  {
    rule: 8,
    what: 'the engine takes a name from whoever has it',
    edits: [
      {
        file: 'src/infra/docker/containers/containers.ts',
        find: "if (!belongsTo(foundLabels, 'container', owner) || foundLabels?.[LABEL.operation] !== owner.operation) throw foreign(containerName);",
        put: '',
      },
      {
        file: 'src/infra/docker/containers/containers.ts',
        find: 'if (foundLabels[LABEL.request] === labels[LABEL.request]) return found.Id;',
        put: 'if (foundLabels?.[LABEL.request] === labels[LABEL.request]) return found.Id;',
      },
      {
        file: 'src/infra/docker/containers/containers.ts',
        find: "if (found.State.Status !== 'created') throw startedMeanwhile(containerName);",
        put: '',
      },
    ],
  },
  one(
    9,
    'the answer comes before the view',
    COMMITTER,
    'this.#advance(events, state, [this.#state.head.seq + 1]);\n',
    'for (const { pending, committed } of decided) pending.resolve(committed);\n      for (let i = 0; i < 20; i++) await Promise.resolve();\n      this.#advance(events, state, [this.#state.head.seq + 1]);\n',
  ),
  one(10, 'an event names no host', COMMITTER, 'host: this.#host, command,', "host: '', command,"),
  one(
    4,
    'GPUs of others are given out',
    'src/commands/container/allocate.ts',
    'g.present && (g.holder === null || g.holder === name)',
    'g.present',
  ),
  one(
    4,
    'a failed operation keeps what it was given',
    VERSION_STEPS,
    "return from?.container === 'removed' ? released(rs, version) : released(rs, version, operation.held);",
    'return [];',
  ),
  {
    rule: 4,
    what: 'a stop releases nothing',
    edits: [
      {
        file: STOP,
        find: 'data: { version, reason, exitCode } }, ...released(rs, version)];',
        put: 'data: { version, reason, exitCode } }];',
      },
      {
        file: STOP,
        find: 'atEnd: ({ aggregate: rs, from }) => (from !== undefined && isSuperseded(rs, from) ? [] : released(rs, from?.version ?? rs.current)),',
        put: '',
      },
    ],
  },
  one(6, 'a stop saves no disk', STOP, "return has(operation, 'SystemDiskSaved') ? null : saveDiskStep(open, from);", 'return null;'),
  one(
    6,
    'a disk that is replaced is discarded after the one that replaces it is recorded',
    'src/commands/container/current.ts',
    "return [{ type: 'SystemDiskDiscarded', stream, data: { version, image: before.image } }, saved];",
    "return [saved, { type: 'SystemDiskDiscarded', stream, data: { version, image: before.image } }];",
  ),
  one(
    6,
    'a disk that was saved counts as complete after the container ran on',
    'src/projections/apply-replica-set.ts',
    'if (version.disk !== undefined) version.diskStale = true;',
    '',
  ),
  one(
    4,
    'a port that the old container goes back to is given away',
    'src/commands/container/port-conflict.ts',
    'const isHeldByOld = operation.held.ports.some((p) => p.hostPort === taken.hostPort);',
    'const isHeldByOld = false;',
  ),
  one(
    6,
    'a rollback takes the disk of the current version',
    REPLACE,
    'diskOf: (rollbackTo ?? current).version,',
    'diskOf: current.version,',
  ),
  one(13, 'a slot is not given back', 'src/infra/runtime/operations/slots.ts', 'this.#of(kind).holders.delete(holder);', ''),
  one(
    5,
    'a server goes on when its term is over',
    'src/infra/runtime/operations/operation-runner.ts',
    'while (!this.#signal.aborted && this.#isDue(stream)) {',
    'while (this.#isDue(stream)) {',
  ),
  {
    ...one(
      3,
      'a take-over that Docker interrupts begins anew beside itself',
      'src/infra/runtime/lead/take-over.ts',
      'signal.throwIfAborted();\n  reconciler.start();',
      'await reconciler.once().catch(() => takeOver(deps, parts, signal));\n  reconciler.start();',
    ),
    from: 268,
  },
  one(
    5,
    'a key is forgotten when its command has ended',
    'src/projections/keys/apply-command.ts',
    'if (news !== undefined || known === undefined) state.commands = state.commands.with(key, { ...command, ...news });',
    "state.commands = event.type === 'OperationCompleted' ? state.commands.without(key) : state.commands.with(key, { ...command, ...news });",
  ),
  one(
    5,
    'a retry is decided anew while another server carries out the first',
    QUEUE,
    "if (recordedUnderKey(state, origin) !== undefined) return { kind: 'stale' };",
    '',
  ),
  one(
    5,
    'an execute looks for its key only before it queues',
    'src/infra/runtime/exec-runner.ts',
    "if (recordedUnderKey(state, origin) !== undefined) return { kind: 'stale' };",
    '',
  ),
  one(
    5,
    'a key that was used answers another request, too',
    QUEUE,
    'if (first.bodyHash !== origin.bodyHash) return keyOfOtherRequest(command, origin);',
    '',
  ),
  one(
    5,
    'what was so already is not remembered under its key',
    QUEUE,
    "decision.kind === 'already' && origin.idempotencyKey !== undefined ? recordNoOp(state, command) : decision",
    'decision',
  ),
  one(
    1,
    'a snapshot loses the keys',
    'src/infra/log/snapshots/state-lines.ts',
    'for (const [key, entry] of value) yield',
    "if (field !== 'commands') for (const [key, entry] of value) yield",
  ),
  one(
    1,
    'a server begins from a snapshot and does not read on',
    'src/infra/runtime/committer.ts',
    'this.requireUnread();\n    this.#state = state;',
    'this.requireUnread();\n    this.#state = state;\n    this.catchUp = () => Promise.resolve();',
  ),
  one(
    2,
    'a GPU that is not in the machine any more is given out',
    'src/commands/container/allocate.ts',
    'g.present && (g.holder === null || g.holder === name)',
    'g.holder === null || g.holder === name',
  ),
  one(
    2,
    'a driver that does not answer means no GPUs',
    'src/commands/host/reconcile.ts',
    'if (seen === null) return [];',
    'if (seen === null) return decideInventory(state, host, { gpus: [], unreadable: [] }, true);',
  ),
  one(
    2,
    'a GPU that the driver cannot read is lost',
    'src/commands/host/reconcile.ts',
    'new Set([...gpus, ...unreadable].map(',
    'new Set<string | null>(gpus.map(',
  ),
  one(2, 'one look that finds no GPU at all is believed', 'src/commands/host/reconcile.ts', 'if (missing.all && !sure) return events;', ''),
  one(
    4,
    'a GPU that goes is taken from its holder',
    'src/projections/apply-host.ts',
    'lost.present = false;',
    'Object.assign(lost, { present: false, holder: null });',
  ),
  one(
    5,
    'a lease is judged by the wall clock alone',
    'src/infra/etcd/lease.ts',
    'Math.max(clock.now() - wall, clock.boot() - boot)',
    'Math.max(clock.now() - wall, boot - boot)',
  ),
  one(
    2,
    'a clock that jumps ahead is believed',
    'src/infra/runtime/log-time.ts',
    'if (wall - expected > TOLERANCE_MS) {',
    'if (wall - expected > Number.MAX_VALUE) {',
  ),
  on(
    'stored',
    one(
      5,
      'a copy goes on when the lease is lost',
      'src/infra/docker/storage/copy-once.ts',
      'await trees.empty(ask);\n  await trees.copy(ask);',
      'await trees.empty(() => {});\n  await trees.copy(() => {});',
    ),
  ),
  on(
    'hidden',
    one(
      6,
      'an anonymous volume that a patch brought is forgotten',
      'src/projections/apply-replica-set.ts',
      'const mounted = event.data.anonymousVolumes;',
      "const mounted = rs.operation?.kind === 'run' ? event.data.anonymousVolumes : [];",
    ),
  ),
  one(
    6,
    'what an undone version brought is not removed with it',
    'src/commands/container/steps.ts',
    '...removeStep(open, v, true),\n  anonymousVolumes: anonymousVolumesOf(open.aggregate, v),',
    '...removeStep(open, v, false),',
  ),
  one(
    2,
    'the GPUs are listed only when the host is taken over',
    'src/infra/runtime/reconciler.ts',
    'await this.#takeInventory();',
    'if (this.trouble !== null) await this.#takeInventory();',
  ),
  one(
    3,
    'the outcome of an execute is dropped when the log is full',
    'src/infra/runtime/exec-runner.ts',
    '=> error instanceof LogHeldError;',
    '=> error instanceof LogHeldError && record === undefined;',
  ),
  one(5, 'a repetition that finds no space counts as never written', LOG, 'if (!asked) throw new LogFullError', 'throw new LogFullError'),
  one(
    5,
    'a standby executes commands',
    'src/infra/runtime/host-service.ts',
    'leads: () => this.#waiting.reason === null',
    'leads: () => true',
  ),
  one(
    6,
    'an undo discards the saved disk before it has seen the old container again',
    VERSION_STEPS,
    'if (wasRunning && !isTried) return',
    "if (has(operation, 'SystemDiskSaved') && from.disk !== undefined) return { do: 'discardDisk', version: from.version, image: from.disk.image };\n  if (wasRunning && !isTried) return",
  ),
  {
    ...one(6, 'a failure does not tell that the old container is gone', VERSION_STEPS, '  atEnd,\n  undone,', '  atEnd,'),
    from: 400000037,
  },
  one(
    12,
    'what one look misses is given up at once',
    'src/commands/host/reconcile.ts',
    'if (missing === undefined && writable(state, type)) return [{ type, stream, data: { version } }];',
    'if (missing === undefined) return decideLoss(state, stream);',
  ),
  on(
    'loss',
    one(
      12,
      'what comes back without its lease runs on',
      'src/commands/host/reconcile.ts',
      "...(isRunning(found) ? [stopUnleased(stream, version, 'reappeared')] : [])",
      '',
    ),
  ),
  one(
    12,
    'what comes back to a name that has another container is left where it is',
    'src/infra/runtime/reconciler.ts',
    'for (const one of this.#dueLeftovers(found, containers))',
    'for (const one of this.#dueLeftovers([], containers))',
  ),
  one(
    12,
    'a superseded version that comes back runs on',
    'src/infra/runtime/absence/stray-watch.ts',
    "if (mustStop(committer.state, stray)) void this.#tend(stray, 'stop');",
    '',
  ),
  one(
    11,
    'a machine that is not the one that the log knows leads',
    'src/infra/runtime/lead/recognition.ts',
    'if (refusal === null) return;',
    'if (refusal === null || refusal !== undefined) return;',
  ),
  one(11, 'another Docker under the same name is believed', 'src/commands/host/identity.ts', "  ['engineId', \"Docker's id\"],\n", ''),
  one(
    11,
    'another machine under the same name is believed',
    'src/commands/host/identity.ts',
    'if (named?.identity !== undefined && !isSameMachine(named, machine)) {',
    'if (named?.identity !== undefined && !isSameMachine(named, machine) && machine.name === "") {',
  ),
  one(
    11,
    'an operator who saw one Docker has spoken of any',
    'src/commands/host/identity.ts',
    'adoption === null || adoption.seen === seenCode(state, machine, host)',
    'adoption === null || adoption.seen !== ""',
  ),
  one(
    10,
    'a command for another host is carried out',
    'src/commands/command.ts',
    'if (aggregate === undefined || aggregate.host === host) return null;',
    'if (aggregate !== null) return null;\n  if (aggregate === undefined) return null;',
  ),
  on(
    'taken-in',
    one(
      11,
      'what was taken in without labels is nobody’s',
      'src/infra/docker/connection/ownership.ts',
      "ownerOf(labels, 'container') ?? unlabelled.container(id)?.owner;",
      "ownerOf(labels, 'container') ?? (unlabelled.container(id) && undefined);",
    ),
  ),
  one(11, 'a GPU of another host is a find', 'src/commands/host/reconcile.ts', 'if (elsewhere.has(gpu.gpu)) continue;', ''),
  {
    rule: 13,
    what: 'one lost disk of a name is recorded with each look',
    from: 35,
    edits: [
      {
        file: 'src/infra/runtime/absence/disk-sweep.ts',
        find: 'changed.slice(0, DISKS_PER_DECISION)',
        put: 'changed.slice(0, 1)',
      },
    ],
  },
  {
    rule: 13,
    what: 'what a comparison finds is one decision for the whole host',
    from: 164,
    edits: [
      {
        file: 'src/infra/runtime/reconciler.ts',
        find: 'const recorded: Promise<void>[] = [];',
        put: "const streams = (state: State) => streamsOf(state, host);\n    const recorded: Promise<void>[] = [this.#record('all', meta, (state) => streams(state).flatMap((one) => decideReconcile(state, one, observed, doubt)))];",
      },
      {
        file: 'src/infra/runtime/reconciler.ts',
        find: 'if (!this.#differs(stream, observed, doubt)) continue;',
        put: "if (stream !== '' || !this.#differs(stream, observed, doubt)) continue;",
      },
    ],
  },
  one(
    5,
    'the lease lasts while the loop is held',
    'src/infra/etcd/lease.ts',
    'if (this.#left() <= 0) this.#end(this.#silence());\n    this.lost.throwIfAborted();',
    'this.lost.throwIfAborted();',
  ),
  one(
    4,
    'the number of a version that failed is given again',
    'src/projections/apply-replica-set.ts',
    'rs.lastVersion = Math.max(rs.lastVersion, version);',
    'rs.lastVersion = Math.max(rs.current, version - 1);',
  ),
  one(
    6,
    'a limit retains one version too many',
    'src/commands/container/retention.ts',
    'surplus > 0 && retained < keepVersions;',
    'surplus > 0 && retained <= keepVersions;',
  ),
  one(
    3,
    'the disks of removed versions stay',
    'src/commands/host/saved-disks.ts',
    'rs.uid !== uid || version > rs.lastVersion) return false;',
    'rs.uid !== uid || findVersion(rs, version) === undefined) return false;',
  ),
  one(
    12,
    'what a client paused is started again, too',
    'src/commands/host/restarts/next-try.ts',
    "(rs.state === 'exited' || rs.state === 'failed') &&",
    "rs.state !== 'stopped' &&",
  ),
];
