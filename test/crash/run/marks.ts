// What the clients wrote to system disks and volumes, and whether it is where it belongs afterwards.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { currentVersion, currentVolumeVersion, type ReplicaSet, type State } from '../../../src/projections/state.ts';
import type { ByHand } from '../agree.ts';

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

/** The file that commands write to. */
export const JOURNAL = '/.committer';

/** Remembers what answered requests wrote, and looks for it. */
export class Marks {
  /** Docker's data root, where the files of volumes lie. */
  readonly #root: string;
  readonly #written = new Map<string, Written>();
  readonly #marked = new Map<string, Mark>();

  constructor(root: string) {
    this.#root = root;
  }

  wrote(token: string, life: string, version: number): void {
    this.#written.set(token, { token, life, version });
  }

  /** Writes a file into a volume that was just created. */
  markVolume(name: string, mark: string): void {
    try {
      writeFileSync(join(this.#root, 'volumes', `${name}-1`, '_data', '.mark'), mark);
      this.#marked.set(name, { mark });
    } catch {
      this.#marked.delete(name); // deleted or resized already
    }
  }

  /** What answered commands wrote and is not where it must be, is where it must not be, or was written twice. */
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

  #differences(rs: ReplicaSet, current: number, lines: readonly string[], byHand: ByHand): string[] {
    const found = new Set(lines);
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
      ...[...found]
        .filter((token) => lines.indexOf(token) < lines.lastIndexOf(token))
        .map((token) => `${rs.name}-${current} has ${token} twice`),
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

/** The lines in the file of a container, running or not. */
async function journalOf(docker: Docker, container: string): Promise<readonly string[]> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of await docker.getContainer(container).getArchive({ path: JOURNAL })) chunks.push(chunk as Buffer);
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return [];
    throw error;
  }
  // One file: its size stands in octal at 124, its content begins after the header.
  const tar = Buffer.concat(chunks);
  const size = Number.parseInt(tar.subarray(124, 135).toString(), 8);
  return tar
    .subarray(512, 512 + size)
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}
