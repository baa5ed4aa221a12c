// Faults of what a machine is known by: its name, its data directory, the Docker that its server talks to, its GPUs; and how an
// operator mends it.
import { labelOf } from '../../src/commands/host/identity.ts';
import type { State } from '../../src/projections/state.ts';
import { isOurs } from './foreign.ts';
import type { Machine } from './machine.ts';
import type { Fault } from './plan.ts';
import type { SimulatedServer } from './server.ts';
import type { Servers } from './strikes.ts';
import type { World } from './world.ts';

/** Machines beside those of the log's hosts that one world may have. */
const MOST_CLONES = 2;

// A machine of which nothing is as the log knows it is a new host, and may be one: no such is made here.
export function strikeIdentity(struck: Machine, servers: Servers, fault: Fault): void {
  const { world, chance, scheduler } = struck;
  // Before its first start the log knows nothing of a machine, and believes what it is told.
  if (world.auditor.state.hosts.get(struck.host)?.identity === undefined) return;
  // Another Docker may answer just now.
  const engineId = struck.isSwapped ? '' : struck.engine.host.engineId;
  const stopAll = (): void => {
    for (const server of servers.all()) if (server.machine === struck) server.kill();
  };
  switch (fault) {
    case 'rename': {
      // By DHCP, say. Two machines may get one name.
      const name = chance.pick('new name', [struck.host, `${struck.host}-dhcp`, 'ubuntu']) ?? struck.host;
      if (isNobody(world, { name, hostId: struck.hostFile.id, engineId })) return;
      // A clone that the log knows by this name alone would be a new host.
      if (name !== struck.name && world.machines.some((other) => !other.isRight)) return;
      struck.name = name;
      stopAll();
      servers.start(struck);
      return;
    }
    case 'wrong-docker': {
      // For as long as that server lives. A right one may stand by.
      if (struck.hostFile.name !== struck.host) return;
      const other =
        chance.pick(
          'wrong Docker',
          world.machines.filter((machine) => machine !== struck),
        ) ?? cloneOf(struck, servers);
      if (other === null) return;
      if (chance.happens('in its place', 0.7)) stopAll();
      servers.start(struck, other);
      return;
    }
    case 'clone':
      cloneOf(struck, servers);
      return;
    case 'data-lost':
      // The next start makes a new data directory, under the name that the machine has then.
      if (isNobody(world, { name: struck.name, hostId: '', engineId })) return;
      stopAll();
      struck.hostFile = { id: `${struck.hostFile.id}'`, name: struck.name };
      servers.start(struck);
      return;
    case 'reinstalled':
      if (struck.hostFile.name !== struck.host) return;
      if (isNobody(world, { name: struck.name, hostId: struck.hostFile.id, engineId: '' })) return;
      stopAll();
      reinstall(struck);
      servers.start(struck);
      // The operator says so sooner or later.
      scheduler.after(chance.roll('time to adopt') ** 2 * 120_000, `the operator adopts ${struck.host}`, () => {
        if (!world.calm) beRight(struck);
      });
      return;
    case 'card-moved': {
      const other = chance.pick(
        'other machine',
        world.right.filter((machine) => machine !== struck),
      );
      const card = chance.pick('card', struck.gpus.list());
      if (other === undefined || card === undefined || struck.gpus.list().length <= 2) return;
      // Both machines are off meanwhile.
      for (const machine of [struck, other]) {
        for (const server of servers.all()) if (server.machine === machine) server.kill();
        machine.reboot();
      }
      struck.gpus.take(card.gpu);
      other.gpus.add(card.gpu);
      return;
    }
    default:
  }
}

/** Whether the log would not know this machine with another Docker. */
export const isKnownByDockerAlone = ({ world, name, hostFile }: Machine): boolean =>
  isNobody(world, { name, hostId: hostFile.id, engineId: '' });

/** Whether nothing of a machine is as the log knows it: neither its data directory, nor its name, nor its Docker. */
function isNobody(
  { auditor: { state } }: World,
  its: { readonly name: string; readonly hostId: string; readonly engineId: string },
): boolean {
  return ![...state.hosts.values()].some(
    (host) => labelOf(host) === its.name || host.identity?.hostId === its.hostId || host.identity?.engineId === its.engineId,
  );
}

/** A machine that calls itself as another did: from an image of it, with its data directory or with a new one. */
function cloneOf(struck: Machine, servers: Servers): Machine | null {
  const { world, chance } = struck;
  if (world.machines.length >= world.right.length + MOST_CLONES) return null;
  if (isNobody(world, { name: struck.host, hostId: '', engineId: '' })) return null;
  const clone = world.add(struck.host, false);
  if (chance.happens('with its data directory', 0.5)) clone.hostFile = { id: struck.hostFile.id, name: struck.hostFile.name };
  servers.start(clone);
  return clone;
}

/** Another Docker, with nothing of ours. */
function reinstall(machine: Machine): void {
  const { engine, disks, auditor, foreign } = machine;
  foreign.endAll();
  for (const container of engine.host.containers.values()) {
    if (!isOurs(container)) continue;
    disks.lost(container);
    auditor.lostByOthers(container);
  }
  for (const image of engine.host.images.keys()) auditor.lostImages.add(image);
  engine.host.containers.clear();
  engine.host.volumes.clear();
  engine.host.images.clear();
  engine.host.engineId += "'";
  machine.furnish();
  auditor.watchForeign();
  machine.isRight = false;
}

/** Whether it says that it must not lead. */
export const saysRefused = ({ core }: SimulatedServer): boolean => {
  const readiness = core.readiness();
  return (
    !readiness.ready && readiness.reasons.some((reason) => reason.includes('does not lead') || reason.includes('start the server again'))
  );
};

/**
 * `hosts adopt` on the machine, under a name that no other has. A server with the wrong Docker may be there to take the word, too. `state`: of
 * the log that it differs from.
 */
export function beRight(machine: Machine, state: State = machine.auditor.state): void {
  machine.name = machine.host;
  machine.adopt(state);
}
