import { BY_HAND } from './by-hand.ts';
import type { Fault } from './fault.ts';
import { FOREIGN } from './foreign.ts';
import { IDENTITY } from './identity.ts';
import { KILLS } from './kills.ts';
import { STANDBY } from './standby.ts';

export const FAULTS: readonly Fault[] = [...KILLS, ...IDENTITY, ...STANDBY, ...FOREIGN, ...BY_HAND];

/** One by chance (`random` from 0 to 1), each as often as its weight says. */
export function faultAt(faults: readonly Fault[], random: number): Fault {
  let at = random * faults.reduce((sum, { weight }) => sum + weight, 0);
  for (const fault of faults) {
    at -= fault.weight;
    if (at < 0) return fault;
  }
  throw new Error('no fault to choose from');
}
