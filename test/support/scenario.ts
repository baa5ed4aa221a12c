// given/when/then for the pure core: commands are decided and applied, steps are answered by the test, and every step checks that
// nothing is held twice.
import { type Command, decide } from '../../src/commands/command.ts';
import { type Decision, type Facts, noFacts, type Rejection, type Settings } from '../../src/commands/decision.ts';
import type { MachineIdentity } from '../../src/commands/host/identity.ts';
import { containersOf, type Doubt, decideReconcile, decideStart, type EngineSeen, streamsOf } from '../../src/commands/host/reconcile.ts';
import { next } from '../../src/commands/operation/next.ts';
import { closing, decideOutcome } from '../../src/commands/operation/outcome.ts';
import { wellDone } from '../../src/commands/operation/plan.ts';
import type { ContainerFacts, Step, StepResult } from '../../src/commands/outside/engine.ts';
import { type Event, type NewEvent, schemaVersionOf } from '../../src/events/catalogue.ts';
import type { CommandMeta } from '../../src/events/envelope.ts';
import { seal } from '../../src/events/hash.ts';
import type { MachineOfHost } from '../../src/infra/runtime/lead/recognition.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { aggregateOf, initialState, type ReplicaSet, type State, type Volume } from '../../src/projections/state.ts';

export const HOST = 'box';
/** The machine that tests play. */
export const MACHINE: MachineIdentity = {
  hostId: '00000000-0000-4000-8000-000000000001',
  name: HOST,
  machineId: 'machine-1',
  engineId: 'FAKE:ENGINE',
  dataRoot: '/fake',
  storageDriver: 'memory',
};
/** The same as a host service asks for it. */
export const machineOf = (over: Partial<MachineOfHost> = {}): MachineOfHost => ({
  hostId: MACHINE.hostId,
  name: MACHINE.name,
  machineId: MACHINE.machineId,
  adoption: () => null,
  adopted: () => {},
  ...over,
});
export const settings: Settings = {
  host: HOST,
  replaceGrace: 1,
  stopTimeout: 10,
  maxStopTimeout: 600,
  settleMs: 0,
  strictVolumes: false,
  restart: 'no',
  requestDevices: true,
  allowBind: ['/'],
  forbiddenPaths: ['/', '/etc', '/proc', '/root'],
  protectedPaths: ['/var/lib/docker'],
  createBinds: true,
  allowVolumes: 'any',
};
const IMAGE = { id: 'sha256:base', env: ['PATH=/bin'] };

/** What has been missing for long, on a host that has most of its things. */
const SURE: Doubt = { missingMs: () => 10_000, now: Date.parse('2030-01-01'), doubtMs: 10_000, mayGiveUp: true };

/** Facts that answer every question with "all is well". */
export function goodFacts(over: Partial<Facts> = {}): Facts {
  const always = <T>(value: T): ReadonlyMap<string, T> => ({ get: () => value, has: () => true }) as unknown as ReadonlyMap<string, T>;
  return {
    ...noFacts,
    images: always(IMAGE),
    imageNames: always(null),
    volumes: always('ours'),
    hostPaths: { get: (path: string) => path } as unknown as ReadonlyMap<string, string>,
    diskProblems: always(null),
    volumeUse: always({ usedBytes: 0, users: [] }),
    ...over,
  };
}

export type Answer = (step: Step) => StepResult | undefined;

export class Scenario {
  state: State = initialState;
  readonly events: Event[] = [];
  readonly steps: Step[] = [];
  /** The key that commands come with; undefined: none is needed. */
  key: string | undefined;
  #commands = 0;
  #now = Date.parse('2026-01-01T00:00:00.000Z');

  constructor(gpus = 4, ports: { start: number; end: number } = { start: 40000, end: 40009 }) {
    const inventory = Array.from({ length: gpus }, (_, index) => ({ gpu: `GPU-${index}`, index, name: 'A100', memoryMiB: 81920 }));
    this.append(
      decideStart(this.state, HOST, 'log-1', {
        pid: 1,
        version: '0',
        engine: '20.10',
        storageDriver: 'overlay2',
        gpuMode: 'nvidia',
        machine: MACHINE,
        gpus: { gpus: inventory, unreadable: [] },
        portRange: ports,
      }),
      { id: 'start', name: 'start', actor: 'system:start' },
    );
  }

  /** Time of the last event, ms. */
  get now(): number {
    return this.#now;
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  append(events: readonly NewEvent[], command: CommandMeta, host = HOST): Event[] {
    const out = this.#append(events, command, host);
    this.checkHolds();
    return out;
  }

  #append(events: readonly NewEvent[], command: CommandMeta, host = HOST): Event[] {
    let { seq, hash } = this.state.head;
    const out: Event[] = [];
    for (const event of events) {
      this.#now += 1;
      const one = seal<string, unknown>({
        seq: seq + 1,
        type: event.type,
        schema: schemaVersionOf(event.type),
        stream: event.stream,
        time: new Date(this.#now).toISOString(),
        host,
        command,
        data: event.data,
        prev: hash,
      }) as Event;
      ({ seq, hash } = one);
      out.push(one);
    }
    this.state = applyAll(this.state, out);
    this.events.push(...out);
    return out;
  }

  decide(command: Command, facts: Facts = goodFacts(), of: Settings = settings): { decision: Decision; meta: CommandMeta } {
    const by = this.key === undefined ? undefined : { actor: this.key, key: this.key, now: this.#now };
    const key = this.key === undefined ? {} : { key: this.key };
    const meta: CommandMeta = { id: `c${++this.#commands}`, name: command.do, actor: this.key ?? 'test', ...key };
    return { decision: decide(this.state, command, { settings: of, facts, id: meta.id, ...(by !== undefined && { by }) }), meta };
  }

  /** Decides a command, and if it is accepted carries its operation out; `answer` overrides what the engine says to a step. */
  run(command: Command, answer: Answer = () => undefined, facts: Facts = goodFacts()): Event[] {
    const { decision, meta } = this.decide(command, facts);
    if (decision.kind !== 'events') throw new Error(`not accepted: ${JSON.stringify(decision)}`);
    const began = this.append(decision.events, meta);
    return [...began, ...this.drive(began[0]?.stream ?? '', answer)];
  }

  /** Puts the name into the state as a running one, without the steps and without checking all names. */
  begin(command: Command): void {
    const { decision, meta } = this.decide(command);
    if (decision.kind !== 'events') throw new Error(`not accepted: ${JSON.stringify(decision)}`);
    const stream = decision.events[0]?.stream ?? '';
    const more: NewEvent[] = [
      {
        type: 'ContainerCreated',
        stream,
        data: { version: 1, containerId: `id-${stream.slice('replicaSet/'.length)}-1`, anonymousVolumes: [] },
      },
      { type: 'ContainerStarted', stream, data: { version: 1, reason: 'operation' } },
      { type: 'OperationCompleted', stream, data: { kind: 'run' } },
    ];
    this.#append([...decision.events, ...more], meta);
  }

  /** The container of that version as a look at the engine sees it. */
  seen(name: string, version: number, state: 'running' | 'exited', exitCode = 0): ContainerFacts {
    const rs = this.rs(name);
    return {
      id: rs.versions.find((v) => v.version === version)?.containerId ?? '',
      containerName: `${name}-${version}`,
      name,
      uid: rs.uid,
      version,
      state,
      exitCode,
      oomKilled: false,
      gpus: [],
      hostPorts: [],
    };
  }

  rejected(command: Command, facts: Facts = goodFacts()): Rejection {
    const { decision } = this.decide(command, facts);
    if (decision.kind !== 'rejected') throw new Error(`not rejected: ${JSON.stringify(decision)}`);
    return decision.rejection;
  }

  /** Steps until none is due. */
  drive(stream: string, answer: Answer = () => undefined): Event[] {
    const out: Event[] = [];
    for (let i = 0; i < 100; i++) {
      const aggregate = aggregateOf(this.state, stream);
      if (aggregate === undefined) return out;
      const step = next(this.state, aggregate, settings);
      const meta = aggregate.operation?.command ?? { id: `h${i}`, name: 'housekeeping', actor: 'system' };
      if (step === null) {
        const events = closing(this.state, stream, settings);
        if (events.length === 0) return out;
        out.push(...this.append(events, meta));
        continue;
      }
      this.steps.push(step);
      const result = answer(step) ?? wellDone(step);
      const operation = aggregate.operation?.id ?? null;
      const events = decideOutcome(this.state, stream, { operation, step, result, busyPorts: new Set() }, settings);
      if (events.length === 0) return out;
      out.push(...this.append(events, meta));
    }
    throw new Error(`${stream} does not come to an end`);
  }

  reconcile({
    containers,
    volumes,
    engine,
    ...doubt
  }: Partial<Doubt> & { containers: readonly ContainerFacts[]; volumes: ReadonlySet<string>; engine?: EngineSeen }): Event[] {
    const observed = { seq: this.state.head.seq, containers: containersOf(containers), volumes, ...(engine !== undefined && { engine }) };
    const events = streamsOf(this.state, HOST).flatMap((stream) => decideReconcile(this.state, stream, observed, { ...SURE, ...doubt }));
    return this.append(events, { id: `r${this.state.head.seq}`, name: 'reconcile', actor: 'system:reconcile' });
  }

  rs(name: string): ReplicaSet {
    const rs = this.state.replicaSets.get(name);
    if (rs === undefined) throw new Error(`${name} does not exist`);
    return rs;
  }
  volume(name: string): Volume {
    const volume = this.state.volumes.get(name);
    if (volume === undefined) throw new Error(`${name} does not exist`);
    return volume;
  }

  holder(gpu: number): string | null {
    return this.state.hosts.get(HOST)?.gpus.find((g) => g.index === gpu)?.holder ?? null;
  }

  /** What the GPUs and ports say is what the replicaSets say, and nothing is held twice. */
  checkHolds(): void {
    const host = this.state.hosts.get(HOST);
    const held = [...this.state.replicaSets.values()].flatMap((rs) => rs.gpus.map((g) => `${g}=${rs.name}`));
    const said = (host?.gpus ?? []).filter((g) => g.holder !== null).map((g) => `${g.gpu}=${g.holder}`);
    if (held.sort().join() !== said.sort().join()) throw new Error(`GPUs differ: ${held} against ${said}`);
    const ports = [...this.state.replicaSets.values()].flatMap((rs) => rs.ports.map((p) => `${p.hostPort}=${rs.name}`));
    const saidPorts = [...(host?.ports ?? [])].map(([port, name]) => `${port}=${name}`);
    if (ports.sort().join() !== saidPorts.sort().join()) throw new Error(`ports differ: ${ports} against ${saidPorts}`);
  }
}

export const types = (events: readonly { type: string }[]): string[] => events.map((e) => e.type);
type Run = Extract<Command, { do: 'run' }>;
export const runs = (replicaSetName: string, over: Partial<Run> = {}): Run => ({
  do: 'run',
  imageName: 'img',
  replicaSetName,
  gpuCount: 1,
  binds: [],
  env: [],
  containerPorts: [],
  ...over,
});
export const run: (replicaSetName: string, over?: Partial<Run>) => Command = runs;
