// The operator of a log that was put back: says so, takes back what the log does not know, deletes what is gone, and settles the rest.

import { expectedOf } from '../../src/commands/host/absence.ts';
import { seal } from '../../src/events/hash.ts';
import { EtcdLog } from '../../src/infra/etcd/log.ts';
import type { State } from '../../src/projections/state.ts';
import type { FakeContainer } from '../doubles/fake-host.ts';
import { isRunning } from '../doubles/fake-machine.ts';
import { isOurs } from './foreign.ts';
import type { Machine } from './machine.ts';
import type { SimulatedServer } from './server.ts';
import { hold } from './violation.ts';
import type { World } from './world.ts';

const OPERATOR = { actor: 'operator' };

/** As `log restored` does, in etcd. */
export async function sayRestored(world: World, { head, time, logId }: State, host: string): Promise<void> {
  const { scheduler } = world;
  const clock = { now: () => scheduler.now, boot: () => scheduler.now, sleep: async () => undefined };
  const kv = world.etcd.client();
  const log = new EtcdLog({ kv, clock, ids: { next: () => `${logId}-restored` } });
  const later = new Date(Math.max(Date.parse(time) + 1, scheduler.now)).toISOString();
  const command = { id: world.nextId(), name: 'restore', actor: OPERATOR.actor };
  const data = { by: OPERATOR.actor, lost: 1 };
  const event = { seq: head.seq + 1, type: 'LogRestored', schema: 1, stream: 'log', time: later, host, command, data, prev: head.hash };
  const outcome = await log.append([seal(event)], head);
  log.close();
  if (outcome !== 'committed') throw new Error('nobody else writes to the log that was put back');
}

/** What Docker has while the mode holds: nothing may change it, as all others stand still. */
export class Standstill {
  readonly #machine: Machine;
  readonly #were = new Map<string, boolean>();
  /** Containers that the log has taken back while they ran. */
  readonly adopted = new Map<string, string>();

  constructor(machine: Machine) {
    this.#machine = machine;
    for (const container of this.#ours()) this.#were.set(container.id, isRunning(container));
  }

  #ours(): FakeContainer[] {
    return [...this.#machine.docker.containers.values()].filter(isOurs);
  }

  /** Nothing is made or started, and what ran runs. */
  check(): void {
    const now = this.#ours();
    const there = new Map(now.map((container) => [container.id, container]));
    for (const container of now) {
      const was = this.#were.get(container.id);
      hold(was !== undefined, 'a restored host stands still', () => `${container.containerName} was made`);
      hold(
        was === isRunning(container),
        'a restored host stands still',
        () => `${container.containerName} was ${was ? 'stopped' : 'started'}`,
      );
    }
    for (const [id, ran] of this.#were)
      hold(!ran || there.has(id), 'a restored host stands still', () => `container ${id}, which ran, was removed`);
  }

  /** Takes back what the log does not know, and deletes what is gone; the rest waits for the operator's word. */
  async tidyUp({ core }: SimulatedServer): Promise<void> {
    const names = new Set(this.#ours().flatMap(({ owner }) => owner?.name ?? []));
    for (const name of names) {
      const outcome = await core.adopt('replicaSet', name, OPERATOR, false);
      if (!outcome.ok || outcome.adoption.version === 0 || outcome.adoption.state !== 'running') continue;
      const id = core.state().replicaSets.get(name)?.versions.at(-1)?.containerId;
      if (id !== undefined) this.adopted.set(id, name);
    }
    for (const rs of core.state().replicaSets.values()) {
      if (rs.operation === null && expectedOf(rs) !== undefined && !names.has(rs.name))
        void core.queue.submit({ do: 'delete', name: rs.name }, OPERATOR).catch(() => undefined);
    }
  }

  /** What was taken back is there, with what was written in it. */
  checkAdopted(): void {
    for (const [id, name] of this.adopted)
      hold(
        this.#machine.docker.containers.has(id),
        'what is taken back is there',
        () => `container ${id} of ${name} was taken back, and is gone`,
      );
  }
}
