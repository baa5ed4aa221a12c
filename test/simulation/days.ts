// Days pass while everything sleeps, as it does on machines that are suspended together: every timer is late, and keys are old when clients use
// them again.
import { keyLifetime } from '../../src/projections/keys/apply-command.ts';
import type { Clients } from './clients.ts';
import type { World } from './world.ts';

/** Lifetime of a key in events, where days pass: a run has some hundred. */
const FEW_EVENTS = 40;
const DAY_MS = 24 * 3_600_000;

/** Set before a run, and the same for all of it. */
export function setKeyLifetime({ swarm }: World): void {
  keyLifetime.events = swarm.rates.days > 0 ? FEW_EVENTS : 10_000;
}

/** Half a day to four: some keys are old enough to be forgotten then, and some are not. */
export function passDays({ scheduler, chance }: World, clients: Clients): void {
  const days = 0.5 + chance.roll('days') * 3.5;
  scheduler.now += days * DAY_MS;
  clients.useAgain(Math.floor(scheduler.now / DAY_MS));
}
