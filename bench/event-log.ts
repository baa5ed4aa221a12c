// Writes a log of a million events to etcd within a minute. One round of commands, for many names and GPUs, is decided and applied by the
// pure core; its events are then repeated with new ids and times and sealed in one hash chain. A round ends in the state in which it began,
// so it can be repeated without end.
import type { Event } from '../src/events/catalogue.ts';
import { EMPTY_HEAD, type Envelope, type Head } from '../src/events/envelope.ts';
import { canonical, hashOf } from '../src/events/hash.ts';
import type { EtcdKv } from '../src/infra/etcd/kv.ts';
import { HEAD_KEY, headText, recordKey } from '../src/infra/etcd/log.ts';
import { encodeRecord } from '../src/infra/etcd/record.ts';
import type { State } from '../src/projections/state.ts';
import { run, Scenario } from '../test/support/scenario.ts';

export const NAMES = 200;
export const ACTORS = 20;
export const GPUS = 16;
export const FIRST_PORT = 40_000;
const EPOCH = Date.parse('2026-01-01T00:00:00.000Z');
/** Time in ms from one event to the next. */
const EVENT_MS = 100;
/** Writes per transaction; etcd accepts 128 operations. */
const PUTS = 120;

const actorOf = (actor: string, stream: string): string =>
  actor === 'test' ? `user${Number(/\d+/.exec(stream)?.[0] ?? 0) % ACTORS}` : actor;
const inOrder = (event: Event): Event => ({ ...event, data: JSON.parse(canonical(event.data)) }) as Event;

/** As a release before the ids of machines wrote it: the server that is started on the log binds this machine to the host. */
function ofAnyMachine(event: Event): Event {
  if (event.type !== 'HostStarted') return event;
  const { hostId: _, machineId: __, engineId: ___, dataRoot: ____, ...data } = event.data;
  return { ...event, data };
}

function templates(): { readonly first: readonly Event[]; readonly round: readonly Event[]; readonly state: State } {
  const scenario = new Scenario(GPUS, { start: FIRST_PORT, end: FIRST_PORT + 999 });
  const first = scenario.events.map(ofAnyMachine).map(inOrder);
  const { state } = scenario;
  for (let i = 0; i < NAMES; i++) {
    const name = `set${i}`;
    scenario.run(run(name, { gpuCount: 1 + (i % 8), containerPorts: ['22', '8888'], env: ['EPOCHS=10', 'DATA=/mnt/data'] }));
    scenario.run({ do: 'patch', name, gpuPatch: { gpuCount: 1 + (i % 5) } });
    scenario.run({ do: 'stop', name });
    scenario.run({ do: 'restart', name });
    scenario.run({ do: 'delete', name });
  }
  return { first, round: scenario.events.slice(first.length).map(inOrder), state };
}

export interface LongLog {
  readonly head: Head;
  readonly time: string;
  readonly records: number;
  readonly rounds: number;
  /** The state at its end, but for single commands. */
  readonly state: State;
}

/**
 * Stores `count` events in records of up to three events, like a service under light load. `after`: continues that log up to `count` events
 * in all.
 */
export async function storeLong(
  kv: EtcdKv,
  count: number,
  say: (line: string) => void = () => {},
  after: LongLog | null = null,
): Promise<LongLog> {
  const { first, round, state } = templates();
  let { head, time, records, rounds } = after ?? { head: EMPTY_HEAD, time: '', records: 0, rounds: 0 };
  let write: { put: string; value: string }[] = [];
  const pending: Promise<unknown>[] = [];
  const flush = async (): Promise<void> => {
    pending.push(kv.txn({ if: [], write }));
    write = [];
    if (pending.length >= 4) await pending.shift();
  };
  const put = (templatesOfRecord: readonly Event[], id: (own: string) => string): void => {
    const before = head;
    const sealed = templatesOfRecord.map(({ command: own, data: facts, host, schema, stream, type }): Envelope => {
      const command = { actor: actorOf(own.actor, stream), id: id(own.id), name: own.name, requestId: `request-${id(own.id)}` };
      const data = 'uid' in facts ? { ...facts, uid: id(facts.uid) } : facts;
      time = new Date(EPOCH + head.seq * EVENT_MS).toISOString();
      // With the keys in order the canonical text is cheap.
      const rest = { host, prev: head.hash, schema, seq: head.seq + 1, stream, time, type };
      const hash = hashOf({ command, data, ...rest });
      head = { seq: rest.seq, hash };
      return { command, data, hash, ...rest };
    });
    write.push({ put: recordKey(before.seq + 1), value: encodeRecord(`tx-${before.seq}`, sealed, before) });
    records++;
  };
  const putAll = async (events: readonly Event[], id: (own: string) => string): Promise<void> => {
    let group: Event[] = [];
    for (const [i, event] of events.entries()) {
      group.push(event);
      if (group.length < 1 + (i % 3) && events[i + 1]?.command.id === event.command.id) continue;
      put(group, id);
      group = [];
      if (write.length === PUTS) await flush();
    }
  };
  if (after === null) await putAll(first, (own) => own);
  while (head.seq < count) {
    rounds++;
    await putAll(round, (own) => `${own}-0000-4000-8000-${String(rounds).padStart(12, '0')}`);
    if (rounds % 20 === 0) say(`${head.seq} events`);
  }
  if (write.length > 0) await flush();
  await Promise.all(pending);
  await kv.txn({ if: [], write: [{ put: HEAD_KEY, value: headText(head) }] });
  return { head, time, records, rounds, state: { ...state, head, time } };
}
