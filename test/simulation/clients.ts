// The clients: they send commands to servers, some of them again under the same Idempotency-Key, and hold every answer against the log.
import { type Command, streamOf } from '../../src/commands/command.ts';
import { aggregateOf } from '../../src/projections/state.ts';
import { type Told, toldOf } from './auditor.ts';
import { type Answer, type Keyed, NEIGHBOUR, nameOfKey, originOf, USUAL } from './keys.ts';
import type { Again } from './plan.ts';
import type { SimulatedServer } from './server.ts';
import { keyOf, TENANT } from './tenants.ts';
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
  /** The keys that were used. */
  readonly #keys = new Set<string>();
  /** Requests that were answered as taken out, or as never taken in. */
  readonly #takenOut = new Set<string>();
  /** What was sent under keys, by its body. */
  readonly #bodies = new Map<string, Command>();
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

  /** `again`: how the same request is sent again, under a key; null: it has no key. `most`: it is not sent where so many wait for an answer. */
  submit(i: number | string, command: Command, toStandby: boolean, again: readonly Again[] | null, most = MOST): void {
    const server = this.#world.chance.pick('asked', this.#able(command, toStandby));
    if (server === undefined || this.#open.size >= most) return;
    if (again === null) {
      this.#send(command, server, `request-${i}`, null);
      return;
    }
    const key = `key-${i}`;
    this.#send(command, server, `request-${i}`, keyedBy(key, command));
    for (const [n, retry] of again.entries()) {
      const isNeighbours = retry.other !== undefined && this.#world.chance.happens('of a neighbour', 0.3);
      const name = isNeighbours ? nameOfKey(key, NEIGHBOUR) : key;
      this.#later(retry.wait, `request-${i}.${n + 1}`, name, retry.other ?? command, retry.toStandby);
    }
  }

  /** Keys of long ago are used once more, as it may be for something else, or by somebody else. */
  useAgain(day: number): void {
    const { chance } = this.#world;
    const keys = [...this.#keys];
    for (let n = 0; n < 4; n++) {
      const key = chance.pick('old key', keys);
      const like = chance.happens('old key for another', 0.3) ? chance.pick('other', keys) : key;
      const command = this.#bodies.get(like === undefined ? '' : (this.#world.auditor.keys.bodyOf(like) ?? ''));
      if (key === undefined || command === undefined) continue;
      const name = chance.happens('old key of a neighbour', 0.2) ? nameOfKey(originOf(key).idempotencyKey, NEIGHBOUR) : key;
      this.#later(chance.roll('old key later') ** 2 * 20_000, `request-day-${day}.${n}`, name, command, false);
    }
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
    if (keyed !== null) {
      this.#keys.add(keyed.key);
      this.#bodies.set(keyed.body, command);
    }
    const { swarm, chance } = this.#world;
    const isTenants = swarm.rates.keys > 0 && keyed === null && chance.happens('of the tenant', 0.3);
    const who = { actor: isTenants ? TENANT : USUAL, ...(keyed !== null && { ...originOf(keyed.key), bodyHash: keyed.body }) };
    const origin = { ...who, requestId: request, ...(swarm.rates.keys > 0 && keyOf(server, who.actor)) };
    const signal = new AbortController();
    const answer =
      command.do === 'execute'
        ? server.core.execRunner.run(command, origin, signal.signal)
        : server.core.queue.submit(command, origin, {}, this.#patience(asked));
    if (command.do === 'execute' && this.#world.chance.happens('hangs up', 0.1))
      this.#world.scheduler.after(30, 'client hangs up', () => signal.abort(), server);
    answer.then(
      (outcome) => this.#world.guard(() => this.#answered(asked, outcome)),
      (error: unknown) => this.#world.fail(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /** Some clients hang up, whether their command waits or is under way; others wait for as long as there is a world. */
  #patience(asked: Asked): AbortSignal {
    const { swarm, chance, scheduler, calm, over } = this.#world;
    if (calm || !chance.happens('loses patience', swarm.rates['hang-up'] * 0.15)) return over.signal;
    const client = new AbortController();
    const hangUp = (): void => {
      if (!this.#open.has(asked)) return;
      this.#world.count('hang-up');
      client.abort(new Error('the client hung up'));
    };
    scheduler.after(chance.roll('patience') ** 2 * 5_000, 'a client hangs up', hangUp, asked.server);
    return client.signal;
  }

  /** What was answered as taken out is nowhere in the log, then and ever after. */
  checkTakenOut(): void {
    for (const request of this.#takenOut)
      hold(
        this.#world.auditor.told.get(toldOf(request, undefined)) === undefined,
        'taken out',
        () => `${request} was answered as taken out, and events of it were appended`,
      );
  }

  /** An answer is a promise about the log. */
  #answered(asked: Asked, answer: Answer): void {
    this.#open.delete(asked);
    if (!asked.server.alive) return;
    const { command, keyed, request } = asked;
    const { auditor } = this.#world;
    this.#say(`answer to ${request}: ${JSON.stringify(answer)}`);
    // It goes on; nobody waits for its end.
    if (!answer.ok && answer.rejection.kind === 'late') return;
    if (!answer.ok && answer.rejection.kind === 'busy' && keyed === null) this.#takenOut.add(request);
    // Nothing was decided: what came of an earlier request under the same key stays open.
    if (!answer.ok && answer.rejection.kind === 'forbidden') {
      hold(this.#world.swarm.rates.keys > 0, 'keys', () => `${request} was refused: ${answer.rejection.message}`);
      return;
    }
    if (!answer.ok && (answer.rejection.kind === 'unavailable' || (keyed !== null && answer.rejection.kind === 'busy'))) return;
    const seen = asked.server.core.state().head.seq;
    if (keyed !== null && auditor.keys.mayBeOfBefore(keyed.key, seen)) return;
    const behind = keyed !== null && !auditor.keys.isRead(keyed.key, seen, command.do === 'execute');
    if (!answer.ok && (asked.contested || behind || (asked.early && keyed !== null && auditor.keys.isOther(keyed)))) return;
    const told = auditor.told.get(toldOf(request, keyed?.key));
    const isOther = keyed !== null && auditor.keys.isOther(keyed);
    // Below level 2 such a command that changes nothing leaves nothing under its key: it knows of another's no more than its server has read.
    const isLate = ['setPolicy', 'removeVersion', 'freeze', 'thaw'].includes(command.do);
    if (answer.ok && (isOther || told === undefined) && isLate && this.#world.swarm.rates.releases > 0) return;
    if (keyed !== null && isOther) {
      auditor.keys.refused(keyed, answer);
      return;
    }
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
    for (const key of this.#keys) {
      const command = this.#bodies.get(auditor.keys.bodyOf(key) ?? '');
      if (command === undefined) continue;
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
