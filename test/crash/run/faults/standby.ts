// A second server on the same log and host.
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { signal } from '../../../support/processes.ts';
import { readiness } from '../../client.ts';
import { until } from '../../world.ts';
import { type Arena, PATIENCE_MS } from '../arena.ts';
import type { Fault } from './fault.ts';

/** The first server leads again, and the standby goes. */
async function handBack(arena: Arena, how: 'stop' | 'kill'): Promise<void> {
  arena.leader = arena.server;
  await arena.endStandby(how);
  await arena.untilReady();
}

async function takesOver(arena: Arena): Promise<void> {
  const standby = await arena.standby();
  const clean = arena.chance(0.3);
  await arena.underLoad(async () => void (await (clean ? arena.server.stop() : arena.server.kill())), 1_000);
  arena.leader = standby;
  const began = performance.now();
  await arena.untilReady();
  arena.starts.push(performance.now() - began);
  if (arena.chance(0.5)) await arena.underLoad(async () => {}, 800);
  await arena.start();
  await handBack(arena, arena.pick(['stop', 'kill'] as const));
}

/** A leader that stands still beyond its lease: when it goes on it carries out and records nothing more. */
async function paused(arena: Arena): Promise<void> {
  const { server } = arena;
  const standby = await arena.standby();
  arena.wasFrozen = true;
  let head = 0;
  try {
    await arena.underLoad(async () => {
      signal(server.pid, 'SIGSTOP');
      arena.leader = standby;
      await arena.untilReady();
      head = await arena.head();
      await sleep(arena.random() * 500);
      signal(server.pid, 'SIGCONT');
    }, 800);
  } finally {
    signal(server.pid, 'SIGCONT');
  }
  await until(
    'the deposed one’s readiness',
    () => readiness(server),
    ({ status, msg }) => status === 503 && /standby/.test(msg),
    PATIENCE_MS,
  );
  const begun = (await arena.eventsAfter(head)).filter(({ type }) => type === 'HostStarted');
  assert.equal(begun, [], 'the deposed one has begun no term');
  await handBack(arena, arena.pick(['stop', 'kill'] as const));
}

export const STANDBY: readonly Fault[] = [
  { name: 'a standby takes over', weight: 2, play: takesOver },
  { name: 'a leader that stands still', weight: 1, play: paused },
];
