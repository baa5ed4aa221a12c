// Runs a command inside a container: output up to a limit, a timeout, and an end to all its processes when it is cut off.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import type { ContainerRef, ExecRequest, ExecResult } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { retry } from '../../async/retry.ts';
import { pause, realTime, sleep } from '../../async/time.ts';
import type { DockerApi } from '../connection/api.ts';
import { isStatus } from '../connection/errors.ts';
import { notBegun } from '../connection/runc-text.ts';
import { containerId, inspectContainer } from './containers.ts';
import { killHere, killInside, pidNamespaceOf, pipesOf, type Traces } from './kill-marked.ts';
import { Demultiplexer } from './output/demux.ts';

/** Variable that marks the processes of a command. */
const MARKER = 'GPU_DOCKER_API_EXEC';
/** Longest wait for the end of a command that was killed, ms. */
const LAST_WORDS_MS = 2_000;
/** Pauses between two looks at a command that has closed its output, ms. */
const EXIT_POLL_MS = { first: 5, most: 250 };
/** Pauses between two looks for the process id of a command, ms: the first, and the last. */
const PID_POLL_MS = { first: 25, most: 800 };
const NOT_STARTED = /^(OCI runtime exec failed|unable to find user|no matching entries in passwd|unable to find group)/;

interface RawExec {
  readonly Running: boolean;
  readonly ExitCode: number | null;
  readonly Pid: number;
}

/** The first bytes of the output, and the number of all of them. All output is read: a command whose output is not read blocks. */
class Output {
  readonly #limit: number;
  readonly #texts: string[] = [];
  readonly #decoders = new Map<number, StringDecoder>();
  #stored = 0;
  bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(stream: number, piece: Buffer): void {
    this.bytes += piece.length;
    const room = Math.min(this.#limit - this.#stored, piece.length);
    if (room <= 0) return;
    this.#stored += room;
    const decoder = this.#decoders.get(stream) ?? new StringDecoder('utf8');
    this.#decoders.set(stream, decoder);
    this.#texts.push(decoder.write(piece.subarray(0, room)));
  }

  get truncated(): boolean {
    return this.bytes > this.#stored;
  }

  text(): string {
    return this.#texts.join('') + [...this.#decoders.values()].map((decoder) => decoder.end()).join('');
  }
}

type End = 'ended' | 'timed out' | 'aborted';

/** Resolves when the stream has ended, for whatever reason. */
function ended(stream: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve());
  });
}

const inspectExec = (api: DockerApi, id: string): Promise<RawExec> =>
  api.call<RawExec>('inspect of a command', { path: `/exec/${id}/json` });

class StillRunningError extends Error {}

/** Waits for the command's exit, as a command may close its output and go on. After an abort, the command as it then is. */
function exitOf(api: DockerApi, id: string, signal: AbortSignal): Promise<RawExec> {
  const look = async (): Promise<RawExec> => {
    const found = await inspectExec(api, id);
    if (found.Running && !signal.aborted) throw new StillRunningError();
    return found;
  };
  return retry(look, {
    clock: { sleep: (ms) => pause(realTime, ms, signal) },
    firstMs: EXIT_POLL_MS.first,
    maxMs: EXIT_POLL_MS.most,
    isPassing: (error) => error instanceof StillRunningError,
  });
}

async function create(api: DockerApi, id: string, name: string, request: ExecRequest, marker: string): Promise<string> {
  const { cmd, workDir } = request;
  const body = {
    Cmd: cmd,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    Env: [marker],
    ...(workDir === undefined ? {} : { WorkingDir: workDir }),
  };
  try {
    const call = { method: 'POST', path: `/containers/${id}/exec`, body } as const;
    return (await api.call<{ Id: string }>(`command in container ${name}`, call)).Id;
  } catch (error) {
    if (!isStatus(error, 409)) throw error;
    const state = (await inspectContainer(api, id))?.State.Status ?? 'gone';
    throw new EngineError('refused', `container ${name} is ${state}: a command needs it running`, { cause: error });
  }
}

/** Traces that a command has from its beginning on; null where Docker does not say. */
type Beginning = Pick<Traces, 'session' | 'pipes'> | null;

/** Docker knows the process id some moments after the start. A command that has ended by then is not asked for. */
async function beginningOf(api: DockerApi, execId: string, over: AbortSignal): Promise<Beginning> {
  for (let ms = PID_POLL_MS.first; ms <= PID_POLL_MS.most; ms *= 2) {
    await pause(realTime, ms, over);
    if (over.aborted) return null;
    const { Pid, Running } = await inspectExec(api, execId).catch(() => ({ Pid: 0, Running: false }));
    if (Pid > 0) return { session: Pid, pipes: new Set(await pipesOf(Pid)) };
    if (!Running) return null;
  }
  return null;
}

/** The traces by which the rest of a command is found; null where only the marker is known. */
async function tracesOf(api: DockerApi, containerId: string, begun: Promise<Beginning>): Promise<Traces | null> {
  const [beginning, container] = await Promise.all([begun, inspectContainer(api, containerId).catch(() => null)]);
  const pidNamespace = await pidNamespaceOf(container?.State.Pid ?? 0);
  return beginning === null || pidNamespace === null ? null : { ...beginning, pidNamespace };
}

/** `onThisHost`: the processes of containers can be seen in our /proc. */
export async function exec(api: DockerApi, ref: ContainerRef, request: ExecRequest, onThisHost: boolean): Promise<ExecResult> {
  const name = ref.containerName;
  const id = await containerId(api, ref);
  if (request.signal.aborted) return { exitCode: null, stdout: '', outputBytes: 0, truncated: false, timedOut: false, aborted: true };
  const marker = `${MARKER}=${randomUUID()}`;
  const execId = await create(api, id, name, request, marker);
  const output = new Output(request.maxOutputBytes);
  const frames = new Demultiplexer((stream, piece) => output.add(stream, piece));
  const what = `command in container ${name}`;
  const stream = await api.stream(what, {
    method: 'POST',
    path: `/exec/${execId}/start`,
    body: { Detach: false, Tty: false },
    ms: api.deadlines.slowMs,
  });
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => frames.write(chunk));
  const over = new AbortController();
  const begun = onThisHost ? beginningOf(api, execId, over.signal) : Promise.resolve(null);

  const stopped = new AbortController();
  const streamEnded = ended(stream);
  const finished = streamEnded.then(() => exitOf(api, execId, stopped.signal));
  finished.catch(() => {});
  const end = await new Promise<End>((resolve) => {
    const timer = setTimeout(() => resolve('timed out'), request.timeoutMs);
    const onAbort = (): void => resolve('aborted');
    request.signal.addEventListener('abort', onAbort, { once: true });
    if (request.signal.aborted) onAbort();
    void finished
      .catch(() => {})
      .then(() => resolve('ended'))
      .finally(() => {
        clearTimeout(timer);
        request.signal.removeEventListener('abort', onAbort);
      });
  });
  if (end === 'ended') over.abort();
  else {
    const killed = onThisHost && (await killHere(marker, await tracesOf(api, id, begun)));
    // An image without a shell on another machine: nothing more can be done. The result says that the end was not seen.
    if (!killed) await killInside(api, id, marker).catch(() => {});
    await Promise.race([finished.catch(() => {}), sleep(LAST_WORDS_MS, undefined, { ref: false })]);
    stopped.abort();
    stream.destroy();
  }
  const { Running, ExitCode, Pid } = await finished.catch((error: unknown) => {
    throw error instanceof EngineError && error.kind === 'not-found'
      ? new EngineError('unavailable', `${what}: Docker no longer knows it`, { cause: error })
      : error;
  });
  const stdout = output.text();
  if (end === 'ended' && !Running && Pid === 0 && (ExitCode === 126 || ExitCode === 127) && NOT_STARTED.test(stdout)) {
    throw new EngineError('refused', notBegun('the command', name, stdout.trim()));
  }
  return {
    exitCode: Running ? null : ExitCode,
    stdout,
    outputBytes: output.bytes,
    truncated: output.truncated,
    timedOut: end === 'timed out',
    aborted: end === 'aborted',
  };
}
