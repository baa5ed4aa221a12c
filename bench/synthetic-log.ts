// Makes a long log as the service would write it: the real deciders decide real commands, their operations are driven to the end with an
// engine where every step succeeds, and the events are sealed in one hash chain. No event is made up.
import { type Command, decide } from '../src/commands/command.ts';
import type { Facts } from '../src/commands/decision.ts';
import { decideStart } from '../src/commands/host/reconcile.ts';
import { next } from '../src/commands/operation/next.ts';
import { closing, decideOutcome } from '../src/commands/operation/outcome.ts';
import { wellDone } from '../src/commands/operation/plan.ts';
import type { Step, StepResult } from '../src/commands/outside/engine.ts';
import { type Event, type NewEvent, schemaVersionOf } from '../src/events/catalogue.ts';
import type { CommandMeta } from '../src/events/envelope.ts';
import { seal } from '../src/events/hash.ts';
import type { EtcdKv } from '../src/infra/etcd/kv.ts';
import { HEAD_KEY, headText, recordKey } from '../src/infra/etcd/log.ts';
import { encodeRecord } from '../src/infra/etcd/record.ts';
import { applyAll } from '../src/projections/apply.ts';
import { aggregateOf, initialState, type State } from '../src/projections/state.ts';
import { goodFacts, HOST, MACHINE, run, settings } from '../test/support/scenario.ts';

export const GPUS = 16;
const NOTHING_BUSY: ReadonlySet<number> = new Set();
const ACTOR = 'user:bench';
/** Time of the first event; each further event is 1 ms later. */
const EPOCH = Date.parse('2026-01-01T00:00:00.000Z');

interface Story {
  readonly name: string;
  /** Its events as JSON. */
  readonly text: string;
}

type Unsealed = NewEvent & { readonly command: CommandMeta };

interface Began {
  readonly meta: CommandMeta;
  readonly stream: string;
}

export interface SyntheticLog {
  /** The events of each commit, in the order of the log. */
  readonly records: readonly (readonly Event[])[];
  readonly count: number;
  readonly state: State;
}

/** As a release before the ids of machines wrote it: the server that is started on the log binds this machine to the host. */
function ofAnyMachine(event: NewEvent): NewEvent {
  if (event.type !== 'HostStarted') return event;
  const { hostId: _, machineId: __, engineId: ___, dataRoot: ____, ...data } = event.data;
  return { ...event, data };
}

/** Decides commands and drives their operations to the end. `facts`: about what is outside; absent: all is well there. */
export class Writer {
  state: State = initialState;
  readonly records: Event[][] = [];
  readonly #facts: Facts;
  #commands = 0;
  #id(): string {
    // As long as the service's UUIDs.
    return `00000000-0000-4000-8000-${String(++this.#commands).padStart(12, '0')}`;
  }

  constructor(facts: Facts = goodFacts()) {
    this.#facts = facts;
    const gpus = Array.from({ length: GPUS }, (_, index) => ({
      gpu: `GPU-0000000${index}-1111-4222-8333-00000000000`,
      index,
      name: 'NVIDIA A100 80GB PCIe',
      memoryMiB: 81_920,
    }));
    const started = {
      pid: 1,
      version: '0.1.0',
      engine: '20.10.24',
      storageDriver: 'overlay2',
      gpuMode: 'nvidia',
      machine: MACHINE,
      gpus: { gpus, unreadable: [] },
      portRange: { start: 40_000, end: 65_535 },
    };
    this.#append(decideStart(this.state, HOST, this.#id(), started).map(ofAnyMachine), {
      id: this.#id(),
      name: 'start',
      actor: 'system:start',
    });
  }

  get count(): number {
    return this.state.head.seq;
  }

  #append(events: readonly NewEvent[], command: CommandMeta): void {
    this.#store(events.map((event) => ({ ...event, command })));
  }

  #store(events: readonly Unsealed[]): void {
    let { seq, hash } = this.state.head;
    const record = events.map(({ type, stream, data, command }) => {
      const time = new Date(EPOCH + seq).toISOString();
      const event = seal<string, unknown>({
        seq: seq + 1,
        type,
        schema: schemaVersionOf(type),
        stream,
        time,
        host: HOST,
        command,
        data,
        prev: hash,
      });
      ({ seq, hash } = event);
      return event as Event;
    });
    this.state = applyAll(this.state, record);
    this.records.push(record);
  }

  /** All that happened to a name so far, for `repeat`. */
  story(name: string): Story {
    const of = this.records.flat().filter(({ stream }) => stream === `replicaSet/${name}`);
    return { name, text: JSON.stringify(of.map(({ type, stream, data, command }) => ({ type, stream, data, command }))) };
  }

  /** The story again, of another name, by commands of its own: ten times as fast as to decide it anew. */
  repeat({ name, text }: Story, as: string): void {
    const ids = new Map<string, string>();
    const idOf = (id: string): string => {
      const own = ids.get(id) ?? this.#id();
      ids.set(id, own);
      return own;
    };
    const copies = JSON.parse(text.replaceAll(name, as).replace(/00000000-0000-4000-8000-\d{12}/g, idOf)) as Unsealed[];
    for (let at = 0; at < copies.length; at += 500) this.#store(copies.slice(at, at + 500));
  }

  order(command: Command): void {
    const began = this.#begin(command);
    for (let step = this.#step(began); step !== undefined; step = this.#step(began)) this.#record(began, step, step && wellDone(step));
  }

  /** The same, with the answers of an engine. Others of other names may be carried out meanwhile. */
  async carryOut(command: Command, perform: (step: Step) => Promise<StepResult>): Promise<void> {
    const began = this.#begin(command);
    for (let step = this.#step(began); step !== undefined; step = this.#step(began))
      this.#record(began, step, step && (await perform(step)));
  }

  /** Records what somebody found out, without an operation. */
  note(name: string, decided: readonly NewEvent[]): void {
    if (decided.length > 0) this.#append(decided, { id: this.#id(), name, actor: `system:${name}` });
  }

  #begin(command: Command): Began {
    const meta: CommandMeta = { id: this.#id(), name: command.do, actor: ACTOR, requestId: this.#id() };
    const decision = decide(this.state, command, { settings, facts: this.#facts, id: meta.id });
    if (decision.kind !== 'events') throw new Error(`${command.do} was not accepted: ${JSON.stringify(decision)}`);
    this.#append(decision.events, meta);
    return { meta, stream: decision.events[0]?.stream ?? '' };
  }

  /** Null: the operation has only to be closed; undefined: it has ended. */
  #step({ stream }: Began): Step | null | undefined {
    const aggregate = aggregateOf(this.state, stream);
    return aggregate?.operation == null ? undefined : next(this.state, aggregate, settings);
  }

  #record({ meta, stream }: Began, step: Step | null, result: StepResult | null): void {
    const events =
      step === null || result === null
        ? closing(this.state, stream, settings)
        : decideOutcome(this.state, stream, { operation: meta.id, step, result, busyPorts: NOTHING_BUSY }, settings);
    this.#append(events, meta);
  }
}

const more = (name: string, gpuCount: number): Command => ({ do: 'patch', name, gpuPatch: { gpuCount } });

/**
 * At least `atLeast` events of `names` names that take turns: each is run or restarted, patched, rolled back, and stopped; every third time
 * it is deleted instead. `long` is one more name, with that many versions, which keeps running.
 */
export function synthesize(atLeast: number, names = 500, long?: { readonly name: string; readonly versions: number }): SyntheticLog {
  const writer = new Writer();
  if (long !== undefined) {
    writer.order(
      run(long.name, {
        env: ['USER=bench', 'LANG=C.UTF-8'],
        containerPorts: ['22', '8888'],
        binds: [{ src: '/data/bench', dest: '/data' }],
      }),
    );
    for (let version = 2; version <= long.versions; version++) writer.order(more(long.name, 1 + (version % 2)));
  }
  const lives = new Map<string, number>();
  for (let turn = 0; writer.count < atLeast; turn++) {
    const name = `set${turn % names}`;
    const life = lives.get(name) ?? 0;
    if (life === 0) writer.order(run(name, { env: ['USER=bench'], containerPorts: ['22'] }));
    else writer.order({ do: 'restart', name });
    writer.order(more(name, 2));
    writer.order({ do: 'rollback', name, version: 1 });
    const deleted = turn % 3 === 0;
    writer.order({ do: deleted ? 'delete' : 'stop', name });
    if (deleted) lives.delete(name);
    else lives.set(name, life + 1);
  }
  return { records: writer.records, count: writer.count, state: writer.state };
}

/** The same events in records of 500, like group commit under load or an import. */
export function packed(log: SyntheticLog): SyntheticLog {
  const events = log.records.flat();
  const records: Event[][] = [];
  for (let at = 0; at < events.length; at += 500) records.push(events.slice(at, at + 500));
  return { ...log, records };
}

/** Writes per transaction; etcd accepts 128 operations. */
const PUTS = 120;
/** Bytes per transaction; etcd accepts 1.5 MB. */
const BYTES = 1_000_000;

/**
 * Writes after which etcd has made a snapshot of its own (`--snapshot-count`). At a start it reads all of its write-ahead log since the last one:
 * here hundreds of megabytes, as each write has hundreds of records, and a server's have one.
 */
const SETTLING = 6_000;
const AT_ONCE = 200;

/** Writes the log to an empty etcd. */
export async function store(kv: EtcdKv, log: SyntheticLog): Promise<void> {
  let write: { put: string; value: string }[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (write.length > 0) await kv.txn({ if: [], write });
    write = [];
    bytes = 0;
  };
  for (const record of log.records) {
    const [first] = record;
    if (first === undefined) continue;
    const value = encodeRecord(first.command.id, record, { seq: first.seq - 1, hash: first.prev });
    if (write.length === PUTS || bytes + value.length > BYTES) await flush();
    write.push({ put: recordKey(first.seq), value });
    bytes += value.length;
  }
  await flush();
  const head = { put: HEAD_KEY, value: headText(log.state.head) };
  for (let i = 0; i < SETTLING; i += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, async () => kv.txn({ if: [], write: [head] })));
}
