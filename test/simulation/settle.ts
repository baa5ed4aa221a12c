// Quiescence: the faults stop, one server is left, and within a bounded time everything has to come to rest, with the log, the views and
// Docker telling one story.
import { isDeepStrictEqual } from 'node:util';
import { knownAbsence } from '../../src/commands/host/absence.ts';
import { EMPTY_HEAD, type Envelope } from '../../src/events/envelope.ts';
import { seal } from '../../src/events/hash.ts';
import { LogCorruptError } from '../../src/events/log.ts';
import { HEAD_KEY, headText, recordKey } from '../../src/infra/etcd/log.ts';
import { decodeRecord, storedEvents } from '../../src/infra/etcd/record.ts';
import { verifyChain } from '../../src/infra/log/verify/verify.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { allAnonymousVolumes, findVersion, initialState, type ReplicaSet, type State } from '../../src/projections/state.ts';
import type { FakeContainer, FakeImage } from '../doubles/fake-host.ts';
import { isRunning } from '../doubles/fake-machine.ts';
import { archivedIn } from './archive.ts';
import type { Machine } from './machine.ts';
import { hold } from './violation.ts';
import type { World } from './world.ts';

/** How long after the last fault nothing may be open any more, and how long it must then stay so, in virtual ms. */
export const SETTLE_MS = 15 * 60_000;
export const REST_MS = 45_000;

/** What still has to end. */
export function restless(world: World): string | null {
  const { auditor, unanswered } = world;
  // The real engine is given up on after at most two minutes (`DEADLINES`); a server that still waits for it has not looked at Docker since.
  for (const { label, process } of unanswered) if (process.alive) return `${label} has no answer`;
  const known = opened.get(auditor.state);
  if (known !== undefined) return known;
  const open = openIn(world);
  opened.set(auditor.state, open);
  return open;
}

/** What is open in a state: most steps append nothing. */
const opened = new WeakMap<State, string | null>();

function openIn({ auditor: { state, desired }, right }: World): string | null {
  for (const aggregate of [...state.replicaSets.values(), ...state.volumes.values()]) {
    if (aggregate.operation !== null)
      return `${aggregate.operation.kind} of ${aggregate.name} (${aggregate.operation.phase}; done: ${aggregate.operation.done})`;
  }
  for (const rs of state.replicaSets.values()) {
    const old = rs.versions.find((v) => v.version !== rs.current && v.container !== 'removed' && v.container !== 'planned');
    if (old !== undefined) return `${old.containerName}, which version ${rs.current} has the place of`;
  }
  const missing = right.flatMap(({ host }) => knownAbsence(state, host).missing);
  if (missing.length > 0) return `${missing.map(({ what }) => what)} missing`;
  return desired.stillToStart(state) ?? (state.executions.size > 0 ? `${state.executions.size} executes` : null);
}

const archivedOf = ({ right }: World): readonly Envelope[] => {
  const data = right[0]?.data;
  return data == null ? [] : archivedIn(data.segments);
};

/** The archive and etcd hold each event, as `log verify` reads them. */
export async function checkWhole(world: World): Promise<void> {
  if (world.files === null || world.violation !== null) return;
  const { etcd, auditor } = world;
  const verdict = await verifyChain(
    (async function* () {
      const archived = archivedOf(world);
      if (archived.length > 0) yield archived;
      for (let seq = (archived.at(-1)?.seq ?? 0) + 1; seq <= auditor.state.head.seq; ) {
        const text = etcd.peek(recordKey(seq));
        if (text === undefined) throw new LogCorruptError(seq, 'is missing in the log');
        const events = storedEvents(seq, text);
        yield events;
        seq += events.length;
      }
    })(),
  );
  world.guard(() =>
    hold(
      verdict.ok && isDeepStrictEqual(verdict.head, auditor.state.head),
      'archive and etcd are the log',
      () => `the log ends at ${auditor.state.head.seq}: ${JSON.stringify(verdict)}`,
    ),
  );
}

/** The state that a fresh reader gets from the log: many records at a time, where the auditor reads one by one. */
export function replayed(world: World): State {
  const { etcd } = world;
  const events: Envelope[] = [...archivedOf(world)];
  const head = etcd.peek(HEAD_KEY);
  const last = head === undefined ? 0 : (JSON.parse(head) as { seq: number }).seq;
  while (events.length < last) {
    const next = events.length + 1;
    const text = etcd.peek(recordKey(next));
    hold(text !== undefined, 'dense sequence', () => `no record at ${next} of ${last}`);
    events.push(...decodeRecord(next, text, events.at(-1)?.hash ?? EMPTY_HEAD.hash));
  }
  return applyAll(initialState, events);
}

/** An event of a type that nobody knows, with everything else as it should be. */
export function writeUnknown(world: World): void {
  const { head, time } = world.auditor.state;
  const command = { id: 'newer', name: 'newer', actor: 'newer' };
  const event = seal({
    seq: head.seq + 1,
    type: 'SomethingNew',
    schema: 1,
    stream: 'log',
    time,
    host: world.right[0]?.host ?? '',
    command,
    data: {},
    prev: head.hash,
  });
  world.etcd.onWrite = undefined;
  void world.etcd.client().txn({
    if: [],
    write: [
      { put: recordKey(event.seq), value: JSON.stringify({ v: 1, tx: 'newer', e: [event] }) },
      { put: HEAD_KEY, value: headText({ seq: event.seq, hash: event.hash }) },
    ],
  });
}

/** `replay`: of the log up to its head. */
export function checkReplay(world: World, live: State, replay: State): void {
  hold(
    live.head.seq === world.auditor.state.head.seq,
    'view at the head',
    () => `the server is at ${live.head.seq}, the log at ${world.auditor.state.head.seq}`,
  );
  hold(
    isDeepStrictEqual(live, replay),
    'live state is the replay',
    () => `at ${live.head.seq} the server's state is not what the log folds to`,
  );
}

/** Everything held belongs to what exists, and everything that exists is known. */
export function checkViews(world: World): void {
  for (const machine of world.right) checkMachine(machine);
}

function checkMachine(world: Machine): void {
  const { state } = world.auditor;
  const containers = [...world.engine.host.containers.values()].filter(({ owner }) => owner !== undefined && owner.log === state.logId);
  const byVersion = new Map(containers.map((container) => [`${container.owner?.uid}/${container.owner?.version}`, container]));
  const here = [...state.replicaSets.values()].filter(({ host }) => host === world.host);
  for (const container of containers) {
    const rs = state.replicaSets.get(container.owner?.name ?? '');
    const version = rs?.uid === container.owner?.uid && rs !== undefined ? findVersion(rs, container.owner?.version ?? 0) : undefined;
    const isKnown = version !== undefined && version.container !== 'removed';
    // Hidden while its name was deleted, or its version failed: nobody knows it any more. One that never ran is removed all the same.
    const isNobodys = rs?.uid !== container.owner?.uid || version === undefined;
    if (world.auditor.unmounted.has(container.id) && isNobodys && container.state !== 'created') {
      const runsFree = !isKnown && isRunning(container) && (container.request?.gpus ?? []).length > 0;
      hold(!runsFree, 'no run without a lease', () => `${container.containerName} runs on GPUs, and the log knows nothing of it`);
      continue;
    }
    hold(
      isKnown,
      'stray container',
      () => `${container.containerName} (${container.state}) is in Docker; the log says ${version?.container ?? 'nothing of it'}`,
    );
  }
  for (const rs of here) checkReplicaSet(world, rs, byVersion);
  checkHost(world);
  checkVolumes(world);
  checkDisks(world);
}

function checkReplicaSet(
  {
    disks,
    auditor: {
      state: { logLevel: level },
    },
  }: Machine,
  rs: ReplicaSet,
  containers: ReadonlyMap<string, FakeContainer>,
): void {
  for (const version of rs.versions) {
    const found = containers.get(`${rs.uid}/${version.version}`);
    const known = version.container !== 'removed' && version.container !== 'planned';
    hold(
      known === (found !== undefined),
      'lost container',
      () => `${version.containerName} is ${version.container} in the log and ${found?.state ?? 'not'} in Docker`,
    );
    hold(
      !known || version.version === rs.current,
      'old container',
      () => `${version.containerName} is there, the current version is ${rs.current}`,
    );
    if (found === undefined) continue;
    const runs = isRunning(found);
    hold(
      level < 2 || (found.state === 'paused') === (version.frozen === true),
      'view of a container',
      () => `${version.containerName} is ${found.state} in Docker and ${version.frozen === true ? 'frozen' : 'not frozen'} in the log`,
    );
    hold(
      runs === (version.container === 'running'),
      'view of a container',
      () => `${version.containerName} is ${found.state} in Docker and ${version.container} in the log`,
    );
    hold(!runs || rs.state === 'running', 'view of a replicaSet', () => `${rs.name} is ${rs.state} while its container runs`);
    hold(runs || rs.state !== 'running', 'view of a replicaSet', () => `${rs.name} is ${rs.state} while its container is ${found.state}`);
    if (rs.state === 'stopped') continue;
    const gpus = [...(found.request?.gpus ?? [])].sort();
    hold(isDeepStrictEqual(gpus, [...rs.gpus].sort()), 'GPUs held', () => `${rs.name} holds ${rs.gpus}, its container has ${gpus}`);
    const ports = [...found.hostPorts].sort();
    hold(
      isDeepStrictEqual(ports, rs.ports.map((p) => p.hostPort).sort()),
      'ports held',
      () => `${rs.name} holds ${rs.ports.map((p) => p.hostPort)}, its container has ${ports}`,
    );
  }
  const current = findVersion(rs, rs.current);
  if (rs.state === 'stopped' || current?.container === 'removed')
    hold(
      rs.gpus.length + rs.ports.length === 0,
      'leak',
      () => `${rs.name} is ${rs.state} and holds ${[...rs.gpus, ...rs.ports.map((p) => p.hostPort)]}`,
    );
  disks.checkSaved(rs, true);
}

function checkHost({ auditor: { state }, gpus, host: name }: Machine): void {
  const present = state.hosts.get(name)?.gpus.filter((g) => g.present);
  const listed = present?.map(({ gpu, index, name, memoryMiB }) => ({ gpu, index, name, memoryMiB }));
  // A card that another host of the log has or holds is none of this one's, until that one gives it up.
  const others = [...state.hosts.values()].filter((host) => host.name !== name).flatMap((host) => host.gpus);
  const isElsewhere = (gpu: string): boolean => others.some((g) => g.gpu === gpu && (g.present || g.holder !== null));
  const there = gpus.list().filter(({ gpu }) => !isElsewhere(gpu));
  hold(
    isDeepStrictEqual(listed, there),
    'view of the GPUs',
    () => `the log has ${JSON.stringify(listed)}, the machine ${JSON.stringify(there)}`,
  );
  for (const host of [...state.hosts.values()].filter((one) => one.name === name)) {
    for (const { gpu, holder } of host.gpus)
      hold(
        holder === null || state.replicaSets.get(holder)?.gpus.includes(gpu) === true,
        'leak',
        () => `${gpu} is held by ${holder}, which does not know it`,
      );
    for (const [port, holder] of host.ports) {
      hold(
        state.replicaSets.get(holder)?.ports.some((p) => p.hostPort === port) === true,
        'leak',
        () => `port ${port} is held by ${holder}, which does not know it`,
      );
    }
  }
}

function checkVolumes({ auditor: { state, excused }, engine: { host }, host: name }: Machine): void {
  const named = new Map(
    [...state.volumes.values()]
      .filter((v) => v.host === name)
      .flatMap((v) => v.versions.map((version) => [version.volumeName, { uid: v.uid, version }] as const)),
  );
  for (const [name, { version }] of named) {
    const there = version.state === 'ready' || version.state === 'retired';
    hold(!there || host.volumes.has(name), 'lost volume', () => `volume ${name} is ${version.state} in the log and not in Docker`);
  }
  const anonymous = new Set([...state.replicaSets.values()].flatMap(allAnonymousVolumes));
  for (const volume of host.volumes.values()) {
    if (volume.owner !== undefined && !excused.has(volume.name)) {
      const known = named.get(volume.name);
      const there = known?.uid === volume.owner.uid && (known.version.state === 'ready' || known.version.state === 'retired');
      hold(there, 'stray volume', () => `volume ${volume.name} is in Docker and ${known?.version.state ?? 'unknown'} in the log`);
    }
    if (volume.anonymous)
      hold(
        anonymous.has(volume.name) || excused.has(volume.name),
        'stray volume',
        () => `anonymous volume ${volume.name} belongs to nothing`,
      );
  }
}

function checkDisks({ auditor: { state }, engine: { host }, unmountedSince }: Machine): void {
  const saved = new Set(
    [...state.replicaSets.values()].flatMap((rs) => rs.versions.flatMap((v) => (v.disk === undefined ? [] : [v.disk.image]))),
  );
  // What a container, a disk in the log or a user's image is built on has to stay as long as that.
  const needed = new Set<FakeImage>();
  const need = (image: FakeImage): void => {
    for (let at: FakeImage | null = image; at !== null; at = at.parent) needed.add(at);
  };
  for (const container of host.containers.values()) need(container.image);
  for (const image of host.images.values()) if (image.disk === undefined || saved.has(image.id)) need(image);
  // Where the current container is gone its disks are left alone, named or not: one may be the only copy.
  for (const image of host.images.values()) {
    const rs = image.disk === undefined ? undefined : state.replicaSets.get(image.disk.name);
    if (rs !== undefined && rs.uid === image.disk?.uid && findVersion(rs, rs.current)?.container === 'removed') need(image);
  }
  for (const image of host.images.values()) {
    // Its name was deleted while Docker's disk was away, as it may have been once: nobody's now.
    if (unmountedSince > 0 && image.disk !== undefined && state.replicaSets.get(image.disk.name)?.uid !== image.disk.uid) continue;
    hold(needed.has(image), 'stray disk', () => `disk of ${image.disk?.name}-${image.disk?.version} is in Docker and not in the log`);
  }
}
