// The clients: they send commands to servers, some of them again under the same Idempotency-Key, and hold every answer against the log.
import { type Command, streamOf } from '../../src/commands/command.ts';
import { aggregateOf } from '../../src/projections/state.ts';
import { type Told, toldOf } from './auditor.ts';
import type { Answer, Keyed } from './keys.ts';
import type { Again } from './plan.ts';
import type { SimulatedServer } from './server.ts';
import { hold } from './violation.ts';
import type { World } from './world.ts';

interface Asked {
  readonly command: Command;
  readonly server: SimulatedServer;
  readonly request: string;
  readonly keyed: Keyed | null;
  /** The server is just deciding another request under the same key: which of the two gets it is open. */
  readonly contested: boolean;
  /** Nothing was in the log under the key when this was sent: it may be refused as the first of all. */
  readonly early: boolean;
}

const MOST = 12;
/** How long a client waits where no server takes its request. */
const PATIENCE_MS = 1_000;
const MOST_PATIENCE = 10;

export class Clients {
  readonly #world: World;
  readonly #servers: () => readonly SimulatedServer[];
  readonly #say: (line: string) => void;
  readonly #open = new Set<Asked>();
  /** What was first sent under each key. */
  readonly #keys = new Map<string, Command>();
  sent = 0;

  constructor(world: World, servers: () => readonly SimulatedServer[], say: (line: string) => void) {
    this.#world = world;
    this.#servers = servers;
    this.#say = say;
  }

  /** A dead server answers nobody. */
  forgetTheDead(): void {
    for (const asked of this.#open) if (!asked.server.alive) this.#open.delete(asked);
  }

  /** A command that still waits for its answer. */
  waiting(): Command | undefined {
    return [...this.#open].find(({ server }) => server.alive)?.command;
  }

  /** `again`: how the same request is sent again, under a key; null: it has no key. */
  submit(i: number, command: Command, toStandby: boolean, again: readonly Again[] | null): void {
    const server = this.#world.chance.pick('asked', this.#able(command, toStandby));
    if (server === undefined || this.#open.size >= MOST) return;
    if (again === null) {
      this.#send(command, server, `request-${i}`, null);
      return;
    }
    const key = `key-${i}`;
    this.#keys.set(key, command);
    this.#send(command, server, `request-${i}`, keyedBy(key, command));
    for (const [n, retry] of again.entries())
      this.#later(retry.wait, `request-${i}.${n + 1}`, key, retry.other ?? command, retry.toStandby);
  }

  #later(ms: number, request: string, key: string, command: Command, toStandby: boolean, tries = MOST_PATIENCE): void {
    const { scheduler, chance, swarm } = this.#world;
    scheduler.after(ms, `client sends ${request}`, () => {
      if (this.#world.calm || swarm.rates.retry === 0) return;
      const server = chance.pick('asked again', this.#able(command, toStandby));
      if (server === undefined || this.#open.size >= MOST) {
        if (tries > 0) this.#later(PATIENCE_MS, request, key, command, toStandby, tries - 1);
        return;
      }
      this.#world.count('retry');
      this.#world.guard(() => this.#send(command, server, request, keyedBy(key, command)));
    });
  }

  /** A server that may not lead refuses all commands at its door. Most clients know which host has a name. */
  #able(command: Command, toStandby: boolean): readonly SimulatedServer[] {
    const { auditor, chance, isShared } = this.#world;
    const able = this.#servers().filter((s) => s.alive && s.isRight && s.followed && (toStandby || s.core.isReady()));
    if (!isShared || chance.happens('sent to any host', 0.15)) return able;
    const on = aggregateOf(auditor.state, streamOf(command))?.host;
    return on === undefined ? able : able.filter(({ host }) => host === on);
  }

  #send(command: Command, server: SimulatedServer, request: string, keyed: Keyed | null): void {
    this.sent++;
    if (command.do === 'setPolicy' || (command.do === 'run' && command.restart !== undefined)) this.#world.count('policy');
    for (const { foreign } of this.#world.machines) foreign.sent(request);
    const contested = [...this.#open].some((o) => o.server === server && o.keyed?.key === keyed?.key && o.keyed?.body !== keyed?.body);
    const early = keyed !== null && !this.#world.auditor.keys.has(keyed.key);
    const asked: Asked = { command, server, request, keyed, contested, early };
    this.#open.add(asked);
    const origin = { actor: 'simulation', requestId: request, ...(keyed !== null && { idempotencyKey: keyed.key, bodyHash: keyed.body }) };
    const signal = new AbortController();
    const answer =
      command.do === 'execute' ? server.core.execRunner.run(command, origin, signal.signal) : server.core.queue.submit(command, origin);
    if (command.do === 'execute' && this.#world.chance.happens('hangs up', 0.1))
      this.#world.scheduler.after(30, 'client hangs up', () => signal.abort(), server);
    answer.then(
      (outcome) => this.#world.guard(() => this.#answered(asked, outcome)),
      (error: unknown) => this.#world.fail(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /** An answer is a promise about the log. */
  #answered(asked: Asked, answer: Answer): void {
    this.#open.delete(asked);
    if (!asked.server.alive) return;
    const { command, keyed, request } = asked;
    const { auditor } = this.#world;
    this.#say(`answer to ${request}: ${JSON.stringify(answer)}`);
    // Nothing was decided: what came of an earlier request under the same key stays open.
    if (!answer.ok && (answer.rejection.kind === 'unavailable' || (keyed !== null && answer.rejection.kind === 'busy'))) return;
    const seen = asked.server.core.state().head.seq;
    const behind = keyed !== null && !auditor.keys.isRead(keyed.key, seen, command.do === 'execute');
    if (!answer.ok && (asked.contested || behind || (asked.early && keyed !== null && auditor.keys.isOther(keyed)))) return;
    if (keyed !== null && auditor.keys.isOther(keyed)) {
      auditor.keys.refused(keyed, answer);
      return;
    }
    const told = auditor.told.get(toldOf(request, keyed?.key));
    if (keyed !== null) {
      // Of an execute that is under way elsewhere, or was when a server died, nobody knows how it ends.
      const open = command.do === 'execute' && told !== undefined && told.events < 2;
      auditor.keys.answered(keyed, answer, answer.ok || (told !== undefined && !open));
    }
    if (!answer.ok && answer.rejection.kind === 'misdirected') this.#misdirected(asked, answer.rejection.message);
    this.#check(asked, answer, told, seen);
  }

  /** A name that it calls misdirected is, or was, on another host. */
  #misdirected({ server: { host } }: Asked, message: string): void {
    const [, kind = '', name = ''] = /(replicaSet|volume) (\S+) is on host/.exec(message) ?? [];
    const stream = `${kind}/${kind === 'volume' ? name.replace(/-\d+$/, '') : name}`;
    hold(this.#world.auditor.wasElsewhere(stream, host), 'misdirected', () => `a server of ${host} refuses: ${message}`);
    this.#world.count('hosts');
  }

  #check({ command, request, keyed }: Asked, answer: Answer, told: Told | undefined, seen: number): void {
    const what = `${JSON.stringify(command)} (${request})`;
    const inLog = told === undefined ? 'nothing' : `${told.events} events, ${told.ended ?? 'open'}`;
    hold(
      told === undefined || seen >= told.seq,
      'reads its own write',
      () => `${what} was answered at event ${seen}, its last event is ${told?.seq}`,
    );
    if (command.do === 'execute') {
      hold(!answer.ok || told?.events === 2, 'answer', () => `${what} was answered as done, the log has ${inLog}`);
      return;
    }
    if (answer.ok)
      hold(
        (told === undefined && keyed === null) || told?.ended === 'completed',
        'answer',
        () => `${what} was answered as done, the log has ${inLog}`,
      );
    else if (answer.rejection.kind === 'failed')
      hold(told?.ended === 'failed', 'answer', () => `${what} was answered as failed, the log has ${inLog}`);
    else hold(told === undefined, 'answer', () => `${what} was refused (${answer.rejection.message}), the log has ${inLog}`);
  }

  /** At rest: every command that the log knows by its key is sent once more, and another one under the same key; nothing may come of it. */
  async askAgain(server: SimulatedServer, step: () => Promise<boolean>): Promise<void> {
    const { auditor } = this.#world;
    const other: Command = { do: 'deleteVolume', name: 'other' };
    for (const [key, command] of this.#keys) {
      if (!auditor.keys.has(key)) continue;
      const { seq } = auditor.state.head;
      for (const again of [command, other]) {
        this.#send(again, server, `last of ${key}`, keyedBy(key, again));
        while (this.waiting() !== undefined) if (!(await step())) return;
      }
      this.#world.guard(() =>
        hold(auditor.state.head.seq === seq, 'once per key', () => `${key} was sent again, and events were appended`),
      );
    }
  }
}

const keyedBy = (key: string, command: Command): Keyed => ({ key, body: JSON.stringify(command) });
