// A log in memory as it was at an earlier moment, with the operator's word that it was put back.
import type { Envelope } from '../../src/events/envelope.ts';
import { seal } from '../../src/events/hash.ts';
import { MemoryLog, type MemoryStore } from '../doubles/memory-log.ts';
import { HOST } from './scenario.ts';
import { storeOf } from './stored-log.ts';

export async function eventsOf(store: MemoryStore): Promise<Envelope[]> {
  const events: Envelope[] = [];
  for await (const part of new MemoryLog({ store }).read(1)) events.push(...part);
  return events;
}

/** The log as it was after that event, with the word that it was put back. */
export async function putBack(store: MemoryStore, seq: number): Promise<MemoryStore> {
  const events = (await eventsOf(store)).slice(0, seq);
  const last = events.at(-1);
  if (last === undefined) throw new Error('nothing to put back');
  const time = new Date(Date.parse(last.time) + 1).toISOString();
  const command = { id: 'restore', name: 'restore', actor: 'ann' };
  const data = { by: 'ann', lost: 1 };
  const said = seal({ seq: seq + 1, type: 'LogRestored', schema: 1, stream: 'log', time, host: HOST, command, data, prev: last.hash });
  return storeOf([...events, said]);
}
