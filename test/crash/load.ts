// Random operations of several clients on a few names, and what of them must be found again afterwards.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { currentVersion, currentVolumeVersion, type ReplicaSet, type State } from '../../src/projections/state.ts';
import { IMAGES } from '../support/images.ts';
import type { ByHand } from './agree.ts';
import { attempt, type Door, type Reply, runBody } from './client.ts';

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

/** A line that an answered command wrote to the disk of that version, in that life of the name. */
interface Written {
  readonly token: string;
  readonly life: string;
  readonly version: number;
}

/** A file in a volume. */
interface Mark {
  readonly mark: string;
  /** Of the life that it was found in; undefined as long as nobody looked. */
  readonly uid?: string;
}

export interface Counts {
  sent: number;
  done: number;
  refused: number;
  unavailable: number;
  unanswered: number;
}

const REPLICA_SETS = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'] as const;
const VOLUMES = ['data', 'more'] as const;
const JOURNAL = '/.committer';

export class Load {
  readonly counts: Counts = { sent: 0, done: 0, refused: 0, unavailable: 0, unanswered: 0 };
  /** What was done or refused, as in `PATCH stop: 1010` → how often. */
  readonly outcomes = new Map<string, number>();
  /** Answers that no fault explains: status 500 and the like. */
  readonly odd: string[] = [];
  readonly #door: Door;
  readonly #random: () => number;
  /** Docker's data root, where the files of volumes lie. */
  readonly #root: string;
  readonly #written = new Map<string, Written>();
  readonly #marked = new Map<string, Mark>();
  /** Names that do not exist, as far as clients were told: most of what they do next is to run them. */
  readonly #absent = new Set<string>();
  #tokens = 0;
  #over = true;

  constructor(door: Door, random: () => number, root: string) {
    this.#door = door;
    this.#random = random;
    this.#root = root;
  }

  /** Resolves when every client has its last answer, or knows that there will be none. */
  async run(clients: number): Promise<void> {
    this.#over = false;
    await Promise.all(Array.from({ length: clients }, () => this.#client()));
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

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  async #send<Data>(method: string, path: string, body?: unknown): Promise<Reply<Data> | undefined> {
    const { counts } = this;
    counts.sent++;
    const reply = await attempt<Data>(this.#door, method, path, body);
    if (reply === undefined) counts.unanswered++;
    else if (reply.code === 200) counts.done++;
    else if (reply.status === 503) counts.unavailable++;
    else counts.refused++;
    if (reply !== undefined && reply.status !== 503) {
      const outcome = `${method} ${kindOf(path)}: ${reply.code}`;
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    }
    if (reply?.status === 404) this.#absent.add(path.split('/')[1] ?? '');
    if (reply !== undefined && (reply.status === 500 || reply.status > 503))
      this.odd.push(`${method} ${path}: ${reply.status} ${reply.code} ${reply.msg}`);
    return reply;
  }

  async #operate(): Promise<void> {
    const name = REPLICA_SETS[this.#below(REPLICA_SETS.length)] ?? 'alpha';
    const path = `replicaSet/${name}`;
    const dice = this.#below(100);
    const isRun = this.#absent.has(name) ? dice < 60 : dice < 14;
    if (isRun) {
      this.#absent.delete(name);
      const ports = ['80', '81'].slice(0, this.#below(3));
      const binds = this.#below(4) === 0 ? [{ src: `${VOLUMES[this.#below(VOLUMES.length)]}-1`, dest: '/mnt' }] : [];
      const image = this.#below(6) === 0 ? IMAGES.volume : IMAGES.sleep;
      await this.#send('POST', 'replicaSet', runBody(name, { image, gpus: this.#below(4), ports, binds, env: [`LIFE=${++this.#tokens}`] }));
    } else if (dice < 44) await this.#write(path);
    else if (dice < 60) await this.#send('PATCH', path, { gpuPatch: { gpuCount: this.#below(5) } });
    else if (dice < 66) await this.#send('PATCH', `${path}/stop`);
    else if (dice < 74) await this.#send('PATCH', `${path}/restart`, {});
    else if (dice < 77) await this.#send('PATCH', `${path}/pause`);
    else if (dice < 81) await this.#send('PATCH', `${path}/continue`);
    else if (dice < 88) await this.#send('PATCH', `${path}/rollback`, { version: 1 + this.#below(6) });
    else if (dice < 92) await this.#send('DELETE', path);
    else await this.#changeVolume(VOLUMES[this.#below(VOLUMES.length)] ?? 'data');
  }

  async #write(path: string): Promise<void> {
    const token = `t${++this.#tokens}`;
    const cmd = ['sh', '-c', `echo ${token} >>${JOURNAL} && echo $LIFE $CONTAINER_VERSION`];
    const reply = await this.#send<{ stdout: string; exitCode: number }>('POST', `${path}/execute`, { cmd });
    if (reply?.code !== 200 || reply.data.exitCode !== 0) return;
    const [life = '', version = ''] = reply.data.stdout.trim().split(' ');
    this.#written.set(token, { token, life, version: Number(version) });
  }

  async #changeVolume(name: string): Promise<void> {
    const dice = this.#below(8);
    if (dice === 0) await this.#send('DELETE', `volumes/${name}`);
    else if (dice < 4) await this.#send('PATCH', `volumes/${name}/size`, { size: `${1 + this.#below(50)}MB` });
    else if ((await this.#send('POST', 'volumes', { name, size: '100MB' }))?.code === 200) {
      const mark = `m${++this.#tokens}`;
      try {
        writeFileSync(join(this.#root, 'volumes', `${name}-1`, '_data', '.mark'), mark);
        this.#marked.set(name, { mark });
      } catch {
        this.#marked.delete(name); // deleted or resized already
      }
    }
  }

  /** What answered commands wrote and is not where it must be, or is where it must not be. */
  async losses(docker: Docker, state: State, byHand: ByHand): Promise<string[]> {
    const said: string[] = [];
    for (const rs of state.replicaSets.values()) {
      const version = currentVersion(rs);
      if (version === undefined || version.container === 'removed') continue;
      const found = await journalOf(docker, version.containerId ?? version.containerName);
      said.push(...this.#differences(rs, version.version, found, byHand));
    }
    return said;
  }

  #differences(rs: ReplicaSet, current: number, found: ReadonlySet<string>, byHand: ByHand): string[] {
    const versions = new Map(rs.versions.map((v) => [v.version, v]));
    const lineage = new Set<number>();
    for (let at: number | undefined = current; at !== undefined; at = versions.get(at)?.diskOf) lineage.add(at);
    const life = versions
      .get(1)
      ?.spec.env.find((e) => e.startsWith('LIFE='))
      ?.slice('LIFE='.length);
    const mine = (w: Written): boolean => w.life === life && lineage.has(w.version);
    const lost = [...this.#written.values()].filter((w) => mine(w) && !found.has(w.token) && !byHand.removed.has(`${rs.uid}/${w.version}`));
    const back = [...found].map((token) => this.#written.get(token)).filter((w) => w !== undefined && !mine(w));
    return [
      ...lost.map((w) => `${rs.name}-${current} has lost ${w.token}, written in version ${w.version}`),
      ...back.map((w) => `${rs.name}-${current} has ${w?.token}, written in version ${w?.version} of life ${w?.life}`),
    ];
  }

  /** Volumes whose file did not come along. Forgets those that are gone. */
  lostMarks(state: State): string[] {
    const said: string[] = [];
    for (const [name, { mark, uid }] of this.#marked) {
      const volume = state.volumes.get(name);
      const version = volume === undefined ? undefined : currentVolumeVersion(volume);
      if (version?.state !== 'ready') {
        this.#marked.delete(name);
        continue;
      }
      let found = '';
      try {
        found = readFileSync(join(this.#root, 'volumes', version.volumeName, '_data', '.mark'), 'utf8');
      } catch {
        // Not there: said below.
      }
      // Deleted and made again by a request whose answer was lost: then it is of a later life, in which nobody knows what it holds.
      const isLater = uid === undefined ? found !== mark && volume?.versions.length === 1 : volume?.uid !== uid;
      if (isLater) this.#marked.delete(name);
      else if (found !== mark) said.push(`volume ${version.volumeName} has ${found || 'nothing'} instead of ${mark}`);
      else if (volume !== undefined) this.#marked.set(name, { mark, uid: volume.uid });
    }
    return said;
  }
}

/** `replicaSet/alpha/stop` → `stop`, `replicaSet/alpha` → `replicaSet`. */
const kindOf = (path: string): string => path.split('/')[2] ?? path.split('/')[0] ?? path;

/** The lines in the committer of a container, running or not. */
async function journalOf(docker: Docker, container: string): Promise<ReadonlySet<string>> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of await docker.getContainer(container).getArchive({ path: JOURNAL })) chunks.push(chunk as Buffer);
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return new Set();
    throw error;
  }
  // One file: its size stands in octal at 124, its content begins after the header.
  const tar = Buffer.concat(chunks);
  const size = Number.parseInt(tar.subarray(124, 135).toString(), 8);
  return new Set(
    tar
      .subarray(512, 512 + size)
      .toString()
      .split('\n')
      .filter((line) => line !== ''),
  );
}
