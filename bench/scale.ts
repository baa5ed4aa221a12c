// Many containers with many versions each, beside the same with few: what is asked about one name must cost no more because there are others.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LagWatch } from '../test/support/lag.ts';
import { serve, type TestServer } from '../test/support/server.ts';
import { type Budget, median, ms, perSecond, progress, type Row, spread, timed } from './figures.ts';
import { ask, residentBytes } from './machines.ts';
import { ARGS, type EngineAtSize, fakeEngine, type HostAtSize, hostAtSize, realEngine } from './scale-host.ts';

/** Containers of the small host. */
const FEW = 5;
const AIM = 1.5;
const AIM_LAG_MS = 20;
const PATIENCE_MS = 600_000;
/** Interval of the looks at the event loop, ms. */
const LOOK_MS = 200;
/** What Docker itself takes for a patch beside so many containers. */
const BARE = 'a patch by bare Docker calls';
const BARE_LIST = 'list of all containers by a bare Docker call';

/** Samples in ms, by what was measured. */
interface Measured {
  readonly [what: string]: readonly number[];
}

interface Found {
  readonly times: Measured;
  /** Processor time of the server for one comparison that records one death, and for the requests that watch it meanwhile, ms. */
  readonly compareCpu: readonly number[];
  /** The holds of the event loop from the first answer on. */
  readonly holds: Held;
  readonly bytes: number;
  readonly listed: number;
  readonly events: number;
}

async function samples(count: number, once: (i: number) => Promise<unknown>): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) taken.push(await timed(() => once(i)));
  return taken;
}

/** Processor time of a process, ms. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function etagOf(on: TestServer, name: string): Promise<string> {
  return String((await on.request('GET', `/api/v1/replicaSet/${name}`)).headers.etag);
}

interface Hold {
  readonly ms: number;
  /** What was measured meanwhile. */
  readonly during: string;
}

/** The longest hold that the server's own work makes lies between the two. */
interface Held {
  /** Without all that the main thread waited for a processor between two looks, in the hold or not. */
  readonly atLeast: Hold;
  /** How late timers were: a wait for a processor is in it. */
  readonly atMost: Hold;
}

/** Looks at the event loop while others measure. Client, etcd and Docker use the same processors, so a hold is also a wait for one. */
class Holds {
  readonly #watch = new LagWatch();
  readonly #on: TestServer;
  #isOver = false;
  #during = 'after the start';
  #atLeast: Hold = { ms: 0, during: '' };
  #atMost: Hold = { ms: 0, during: '' };
  #looking: Promise<void> | null = null;

  constructor(on: TestServer) {
    this.#on = on;
  }

  async begin(): Promise<void> {
    await this.#watch.read(this.#on);
    this.#looking = this.#look();
  }

  during(what: string): void {
    this.#during = what;
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      const during = this.#during;
      const seen = await this.#watch.read(this.#on);
      if (seen !== null && seen.ownMs > this.#atLeast.ms) this.#atLeast = { ms: seen.ownMs, during };
      if (seen !== null && seen.lagMs > this.#atMost.ms) this.#atMost = { ms: seen.lagMs, during };
      await sleep(LOOK_MS);
    }
  }

  async end(): Promise<Held> {
    this.#isOver = true;
    await this.#looking;
    return { atLeast: this.#atLeast, atMost: this.#atMost };
  }
}

async function measured(host: HostAtSize, { quick, starts }: Budget): Promise<Found> {
  const { names, end } = host;
  const on = await serve({ docker: host.socket, dataDir: host.dataDir, args: ARGS, readyMs: PATIENCE_MS });
  if (host.events > 60_000) await until('archived', () => on.output().includes('were moved from etcd'));
  const start: number[] = [];
  for (let i = 0; i < Math.min(starts, 5); i++) {
    await on.stop();
    start.push(await timed(() => on.restart()));
  }
  const watched = new Holds(on);
  await watched.begin();
  const one = (i: number): string => names[i % FEW] ?? '';
  // Each read is the first since the last event: nothing of it has been prepared.
  const reads = async (path: (name: string) => string): Promise<readonly number[]> => {
    const times: number[] = [];
    for (let round = 0; round < (quick ? 3 : 20); round++) {
      await ask(on, 'PUT', `/replicaSet/${one(round)}/policy`, { keepVersions: 1_000 + round });
      times.push(...(await samples(FEW, (i) => ask(on, 'GET', path(one(i))))));
    }
    return times;
  };
  watched.during('infos');
  const info = await reads((name) => `/replicaSet/${name}`);
  watched.during('pages');
  const page = await reads((name) => `/replicaSet/${name}/history`);
  watched.during('lists');
  let listed = 0;
  const list = await samples(quick ? 5 : 20, async () => {
    await ask(on, 'PUT', `/replicaSet/${one(0)}/policy`, { keepVersions: 0 });
    listed = Object.values(await ask<Record<string, readonly unknown[]>>(on, 'GET', '/replicaSet'))[0]?.length ?? 0;
  });
  await host.bare?.begin();
  const bare: number[] = [];
  const bareList = host.bare === undefined ? [] : await samples(quick ? 2 : 10, host.bare.list);
  watched.during('patches');
  const patch: number[] = [];
  for (let i = 0; i < (quick ? 2 : 6); i++) {
    patch.push(await timed(() => ask(on, 'PATCH', `/replicaSet/${one(i % 2)}`, {})));
    if (host.bare !== undefined) bare.push(await timed(host.bare.patch));
  }
  await host.bare?.end();
  watched.during('deaths');
  const compareCpu: number[] = [];
  const compare: number[] = [];
  for (const i of [2, 3, 4]) {
    await sleep(2_000);
    const name = one(i);
    const before = await etagOf(on, name);
    const cpu = cpuOf(on.pid);
    const ended = end(`${name}-${(await ask<{ info: { version: number } }>(on, 'GET', `/replicaSet/${name}`)).info.version}`);
    compare.push(await timed(() => until('the death is recorded', async () => (await etagOf(on, name)) !== before)));
    await ended;
    compareCpu.push(cpuOf(on.pid) - cpu);
  }
  const holds = await watched.end();
  const bytes = residentBytes(on.pid);
  await on.stop();
  const times = {
    'start to ready, after a clean stop': start,
    info,
    'a page of the history': page,
    list,
    patch,
    ...(bare.length > 0 && { [BARE]: bare, [BARE_LIST]: bareList }),
    'a death by hand to its record': compare,
  };
  return { times, compareCpu, holds, bytes, listed, events: host.events };
}

async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (const late = performance.now() + PATIENCE_MS; !(await is()); await sleep(5)) {
    if (performance.now() > late) throw new Error(`${what}: not within ${PATIENCE_MS / 1_000} s`);
  }
}

const time = (taken: readonly number[], per = 1): string => `${ms(median(taken) / per)} ms${per === 1 ? ` (${spread(taken)})` : ''}`;

const held = ({ atLeast, atMost }: Held): string =>
  `${atLeast.ms} ms at least (${atLeast.during}), ${atMost.ms} ms at most (${atMost.during})`;

/** Null where the aim lies between what it is at least and at most. */
const isHeldBriefly = ({ atLeast, atMost }: Held): boolean | null =>
  atMost.ms <= AIM_LAG_MS ? true : atLeast.ms > AIM_LAG_MS ? false : null;

function rowsOf(on: string, many: Found, few: Found): readonly Row[] {
  const rows = Object.entries(many.times).map(([what, taken]): Row => {
    const others = few.times[what] ?? [];
    // A list is as long as its answer.
    const [per, perFew] = what === 'list' ? [many.listed, few.listed] : [1, 1];
    const ratio = median(taken) / per / (median(others) / perFew);
    const isOurs = what !== BARE && what !== BARE_LIST;
    // A patch is slower where Docker is: what counts is what it costs beside Docker's own.
    const [bare, bareFew] = [many.times[BARE], few.times[BARE]];
    const judged = what === 'patch' && bare !== undefined && bareFew !== undefined ? (ratio * median(bareFew)) / median(bare) : ratio;
    return {
      what: `${on}: ${what === 'list' ? 'list, a row' : what}`,
      ours: time(taken, per),
      floor: time(others, perFew),
      ratio: `${ratio.toFixed(2)} ×`,
      aim: isOurs ? `≤ ${AIM} ×` : '',
      met: isOurs ? judged <= AIM : null,
    };
  });
  const plain = (what: string, ours: string, floor: string, aim = '', met: boolean | null = null): Row => ({
    what: `${on}: ${what}`,
    ours,
    floor,
    ratio: '',
    aim,
    met,
  });
  return [
    ...rows,
    plain('processor time of the server for that', `${median(many.compareCpu)} ms`, `${median(few.compareCpu)} ms`),
    plain(
      'longest hold of the event loop by its own work',
      held(many.holds),
      held(few.holds),
      `≤ ${AIM_LAG_MS} ms`,
      isHeldBriefly(many.holds),
    ),
    plain('memory', `${Math.round(many.bytes / 1e6)} MB`, `${Math.round(few.bytes / 1e6)} MB`),
    plain('events', perSecond(many.events), perSecond(few.events)),
  ];
}

async function atSize(begin: () => Promise<EngineAtSize>, names: number, versions: number, budget: Budget): Promise<Found> {
  const engine = await begin();
  let host: HostAtSize | null = null;
  try {
    const say = (line: string): unknown => progress(`${names} names: ${line}`);
    host = await hostAtSize(engine, names, versions, say);
    return await measured(host, budget);
  } finally {
    await (host ?? engine).dispose();
  }
}

/** `floor` is the same on a host with five containers, with as many versions each. */
export async function measureScale(budget: Budget): Promise<readonly Row[]> {
  const { quick } = budget;
  const rows: Row[] = [];
  for (const [engine, begin, names, versions] of [
    ['Docker', realEngine, quick ? 20 : 300, quick ? 10 : 200],
    ['engine in memory', fakeEngine, quick ? 100 : 5_000, 10],
  ] as const) {
    const few = await atSize(begin, FEW, versions, budget);
    const many = await atSize(begin, names, versions, budget);
    rows.push(...rowsOf(`${perSecond(names)} names of ${versions} versions, ${engine}`, many, few));
  }
  return rows;
}
