// Which container uses which GPU and port: Docker against the state at the head. Where there are hundreds of containers, only those that
// changed, or whose name has new events, are looked at, and all of them now and then.
import { findVersion, type State } from '../../src/projections/state.ts';
import type { FakeContainer, FakeHost } from '../doubles/fake-host.ts';
import { isRunning } from '../doubles/fake-machine.ts';
import { hold } from './violation.ts';

/** Containers of which all are looked at each time. */
const FEW = 40;
/** Looks from one at all containers to the next, where there are more. */
const ALL_EVERY = 400;

export class Users {
  readonly #dockers: FakeHost[] = [];
  /** GPU → the container that runs on it. A UUID is one card, in whatever machine. */
  readonly #gpus = new Map<string, FakeContainer>();
  readonly #streams = new Set<string>();
  /** Names that have containers here: `replicaSet/…` → containers. */
  readonly #byStream = new Map<string, Set<FakeContainer>>();
  #looks = 0;
  /** Size of `outside` at the last look: one that leaves it without a change of its own is looked at, too. */
  #outside = 0;

  watch(docker: FakeHost): void {
    this.#dockers.push(docker);
  }

  /** An event about the stream was written. */
  changed(stream: string): void {
    this.#streams.add(stream);
  }

  /** `outside`: ids of containers that somebody else started. */
  check(state: State, outside: Set<string>): void {
    if (!this.#isChanged(outside)) return;
    const size = this.#dockers.reduce((sum, { containers }) => sum + containers.size, 0);
    const all = size <= FEW || this.#looks++ % ALL_EVERY === 0;
    const looked = all ? this.#all() : this.#touched();
    this.#streams.clear();
    for (const docker of this.#dockers) docker.touched.clear();
    for (const container of looked) this.#forget(container);
    for (const container of looked) if (this.#exists(container)) this.#look(container, state, outside);
    this.#outside = outside.size;
  }

  /** Since the last look: with no event and no change in any Docker there is nothing new to see. */
  #isChanged(outside: ReadonlySet<string>): boolean {
    if (this.#streams.size > 0 || outside.size !== this.#outside) return true;
    for (const docker of this.#dockers) if (docker.touched.size > 0) return true;
    return false;
  }

  #all(): readonly FakeContainer[] {
    this.#gpus.clear();
    this.#byStream.clear();
    return this.#dockers.flatMap(({ containers }) => [...containers.values()]);
  }

  #touched(): ReadonlySet<FakeContainer> {
    const touched = new Set(this.#dockers.flatMap((docker) => [...docker.touched]));
    for (const stream of this.#streams) for (const container of this.#byStream.get(stream) ?? []) touched.add(container);
    return touched;
  }

  #exists(container: FakeContainer): boolean {
    return this.#dockers.some(({ containers }) => containers.get(container.id) === container);
  }

  #forget(container: FakeContainer): void {
    this.#byStream.get(`replicaSet/${container.owner?.name}`)?.delete(container);
    for (const gpu of container.request?.gpus ?? []) if (this.#gpus.get(gpu) === container) this.#gpus.delete(gpu);
  }

  #look(container: FakeContainer, state: State, outside: Set<string>): void {
    const { owner, request, id } = container;
    if (!isRunning(container)) outside.delete(id);
    if (owner === undefined || request === undefined) return;
    const stream = `replicaSet/${owner.name}`;
    this.#byStream.set(stream, (this.#byStream.get(stream) ?? new Set()).add(container));
    if (!isRunning(container) || outside.has(id)) return;
    const rs = state.replicaSets.get(owner.name);
    const holds = rs?.uid === owner.uid ? rs.gpus : [];
    for (const gpu of request.gpus) {
      const other = this.#gpus.get(gpu);
      hold(
        other === undefined || outside.has(other.id) || !this.#exists(other),
        'two on one GPU',
        () => `${container.containerName} and ${other?.containerName} both run on ${gpu}`,
      );
      this.#gpus.set(gpu, container);
      hold(holds.includes(gpu), 'GPU without a lease', () => `${container.containerName} runs on ${gpu}, ${owner.name} holds ${holds}`);
    }
    for (const { hostPort } of request.ports) {
      const held = rs?.uid === owner.uid && rs.ports.some((p) => p.hostPort === hostPort);
      hold(held, 'port without a lease', () => `${container.containerName} runs on port ${hostPort}, which ${owner.name} does not hold`);
    }
    hold(
      rs?.uid === owner.uid && findVersion(rs, owner.version) !== undefined,
      'unknown container',
      () => `${container.containerName} runs and the log does not know it`,
    );
  }
}
