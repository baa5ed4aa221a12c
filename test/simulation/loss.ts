// Docker's disk is away for so long that what is on it may be given up: by looks, where it is little, or by the operator's word. Then it is back.
import type { Command } from '../../src/commands/command.ts';
import { completeDisk } from '../../src/projections/state.ts';
import { DOUBT_MS } from './auditor.ts';
import type { Machine } from './machine.ts';
import type { SimulatedServer } from './server.ts';
import { unmount } from './strikes.ts';
import { operatorOf } from './tenants.ts';

/** Time for which the disk is away, ms: at least, and at most so much longer. */
const AWAY_MS = 14_000;
const LONGER_MS = 45_000;
/** Time for which it is there between two losses, ms. */
const THERE_MS = 20_000;

interface People {
  /** The server that leads the machine's host, as far as the operator can tell. */
  leader(): SimulatedServer | undefined;
  /** A client sends a command. */
  send(command: Command, request: string): void;
}

export function lose(machine: Machine, { leader, send }: People): void {
  const { scheduler, chance, world, host } = machine;
  if (scheduler.now < machine.unmountedUntil + THERE_MS && machine.unmountedUntil > 0) return;
  const ms = AWAY_MS + chance.roll('length of loss') ** 2 * LONGER_MS;
  unmount(machine, ms);
  const isGivenUp = chance.happens('taken for lost', 0.6);
  const at = DOUBT_MS + 500 + chance.roll('taken for lost after') * 8_000;
  scheduler.after(at, 'the operator takes it for lost', () => {
    // It may have come and gone since.
    if (world.calm || !isGivenUp || scheduler.now < machine.unmountedSince + DOUBT_MS || !machine.isUnmounted) return;
    // The operator sees by the answer what has not gone through, and here lets it be.
    const led = leader();
    led?.core.acceptLoss(host, operatorOf(led), false).catch(() => undefined);
  });
  scheduler.after(ms, 'the disk is back', () => {
    if (world.calm) return;
    // Before anything looks at Docker again, the clients go back to what they have.
    for (const { name, current, versions, uid, host: on } of world.auditor.state.replicaSets.values()) {
      if (on !== host || versions.at(-1)?.version !== current || versions.at(-1)?.container !== 'removed') continue;
      const saved = versions.filter((version) => version.version !== current && completeDisk(version) !== undefined).at(-1);
      if (saved !== undefined && chance.happens('goes back', 0.7))
        send({ do: 'rollback', name, version: saved.version }, `loss-${uid}-${current}-${scheduler.steps}`);
    }
  });
}
