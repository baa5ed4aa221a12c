// Two releases on one log. The release before is this program without what level 2 brought: it writes no event of it, says at its start that
// it reads level 1, and stops at the first event that it does not know. Logs of these worlds begin at level 1, as that release made them.
import type { RaiseLogLevel } from '../../src/commands/command.ts';
import type { Decision } from '../../src/commands/decision.ts';
import { type Event, isEventType, LEVEL, levelOf } from '../../src/events/catalogue.ts';
import { type CommandMeta, EMPTY_HEAD, type Envelope, type Head } from '../../src/events/envelope.ts';
import { RELEASE } from '../../src/events/evolution/release.ts';
import { seal } from '../../src/events/hash.ts';
import { type EventLog, LogCorruptError } from '../../src/events/log.ts';
import { HEAD_KEY, headText, recordKey } from '../../src/infra/etcd/log.ts';
import { encodeRecord } from '../../src/infra/etcd/record.ts';
import { Committer } from '../../src/infra/runtime/committer.ts';
import type { State } from '../../src/projections/state.ts';
import type { Machine } from './machine.ts';
import type { SimulatedServer } from './server.ts';
import type { Servers } from './strikes.ts';
import { hold } from './violation.ts';
import type { World } from './world.ts';

export const RELEASE_BEFORE = '0.1.0';

const isKnownBefore = (type: string): boolean => isEventType(type) && levelOf(type) === 1;

/** What the release before says of an event that it does not know. */
const says = (type: string): string => `this program does not know the event type ${type}; it needs release ${RELEASE} or later`;

export const isTooOld = (error: unknown): boolean =>
  error instanceof LogCorruptError && error.message.includes('this program does not know');

/** The log as the release before reads it. */
export class LogBefore implements EventLog {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  async *read(from: number, to?: number): AsyncGenerator<readonly Envelope[], void, undefined> {
    for await (const record of this.#log.read(from, to)) {
      const unknown = record.find(({ type }) => !isKnownBefore(type));
      if (unknown !== undefined) throw new LogCorruptError(unknown.seq, says(unknown.type));
      yield record;
    }
  }

  head(): Promise<Head> {
    return this.#log.head();
  }

  append(events: readonly Envelope[], expected: Head): Promise<'committed' | 'conflict'> {
    return this.#log.append(events, expected);
  }

  onMoved(ring: () => void, signal: AbortSignal): void {
    this.#log.onMoved(ring, signal);
  }

  trouble(): { readonly since: number; readonly reason: string } | null {
    return this.#log.trouble();
  }
}

/** It does not say which level it reads: nobody had asked for that yet. */
export class CommitterBefore extends Committer {
  override submit(meta: CommandMeta, decide: (state: State) => Decision): ReturnType<Committer['submit']> {
    return super.submit(meta, (state) => {
      const decision = decide(state);
      if (decision.kind !== 'events') return decision;
      const events = decision.events.map((event) => {
        if (event.type !== 'HostStarted') return event;
        const { reads: _, ...data } = event.data;
        return { ...event, data };
      });
      return { ...decision, events };
    });
  }
}

/** The log that the release before has made. */
async function beginAtLevelOne(world: World): Promise<void> {
  const event = seal({
    ...{ seq: 1, type: 'LogCreated', schema: 1, stream: 'log', time: new Date(world.scheduler.now).toISOString() },
    ...{ host: world.right[0]?.host ?? '', command: { id: 'before', name: 'start', actor: 'system:start' } },
    ...{ data: { id: world.nextId() }, prev: EMPTY_HEAD.hash },
  });
  const write = [
    { put: recordKey(1), value: encodeRecord('before', [event], EMPTY_HEAD) },
    { put: HEAD_KEY, value: headText(event) },
  ];
  await world.etcd.client().txn({ if: [], write });
}

/** Books of the level, from the events alone. */
export class Levels {
  #level = 1;
  /** Host → the level that its server reads, as the last start said. */
  readonly #reads = new Map<string, number>();

  read(event: Event): void {
    const { seq, type } = event;
    if (event.type === 'LogCreated') this.#level = event.data.level ?? 1;
    if (event.type === 'HostStarted') this.#reads.set(event.host, event.data.reads ?? 1);
    if (event.type === 'LogLevelRaised') {
      const behind = [...this.#reads].filter(([, reads]) => reads < event.data.level).map(([host]) => host);
      hold(behind.length === 0, 'raised too early', () => `event ${seq} raises the level, and the servers of ${behind} cannot read it`);
      this.#level = event.data.level;
    }
    hold(levelOf(event.type) <= this.#level, 'level of the log', () => `event ${seq} is a ${type}, and the log is at level ${this.#level}`);
  }
}

const RAISE: RaiseLogLevel = { do: 'raiseLogLevel' };

/** Which release is installed where, and what the operator does about it. */
export class Releases {
  readonly #world: World;
  readonly #upgraded = new Set<Machine>();

  constructor(world: World) {
    this.#world = world;
  }

  get #arePlayed(): boolean {
    return this.#world.swarm.rates.releases > 0;
  }

  async begin(): Promise<void> {
    if (this.#arePlayed) await beginAtLevelOne(this.#world);
  }

  /** Whether the next server on the machine is of the release before: also now and then where the new one was installed. */
  startsBefore(machine: Machine): boolean {
    const { calm, chance } = this.#world;
    if (!this.#arePlayed || calm) return false;
    const isBefore = chance.happens('release of a start', this.#upgraded.has(machine) ? 0.15 : 0.85);
    if (isBefore) this.#world.count('releases');
    return isBefore;
  }

  strike(machine: Machine, servers: Servers): void {
    if (this.#upgraded.has(machine)) this.raise(servers.all());
    else this.#upgrade(machine, servers);
  }

  #upgrade(machine: Machine, servers: Servers): void {
    this.#upgraded.add(machine);
    if (!this.#world.chance.happens('upgraded in place', 0.7)) return;
    for (const server of servers.all()) if (server.machine === machine) server.kill();
    servers.start(machine);
  }

  /** `log raise` at some server that is ready; it may be refused. */
  raise(servers: readonly SimulatedServer[]): void {
    const able = servers.filter((server) => server.alive && !server.isBefore && server.isRight && server.core.readiness().ready);
    const server = this.#world.chance.pick('raises', able);
    if (server === undefined) return;
    server.core.raiseLogLevel(RAISE, { actor: 'operator' }, false).then(
      (outcome) => {
        if (!server.alive || !outcome.ok) return;
        const { logLevel } = this.#world.auditor.state;
        this.#world.guard(() => hold(logLevel === LEVEL, 'answer', () => `the level was raised, and the log is at level ${logLevel}`));
      },
      (error: Error) => this.#world.fail(error),
    );
  }

  /** At rest every machine has the new release; some operators never raise the level. */
  settle(servers: readonly SimulatedServer[]): void {
    for (const server of servers) if (server.isBefore) server.kill();
  }

  /** What is left to do; null at rest. */
  restless(servers: readonly SimulatedServer[], mayAct: boolean): string | null {
    const { auditor, chance } = this.#world;
    if (!this.#arePlayed || auditor.state.logLevel === LEVEL) return null;
    // What was given up and is back is taken back at level 2 only: until then it stays as it is.
    this.#isRaised ??= auditor.unmounted.size > 0 || chance.happens('raised at last', 0.7);
    if (!this.#isRaised) return null;
    if (mayAct) this.raise(servers);
    return `the log is at level ${auditor.state.logLevel}`;
  }
  #isRaised: boolean | undefined;

  /** The server's warning of what is missing, where a log of level 1 cannot say it: all that the operator has. */
  missing({ core }: SimulatedServer): string | undefined {
    if (this.#world.auditor.state.logLevel === LEVEL) return undefined;
    const readiness = core.readiness();
    return readiness.ready ? readiness.warnings?.find((warning) => warning.includes('are missing from Docker')) : undefined;
  }
}
