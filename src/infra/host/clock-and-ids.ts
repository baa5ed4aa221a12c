// Time and ids as the machine gives them.
import { randomUUID } from 'node:crypto';
import type { Clock, Ids } from '../../commands/outside/host.ts';
import { sleep } from '../async/time.ts';

export const systemClock: Clock = { now: () => Date.now(), sleep };

export const systemIds: Ids = { next: () => randomUUID() };
