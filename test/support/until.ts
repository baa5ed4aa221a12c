// Waiting for what is to come about by itself. The limit is for a busy machine: nobody waits as long where it does come about.
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandOutcome } from '../../src/commands/service.ts';

/** Limit of a wait, ms. */
const PATIENCE_MS = 30_000;

/** Resolves when it is so. Throws when it is not in time. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !isSo(); await sleep(10)) if (Date.now() > deadline) throw new Error(`not seen: ${what}`);
}

/** `ok`, or the message of the rejection. */
export async function answered(outcome: Promise<CommandOutcome>): Promise<string> {
  const found = await Promise.race([outcome, sleep(PATIENCE_MS, null, { ref: false })]);
  return found === null ? 'no answer' : found.ok ? 'ok' : found.rejection.message;
}
