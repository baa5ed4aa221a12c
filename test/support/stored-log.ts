// Logs that another release wrote: events sealed exactly as a test gives them, in a store.
import { EMPTY_HEAD, type Envelope } from '../../src/events/envelope.ts';
import { seal } from '../../src/events/hash.ts';
import { MemoryLog, MemoryStore } from '../doubles/memory-log.ts';
import { HOST } from './scenario.ts';

export interface Written {
  readonly type: string;
  readonly stream: string;
  readonly data: unknown;
  /** 1 unless told. */
  readonly schema?: number;
  readonly host?: string;
}

/** One ms apart, each by a command of its own. */
export function sealAll(events: readonly Written[]): readonly Envelope[] {
  let prev = EMPTY_HEAD.hash;
  return events.map(({ type, stream, data, schema = 1, host = HOST }, i) => {
    const time = new Date(Date.parse('2026-01-01T00:00:00.000Z') + i).toISOString();
    const command = { id: `c${i}`, name: 'start', actor: 'system:start' };
    const event = seal<string, unknown>({ seq: i + 1, type, schema, stream, time, host, command, data, prev });
    prev = event.hash;
    return event;
  });
}

export async function storeOf(events: readonly Envelope[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  await new MemoryLog({ store }).append(events, EMPTY_HEAD);
  return store;
}

/** As a release that knows no levels writes them. */
export const logCreated: Written = { type: 'LogCreated', stream: 'log', data: { id: 'log-1' } };
export const hostStarted = (host: string, version: string, reads?: number): Written => ({
  type: 'HostStarted',
  stream: `host/${host}`,
  data: { pid: 1, version, engine: 'e', storageDriver: 's', gpuMode: 'none', ...(reads !== undefined && { reads }) },
  host,
});
