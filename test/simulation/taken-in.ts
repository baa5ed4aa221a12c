// A box with a past: containers without labels that were there before the log, and an operator who has it take them in. In Docker they never carry a label; in
// the books of this world they are of their names from the event that takes them in.
import type { EventOf } from '../../src/events/catalogue.ts';
import type { FakeContainer } from '../doubles/fake-host.ts';
import type { Machine } from './machine.ts';
import type { Servers } from './strikes.ts';
import { operatorOf } from './tenants.ts';

/** Never taken in so far. */
const isWaiting = ({ owner, labels }: FakeContainer): boolean => owner === undefined && labels !== undefined;

/** One more is found to run there, or one of them is taken in. */
export function strikeTakenIn(struck: Machine, servers: Servers): void {
  const { chance, engine, auditor, host } = struck;
  const one = chance.pick('taken in', [...engine.host.containers.values()].filter(isWaiting));
  const leader = servers.all().find((server) => server.alive && server.isRight && server.machine.host === host && server.core.isReady());
  if (one !== undefined && leader !== undefined && chance.happens('is taken in', 0.7)) {
    const [name = '', version] = one.containerName.split('-');
    void leader.core.adopt('replicaSet', name, operatorOf(leader), false, { version: Number(version) });
    return;
  }
  const free = (auditor.state.hosts.get(host)?.gpus ?? []).filter((gpu) => gpu.present && gpu.holder === null).map(({ gpu }) => gpu);
  const containerName = `${chance.pick('name of the past', ['a', 'b', 'c', 'd']) ?? 'a'}-${1 + chance.int('version of the past', 5)}`;
  if (engine.host.containerBy(containerName) !== undefined) return;
  const gpus = free.slice(0, chance.int('GPUs of the past', 3));
  const container = engine.addForeignContainer(containerName, 'img', { gpus });
  Object.assign(container, { labels: {} });
  auditor.watchForeign();
}

/** The log says that it has taken a container in: the books have it as its name's, with what it uses. */
export function noteTakenIn({ engine, auditor }: Machine, { stream, data }: EventOf<'ContainerAdopted'>): void {
  const container = engine.host.containers.get(data.containerId);
  if (data.unlabelled !== true || container === undefined) return;
  const { containerName, image, env } = container;
  const name = stream.slice('replicaSet/'.length);
  const owner = { log: auditor.state.logId, name, uid: data.uid, version: data.version, operation: 'before' };
  const request = {
    ...{ containerName, owner, image: image.id, fromDisk: false, base: { id: image.id, ...image.config }, spec: { env, binds: [] } },
    ...{ anonymousVolumes: [], gpus: data.gpus, requestDevices: true, ports: data.ports },
  };
  Object.assign(container, { owner, request });
  auditor.watchForeign();
}
