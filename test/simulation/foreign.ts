// GPU users that are not of this log: somebody's `docker run --gpus` by hand, and another log's containers. What they use is not given out,
// and nobody leads beside another log.
import type { FakeEngine } from '../doubles/fake-engine.ts';
import type { FakeContainer } from '../doubles/fake-host.ts';
import { hold } from './violation.ts';

const OTHER_LOG = 'other';

/** Made by the service for the log of this world. */
export const isOurs = ({ owner }: FakeContainer): boolean => owner !== undefined && owner.log !== OTHER_LOG;

interface User {
  readonly containerName: string;
  /** Virtual ms at which it began. */
  readonly since: number;
  readonly gpus: readonly string[] | 'all';
  readonly isOfOtherLog: boolean;
}

export class Foreign {
  readonly #engine: FakeEngine;
  readonly #now: () => number;
  /** By the container's id. */
  readonly #users = new Map<string, User>();
  /** When each request was first sent, virtual ms: its facts are asked for later. */
  readonly #sent = new Map<string, number>();
  /** Docker hid its containers until then: nobody could see these. */
  hiddenUntil = 0;
  /** One more or one less. */
  onChange: () => void = () => undefined;
  #count = 0;

  constructor(engine: FakeEngine, now: () => number) {
    this.#engine = engine;
    this.#now = now;
  }

  /** Ends it. */
  begin(gpus: User['gpus'], isOfOtherLog: boolean): () => void {
    const containerName = `${isOfOtherLog ? 'other' : 'train'}-${++this.#count}`;
    const { id } = this.#engine.addForeignContainer(containerName, 'img', { gpus, ...(isOfOtherLog && { log: OTHER_LOG }) });
    this.onChange();
    this.#users.set(id, { containerName, since: this.#now(), gpus, isOfOtherLog });
    return () => {
      if (this.#users.delete(id)) this.#end(containerName);
    };
  }

  endAll(): void {
    for (const { containerName } of this.#users.values()) this.#end(containerName);
    this.#users.clear();
  }

  #end(containerName: string): void {
    this.#engine.vanish(containerName);
    this.onChange();
  }

  sent(request: string): void {
    if (!this.#sent.has(request)) this.#sent.set(request, this.#now());
  }

  /** A request was given GPUs: none of them is one that somebody used before it was sent, and still uses. */
  given(seq: number, request: string | undefined, gpus: readonly string[]): void {
    const asked = this.#sent.get(request ?? '');
    if (asked === undefined || asked <= this.hiddenUntil) return;
    for (const user of this.#users.values()) {
      const gpu = gpus.find((one) => user.gpus === 'all' || user.gpus.includes(one));
      const isKnown = gpu !== undefined && user.since < asked;
      hold(!isKnown, 'foreign GPU', () => `event ${seq} gives ${gpu}, which ${user.containerName} has used since before it was asked for`);
    }
  }

  /** A server that has led since then acts: no container of another log was there when it began, and still is. */
  acts(who: string, since: number): void {
    if (since <= this.hiddenUntil) return;
    const other = [...this.#users.values()].find((user) => user.isOfOtherLog && user.since < since);
    hold(other === undefined, 'beside another log', () => `${who} beside ${other?.containerName}, which was there when it began to lead`);
  }
}
