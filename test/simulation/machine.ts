// One machine of the world: its Docker, its GPUs, its clock, and everything by which it is known: names, ids and the data directory.
import { type Adoption, seenCode } from '../../src/commands/host/identity.ts';
import type { ClockReading, ReadingMemory } from '../../src/commands/outside/host.ts';
import type { Event, EventOf } from '../../src/events/catalogue.ts';
import type { ReplicaSet, State } from '../../src/projections/state.ts';
import { FakeDockerd } from '../doubles/fake-dockerd.ts';
import { FakeEngine } from '../doubles/fake-engine.ts';
import { isRunning } from '../doubles/fake-machine.ts';
import { DataDir } from './archive.ts';
import { type Auditor, DOUBT_MS, type Watched } from './auditor.ts';
import type { Chance } from './chance.ts';
import { Disks } from './disks.ts';
import { Foreign, isOurs } from './foreign.ts';
import { Gpus } from './gpus.ts';
import type { Fault, Swarm } from './plan.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import { noteTakenIn } from './taken-in.ts';
import { hold } from './violation.ts';
import type { World } from './world.ts';

/** `host.json` of the data directory. */
interface HostFile {
  readonly id: string;
  /** The host's name in the log. */
  readonly name: string;
  /** An operator's word that this machine is that host. */
  readonly adoption?: Adoption;
}

const GPUS = 4;

export class Machine implements Watched {
  readonly world: World;
  /** The host's name in the log, whatever the machine is called now. */
  readonly host: string;
  readonly index: number;
  readonly engine = new FakeEngine();
  /** The raw API of the engine. */
  readonly dockerd = new FakeDockerd(this.engine);
  /** Another Docker, which has the images and nothing of ours, and now and then answers in place of the machine's. */
  readonly otherEngine = new FakeEngine();
  readonly otherDockerd = new FakeDockerd(this.otherEngine);
  swappedUntil = 0;
  readonly disks: Disks;
  readonly gpus: Gpus;
  /** Null where no files are simulated. */
  readonly data: DataDir | null;
  /** The machine's own name now. */
  name: string;
  machineId: string;
  hostFile: HostFile;
  /** False: not the machine that the log knows under the host's name, such as a clone, or one whose Docker was set up anew. */
  isRight: boolean;
  dockerDownUntil = 0;
  /** Docker answers and has nothing before: its disk is not mounted. */
  unmountedUntil = 0;
  /** When it went away, having been there for long. */
  unmountedSince = 0;
  readonly foreign: Foreign;
  /** Error of the wall clock, ms. */
  clockOff = 0;
  bootedAt: number;
  #boots = 0;
  #clockReading: ClockReading | null = null;
  /** A file of the machine, for as long as it is not restarted. */
  readonly clockMemory: ReadingMemory = {
    recall: () => this.#clockReading,
    remember: (reading) => {
      this.#clockReading = reading;
    },
  };
  /** Requests on their way to Docker, by what they are about: those about one thing take effect in the order in which they were sent. */
  readonly underWay = new Map<string, Set<() => Promise<void>>>();

  /** `isRight`: it is what the log knows, or will know, as `host`. */
  constructor(world: World, host: string, isRight: boolean) {
    this.world = world;
    this.host = host;
    this.name = host;
    this.isRight = isRight;
    this.index = world.machines.length;
    this.machineId = `machine-${this.index}`;
    this.hostFile = { id: `host-id-${this.index}`, name: host };
    this.bootedAt = world.scheduler.now;
    this.gpus = new Gpus(Array.from({ length: GPUS }, (_, i) => `GPU-${this.index === 0 ? '' : this.index}${i}`));
    this.data = world.files === null ? null : new DataDir(this, world.files);
    this.disks = new Disks(this.engine.host, world.auditor);
    this.foreign = new Foreign(this.engine, () => world.scheduler.now);
    this.foreign.onChange = () => world.auditor.watchForeign();
    this.engine.host.engineId = `ENGINE:${this.index}`;
    this.engine.host.idPrefix = this.index === 0 ? '' : String.fromCharCode(96 + this.index);
    this.otherEngine.host.engineId = `OTHER:${this.index}`;
    this.furnish();
    for (const [id, image] of this.engine.host.images) this.otherEngine.host.images.set(id, image);
  }

  /** Another Docker answers for a while. */
  swap(): void {
    this.swappedUntil = this.scheduler.now + this.chance.roll('length of swapped') ** 2 * 60_000;
  }

  /** Whether another Docker answers. */
  get isSwapped(): boolean {
    return this.scheduler.now < this.swappedUntil;
  }

  /** Containers and volumes of others in this Docker, which nobody may touch. */
  furnish(): void {
    const { engine } = this;
    engine.addImage('img', { cmd: ['serve'], files: { '/etc/base': 'img' } });
    engine.addImage('anon', { cmd: ['serve'], files: { '/etc/base': 'anon' }, volumes: ['/anon'] });
    engine.addImage('brief', { cmd: ['sh', '-c', 'exit 0'], files: { '/etc/base': 'brief' } });
    engine.addImage('broken', { cmd: ['sh', '-c', 'exit 3'], files: { '/etc/base': 'broken' } });
    engine.addForeignVolume('theirs');
    engine.host.volumes.get('theirs')?.files.set('/keep', 'theirs');
    engine.addForeignContainer('theirs', 'img');
  }

  // ---- the world as this machine sees it

  get scheduler(): Scheduler {
    return this.world.scheduler;
  }
  get chance(): Chance {
    return this.world.chance;
  }
  get swarm(): Swarm {
    return this.world.swarm;
  }
  get auditor(): Auditor {
    return this.world.auditor;
  }
  get calm(): boolean {
    return this.world.calm;
  }
  get unanswered(): Set<{ readonly label: string; readonly process: Owner }> {
    return this.world.unanswered;
  }

  strikes(fault: Fault, key: string, probability: number): boolean {
    return this.world.strikes(fault, key, probability);
  }
  count(fault: Fault): void {
    this.world.count(fault);
  }
  guard(check: () => void): void {
    this.world.guard(check);
  }
  fail(error: Error): void {
    this.world.fail(error);
  }

  // ---- what befalls it

  /** Another one after each boot where other machines can reach the etcd; a machine alone has an etcd of its own. */
  get bootId(): string {
    return `boot-${this.index}${this.world.isShared ? `-${this.#boots}` : ''}`;
  }

  /** `hosts adopt`, by an operator who has seen how it differs. */
  adopt(state: State): void {
    const { hostFile, machineId, engine, host, name } = this;
    const ids = { hostId: hostFile.id, name, machineId, engineId: engine.host.engineId, dataRoot: '/fake', storageDriver: 'memory' };
    this.isRight = true;
    this.hostFile = { id: hostFile.id, name: host, adoption: { by: 'operator', seen: seenCode(state, ids, host) } };
  }

  /** The machine is restarted, which sets its clock right. */
  reboot(): void {
    this.#boots++;
    this.bootedAt = this.scheduler.now;
    this.#clockReading = null;
    this.clockOff = 0;
    for (const container of this.engine.host.containers.values())
      if (isOurs(container) && isRunning(container)) this.engine.die(container.containerName, 137);
  }

  calmDown(): void {
    this.dockerDownUntil = this.swappedUntil = this.unmountedUntil = this.gpus.silentUntil = this.gpus.emptyUntil = this.clockOff = 0;
    this.engine.host.foreignPorts.clear();
    this.foreign.endAll();
    this.data?.mend();
  }

  // ---- what the auditor tells it

  get isUnmounted(): boolean {
    return this.scheduler.now < this.unmountedUntil;
  }

  get docker(): FakeEngine['host'] {
    return this.engine.host;
  }

  operationEnded(rs: ReplicaSet, end: Event): void {
    this.disks.isSaved(rs, end);
    this.disks.checkSaved(rs);
  }

  resized(from: string, to: string): void {
    this.disks.checkResized(from, to);
  }

  gpuLost(seq: number, gpu: string): void {
    hold(this.gpus.wentOnce(gpu), 'lost GPU', () => `event ${seq}: ${gpu} is lost, it never went`);
  }

  gpusGiven({ seq, command, data }: EventOf<'GpuAllocated'>): void {
    this.foreign.given(seq, command.requestId, data.gpus);
  }

  takenIn(event: EventOf<'ContainerAdopted'>): void {
    noteTakenIn(this, event);
  }

  /** A Docker without its disk may say so of what is there, another Docker may not. */
  saidGone(seq: number, containerId = ''): void {
    const isThere = this.engine.host.containers.has(containerId) && !this.auditor.unmounted.has(containerId);
    hold(!isThere, 'taken for gone', () => `event ${seq} says that ${containerId.slice(-6)} is gone, which is in Docker`);
  }

  gone(seq: number, containerId: string | undefined): void {
    const hiddenMs = this.scheduler.now - this.unmountedSince;
    const isDoubted = !this.engine.host.containers.has(containerId ?? '') || hiddenMs >= DOUBT_MS;
    hold(isDoubted, 'given up without doubt', () => `event ${seq} gives a container up that Docker has hidden for ${hiddenMs} ms`);
  }
}
