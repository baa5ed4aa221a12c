// dockerd's own words for its failures, as raw answers: the simulation hands them to the program's own classification of errors.
import type { EngineError } from '../../src/commands/outside/engine-error.ts';
import { DockerRefusal, toEngineError } from '../../src/infra/docker/connection/errors.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

const BUSY = 'driver "overlay2" failed to remove root filesystem: unlinkat /var/lib/docker/overlay2/4f/merged: device or resource busy';
const FULL: readonly Answer[] = [
  { status: 500, text: 'write /var/lib/docker/tmp/GetImageBlob1: no space left on device' },
  { status: 500, text: 'Error processing tar file(exit status 1): write /data/model: disk quota exceeded' },
];
/** A definite no, by the call. */
export const REFUSALS: Readonly<Record<string, readonly Answer[]>> = {
  createContainer: [
    { status: 400, text: 'invalid mount config for type "bind": bind source path does not exist: /data' },
    { status: 500, text: 'could not select device driver "nvidia" with capabilities: [[gpu]]' },
  ],
  stopContainer: [{ status: 500, text: 'cannot stop container: 4f: tried to kill container, but did not receive an exit event' }],
  saveDisk: FULL,
  checkDiskSpace: FULL,
  removeContainer: [{ status: 500, text: `container 4f: ${BUSY}` }],
  commitImage: [{ status: 400, text: 'invalid reference format' }],
  createVolume: [{ status: 500, text: 'create v-1: quota size requested but no quota support' }],
  copyVolume: FULL,
  volumeUsage: [{ status: 500, text: 'Could not find the file /_data in container 4f' }],
};
/** No answer, or one that a later try may get past. */
const PASSING: readonly (Answer | Error)[] = [
  new Error('connect ECONNREFUSED /var/run/docker.sock'),
  Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  { status: 500, text: 'failed to create task for container: ttrpc: closed: unknown' },
  { status: 500, text: 'Cannot start container 4f: rpc error: code = Unavailable desc = transport is closing' },
  {
    status: 500,
    text: 'connection error: desc = "transport: Error while dialing dial unix /run/containerd/containerd.sock: connect: refused"',
  },
  { status: 503, text: 'daemon is shutting down' },
  { status: 408, text: 'request timed out' },
];

/** `pick` chooses the words. */
export function passingError(what: string, pick: <T>(from: readonly T[]) => T | undefined): EngineError {
  const answer = pick(PASSING) ?? new Error('no answer');
  return answer instanceof Error ? toEngineError(what, answer) : new DockerRefusal(what, answer.status, answer.text);
}

export function refusal(what: string, call: string, pick: <T>(from: readonly T[]) => T | undefined): EngineError {
  const answer = pick(REFUSALS[call] ?? []);
  return new DockerRefusal(what, answer?.status ?? 400, answer?.text ?? 'no reason given');
}
