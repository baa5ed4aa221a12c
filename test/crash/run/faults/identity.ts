// The machine comes back as another, or with another Docker: it must stay the host that it was, or not lead at all.
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as assert from 'uvu/assert';
import { absenceOn, isTooMuch } from '../../../../src/commands/host/absence.ts';
import { docker } from '../../../support/docker.ts';
import { attempt, ok, readiness } from '../../client.ts';
import { until } from '../../world.ts';
import { type Arena, HOST_NAMES, PATIENCE_MS, serverArgs } from '../arena.ts';
import type { Fault } from './fault.ts';

const NOT_THIS = /is not the machine that the log knows/;
/** Time after which so few things as are believed to be lost at once may be given up, ms: less than the server's doubt. */
const SHORT_OF_DOUBT_MS = 7_000;
/** Time in which Docker's containers stay as they are when it has ended the calls of a server that is gone, ms. */
const AT_REST_MS = 1_000;
/** Grace period of a stop, ms: the server's default. */
const GRACE_MS = 10_000;

async function otherName(arena: Arena): Promise<void> {
  const before = arena.hostName;
  const hosts = async (): Promise<readonly { name: string; machine: string }[]> =>
    (await ok<{ hosts: readonly { name: string; machine: string }[] }>(arena.leader, 'GET', 'hosts')).hosts;
  const known = (await hosts()).map(({ name }) => name);
  await arena.underLoad(() => arena.server.kill());
  arena.hostName = HOST_NAMES.find((name) => name !== before) ?? before;
  await arena.startReady({ args: serverArgs(arena.hostName, arena.restarts) });
  const now = await hosts();
  assert.equal(
    [now.map(({ name }) => name), now.map(({ machine }) => machine)],
    [known, [arena.hostName]],
    'one host, which is called otherwise',
  );
}

/** The containers of the right Docker that a server must leave alone. */
async function containersOf({ docker: engine }: Arena): Promise<readonly string[]> {
  const list = await engine.listContainers({ all: true });
  const seen = await Promise.all(
    list.map(async ({ Id }) => {
      const { Name, State } = await engine.getContainer(Id).inspect();
      return `${Id} ${Name} ${State.Running} ${State.StartedAt}`;
    }),
  );
  return seen.sort();
}

/** The same, once Docker has done what a server that has ended had asked of it: a stop may be in its grace period. */
async function containersAtRest(arena: Arena): Promise<readonly string[]> {
  const open = new Set<string>();
  for (const { type, stream } of await arena.eventsAfter(0)) {
    if (type === 'OperationStarted') open.add(stream);
    if (type === 'OperationCompleted' || type === 'OperationFailed') open.delete(stream);
  }
  const restMs = open.size > 0 ? GRACE_MS + AT_REST_MS : AT_REST_MS;
  let before: readonly string[] = [];
  for (let since = performance.now(); performance.now() - since < restMs; await sleep(100)) {
    // One may be removed between the list and the look at it.
    const now = await containersOf(arena).catch(() => []);
    if (!isDeepStrictEqual(now, before)) since = performance.now();
    before = now;
  }
  return before;
}

/** A server that must not lead says why, refuses, records nothing and touches nothing. */
async function doesNotLead(arena: Arena, reason: RegExp, again: { readonly docker?: string } = {}): Promise<void> {
  const head = await arena.head();
  const before = await containersAtRest(arena);
  await arena.start(again);
  await until(
    `unreadiness (${reason})`,
    () => readiness(arena.server),
    ({ status, msg }) => status === 503 && reason.test(msg),
    PATIENCE_MS,
  );
  const name = arena.pick(['alpha', 'beta']);
  const refused = await Promise.all([
    attempt(arena.server, 'DELETE', `replicaSet/${name}`),
    attempt(arena.server, 'PATCH', `replicaSet/${name}/stop`),
  ]);
  for (const reply of refused) assert.is(reply?.status, 503, `a server that does not lead answered: ${reply?.msg}`);
  await sleep(arena.random() * 2_000);
  assert.is((await readiness(arena.server)).status, 503);
  const recorded = (await arena.eventsAfter(head)).map(({ type, stream }) => `${type} ${stream}`);
  assert.equal(recorded, [], 'a server that must not lead recorded something');
  assert.equal(await containersOf(arena), before, 'a server that must not lead touched something');
  await (arena.chance(0.5) ? arena.server.kill() : arena.server.stop());
}

const endServer = (arena: Arena): Promise<unknown> =>
  arena.underLoad(async () => void (await (arena.chance(0.5) ? arena.server.kill() : arena.server.stop())));

async function otherDocker(arena: Arena): Promise<void> {
  const { daemon, machine } = arena;
  const other = await arena.otherDocker();
  await endServer(arena);
  const empty = await docker(other.socket).listContainers({ all: true });
  // Behind the same socket, or behind another one that the server is told of.
  if (arena.chance(0.5)) {
    machine.plug(other.socket);
    await doesNotLead(arena, NOT_THIS);
    machine.plug(daemon.socket);
  } else await doesNotLead(arena, NOT_THIS, { docker: other.socket });
  assert.equal(await docker(other.socket).listContainers({ all: true }), empty, 'nothing was made on the wrong Docker');
  await arena.startReady({ docker: machine.socket });
}

async function noDocker(arena: Arena): Promise<void> {
  await endServer(arena);
  arena.machine.plug(join(arena.machine.directory, 'nobody.sock'));
  await doesNotLead(arena, /Docker cannot be reached at /);
  arena.machine.plug(arena.daemon.socket);
  await arena.startReady();
}

async function otherMachine(arena: Arena): Promise<void> {
  await endServer(arena);
  await arena.machine.asAnother(() => doesNotLead(arena, NOT_THIS));
  await arena.startReady();
}

/** Nothing may be given up or freed because of a Docker that is not the right one, or not all of it. */
async function freesNothing(arena: Arena, head: number): Promise<void> {
  const lost = (await arena.eventsAfter(head)).filter(({ type }) => type.endsWith('Vanished'));
  assert.equal(
    lost.map(({ seq, type, stream }) => `${seq} ${type} ${stream}`),
    [],
    'given up because of a wrong Docker',
  );
}

/** dockerd goes, and an empty one answers on its socket while the server runs on, in quiet or in the middle of operations. */
async function swappedUnderIt(arena: Arena): Promise<void> {
  const { daemon, machine } = arena;
  const other = await arena.otherDocker();
  const inQuiet = arena.chance(0.3);
  if (inQuiet) {
    await arena.underLoad(async () => {}, 1_500);
    await arena.settle();
  }
  const head = await arena.head();
  const exchange = async (): Promise<void> => {
    await daemon.kill();
    machine.plug(other.socket);
    await until(
      'the server’s notice',
      () => readiness(arena.server),
      ({ status, msg }) => status === 503 && NOT_THIS.test(msg),
      PATIENCE_MS,
    );
    if (arena.chance(0.2)) await sleep(11_000);
    machine.plug(daemon.socket);
    await daemon.start();
  };
  await (inQuiet ? exchange() : arena.underLoad(exchange, 1_500));
  await arena.untilReady();
  const made = await docker(other.socket).listContainers({ all: true });
  assert.equal(
    made.map(({ Names }) => Names[0]),
    [],
    'containers on the wrong Docker',
  );
  await freesNothing(arena, head);
}

/**
 * The disk of Docker's data root is not mounted. Until Docker 20.10 an engine's id lies elsewhere, so that it is known by nothing but what is
 * missing; then few things may be given up when the doubt is over, and the disk is back before that. Nobody works meanwhile: what an operation
 * removes from a disk that is away comes back with it as a stray.
 */
async function unmounted(arena: Arena): Promise<void> {
  const { daemon } = arena;
  const running = arena.chance(0.5);
  await arena.underLoad(async () => {}, 1_500);
  const state = await arena.settle();
  const head = state.head.seq;
  if (!running) await arena.server.kill();
  const isBelieved = !isTooMuch({ expected: 0, missing: absenceOn(state, [...state.hosts.keys()][0] ?? '', () => true).missing });
  const away = `${daemon.root}-away`;
  // With what it has mounted.
  await daemon.powerOff();
  renameSync(daemon.root, away);
  mkdirSync(daemon.root);
  await daemon.start();
  if (!running) await arena.start();
  await sleep(isBelieved || arena.chance(0.7) ? arena.random() * SHORT_OF_DOUBT_MS : 14_000);
  const made = await arena.docker.listContainers({ all: true });
  assert.equal(
    made.map(({ Names }) => Names[0]),
    [],
    'containers on the empty disk',
  );
  await freesNothing(arena, head);
  await daemon.powerOff();
  rmSync(daemon.root, { recursive: true, force: true });
  renameSync(away, daemon.root);
  await daemon.start();
  await arena.settle();
  await freesNothing(arena, head);
}

export const IDENTITY: readonly Fault[] = [
  { name: 'another host name', weight: 2, play: otherName },
  { name: 'another Docker', weight: 2, play: otherDocker },
  { name: 'no Docker', weight: 1, play: noDocker },
  { name: 'another machine', weight: 1, pretends: true, play: otherMachine },
  { name: 'an empty Docker while it runs', weight: 1, play: swappedUnderIt },
  { name: 'an unmounted data root', weight: 2, play: unmounted },
];
