// Long logs that are valid: decided and applied by the pure core once, then repeated with new ids and sealed with a chain of their own.
import type { Command } from '../../../src/commands/command.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import { EMPTY_HEAD, type Envelope, type Head } from '../../../src/events/envelope.ts';
import { seal } from '../../../src/events/hash.ts';
import type { EventLog } from '../../../src/events/log.ts';
import { applyAll } from '../../../src/projections/apply.ts';
import { initialState, type State } from '../../../src/projections/state.ts';
import { run, Scenario } from '../../support/scenario.ts';

const BEGAN = Date.parse('2026-01-01T00:00:00.000Z');

/** What comes once, and a round that leaves the state as it found it, so that it may follow itself for ever. */
function templates(live: number): { readonly first: readonly Event[]; readonly round: readonly Event[] } {
  const scenario = new Scenario(live + 4, { start: 40000, end: 40000 + live * 2 + 20 });
  for (let i = 0; i < live; i++) {
    scenario.run(run(`live${i}`, { containerPorts: ['22', '80'], env: ['A=1', 'PATH=/bin:/usr/bin'], binds: [] }));
    scenario.run({ do: 'patch', name: `live${i}`, gpuPatch: { gpuCount: 0 } } as Command);
  }
  const first = [...scenario.events];
  scenario.run(run('job', { gpuCount: 2, containerPorts: ['22'], env: ['EPOCHS=10', 'DATA=/mnt/data'] }));
  scenario.run({ do: 'patch', name: 'job', gpuPatch: { gpuCount: 3 } } as Command);
  scenario.run({ do: 'stop', name: 'job' } as Command);
  scenario.run({ do: 'restart', name: 'job' } as Command);
  scenario.run({ do: 'delete', name: 'job' } as Command);
  return { first, round: scenario.events.slice(first.length) };
}

/** At least `count` events from the first on, one array for what a command's step appended. `live` replicaSets stay to its end. */
export function* syntheticLog(count: number, live = 8, logId = 'log-1'): Generator<readonly Envelope[], void, undefined> {
  const { first, round } = templates(live);
  let head: Head = EMPTY_HEAD;
  let group: Envelope[] = [];
  const push = (template: Event, command: string): Envelope => {
    const { seq: _, prev: __, hash: ___, ...rest } = template;
    const data =
      rest.type === 'LogCreated'
        ? { id: logId }
        : (JSON.parse(JSON.stringify(rest.data).replaceAll(`"uid":"${rest.command.id}"`, `"uid":"${command}"`)) as unknown);
    const event = seal({
      ...rest,
      data,
      command: { ...rest.command, id: command },
      seq: head.seq + 1,
      time: new Date(BEGAN + head.seq * 100).toISOString(),
      prev: head.hash,
    });
    head = { seq: event.seq, hash: event.hash };
    return event;
  };
  const groups = function* (templates: readonly Event[], id: (own: string) => string): Generator<readonly Envelope[]> {
    for (const [i, template] of templates.entries()) {
      group.push(push(template, id(template.command.id)));
      // A step's events share a record, as the committer commits them.
      if (group.length < 3 && templates[i + 1]?.command.id === template.command.id) continue;
      yield group;
      group = [];
    }
  };
  yield* groups(first, (own) => own);
  for (let i = 1; head.seq < count; i++) yield* groups(round, (own) => `${own}-${i}`);
}

export const events = (count: number, live?: number, logId?: string): Envelope[] => [...syntheticLog(count, live, logId)].flat();

export const stateOf = (log: readonly Envelope[]): State => applyAll(initialState, log as readonly Event[]);

/** Appends them as records of up to `perRecord` events; gives the head. */
export async function fill(log: EventLog, all: Iterable<readonly Envelope[]>, perRecord = 500): Promise<Head> {
  let head: Head = await log.head();
  let record: Envelope[] = [];
  const flush = async (): Promise<void> => {
    const last = record.at(-1);
    if (last === undefined) return;
    if ((await log.append(record, head)) !== 'committed') throw new Error('somebody else appends');
    head = { seq: last.seq, hash: last.hash };
    record = [];
  };
  for (const group of all) {
    if (record.length + group.length > perRecord) await flush();
    record.push(...group);
  }
  await flush();
  return head;
}
