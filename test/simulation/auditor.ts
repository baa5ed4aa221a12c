// Reads every record the moment it is written and holds it against the rules, with books of its own: what it knows of who holds what
// does not come from the projections. Beside them it keeps the state at the head, to compare with Docker and with what servers say.
import type { Event, EventOf } from '../../src/events/catalogue.ts';
import { EMPTY_HEAD, type Head } from '../../src/events/envelope.ts';
import { hashOf } from '../../src/events/hash.ts';
import type { Write } from '../../src/infra/etcd/kv.ts';
import { LOG_PREFIX } from '../../src/infra/etcd/log.ts';
import { decodeRecord } from '../../src/infra/etcd/record.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { aggregateOf, type ContainerVersion, findVersion, initialState, type ReplicaSet, type State } from '../../src/projections/state.ts';
import type { FakeContainer, FakeHost } from '../doubles/fake-host.ts';
import { Desired } from './desired.ts';
import { Keys, nameOfKey } from './keys.ts';
import { Levels } from './releases.ts';
import { Retention } from './retention.ts';
import { Tenants } from './tenants.ts';
import { Users } from './users.ts';
import { hold } from './violation.ts';

/** What the log says came of one request, or of all under one key. */
export interface Told {
  began: boolean;
  ended: 'completed' | 'failed' | null;
  events: number;
  /** The sequence of the last of them. */
  seq: number;
}

const gpusOf = ({ gpus }: { readonly gpus: readonly string[] }): string[] => gpus.map((g) => `gpu/${g}`);
const portsOf = ({ ports }: { readonly ports: readonly { readonly hostPort: number }[] }, host: string): string[] =>
  ports.map((p) => `port/${p.hostPort} of ${host}`);

const lineOf = ({ seq, time, stream, type, data, command }: Event): string =>
  `${seq} ${time.slice(11)} ${stream} ${type} ${JSON.stringify(data)} (${command.name} ${command.id})`;

const isLeft = (rs: ReplicaSet, { version, container }: ContainerVersion): boolean =>
  version !== rs.current && container !== 'removed' && container !== 'planned';

/** Where to look for what came of a request. */
export const toldOf = (request: string, key: string | undefined): string => (key === undefined ? request : `all of ${key}`);

/** Age at which what is missing from Docker is given up, ms. */
export const DOUBT_MS = 10_000;
const TAIL = 40;
/** Bound, ms: a step of the clock by so much is believed. */
const TOLERANCE_MS = 5 * 60_000;
/** Share of the time that has passed by which a clock may run fast unnoticed. */
const DRIFT = 0.001;

/** A machine whose Docker is looked at. Only a right one is a host of the log. */
export interface Watched {
  readonly host: string;
  readonly isRight: boolean;
  readonly docker: FakeHost;
  /** Whether its Docker's disk is away. */
  readonly isUnmounted: boolean;
  operationEnded(rs: ReplicaSet, end: Event): void;
  resized(from: string, to: string): void;
  gpuLost(seq: number, gpu: string): void;
  gpusGiven(event: EventOf<'GpuAllocated'>): void;
  takenIn(event: EventOf<'ContainerAdopted'>): void;
  /** The log gives up the container of a version, or forgets it with its name. */
  gone(seq: number, containerId: string | undefined): void;
  /** The log says that a container is not there. */
  saidGone(seq: number, containerId: string | undefined): void;
}

/** What a stream had before the operation that is open. */
interface Before {
  /** The id of its command. */
  readonly command: string;
  readonly current: number;
  readonly holds: readonly string[];
  /** Versions whose place another has taken and whose container is back: one that cannot be stopped, say, stays until it is tried again. */
  readonly back: ReadonlySet<number>;
}

export class Auditor {
  state: State = initialState;
  readonly told = new Map<string, Told>();
  readonly keys = new Keys();
  readonly #levels = new Levels();
  readonly #retention = new Retention();
  readonly #tenants = new Tenants();
  readonly desired = new Desired();
  /** Containers that run because somebody else, or an order of a server that is gone, started them: the service may not know yet. */
  readonly outside = new Set<string>();
  /** Containers that Docker has hidden for a while: one whose name was deleted meanwhile comes back a stray. */
  readonly unmounted = new Set<string>();
  /** When a name's container was last missed, in virtual ms. */
  readonly #missedAt = new Map<string, number>();
  /** Images that somebody removed. */
  readonly lostImages = new Set<string>();
  /** etcd was put back: what is known here is of events that are gone, and nothing is judged by it. */
  isPast = false;
  /** Volumes that nobody can know of. */
  readonly excused = new Set<string>();
  readonly #tail: Event[] = [];
  onEvent: ((line: string) => void) | undefined;
  readonly #machines: Watched[] = [];
  readonly #users = new Users();
  /** By the host's name in the log. */
  readonly #hosts = new Map<string, Watched>();
  readonly #now: () => number;
  readonly #began: number;
  #head: Head = EMPTY_HEAD;
  /** Maximum of what an event was ahead of the true time, ms. */
  #mostAhead = 0;
  /** `gpu/…` and `port/…` → stream that holds it. */
  readonly #holders = new Map<string, string>();
  /** Versions whose container may be running as far as the log tells, with what they were given. */
  readonly #live = new Map<string, { readonly stream: string; readonly uses: Set<string> }>();
  /** GPU → the host that has it as far as the log tells. */
  readonly #present = new Map<string, string>();
  /** Stream → the hosts that it was ever on. */
  readonly #everOn = new Map<string, Set<string>>();
  readonly #given = new Map<string, readonly string[]>();
  /** Sequences of discards, in the record that is being read, of disks whose container was not seen since. */
  readonly #unseen = new Set<number>();
  /** Streams whose container somebody removed during the operation that is open. */
  readonly #vanished = new Set<string>();
  readonly #before = new Map<string, Before>();
  #foreign: readonly { readonly docker: FakeHost; readonly container: FakeContainer; readonly layer: number }[] = [];
  #foreignVolumes: readonly { readonly docker: FakeHost; readonly name: string }[] = [];

  /** `now`: the true time, ms. */
  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
  }

  watch(machine: Watched): void {
    this.#machines.push(machine);
    this.#users.watch(machine.docker);
    if (machine.isRight) this.#hosts.set(machine.host, machine);
    this.watchForeign();
  }

  /** The last events. */
  get tail(): readonly string[] {
    return this.#tail.map(lineOf);
  }

  /** Whether a stream was ever on another host. */
  wasElsewhere(stream: string, host: string): boolean {
    return [...(this.#everOn.get(stream) ?? [])].some((on) => on !== host);
  }

  /** What is there now and is not ours must stay as it is. */
  watchForeign(): void {
    this.#foreign = this.#machines.flatMap(({ docker }) =>
      [...docker.containers.values()]
        .filter(({ owner }) => owner?.log !== this.state.logId)
        .map((container) => ({ docker, container, layer: container.layer.size })),
    );
    this.#foreignVolumes = this.#machines.flatMap(({ docker }) =>
      [...docker.volumes.values()]
        .filter(({ owner, anonymous }) => owner === undefined && !anonymous)
        .map(({ name }) => ({ docker, name })),
    );
  }

  /** Somebody removes a container. What Docker made for it and nobody has told the log of yet stays behind unknown. */
  lostByOthers(container: FakeContainer): void {
    const { owner } = container;
    const rs = this.state.replicaSets.get(owner?.name ?? '');
    const version = rs?.uid === owner?.uid && rs !== undefined ? findVersion(rs, owner?.version ?? 0) : undefined;
    if (version?.containerId !== container.id) for (const volume of container.mounts.values()) this.excused.add(volume);
  }

  written(writes: readonly Write[]): void {
    for (const write of writes) {
      if (!('put' in write) || !write.put.startsWith(LOG_PREFIX)) continue;
      const events = decodeRecord(Number(write.put.slice(LOG_PREFIX.length)), write.value, this.#head.hash) as readonly Event[];
      for (const event of events) this.#read(event);
      const before = this.state;
      this.state = applyAll(before, events);
      for (const event of events) this.#afterwards(event, before);
    }
    this.checkEngine();
  }

  #read(event: Event): void {
    hold(event.seq === this.#head.seq + 1, 'dense sequence', () => `event ${event.seq} follows ${this.#head.seq}`);
    hold(
      event.prev === this.#head.hash && hashOf(event) === event.hash,
      'hash chain',
      () => `event ${event.seq} does not continue the chain`,
    );
    hold(this.#hosts.has(event.host), 'host', () => `event ${event.seq} names the host ${JSON.stringify(event.host)}`);
    const on = aggregateOf(this.state, event.stream)?.host ?? event.host;
    hold(on === event.host, 'of another host', () => `event ${event.seq} of ${event.host} is about ${event.stream}, which is on ${on}`);
    hold(
      event.time >= this.state.time,
      'time goes on',
      () => `event ${event.seq} is of ${event.time}, the one before of ${this.state.time}`,
    );
    const ahead = Date.parse(event.time) - this.#now();
    hold(
      ahead <= this.#mostAhead + TOLERANCE_MS + (this.#now() - this.#began) * DRIFT,
      'time far ahead',
      () => `event ${event.seq} is ${ahead} ms ahead of the time, those before were at most ${this.#mostAhead}`,
    );
    this.#mostAhead = Math.max(this.#mostAhead, ahead);
    this.#head = { seq: event.seq, hash: event.hash };
    this.onEvent?.(lineOf(event));
    this.#tail.push(event);
    if (this.#tail.length > TAIL) this.#tail.shift();
    const { idempotencyKey: header, actor } = event.command;
    if (this.keys.read(event) && header !== undefined) this.told.delete(toldOf('', nameOfKey(header, actor)));
    this.#levels.read(event);
    this.#retention.read(event);
    this.desired.read(event);
    this.#tenants.read(event);
    this.#note(event);
    this.#book(event);
  }

  /** What the log tells each client. */
  #note(event: Event): void {
    const { requestId, idempotencyKey: header, actor } = event.command;
    // It came before the command itself was decided, which may be refused yet.
    if (requestId === undefined || event.type === 'StopCutShort') return;
    const request = toldOf(requestId, header === undefined ? undefined : nameOfKey(header, actor));
    const told = this.told.get(request) ?? { began: false, ended: null, events: 0, seq: 0 };
    told.events++;
    told.seq = event.seq;
    if (event.type === 'OperationStarted') told.began = true;
    if (event.type === 'OperationCompleted') told.ended = 'completed';
    if (event.type === 'OperationFailed') told.ended = 'failed';
    this.told.set(request, told);
  }

  /** Who holds what, and rule 4: given back only after the end of what used it. */
  #book(event: Event): void {
    const { stream } = event;
    const version = (n: number): string => `${stream}-${n}`;
    if (event.type === 'OperationCompleted' || event.type === 'OperationFailed') {
      const began = this.#before.get(stream)?.command;
      const says = (): string => `event ${event.seq} ends what ${began} began, and is of ${event.command.id}`;
      hold(event.command.id === began, 'an end is of the command that began', says);
    }
    switch (event.type) {
      case 'OperationStarted':
        this.#vanished.delete(stream);
        this.#wasOn(event);
        this.#before.set(stream, this.#beforeOf(event));
        return;
      case 'ContainerVersionCreated':
        this.#given.set(version(event.data.version), gpusOf(event.data));
        this.#mustBeThere(event, event.data.gpus);
        return;
      case 'ContainerAdopted':
        this.#wasOn(event);
        if (event.data.unlabelled !== true) return;
        this.#given.set(version(event.data.version), gpusOf(event.data));
        if (event.data.state === 'running') this.#live.set(version(event.data.version), { stream, uses: new Set(gpusOf(event.data)) });
        this.#hosts.get(event.host)?.takenIn(event);
        return;
      case 'GpuDiscovered':
        this.#mustNotBeElsewhere(event, event.data.gpu);
        this.#present.set(event.data.gpu, event.host);
        return;
      case 'GpuLost':
        if (this.#present.get(event.data.gpu) === event.host) this.#present.delete(event.data.gpu);
        this.#hosts.get(event.host)?.gpuLost(event.seq, event.data.gpu);
        return;
      case 'GpuAllocated':
        // A container that is taken in holds what it uses, whatever the driver lists just now; but not what another machine has.
        if (event.command.name === 'adopt') for (const gpu of event.data.gpus) this.#mustNotBeElsewhere(event, gpu);
        else this.#mustBeThere(event, event.data.gpus);
        this.#take(event, gpusOf(event.data));
        this.#hosts.get(event.host)?.gpusGiven(event);
        return;
      case 'PortAllocated':
        this.#take(event, portsOf(event.data, event.host));
        return;
      case 'GpuReleased':
        this.#give(event, gpusOf(event.data));
        return;
      case 'PortReleased':
        this.#give(event, portsOf(event.data, event.host));
        return;
      case 'ContainerCreated':
      case 'ContainerStarted':
      case 'ContainerContinued':
        this.#live.set(version(event.data.version), { stream, uses: new Set(this.#given.get(version(event.data.version))) });
        return;
      case 'ContainerVersionFailed':
        this.#blame(event, event.data.message);
        return;
      case 'ContainerRemoved':
        this.#live.delete(version(event.data.version));
        this.#removed(event.stream, event.data.version, event.seq);
        this.#hosts.get(event.host)?.saidGone(event.seq, this.#containerOf(event));
        if (event.command.name === 'delete') this.#gone(event);
        return;
      case 'SystemDiskDiscarded':
        this.#discarded(event);
        return;
      case 'OperationFailed':
        this.#saysWhatIsGone(event.stream, event.seq, event.data.message);
        return;
      case 'ContainerVanished':
        this.#vanished.add(stream);
        this.#doubted(event);
        this.#hosts.get(event.host)?.saidGone(event.seq, this.#containerOf(event));
        this.#gone(event);
        this.#live.delete(version(event.data.version));
        return;
      case 'ContainerMissing':
        this.#missedAt.set(stream, this.#now());
        return;
      case 'ContainerStopped':
      case 'ContainerPaused':
      case 'ContainerDied':
        this.#live.delete(version(event.data.version));
        return;
      case 'ReplicaSetDeleted':
        hold(this.#heldBy(stream).length === 0, 'leak', () => `${stream} is deleted and holds ${this.#heldBy(stream)}`);
        return;
      default:
    }
  }

  /**
   * Rule 12: a look alone gives up only what an earlier look, long enough before, missed as well: by the time of the events, or, where the
   * clock was set meanwhile, by the time that passed. An operation that reconcile began doubts by itself.
   */
  #doubted({ seq, stream, time, command, host }: Event): void {
    if (command.name !== 'reconcile') return;
    const rs = this.state.replicaSets.get(stream.slice('replicaSet/'.length));
    if (rs?.operation?.id === command.id) return;
    this.#notTooMuch(seq, host);
    // At level 1 the log cannot say what is missing: a server's own clock is the only one that doubts (`gone` checks it).
    if (this.state.logLevel < 2) return;
    const missing = rs?.missing;
    const passed = this.#now() - (this.#missedAt.get(stream) ?? Number.POSITIVE_INFINITY);
    hold(
      missing !== undefined && Math.max(passed, Date.parse(time) - Date.parse(missing.since)) >= DOUBT_MS,
      'given up without doubt',
      () => `event ${seq} gives ${stream} up, which is missing since ${missing?.since}`,
    );
  }

  /** While most of a host is missing, and in truth only hidden, none of it is given up without the operator's word. */
  #notTooMuch(seq: number, host: string): void {
    if (this.#hosts.get(host)?.isUnmounted !== true) return;
    const replicaSets = [...this.state.replicaSets.values()].filter((rs) => findVersion(rs, rs.current)?.container !== 'removed');
    const here = [...replicaSets, ...this.state.volumes.values()].filter((aggregate) => aggregate.host === host);
    const missing = here.filter((aggregate) => aggregate.missing !== undefined).length;
    hold(
      missing <= Math.max(3, here.length * 0.2),
      'too much to be believed',
      () => `event ${seq} gives up what is hidden with ${missing} of ${here.length} on ${host}`,
    );
  }

  #gone(event: EventOf<'ContainerVanished' | 'ContainerRemoved'>): void {
    this.#hosts.get(event.host)?.gone(event.seq, this.#containerOf(event));
  }

  #containerOf({ stream, data }: EventOf<'ContainerVanished' | 'ContainerRemoved'>): string | undefined {
    const rs = this.state.replicaSets.get(stream.slice('replicaSet/'.length));
    return rs === undefined ? undefined : findVersion(rs, data.version)?.containerId;
  }

  /** Only what carries no label of ours may be called somebody else's. */
  #blame({ seq, host }: Event, message: string): void {
    const blamed = /a container named (\S+) is on this host that was not made for this/.exec(message)?.[1];
    const culprit = blamed === undefined ? undefined : this.#hosts.get(host)?.docker.containerBy(blamed);
    if (culprit !== undefined && this.unmounted.has(culprit.id)) return;
    hold(culprit?.owner === undefined, 'own taken for foreign', () => `event ${seq}: ${message}`);
  }

  /** Rule 6: the old version goes only when the new one has been seen to run. */
  #removed(stream: string, version: number, seq: number): void {
    const operation = this.state.replicaSets.get(stream.slice('replicaSet/'.length))?.operation;
    if (operation?.to === undefined || operation.from !== version) return;
    hold(
      operation.phase === 'forward' && operation.done.includes('ContainerStarted'),
      'old removed too early',
      () => `event ${seq} removes ${stream}-${version} before version ${operation.to} runs`,
    );
  }

  /** The copy of a container's disk goes only with the record of another, or when the container was seen to run again: it may be the only one left. */
  #discarded({ stream, seq }: Event): void {
    const operation = this.state.replicaSets.get(stream.slice('replicaSet/'.length))?.operation;
    const started = operation?.done.some((type) => type === 'ContainerStarted' || type === 'ContainerContinued') === true;
    if (!started && operation?.restoreFailed === undefined) this.#unseen.add(seq);
  }

  #replaced({ stream, seq, type, data }: Event): void {
    if (type !== 'SystemDiskDiscarded' || !this.#unseen.delete(seq)) return;
    const rs = this.state.replicaSets.get(stream.slice('replicaSet/'.length));
    const disk = rs === undefined ? undefined : findVersion(rs, data.version)?.disk;
    hold(disk !== undefined, 'only copy', () => `event ${seq} discards a disk of ${stream} before its container is seen again`);
  }

  #saysWhatIsGone(stream: string, seq: number, message: string): void {
    const said = !this.#vanished.has(stream) || /was removed from Docker by someone else|is not on this host/.test(message);
    hold(said, 'nothing ends silently', () => `event ${seq}: the container of ${stream} is gone, and the client is told only: ${message}`);
  }

  #wasOn({ stream, host }: Event): void {
    this.#everOn.set(stream, (this.#everOn.get(stream) ?? new Set()).add(host));
  }

  #heldBy(stream: string): string[] {
    return [...this.#holders]
      .filter(([, holder]) => holder === stream)
      .map(([what]) => what)
      .sort();
  }

  #mustBeThere({ seq, host }: Event, gpus: readonly string[]): void {
    for (const gpu of gpus)
      hold(this.#present.get(gpu) === host, 'lost GPU', () => `event ${seq} gives ${gpu}, which is not in the machine`);
  }

  /** A UUID is one card: a host finds it, or takes a container in that uses it, only where no other host of the log has or holds it. */
  #mustNotBeElsewhere({ seq, host }: Event, gpu: string): void {
    const before = this.#present.get(gpu) ?? host;
    hold(before === host, 'one GPU in two hosts', () => `event ${seq}: ${host} gets ${gpu}, which ${before} has`);
    const holder = this.#holders.get(`gpu/${gpu}`);
    const on = holder === undefined ? host : (aggregateOf(this.state, holder)?.host ?? host);
    hold(on === host, 'one GPU in two hosts', () => `event ${seq}: ${host} gets ${gpu}, which ${holder} holds on ${on}`);
  }

  #take(event: Event, things: readonly string[]): void {
    for (const thing of things) {
      hold(
        !this.#holders.has(thing),
        'held twice',
        () => `event ${event.seq} gives ${thing} to ${event.stream}, ${this.#holders.get(thing)} holds it`,
      );
      this.#holders.set(thing, event.stream);
    }
  }

  #give(event: Event, things: readonly string[]): void {
    for (const thing of things) {
      hold(
        this.#holders.get(thing) === event.stream,
        'released by another',
        () => `event ${event.seq}: ${event.stream} releases ${thing}, which ${this.#holders.get(thing)} holds`,
      );
      this.#holders.delete(thing);
      const user = [...this.#live].find(([, { stream, uses }]) => stream === event.stream && uses.has(thing));
      hold(user === undefined, 'released in use', () => `event ${event.seq} releases ${thing} while ${user?.[0]} has not been seen to end`);
    }
  }

  #afterwards(event: Event, before: State): void {
    if (event.type === 'ContainerReappeared') this.#takenBack(event, before);
    this.#replaced(event);
    this.#retention.afterwards(event, this.state);
    this.#users.changed(event.stream);
    if (event.type === 'GpuLost' || event.type === 'GpuDiscovered') this.#stillHeld(event, event.data.gpu);
    if (event.type === 'VolumeResized') {
      const name = event.stream.slice('volume/'.length);
      this.#hosts.get(event.host)?.resized(`${name}-${event.data.from}`, `${name}-${event.data.to}`);
    }
    if (event.type !== 'OperationCompleted' && event.type !== 'OperationFailed') return;
    const rs = this.state.replicaSets.get(event.stream.slice('replicaSet/'.length));
    if (event.type === 'OperationFailed') this.#undone(event, rs);
    if (rs !== undefined && event.stream.startsWith('replicaSet/')) this.#hosts.get(event.host)?.operationEnded(rs, event);
  }

  /** Whether a GPU is there or not changes nothing about who holds it. */
  #stillHeld({ seq, host }: Event, gpu: string): void {
    const known = this.state.hosts.get(host)?.gpus.find((g) => g.gpu === gpu);
    const holder = known?.holder == null ? undefined : `replicaSet/${known.holder}`;
    hold(
      holder === this.#holders.get(`gpu/${gpu}`),
      'holder of a GPU',
      () => `after event ${seq} ${gpu} is held by ${holder}, was by ${this.#holders.get(`gpu/${gpu}`)}`,
    );
  }

  /** What comes back running after it was given up has no lease any more: the record that says so begins to stop it. */
  #takenBack({ seq, stream, data }: EventOf<'ContainerReappeared'>, before: State): void {
    const name = stream.slice('replicaSet/'.length);
    const known = before.replicaSets.get(name);
    if (data.state !== 'running' || known === undefined || findVersion(known, data.version)?.container !== 'removed') return;
    const kind = this.state.replicaSets.get(name)?.operation?.kind;
    hold(kind === 'stop', 'runs without its lease', () => `event ${seq}: ${stream} is back and runs, and is not stopped`);
  }

  #beforeOf({ stream, data, command }: EventOf<'OperationStarted'>): Before {
    const rs = this.state.replicaSets.get(stream.slice('replicaSet/'.length));
    const current = rs?.current ?? 0;
    const back = new Set(rs?.versions.filter((version) => isLeft(rs, version)).map(({ version }) => version));
    // The record that begins to take a container back is the one that says that it is.
    if (data.kind === 'stop' && command.name === 'reconcile' && data.from !== undefined && data.from !== current) back.add(data.from);
    return { command: command.id, current, holds: this.#heldBy(stream), back };
  }

  /** Failed means undone: nothing more is held than before, the version is the one before, and the new one has no container. */
  #undone(event: Event, rs: ReplicaSet | undefined): void {
    const before = this.#before.get(event.stream);
    const holds = this.#heldBy(event.stream);
    const more = holds.filter((thing) => before?.holds.includes(thing) !== true);
    hold(more.length === 0, 'failed is undone', () => `event ${event.seq}: ${event.stream} holds ${more} more than before`);
    if (rs === undefined) return;
    const stays = findVersion(rs, rs.current)?.container;
    hold(
      rs.state !== 'running' || stays === 'running',
      'failed is undone',
      () => `event ${event.seq}: ${event.stream} is ${rs.state}, its container is ${stays}`,
    );
    hold(
      rs.current === before?.current,
      'failed is undone',
      () => `event ${event.seq}: ${event.stream} is at version ${rs.current}, was at ${before?.current}`,
    );
    const left = rs.versions.find((v) => isLeft(rs, v) && before?.back.has(v.version) !== true);
    hold(left === undefined, 'failed is undone', () => `event ${event.seq}: ${left?.containerName} is still there`);
  }

  /** Docker against the state at the head, with nothing between but what was started from outside. */
  checkEngine(): void {
    this.#users.check(this.state, this.outside);
    for (const { docker, container, layer } of this.#foreign) {
      const intact = docker.containers.get(container.id) === container && container.state === 'running' && container.layer.size === layer;
      hold(intact, 'foreign touched', () => `${container.containerName}, which is not ours, was changed`);
    }
    for (const { docker, name } of this.#foreignVolumes)
      hold(docker.volumes.has(name), 'foreign touched', () => `volume ${name}, which is not ours, is gone`);
  }
}
