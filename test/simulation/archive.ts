// The archive and the snapshots of a simulated machine: the real code on real files, with faults at the steps of archiving, and a data directory
// that is lost, damaged, or put back from an older copy.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Envelope, Head } from '../../src/events/envelope.ts';
import { LogCorruptError } from '../../src/events/log.ts';
import type { Manifest } from '../../src/infra/log/archive/segment.ts';
import { ArchiveBusyError, Segments } from '../../src/infra/log/archive/segments.ts';
import { Snapshots } from '../../src/infra/log/snapshots/snapshots.ts';
import type { State } from '../../src/projections/state.ts';
import { FileTurns } from './file-turns.ts';
import type { Machine } from './machine.ts';
import { hold } from './violation.ts';
import type { World } from './world.ts';

/** Where there is a file system in memory, files are quick. */
const ROOT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** The process that works with the files. */
interface Process {
  readonly alive: boolean;
  kill(): void;
}

const never = <T>(): Promise<T> => new Promise(() => undefined);

/** The files of a world: one data directory for each machine. */
export class Files {
  readonly root = mkdtempSync(join(ROOT, 'gpu-docker-api-simulation-'));
  readonly turns = new FileTurns();

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export class DataDir {
  readonly path: string;
  readonly world: World;
  readonly turns: FileTurns;
  /** False while it is not what it was: lost, damaged, or an older copy of itself. */
  isWhole = true;
  archiver: Process | null = null;
  /** Puts it right again. */
  mend: () => void = () => undefined;
  #copies = 0;
  #copy: string | null = null;

  constructor({ world, index }: Machine, { root, turns }: Files) {
    this.world = world;
    this.turns = turns;
    this.path = join(root, String(index));
    mkdirSync(this.path);
  }

  get segments(): string {
    return join(this.path, 'segments');
  }

  get snapshots(): string {
    return join(this.path, 'snapshots');
  }

  /** The last archived event; 0 for none. */
  get end(): number {
    return Number(manifestsIn(this.segments).at(-1)?.slice(17, 33) ?? 0);
  }

  /** The last event in the newest snapshot; 0 for none. */
  async newestSnapshot(logId: string): Promise<number> {
    const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    return (await new Snapshots({ dir: this.snapshots, logger }).newest(logId)) ?? 0;
  }

  /** Somebody copies it, loses a part of it, or puts an older copy in its place. True where its servers must be stopped first. */
  strike(): void {
    const { chance } = this.world;
    const how = chance.pick('fate of the files', ['copy', 'copy', 'snapshots', 'snapshot', 'lost', 'older', 'older'] as const);
    // A copy of what is damaged would stay so.
    if (how === 'copy' && this.isWhole) {
      this.#copy = `${this.path}.copy${++this.#copies}`;
      cpSync(this.path, this.#copy, { recursive: true });
    }
    if (how === 'snapshots') rmSync(this.snapshots, { recursive: true, force: true });
    if (how === 'snapshot') tear(this.snapshots, '.snapshot');
    if (!this.isWhole) return;
    if (how === 'lost') this.#replace(null);
    if (how === 'older' && this.#copy !== null) this.#replace(this.#copy);
  }

  #replace(copy: string | null): void {
    const { scheduler, chance } = this.world;
    const aside = `${this.path}.aside${++this.#copies}`;
    renameSync(this.path, aside);
    if (copy === null) mkdirSync(this.path);
    else cpSync(copy, this.path, { recursive: true });
    this.isWhole = false;
    this.mend = () => {
      this.mend = () => undefined;
      this.isWhole = true;
      // A server may have gone on with the copy, and archived more.
      const known = Number(manifestsIn(join(aside, 'segments')).at(-1)?.slice(17, 33) ?? 0);
      if (this.end >= known) return;
      rmSync(this.path, { recursive: true });
      renameSync(aside, this.path);
    };
    scheduler.after(chance.roll('time without files') ** 2 * 60_000, 'the data directory is put right', () => this.mend());
  }

  /** The newest segment is not what was written, for a while. */
  damage(file: string): void {
    const path = join(this.segments, file);
    const whole = readFileSync(path);
    truncateSync(path, Math.floor(whole.length / 2));
    this.isWhole = false;
    this.mend = () => {
      this.mend = () => undefined;
      this.isWhole = true;
      writeFileSync(path, whole);
    };
    this.world.scheduler.after(this.world.chance.roll('time of damage') ** 2 * 30_000, 'a segment is put right', () => this.mend());
  }
}

const manifestsIn = (dir: string): readonly string[] =>
  existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => name.endsWith('.json'))
        .sort()
    : [];

/** The last file of a kind is cut off, as by a power cut. */
function tear(dir: string, ending: string): void {
  if (!existsSync(dir)) return;
  const last = readdirSync(dir)
    .filter((name) => name.endsWith(ending))
    .sort()
    .at(-1);
  if (last !== undefined) truncateSync(join(dir, last), 100);
}

/** The archived events as the files have them, read past the program. */
export function archivedIn(dir: string): readonly Envelope[] {
  return manifestsIn(dir).flatMap((name) => {
    const text = gunzipSync(readFileSync(join(dir, name.replace(/\.json$/, '.jsonl.gz')))).toString();
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Envelope);
  });
}

/** The archive as one process sees it. */
export class SimulatedSegments extends Segments {
  readonly #data: DataDir;
  readonly #process: Process;

  constructor(data: DataDir, process: Process) {
    super(data.segments);
    this.#data = data;
    this.#process = process;
  }

  /** All simulated processes are one to the kernel, so the file that locks the folder would tell nothing. */
  override lock(): () => void {
    const data = this.#data;
    if (data.archiver?.alive === true) throw new ArchiveBusyError('another server is archiving just now');
    mkdirSync(this.dir, { recursive: true });
    data.archiver = this.#process;
    return () => {
      data.archiver = null;
    };
  }

  override async add(events: readonly Envelope[], lastRecord: number): Promise<Manifest> {
    const { world, turns } = this.#data;
    if (world.strikes('archive', 'no room for a segment', 0.1)) throw new Error('ENOSPC: no space left on device, write');
    const manifest = await turns.run(() => super.add(events, lastRecord));
    if (world.strikes('archive', 'crash while archiving', 0.2)) {
      this.#crash(manifest);
      return never();
    }
    return manifest;
  }

  /** The server dies before the manifest is there, with the file whole or not, or just after it. */
  #crash({ file, first, last }: Manifest): void {
    const how = this.#data.world.chance.pick('moment of the crash', ['written', 'torn', 'sealed'] as const);
    const name = manifestsIn(this.dir).find((one) => Number(one.slice(0, 16)) === first && Number(one.slice(17, 33)) === last);
    if (how !== 'sealed' && name !== undefined) rmSync(join(this.dir, name));
    if (how === 'torn') {
      const path = join(this.dir, file);
      const half = readFileSync(path);
      rmSync(path);
      writeFileSync(join(this.dir, `.${file}.4711.tmp`), half.subarray(0, half.length / 2));
    }
    this.#process.kill();
  }

  /** Called for each segment before its events go from etcd. */
  override async check(manifest: Manifest): Promise<void> {
    const { world, turns, isWhole } = this.#data;
    const isDamaged = isWhole && world.strikes('archive', 'damage', 0.15);
    if (isDamaged) this.#data.damage(manifest.file);
    await turns.run(() => super.check(manifest));
    world.guard(() => hold(!isDamaged, 'damaged segment', () => `${manifest.file} was cut off, and counts as whole`));
  }

  override async *read(from: number, to?: number, anyway?: boolean): AsyncGenerator<readonly Envelope[], void, undefined> {
    const events = super.read(from, to, anyway);
    for (;;) {
      const next = await this.#data.turns.run(() => events.next());
      if (next.done === true) return;
      yield next.value;
    }
  }
}

/** The snapshots as one process sees them. */
export class SimulatedSnapshots extends Snapshots {
  readonly #data: DataDir;

  constructor(data: DataDir, options: ConstructorParameters<typeof Snapshots>[0]) {
    super(options);
    this.#data = data;
  }

  override async write(state: State): Promise<void> {
    const { world, turns } = this.#data;
    if (world.strikes('archive', 'no room for a snapshot', 0.05)) throw new Error('ENOSPC: no space left on device, write');
    await turns.run(() => super.write(state));
  }

  override wants(seq: number): Promise<boolean> {
    return this.#data.turns.run(() => super.wants(seq));
  }

  override newest(logId: string): Promise<number | null> {
    return this.#data.turns.run(() => super.newest(logId));
  }

  /** Virtual time goes on while the log is asked. */
  override async load(isInLog: (head: Head) => Promise<boolean>): Promise<State | null> {
    const { turns } = this.#data;
    let end = await turns.take();
    try {
      return await super.load(async (head) => {
        end();
        try {
          return await isInLog(head);
        } finally {
          end = await turns.take();
        }
      });
    } finally {
      end();
    }
  }
}

/** What a server says that lacks the archived beginning of its log, or finds it damaged. */
export const saysWhichAreMissing = (error: unknown): boolean =>
  error instanceof LogCorruptError && /events 1 to \d+ were archived|its segment|event \d+: is missing/.test(error.message);
