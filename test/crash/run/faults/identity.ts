// The machine comes back as another, or with another Docker: it must stay the host that it was, or not lead at all.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { docker } from '../../../support/docker.ts';
import { attempt, ok, readiness } from '../../client.ts';
import { until } from '../../world.ts';
import { type Arena, HOST_NAMES, PATIENCE_MS, serverArgs } from '../arena.ts';
import type { Fault } from './fault.ts';

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

/** What runs on the right Docker, as far as a server must leave it alone. */
async function containersOf({ docker: engine }: Arena): Promise<readonly string[]> {
  const list = await engine.listContainers({ all: true });
  const seen = await Promise.all(list.map(({ Id }) => engine.getContainer(Id).inspect()));
  return seen.map(({ Id, Name, State }) => `${Id} ${Name} ${State.Running} ${State.StartedAt}`).sort();
}

/** A server that must not lead says why, refuses, records nothing and touches nothing. */
async function doesNotLead(arena: Arena, reason: RegExp, again: { readonly docker?: string } = {}): Promise<void> {
  const head = await arena.head();
  const before = await containersOf(arena);
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
  const reason = /is not the machine that the log knows.*Docker's id/;
  // Behind the same socket, or behind another one that the server is told of.
  if (arena.chance(0.5)) {
    machine.plug(other.socket);
    await doesNotLead(arena, reason);
    machine.plug(daemon.socket);
  } else await doesNotLead(arena, reason, { docker: other.socket });
  assert.equal(await docker(other.socket).listContainers({ all: true }), empty, 'nothing was made on the wrong Docker');
  await arena.startReady({ docker: machine.socket });
}

async function noDocker(arena: Arena): Promise<void> {
  await endServer(arena);
  arena.machine.plug(join(arena.machine.directory, 'nobody.sock'));
  await doesNotLead(arena, /Docker does not answer/);
  arena.machine.plug(arena.daemon.socket);
  await arena.startReady();
}

async function otherMachine(arena: Arena): Promise<void> {
  await endServer(arena);
  await arena.machine.asAnother(() => doesNotLead(arena, /is not the machine that the log knows.*machine-id/));
  await arena.startReady();
}

/** dockerd goes, and an empty one answers on its socket while the server runs on. Nothing may be given up for good. */
async function swappedUnderIt(arena: Arena): Promise<void> {
  const { daemon, machine } = arena;
  const other = await arena.otherDocker();
  const before = await arena.head();
  await arena.underLoad(async () => {
    await daemon.kill();
    machine.plug(other.socket);
    await sleep(arena.chance(0.3) ? 14_000 : 500 + arena.random() * 3_000);
    machine.plug(daemon.socket);
    await daemon.start();
  });
  const made = await docker(other.socket).listContainers({ all: true });
  assert.equal(
    made.map(({ Names }) => Names[0]),
    [],
    'containers on the wrong Docker',
  );
  assert.ok(existsSync(daemon.socket));
  const lost = (await arena.eventsAfter(before)).filter(({ type }) => type.endsWith('Vanished'));
  assert.equal(
    lost.map(({ seq, type, stream }) => `${seq} ${type} ${stream}`),
    [],
    'given up because of a wrong Docker',
  );
}

export const IDENTITY: readonly Fault[] = [
  { name: 'another host name', weight: 2, play: otherName },
  { name: 'another Docker', weight: 2, play: otherDocker },
  { name: 'no Docker', weight: 1, play: noDocker },
  { name: 'another machine', weight: 1, pretends: true, play: otherMachine },
  { name: 'an empty Docker while it runs', weight: 2, play: swappedUnderIt },
];
