// What a run does from outside: which commands its clients send, and which faults strike when. Each seed picks its own subset of the
// fault classes and their rates (swarm testing: a class that is never off hides what another would find).
import type { Command } from '../../src/commands/command.ts';
import { Chance } from './chance.ts';

/** What can be switched off: by a seed for itself, and by shrinking. */
export const FAULTS = [
  'crash',
  'pause',
  'standby',
  'engine-fails',
  'engine-slow',
  'engine-late',
  'engine-refuses',
  'start-fails',
  'foreign-port',
  'foreign-name',
  'outside',
  'reboot',
  'docker-down',
  'etcd-fails',
  'etcd-down',
  'no-space',
  'cut',
  'retry',
  'snapshot',
  'gpus',
  'clock',
  'unmounted',
  'foreign-gpu',
  'prune',
  'policy',
  // Several hosts on one log; and what happens to what a machine is known by.
  'hosts',
  'rename',
  'wrong-docker',
  'clone',
  'data-lost',
  'reinstalled',
  'card-moved',
  // A server's code takes time, now and then so long that it loses its lease.
  'busy',
  // Containers are renamed and images removed by hand.
  'by-hand',
  // Hundreds of names, and of versions of one.
  'size',
  // Another Docker answers on the socket of servers that run.
  'swapped',
  // Everything sleeps for days: keys are forgotten.
  'days',
  // Servers of the release before on the same log.
  'releases',
  // The log is archived on disks that fail, fill up and are lost.
  'archive',
  // etcd is put back to an earlier moment.
  'restored',
  // People put files into volumes, and then have them resized.
  'stored',
  // Binds lie over what the image has a VOLUME for, and patches bring it out.
  'hidden',
  // Clients have keys, which are made and revoked.
  'keys',
  // Docker's disk is away for so long that somebody takes what is on it for lost, and comes back.
  'loss',
  // Containers of a program before this one are taken in as they are.
  'taken-in',
  // Clients hang up, whether their commands wait or are under way.
  'hang-up',
  // Containers take an hour to end, unless they are killed.
  'stubborn',
  // The program itself throws what nobody foresaw.
  'bug',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Swarm {
  /** Class → how often it strikes: 0 is off, 1 is usual. */
  readonly rates: Readonly<Record<Fault, number>>;
  /** ms between two actions, on average. */
  readonly pace: number;
  /** Hosts on the log. */
  readonly hosts: number;
  /** Names beside the usual ones that there are from the start, and versions of the first of them. */
  readonly names: number;
  readonly versions: number;
}

/** The beginning of a log that is to be archived, which is some hundred events long, or of which much is lost. */
const FEW_NAMES = 6;
const FEW_VERSIONS = 16;
const FEWER_VERSIONS = 4;

export function swarmOf(seed: number, without: ReadonlySet<Fault> = new Set()): Swarm {
  const chance = new Chance(seed ^ 0x53a2);
  const rates = Object.fromEntries(
    FAULTS.map((fault) => {
      const rate = chance.happens(`on ${fault}`, 0.45) ? ([0.3, 1, 3][chance.int(`rate ${fault}`, 3)] ?? 1) : 0;
      return [fault, without.has(fault) ? 0 : rate];
    }),
  ) as Record<Fault, number>;
  // Most worlds are one host's.
  if (!chance.happens('several hosts', 0.6)) rates.hosts = 0;
  if (rates.hosts > 0 || !chance.happens('files', 0.35)) rates.archive = 0;
  if (rates.archive === 0) rates.restored = 0;
  const hosts = rates.hosts === 0 ? 1 : 2 + chance.int('hosts', 2);
  if (!chance.happens('many names', 0.05)) rates.size = 0;
  if (!chance.happens('days pass', 0.3)) rates.days = 0;
  // A restored log has other keys, and one of the release before none.
  if (!chance.happens('with keys', 0.3)) rates.keys = 0;
  if (!chance.happens('two releases', 0.35)) rates.releases = 0;
  if (rates.releases > 0 || rates.restored > 0) rates.keys = 0;
  // A log that is put back forgets what it took in, and the books of the world do not.
  if (rates.restored > 0 || rates.loss > 0 || !chance.happens('with a past', 0.35)) rates['taken-in'] = 0;
  for (const fault of ['stored', 'hidden', 'loss'] as const) if (!chance.happens(`once in a while ${fault}`, 0.2)) rates[fault] = 0;
  for (const fault of ['hang-up', 'stubborn', 'bug'] as const) if (!chance.happens(`now and then ${fault}`, 0.15)) rates[fault] = 0;
  // A log of level 1 cannot say that a stop is cut short, a restored one begins nothing, and a client without a right forces none.
  if (rates.releases > 0 || rates.restored > 0 || rates.keys > 0 || rates.loss > 0) rates.stubborn = 0;
  // A loss takes long, and shows what it should where little else strikes.
  if (rates.loss > 0) for (const fault of FAULTS) if (fault !== 'loss') rates[fault] = Math.min(0.3, rates[fault]);
  if (rates.days > 0 && !without.has('retry')) rates.retry = Math.max(1, rates.retry);
  const isBig = rates.size > 0;
  const isFew = rates.archive > 0 || rates.loss > 0;
  // A new server would read thousands of events each time.
  if (isBig && !without.has('snapshot')) rates.snapshot = 3;
  const names = isBig
    ? chance.happens('more than fit in a record', 0.4)
      ? 540 + chance.int('names', 60)
      : Math.round(50 * 10 ** chance.roll('names'))
    : isFew
      ? FEW_NAMES
      : 0;
  const versions = isBig ? Math.round(20 * 15 ** chance.roll('versions')) : rates.archive > 0 ? FEW_VERSIONS : isFew ? FEWER_VERSIONS : 0;
  const pace = [20, 80, 300, 1_000][chance.int('pace', 4)] ?? 100;
  // A run is long enough for a loss and what follows.
  return { names, versions, rates, pace: rates.loss > 0 ? Math.max(300, pace) : pace, hosts };
}

export type Action =
  | { readonly do: 'command'; readonly command: Command; readonly toStandby: boolean }
  /** A program in a container writes or removes a file. */
  | { readonly do: 'work' }
  | { readonly do: 'checkpoint' }
  | { readonly do: 'strike'; readonly fault: Fault };

/** A request that is sent once more under the same Idempotency-Key. */
export interface Again {
  /** ms after the first was sent, answered or not. */
  readonly wait: number;
  /** Another request under the same key. */
  readonly other?: Command;
  readonly toStandby: boolean;
}

const REPLICA_SETS = ['a', 'b', 'c', 'd'];
const VOLUMES = ['v', 'w'];
/** Grace period of a stubborn container, s. It takes all of it. */
export const STUBBORN_S = 3_600;
/** The names of a world of many. */
export const nameOf = (i: number): string => `n${i}`;
/** Each weighs as much as it is often in the list. */
const COMMANDS = [
  ...['run', 'run', 'run', 'run', 'patch', 'patch', 'patch', 'rollback', 'rollback', 'restart', 'restart', 'stop', 'stop'],
  ...['pause', 'continue', 'continue', 'commit', 'delete', 'execute', 'createVolume', 'createVolume', 'resizeVolume', 'deleteVolume'],
] as const;
/** Faults that strike at a moment; the others befall calls. */
const STRIKES: readonly Fault[] = [
  ...(['crash', 'crash', 'pause', 'standby', 'foreign-port', 'foreign-name', 'outside', 'outside', 'outside'] as const),
  ...(['reboot', 'docker-down', 'etcd-down', 'no-space', 'cut'] as const),
];

/** Each with how often. */
const SELDOM: readonly (readonly [Fault, number])[] = [
  ['rename', 1 / 60],
  ['wrong-docker', 1 / 60],
  ['clone', 1 / 150],
  ['data-lost', 1 / 150],
  ['reinstalled', 1 / 250],
  ['card-moved', 1 / 60],
  ['busy', 1 / 30],
  ['by-hand', 1 / 40],
  ['swapped', 1 / 40],
  ['days', 1 / 15],
  ['releases', 1 / 15],
  ['archive', 1 / 12],
  ['stored', 1 / 8],
  ['loss', 1 / 10],
  ['keys', 1 / 30],
  ['taken-in', 1 / 6],
];

export class Plan {
  readonly #chance: Chance;
  readonly #swarm: Swarm;

  constructor(seed: number, swarm: Swarm) {
    this.#chance = new Chance(seed ^ 0x91a7);
    this.#swarm = swarm;
  }

  /** The ms before action `i`, and what it is. The same whatever came before it. */
  action(i: number): { readonly wait: number; readonly action: Action } {
    const key = `action ${i}`;
    const chance = this.#chance;
    const wait = chance.happens(key, 0.15) ? 0 : chance.roll(key) * 2 * this.#swarm.pace;
    const roll = chance.roll(key);
    if (roll < 0.004) return { wait, action: { do: 'checkpoint' } };
    if (roll < 0.2) return { wait, action: { do: 'work' } };
    if (roll < 0.35) {
      const fault = STRIKES[chance.int(key, STRIKES.length)] ?? 'crash';
      const strikes = chance.happens(key, this.#swarm.rates[fault] / 3);
      return { wait, action: strikes ? { do: 'strike', fault } : this.#instead(i) };
    }
    return { wait, action: { do: 'command', command: this.#command(key), toStandby: chance.happens(key, 0.1) } };
  }

  /** Somebody prunes or takes a GPU, some GPU or Docker's disk goes, or the clock steps, where no other fault strikes. */
  #instead(i: number): Action {
    const { gpus, clock, unmounted, prune } = this.#swarm.rates;
    if (this.#chance.happens(`prune ${i}`, prune / 10)) return { do: 'strike', fault: 'prune' };
    for (const [fault, often] of SELDOM)
      if (this.#swarm.rates[fault] > 0 && this.#chance.happens(`${fault} ${i}`, this.#swarm.rates[fault] * often))
        return { do: 'strike', fault };
    if (this.#chance.happens(`gpus ${i}`, gpus / 5)) return { do: 'strike', fault: 'gpus' };
    if (this.#chance.happens(`clock ${i}`, clock / 10)) return { do: 'strike', fault: 'clock' };
    if (this.#chance.happens(`unmounted ${i}`, unmounted / 40)) return { do: 'strike', fault: 'unmounted' };
    const isForeign = this.#chance.happens(`foreign-gpu ${i}`, this.#swarm.rates['foreign-gpu'] / 8);
    return isForeign ? { do: 'strike', fault: 'foreign-gpu' } : { do: 'work' };
  }

  /** How the command of action `i` is sent again; null: it has no Idempotency-Key. */
  again(i: number): readonly Again[] | null {
    const key = `again ${i}`;
    const chance = this.#chance;
    if (!chance.happens(key, this.#swarm.rates.retry / 4)) return null;
    return Array.from({ length: 1 + chance.int(key, 3) }, () => ({
      wait: chance.happens(key, 0.5) ? chance.roll(key) * 300 : chance.roll(key) ** 2 * 20_000,
      ...(chance.happens(key, 0.15) && { other: this.#command(key) }),
      toStandby: chance.happens(key, 0.2),
    }));
  }

  #name(key: string, usual: string): string {
    const { names } = this.#swarm;
    if (names === 0 || this.#chance.happens(`usual ${key}`, 0.5)) return usual;
    return nameOf(this.#chance.happens(`first ${key}`, 0.2) ? 0 : this.#chance.int(`name ${key}`, names));
  }

  /** Old versions are given up: one, or all beyond a limit from now on. */
  #retention(key: string, name: string): Command {
    const chance = this.#chance;
    // No limit on the name of hundreds of versions: one decision gives up 50, and the books (retention.ts) expect all at once. Seed 35.
    if (chance.happens(key, 0.6) || name === nameOf(0)) return { do: 'removeVersion', name, version: 1 + chance.int(key, 6) };
    return { do: 'setPolicy', name, ...(chance.happens(key, 0.8) && { keepVersions: chance.int(key, 4) }) };
  }

  /** Some names have a policy where the swarm has: what died is started again. */
  #policy(key: string): { restart?: string } {
    const chance = this.#chance;
    if (this.#swarm.rates.policy === 0 || chance.happens(`policy ${key}`, 0.3)) return {};
    return { restart: chance.pick(`policy ${key}`, ['always', 'on-failure:2', 'on-failure:1', 'no'] as const) ?? 'no' };
  }

  /** A bind where the image has a VOLUME, its move away from there, and what comes after. */
  #hide(key: string, name: string): Command {
    const [there, away] = ['/anon', '/vol'].map((dest) => ({ src: 'v-1', dest }));
    if (there === undefined || away === undefined) throw new RangeError('no binds');
    const gpus = { gpuCount: 1, containerPorts: [], env: [] };
    const commands: readonly Command[] = [
      { do: 'createVolume', name: 'v', size: '1GB' },
      { do: 'run', replicaSetName: name, imageName: 'anon', binds: [there], ...gpus },
      { do: 'run', replicaSetName: name, imageName: 'anon', binds: [there], ...gpus },
      { do: 'patch', name, volumePatch: { oldBind: there, newBind: away } },
      { do: 'patch', name, volumePatch: { oldBind: there, newBind: away } },
      { do: 'patch', name, volumePatch: { oldBind: away, newBind: there } },
      { do: 'restart', name },
    ];
    return this.#chance.pick(key, commands) ?? { do: 'restart', name };
  }

  #command(key: string): Command {
    const chance = this.#chance;
    const kind = chance.pick(key, COMMANDS) ?? 'run';
    const name = this.#name(key, chance.pick(key, REPLICA_SETS) ?? 'a');
    const volume = chance.pick(key, VOLUMES) ?? 'v';
    // Now and then where the image has a VOLUME: a bind hides it, and a patch brings it out again.
    const bound = (): { src: string; dest: string } => ({
      src: `${volume}-${1 + chance.int(key, 2)}`,
      dest: chance.happens(`dest ${key}`, 0.3) ? '/anon' : '/vol',
    });
    // Of a roll of their own, so that everything else stays as it is without them.
    if (this.#swarm.rates.hidden > 0 && chance.happens(`hidden ${key}`, 0.3)) return this.#hide(`hidden ${key}`, name);
    if (chance.happens(`retention ${key}`, 0.06)) return this.#retention(`retention ${key}`, name);
    if (chance.happens(`freezer ${key}`, 0.08)) return { do: chance.happens(`thaws ${key}`, 0.4) ? 'thaw' : 'freeze', name };
    switch (kind) {
      case 'run': {
        const imageName = chance.pick(key, ['img', 'img', 'anon', 'anon', 'brief', 'broken']) ?? 'img';
        return {
          do: 'run',
          replicaSetName: name,
          imageName,
          gpuCount: chance.int(key, 4),
          containerPorts: ['22', '80'].slice(0, chance.int(key, 3)),
          binds: chance.happens(key, 0.4) ? [bound()] : [],
          env: [],
          // With one that always ends at once, a run would not come to rest.
          ...(imageName === 'brief' ? {} : this.#policy(key)),
          ...(this.#swarm.rates.stubborn > 0 && chance.happens(`stubborn ${key}`, 0.4) && { stopTimeout: STUBBORN_S }),
        };
      }
      case 'patch': {
        const gpus = chance.happens(key, 0.7) ? { gpuPatch: { gpuCount: chance.int(key, 4) } } : {};
        return { do: 'patch', name, ...gpus, ...(chance.happens(key, 0.2) ? { volumePatch: { oldBind: bound(), newBind: bound() } } : {}) };
      }
      case 'rollback':
        return { do: 'rollback', name, version: 1 + chance.int(key, name === nameOf(0) ? this.#swarm.versions : 6) };
      case 'commit':
        return { do: 'commit', name, newImageName: `user/${name}` };
      case 'execute':
        return { do: 'execute', name, cmd: chance.happens(key, 0.8) ? ['echo', 'hello'] : ['sleep', '1'] };
      case 'createVolume':
      case 'resizeVolume':
        return { do: kind, name: volume, size: `${1 + chance.int(key, 3)}GB` };
      case 'deleteVolume':
        return { do: kind, name: volume };
      case 'stop':
        return { do: kind, name, ...(chance.happens(`forced ${key}`, 0.4) && { stopTimeout: 0 }) };
      default:
        return { do: kind, name };
    }
  }
}
