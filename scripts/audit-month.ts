// Makes a log of the month before this one, as `log export` would have written it: real decisions, at times of that month.
import { randomUUID } from 'node:crypto';
import type { Command } from '../src/commands/command.ts';
import type { Gpu } from '../src/commands/outside/host.ts';
import type { Event } from '../src/events/catalogue.ts';
import { EMPTY_HEAD, type Envelope, type Head } from '../src/events/envelope.ts';
import { canonical, seal } from '../src/events/hash.ts';
import { run, HOST as SCENARIO_HOST, Scenario } from '../test/support/scenario.ts';

/** Day of the month and UTC time, actor, command. */
type Order = readonly [day: number, time: string, actor: string, command: Command];

const image = { imageName: 'pytorch:2.4' };
const ORDERS: readonly Order[] = [
  [2, '09:15:00.250', 'alice', run('bert', { ...image, gpuCount: 2 })],
  [3, '22:40:12.003', 'pipeline', run('nightly', { ...image, gpuCount: 1 })],
  [4, '06:05:59.999', 'pipeline', { do: 'delete', name: 'nightly' }],
  [7, '11:00:00.000', 'bob', { do: 'patch', name: 'bert', gpuPatch: { gpuCount: 3 } }],
  [9, '17:30:45.500', 'alice', { do: 'stop', name: 'bert' }],
  [14, '08:00:00.000', 'bob', run('llama', { ...image, gpuCount: 4 })],
  [21, '20:20:20.020', 'bob', { do: 'delete', name: 'llama' }],
  [22, '09:00:00.000', 'carol', { do: 'delete', name: 'bert' }],
];

export interface Month {
  /** First day of the month and of the next one, YYYY-MM-DD. */
  readonly from: string;
  readonly to: string;
  /** One event a line. */
  readonly text: string;
}

export function lastMonth(host: string, gpus: readonly Gpu[], now: Date): Month {
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
  const scenario = new Scenario(gpus.length);
  let head: Head = EMPTY_HEAD;
  const lines: string[] = [];
  /** The same events of this host, from `began` on, a fifth of a second apart. */
  const write = (events: readonly Event[], began: number, actor: string | null): void => {
    const id = randomUUID();
    for (const [i, { hash: _, ...event }] of events.entries()) {
      const time = new Date(began + i * 200).toISOString();
      const command = { ...event.command, id, actor: actor ?? event.command.actor };
      const data = here(event.data, event.command.id, id);
      const sealed: Envelope = seal({
        ...event,
        data,
        command,
        time,
        host,
        stream: event.stream.replace(`host/${SCENARIO_HOST}`, `host/${host}`),
        prev: head.hash,
      });
      head = { seq: sealed.seq, hash: sealed.hash };
      lines.push(canonical(sealed));
    }
  };
  const here = (data: unknown, scenarioId: string, id: string): unknown => {
    const text = JSON.stringify(data)
      .replaceAll(`"${scenarioId}"`, `"${id}"`)
      .replace('"log-1"', `"${id}"`)
      .replace('"nvidia"', '"simulated"')
      .replace('"A100"', '"simulated"');
    return JSON.parse(text.replaceAll(/"GPU-(\d+)"/g, (_, index: string) => JSON.stringify(gpus[Number(index)]?.gpu)));
  };
  write(scenario.events, first.getTime() + 8 * 3_600_000, null);
  for (const [day, time, actor, command] of ORDERS) {
    const date = new Date(first.getTime() + (day - 1) * 86_400_000).toISOString().slice(0, 10);
    write(scenario.run(command), Date.parse(`${date}T${time}Z`), actor);
  }
  return { from: first.toISOString().slice(0, 10), to: next.toISOString().slice(0, 10), text: `${lines.join('\n')}\n` };
}
