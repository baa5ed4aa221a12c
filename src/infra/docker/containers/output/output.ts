// The output of a container as Docker's log has it, for whoever asks.
import type { ContainerRef, OutputRequest } from '../../../../commands/outside/engine.ts';
import { EngineError } from '../../../../commands/outside/engine-error.ts';
import type { DockerApi } from '../../connection/api.ts';
import { DockerRefusal, toEngineError } from '../../connection/errors.ts';
import type { RawContainer } from '../../connection/raw.ts';
import { containerId, inspectContainer } from '../containers.ts';
import { Demultiplexer } from './demux.ts';

/** Interval of TCP keepalives, ms: a remote Docker that has gone would leave a follower waiting for ever. */
const KEEP_ALIVE_MS = 30_000;

/** Seconds with nine decimals, as Docker's own command line sends a time. */
const dockerTime = (ms: number): string => `${Math.floor(ms / 1_000)}.${String(Math.floor(ms % 1_000)).padStart(3, '0')}000000`;

/** How long before the start that Docker names a line of it can be stamped, ms: a Docker before 25 notes the time after the start. */
const EARLY_MS = 50;

/**
 * A moment after all that the container printed before its last start, and before all that it has printed since. Lines of the run before can be stamped
 * a little after its end, and those of this one a little before its start, so it is halfway between the two.
 */
export function startOf({ StartedAt = '', FinishedAt = '' }: RawContainer['State']): number | undefined {
  const [started, finished] = [Date.parse(StartedAt), Date.parse(FinishedAt)];
  if (!(started > 0)) return undefined;
  return finished > 0 && finished < started ? (finished + started) / 2 : started - EARLY_MS;
}

/** See the port. Docker is read only as fast as the output is taken. */
export async function readOutput(api: DockerApi, ref: ContainerRef, request: OutputRequest): Promise<AsyncIterable<Uint8Array>> {
  const { follow, tail, sinceStart, timestamps, signal } = request;
  const id = await containerId(api, ref);
  const container = await inspectContainer(api, id);
  if (container === undefined) throw new EngineError('not-found', `container ${ref.containerName} is not on this host`);
  const sinceMs = sinceStart === true ? startOf(container.State) : request.sinceMs;
  const what = `output of container ${ref.containerName}`;
  const query = {
    ...{ stdout: true, stderr: true, follow, timestamps },
    ...(tail !== undefined && { tail: String(tail) }),
    ...(sinceMs !== undefined && { since: dockerTime(sinceMs) }),
  };
  try {
    const stream = await api.stream(what, { path: `/containers/${id}/logs`, query, signal });
    stream.socket.setKeepAlive(true, KEEP_ALIVE_MS);
    return container.Config.Tty === true ? asEngineErrors(what, stream) : asEngineErrors(what, withoutFrames(stream));
  } catch (error) {
    if (!(error instanceof DockerRefusal) || !/does not support reading/.test(error.text)) throw error;
    const driver = container.HostConfig.LogConfig?.Type ?? '';
    const message = `${what}: the container’s log driver${driver === '' ? '' : `, ${driver},`} stores nothing that Docker could read`;
    throw new EngineError('refused', message, { cause: error });
  }
}

/** Of a container without a terminal stdout and stderr come in frames. */
async function* withoutFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let pieces: Buffer[] = [];
  const frames = new Demultiplexer((_, piece) => pieces.push(piece));
  for await (const chunk of stream) {
    frames.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (pieces.length > 0) yield pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    pieces = [];
  }
}

/** The same output, with Docker's failures as the port's. */
async function* asEngineErrors(what: string, output: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* output;
  } catch (error) {
    throw toEngineError(what, error);
  }
}
