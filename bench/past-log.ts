// Makes a data directory with a long log as a server has it after years: all but its end in segments, a snapshot at its end, and no index.
// One round of commands, for several names, is decided and applied by the pure core; its events are then repeated for name after name with
// new ids and times, and sealed in one hash chain. A round ends in the state in which it began, so it can be repeated without end.
import { join } from 'node:path';
import { silent } from '../src/commands/outside/logger.ts';
import type { Event } from '../src/events/catalogue.ts';
import { EMPTY_HEAD, type Envelope, type Head } from '../src/events/envelope.ts';
import { canonical, hashOf } from '../src/events/hash.ts';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import { startEmbeddedEtcd } from '../src/infra/etcd/embedded.ts';
import { HEAD_KEY, headText, recordKey } from '../src/infra/etcd/log.ts';
import { encodeRecord } from '../src/infra/etcd/record.ts';
import { writeMarker } from '../src/infra/log/archive/marker.ts';
import { Segments } from '../src/infra/log/archive/segments.ts';
import { SEGMENTS_DIR } from '../src/infra/log/open-log.ts';
import { Snapshots } from '../src/infra/log/snapshots/snapshots.ts';
import { applyAll } from '../src/projections/apply.ts';
import { initialState, type State } from '../src/projections/state.ts';
import { HOST, run, Scenario } from '../test/support/scenario.ts';

export const GPUS = 16;
/** Names of a round; each lives for about 50 events. */
const ROUND = 40;
const EPOCH = Date.parse('2026-01-01T00:00:00.000Z');
/** Time in ms from one event to the next. */
const EVENT_MS = 100;
const PER_SEGMENT = 20_000;
const PER_RECORD = 3;
/** Events that stay in etcd. */
const IN_ETCD = 30_000;
/** Writes per transaction; etcd accepts 128 operations. */
const PUTS = 120;

interface Template {
  readonly event: Event;
  /** The event's stream and data as JSON, cut where the name stands. */
  readonly parts: readonly string[];
}

const NAME = /set\d+x/g;

function templates(): { readonly first: readonly Event[]; readonly round: readonly (readonly Template[])[]; readonly state: State } {
  const scenario = new Scenario(GPUS, { start: 40_000, end: 40_999 });
  // As before hosts had ids: any machine may be the host.
  const first = scenario.events.map((event) => {
    if (event.type !== 'HostStarted') return event;
    const { hostId: _, machineId: __, engineId: ___, dataRoot: ____, ...data } = event.data;
    return { ...event, data };
  });
  const state = applyAll(initialState, first);
  const round: Template[][] = [];
  for (let i = 0; i < ROUND; i++) {
    const before = scenario.events.length;
    const name = `set${i}x`;
    scenario.run(run(name, { gpuCount: 1 + (i % 8), containerPorts: ['22', '8888'], env: ['EPOCHS=10', 'DATA=/mnt/data'] }));
    scenario.run({ do: 'patch', name, gpuPatch: { gpuCount: 1 + (i % 5) } });
    scenario.run({ do: 'stop', name });
    scenario.run({ do: 'restart', name });
    scenario.run({ do: 'delete', name });
    const events = scenario.events.slice(before);
    round.push(events.map((event) => ({ event, parts: canonical({ stream: event.stream, data: event.data }).split(NAME) })));
  }
  return { first, round, state };
}

export interface PastLog {
  readonly head: Head;
  readonly names: number;
  /** When its first and its last event were. */
  readonly began: number;
  readonly ended: number;
}

/** Events in the order of the log, in records. */
function* sealed(count: number, names: number, round: ReturnType<typeof templates>): Generator<readonly Envelope[], Head, undefined> {
  let head: Head = EMPTY_HEAD;
  const seal = (event: Event, stream: string, data: unknown, id: string, actor: string): Envelope => {
    const { host, schema, type, command: own } = event;
    const command = { actor, id, name: own.name };
    const time = new Date(EPOCH + head.seq * EVENT_MS).toISOString();
    const rest = { host, prev: head.hash, schema, seq: head.seq + 1, stream, time, type };
    const hash = hashOf({ command, data, ...rest });
    head = { seq: rest.seq, hash };
    return { command, data, hash, ...rest };
  };
  yield round.first.map((event) => seal(event, event.stream, event.data, event.command.id, event.command.actor));
  for (let life = 0; head.seq < count; life++) {
    let record: Envelope[] = [];
    const name = `job${life % names}`;
    for (const { event, parts } of round.round[life % ROUND] ?? []) {
      const { stream, data } = JSON.parse(parts.join(name)) as { readonly stream: string; readonly data: object };
      const id = (own: string): string => `${own}-0000-4000-8000-${String(life).padStart(12, '0')}`;
      const facts = 'uid' in data ? { ...data, uid: id(String(data.uid)) } : data;
      const actor = event.command.actor === 'test' ? `user${life % 20}` : event.command.actor;
      record.push(seal(event, stream, facts, id(event.command.id), actor));
      if (record.length < PER_RECORD) continue;
      yield record;
      record = [];
    }
    if (record.length > 0) yield record;
  }
  return head;
}

/** Writes at least `count` events of `names` names, each of which lives and is deleted again and again. */
export async function writePast(dataDir: string, count: number, names: number, say: (line: string) => void): Promise<PastLog> {
  const made = templates();
  const segments = new Segments(join(dataDir, SEGMENTS_DIR));
  const etcd = await startEmbeddedEtcd({ dataDir });
  const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 30_000 });
  segments.lock()();
  let batch: Envelope[] = [];
  let write: { put: string; value: string }[] = [];
  let adding: Promise<unknown> = Promise.resolve();
  const put = async (): Promise<void> => {
    await kv.txn({ if: [], write });
    write = [];
  };
  const records = sealed(count, names, made);
  let next = records.next();
  let archived = 0;
  for (; next.done !== true; next = records.next()) {
    const record = next.value;
    const [first] = record;
    if (first === undefined) continue;
    if (first.seq <= count - IN_ETCD) {
      batch.push(...record);
      if (batch.length < PER_SEGMENT) continue;
      await adding;
      const events = batch;
      adding = segments.add(events, first.seq);
      batch = [];
      archived = first.seq + record.length - 1;
      if (archived % 500_000 < PER_SEGMENT) say(`${archived} events`);
      continue;
    }
    if (batch.length > 0) {
      await adding;
      adding = segments.add(batch, batch.at(-1)?.seq ?? 0);
      archived = batch.at(-1)?.seq ?? 0;
      batch = [];
    }
    write.push({
      put: recordKey(first.seq),
      value: encodeRecord(`tx-${first.seq}`, record, { seq: first.seq - 1, hash: first.prev }),
    });
    if (write.length === PUTS) await put();
  }
  await adding;
  if (write.length > 0) await put();
  const head = next.value;
  await kv.txn({ if: [], write: [{ put: HEAD_KEY, value: headText(head) }] });
  await writeMarker(kv, { seq: archived, hash: segments.head.hash, host: HOST, dir: segments.dir });
  const ended = EPOCH + (head.seq - 1) * EVENT_MS;
  const state = { ...made.state, head, time: new Date(ended).toISOString() };
  await new Snapshots({ dir: join(dataDir, 'snapshots'), logger: silent }).write(state);
  kv.close();
  await etcd.stop();
  return { head, names, began: EPOCH, ended };
}
