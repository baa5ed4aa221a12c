// Reads the output of containers beside all operations, and follows a name from one version to the next.
import { Code } from '../../../commands/api-codes.ts';
import { containerRef } from '../../../commands/container/steps.ts';
import type { Rejection } from '../../../commands/decision.ts';
import { missingSentence } from '../../../commands/host/absence.ts';
import type { ContainerEngine, OutputRequest } from '../../../commands/outside/engine.ts';
import type { Origin, OutputAsked, OutputOutcome } from '../../../commands/service.ts';
import { type ContainerVersion, currentVersion, type ReplicaSet } from '../../../projections/state.ts';
import type { Committer } from '../committer.ts';
import { type Rejected, rejected, rejectionOf } from '../rejected.ts';
import { Places } from './places.ts';

interface OutputReaderDeps {
  readonly committer: Committer;
  readonly engine: Pick<ContainerEngine, 'readOutput'>;
  readonly settings: { readonly host: string };
  readonly limits: OutputLimits;
}

export interface OutputLimits {
  /** Readers at the same time, shared out fairly (see Places). Beyond that one is rejected as busy at once. */
  readonly maxOutputReaders: number;
}

/** The places that one name and one actor may take for each that is free. */
const PER_FREE = { name: 1, actor: 3 };

/** The container whose output is read. */
interface Source {
  readonly rs: ReplicaSet;
  readonly version: ContainerVersion;
}

/**
 * Reads the output of a name's container:
 *
 *     const outcome = await reader.read({ name: 'foo', follow: true, timestamps: false }, { actor: 'alice' }, hungUp);
 *     if (outcome.ok) for await (const bytes of outcome.output) process.stdout.write(bytes);
 *
 * Promises that nothing is read faster than it is taken; that a follower goes on with the next version when an operation replaces the container,
 * and where it was when an operation starts the same one again; that it ends when the container has ended by itself or for good; and that the
 * iteration throws where the output breaks off. A reader has its place until the iteration has ended or the signal has aborted.
 */
export class OutputReader {
  readonly #deps: OutputReaderDeps;
  readonly #places: Places;
  readonly #readers = new Set<AbortController>();
  #stopped: Error | null = null;

  constructor(deps: OutputReaderDeps) {
    this.#deps = deps;
    this.#places = new Places({ what: 'readers of output are served', most: deps.limits.maxOutputReaders, perFree: PER_FREE });
  }

  /** Breaks off the output of all readers. */
  stop(reason: string): void {
    this.#stopped = new Error(reason);
    for (const reader of this.#readers) reader.abort(this.#stopped);
  }

  async read(asked: OutputAsked, { actor }: Pick<Origin, 'actor'>, signal: AbortSignal): Promise<OutputOutcome> {
    const source = this.#sourceOf(asked.name);
    if ('rejection' in source) return source;
    if (this.#stopped !== null) return rejected(Code.outputFailed, 'unavailable', this.#stopped.message);
    const place = this.#places.take(asked.name, actor);
    if (typeof place === 'string') return rejected(Code.outputFailed, 'busy', `${place} (--max-logs): try again when one has ended`);
    const reader = new AbortController();
    const onAbort = (): void => end(signal.reason);
    const end = (reason: unknown): void => {
      place();
      this.#readers.delete(reader);
      signal.removeEventListener('abort', onAbort);
      reader.abort(reason);
    };
    this.#readers.add(reader);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      const { name: _, ...part } = asked;
      const request = { ...part, signal: reader.signal };
      const first = await this.#open(source, request);
      return { ok: true, output: this.#all(source, first, request, end) };
    } catch (error) {
      end(error);
      if (signal.aborted) return rejected(Code.outputFailed, 'busy', 'the client hung up');
      return { ok: false, rejection: rejectionOf(Code.outputFailed, error) };
    }
  }

  #sourceOf(name: string): Source | Rejected {
    const { committer, settings } = this.#deps;
    const refuse = (kind: Rejection['kind'], message: string): Rejected => rejected(Code.outputFailed, kind, message);
    const rs = committer.state.replicaSets.get(name);
    if (rs === undefined) return refuse('not-found', `replicaSet ${name} does not exist`);
    if (rs.host !== settings.host)
      return refuse(
        'misdirected',
        `replicaSet ${name} is on host ${rs.host}, and this is the server of host ${settings.host}: ask that one`,
      );
    const version = currentVersion(rs);
    if (version === undefined) return refuse('not-found', `replicaSet ${name} is still being made: its first version does not run yet`);
    if (rs.missing !== undefined) return refuse('unavailable', missingSentence(rs));
    if (version.container === 'removed')
      return refuse('not-found', `container ${version.containerName} of replicaSet ${name} has gone from Docker, and its output with it`);
    return { rs, version };
  }

  #open({ rs, version }: Source, request: OutputRequest): Promise<AsyncIterable<Uint8Array>> {
    const { committer, engine } = this.#deps;
    return engine.readOutput(containerRef(committer.state, rs, version), request);
  }

  async *#all(
    first: Source,
    output: AsyncIterable<Uint8Array>,
    request: OutputRequest,
    end: (reason: unknown) => void,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* output;
      const { tail: _, sinceMs: __, ...follow } = request;
      for (let source = first; request.follow; ) {
        const next = await this.#after(source, request.signal);
        if (next === null) return;
        const isSame = next.version.version === source.version.version;
        // What it had printed before it ended is read.
        yield* await this.#open(next, isSame ? { ...follow, sinceStart: true } : follow);
        source = next;
      }
    } finally {
      end(new Error('the output has been read'));
    }
  }

  /** The container that the name runs on once what ended this one is over; null where there is none. Rejects with the signal's reason. */
  async #after(before: Source, signal: AbortSignal): Promise<Source | null> {
    const { committer } = this.#deps;
    // A standby may not have heard of the operation yet whose stop it has seen.
    await committer.catchUp();
    for (let waited = false; ; waited = true) {
      signal.throwIfAborted();
      const rs = committer.state.replicaSets.get(before.rs.name);
      const version = rs === undefined ? undefined : currentVersion(rs);
      if (rs === undefined || version === undefined || rs.uid !== before.rs.uid) return null;
      if (version.version !== before.version.version) return { rs, version };
      if (!startsSomething(rs)) return waited && rs.state === 'running' ? { rs, version } : null;
      await this.#untilMoved(signal);
    }
  }

  #untilMoved(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        stopListening();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const stopListening = this.#deps.committer.onCommit(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** Whether an operation is under way that leaves a running container: a new version, or after an undo the one before; a stop leaves none. */
const startsSomething = ({ operation }: ReplicaSet): boolean =>
  operation !== null && (operation.to !== undefined || operation.kind === 'continue');
