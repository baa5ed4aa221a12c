// Random operations of several clients on a few names.
import { setTimeout as sleep } from 'node:timers/promises';
import { IMAGES } from '../../support/images.ts';
import { attempt, type Door, type Listed, type Reply, runBody } from '../client.ts';
import { JOURNAL, type Marks } from './marks.ts';

/** The same numbers for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Counts {
  sent: number;
  done: number;
  refused: number;
  unavailable: number;
  unanswered: number;
  /** Requests that were sent again with the key of one that was not answered, and were answered then. */
  repeated: number;
}

const REPLICA_SETS = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'] as const;
const VOLUMES = ['data', 'more'] as const;
/** Chance that a request has an Idempotency-Key. */
const KEYED = 0.5;
/** Chance that a client looks at the list before it does something. */
const LOOKS = 0.5;

type Move = 'run' | 'write' | 'patch' | 'stop' | 'restart' | 'pause' | 'continue' | 'rollback' | 'delete' | 'volume';

/** How often each is done to a name that a client took for absent, running or down: now and then what is refused there. */
const MOVES: Readonly<Record<'absent' | 'running' | 'down', Partial<Readonly<Record<Move, number>>>>> = {
  absent: { run: 85, volume: 10, delete: 5 },
  running: { write: 34, patch: 18, restart: 10, rollback: 10, stop: 6, pause: 5, continue: 2, delete: 4, run: 3, volume: 8 },
  down: { restart: 28, patch: 16, rollback: 14, continue: 14, write: 5, stop: 4, pause: 2, delete: 6, run: 3, volume: 8 },
};

export class Load {
  readonly counts: Counts = { sent: 0, done: 0, refused: 0, unavailable: 0, unanswered: 0, repeated: 0 };
  /** What was done or refused, as in `PATCH stop: 1010` → how often. */
  readonly outcomes = new Map<string, number>();
  /** Answers that no fault explains: status 500 and the like. */
  readonly odd: string[] = [];
  readonly #door: Door;
  readonly #random: () => number;
  readonly #marks: Marks;
  /** Names → as what a client last saw or was told of them. */
  readonly #seen = new Map<string, { readonly as: keyof typeof MOVES; readonly version: number }>();
  /** Requests with a key that were not answered: sent again as soon as the clients work again. */
  #unheard: (() => Promise<void>)[] = [];
  #tokens = 0;
  #over = true;

  constructor(door: Door, random: () => number, marks: Marks) {
    this.#door = door;
    this.#random = random;
    this.#marks = marks;
  }

  /** Resolves when every client has its last answer, or knows that there will be none. */
  async run(clients: number): Promise<void> {
    this.#over = false;
    await Promise.all([this.#repeat(), ...Array.from({ length: clients }, () => this.#client())]);
  }

  /** The clients send nothing more. */
  end(): void {
    this.#over = true;
  }

  async #client(): Promise<void> {
    const { counts } = this;
    while (!this.#over) {
      const { unanswered, unavailable } = counts;
      await this.#operate();
      // The server is gone: this client's round ends here.
      if (counts.unanswered > unanswered) return;
      await sleep(this.#random() * (counts.unavailable > unavailable ? 300 : 20));
    }
  }

  async #repeat(): Promise<void> {
    const again = this.#unheard;
    this.#unheard = [];
    for (const send of again) {
      if (this.#over) this.#unheard.push(send);
      else await send();
    }
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  /** `heard` gets the answer, which may be that of a repetition in a later round. */
  async #send<Data>(method: string, path: string, body?: unknown, heard: (reply: Reply<Data>) => void = () => {}): Promise<void> {
    const key = path.startsWith('replicaSet') && this.#random() < KEYED ? `key-${++this.#tokens}` : undefined;
    const send = async (isAgain: boolean): Promise<void> => {
      const reply = await this.#once<Data>(method, path, body, key);
      // A 503 may have come in the middle of it.
      if (key !== undefined && (reply === undefined || reply.status === 503)) this.#unheard.push(() => send(true));
      else if (isAgain) this.counts.repeated++;
      if (reply !== undefined) heard(reply);
    };
    await send(false);
  }

  async #once<Data>(method: string, path: string, body: unknown, key: string | undefined): Promise<Reply<Data> | undefined> {
    const { counts } = this;
    counts.sent++;
    const reply = await attempt<Data>(this.#door, method, path, body, key === undefined ? {} : { 'idempotency-key': key });
    if (reply === undefined) counts.unanswered++;
    else if (reply.code === 200) counts.done++;
    else if (reply.status === 503) counts.unavailable++;
    else counts.refused++;
    if (reply !== undefined && reply.status !== 503) {
      const outcome = `${method} ${kindOf(path)}: ${reply.code}`;
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    }
    const [, name = ''] = path.split('/');
    if (reply?.status === 404 && !path.endsWith('rollback')) this.#seen.set(name, { as: 'absent', version: 0 });
    if (reply !== undefined && (reply.status === 500 || reply.status > 503))
      this.odd.push(`${method} ${path}: ${reply.status} ${reply.code} ${reply.msg}`);
    return reply;
  }

  /** As the list shows the names now. */
  async #look(): Promise<void> {
    const reply = await attempt<{ replicaSets: readonly Listed[] }>(this.#door, 'GET', 'replicaSet');
    if (reply?.code !== 200) return;
    for (const name of REPLICA_SETS) this.#seen.set(name, { as: 'absent', version: 0 });
    for (const { name, state, version } of reply.data.replicaSets)
      this.#seen.set(name, { as: state === 'running' ? state : 'down', version });
  }

  async #operate(): Promise<void> {
    if (this.#random() < LOOKS) await this.#look();
    const name = REPLICA_SETS[this.#below(REPLICA_SETS.length)] ?? 'alpha';
    const { as, version } = this.#seen.get(name) ?? { as: 'absent', version: 0 };
    const path = `replicaSet/${name}`;
    const move = this.#moveOn(as);
    if (move === 'run') await this.#run(name);
    else if (move === 'write') await this.#write(path);
    else if (move === 'patch') await this.#send('PATCH', path, { gpuPatch: { gpuCount: this.#below(5) } });
    else if (move === 'restart') await this.#send('PATCH', `${path}/restart`, {});
    else if (move === 'rollback') await this.#send('PATCH', `${path}/rollback`, { version: 1 + this.#below(Math.max(2, version)) });
    else if (move === 'delete') await this.#send('DELETE', path);
    else if (move === 'volume') await this.#changeVolume(VOLUMES[this.#below(VOLUMES.length)] ?? 'data');
    else await this.#send('PATCH', `${path}/${move}`);
  }

  #moveOn(as: keyof typeof MOVES): Move {
    const moves = Object.entries(MOVES[as]) as readonly [Move, number][];
    let at = this.#below(moves.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [move, weight] of moves) {
      at -= weight;
      if (at < 0) return move;
    }
    return 'volume';
  }

  async #run(name: string): Promise<void> {
    this.#seen.delete(name);
    const ports = ['80', '81'].slice(0, this.#below(3));
    const binds = this.#below(4) === 0 ? [{ src: `${VOLUMES[this.#below(VOLUMES.length)]}-1`, dest: '/mnt' }] : [];
    const image = this.#below(6) === 0 ? IMAGES.volume : IMAGES.sleep;
    await this.#send('POST', 'replicaSet', runBody(name, { image, gpus: this.#below(4), ports, binds, env: [`LIFE=${++this.#tokens}`] }));
  }

  async #write(path: string): Promise<void> {
    const token = `t${++this.#tokens}`;
    const cmd = ['sh', '-c', `echo ${token} >>${JOURNAL} && echo $LIFE $CONTAINER_VERSION`];
    await this.#send<{ stdout?: string; exitCode: number }>('POST', `${path}/execute`, { cmd }, ({ code, data }) => {
      if (code !== 200 || data.exitCode !== 0) return;
      // The answer to a repetition has no output.
      const [life = '', version = ''] = (data.stdout ?? '').trim().split(' ');
      if (version !== '') this.#marks.wrote(token, life, Number(version));
    });
  }

  async #changeVolume(name: string): Promise<void> {
    const dice = this.#below(8);
    if (dice === 0) await this.#send('DELETE', `volumes/${name}`);
    else if (dice < 4) await this.#send('PATCH', `volumes/${name}/size`, { size: `${1 + this.#below(50)}MB` });
    else {
      await this.#send('POST', 'volumes', { name, size: '100MB' }, ({ code }) => {
        if (code === 200) this.#marks.markVolume(name, `m${++this.#tokens}`);
      });
    }
  }
}

/** `replicaSet/alpha/stop` → `stop`, `replicaSet/alpha` → `replicaSet`. */
const kindOf = (path: string): string => path.split('/')[2] ?? path.split('/')[0] ?? path;
