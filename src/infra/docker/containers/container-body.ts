// The body of a create call. Pure.
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { type CreateContainer, GPU_VARIABLES } from '../../../commands/outside/engine.ts';
import { type OpenedSecrets, SecretKeyError } from '../../../commands/outside/secrets.ts';
import type { AnonymousVolume, SealedVariable } from '../../../events/shapes.ts';
import { containerLabels } from '../connection/labels.ts';
import type { ImageFacts } from './images.ts';
import { type Imposed, limitedHostConfig, NOTHING_IMPOSED } from './limits.ts';
import { madeText } from './made.ts';

const GPU_VARIABLE = 'NVIDIA_VISIBLE_DEVICES';
const keyOf = (entry: string): string => entry.split('=', 1)[0] ?? '';

/** Docker's own form of a path in a container: no double and no trailing slash, no `.` and no `..`. */
export const cleanPath = (path: string): string => posix.resolve('/', path);

/** `80` and `80/tcp` are the same port. */
const portKey = (port: string): string => (port.includes('/') ? port : `${port}/tcp`);

/**
 * The whole environment; later entries win. A variable that only the image has (a commit bakes those of the old version in) is named by its
 * bare key, which removes it. The GPU variable is Docker's alone: with a device request it must be absent. Without one it is `void`: CUDA
 * images set it to `all`, and a default nvidia runtime would then hand over every GPU.
 */
function environment(request: CreateContainer, image: ImageFacts, plainOf: (variable: SealedVariable) => string): readonly string[] {
  const secret = (request.spec.secretEnv ?? []).map((variable) => `${variable.name}=${plainOf(variable)}`);
  const wanted = new Map(
    [...request.base.env, ...secret, ...request.spec.env].filter((entry) => entry.includes('=')).map((entry) => [keyOf(entry), entry]),
  );
  if (request.requestDevices) for (const name of GPU_VARIABLES) wanted.delete(name);
  if (request.requestDevices && request.gpus.length === 0) wanted.set(GPU_VARIABLE, `${GPU_VARIABLE}=void`);
  const unwanted = new Set([...request.base.env, ...image.env].map(keyOf).filter((key) => key !== '' && !wanted.has(key)));
  return [...wanted.values(), ...unwanted];
}

/** A commit bakes the old version's command and the like into the image, so all of it is always set, to the values of the base image. */
function process(request: CreateContainer, image: ImageFacts): object {
  const { base, fromDisk } = request;
  const { cmd } = request.spec;
  if (!fromDisk) return cmd === undefined ? {} : { Cmd: cmd };
  const healthcheck = base.healthcheck ?? (image.hasHealthcheck ? { Test: ['NONE'] } : undefined);
  return {
    Cmd: cmd ?? base.cmd ?? [],
    Entrypoint: base.entrypoint ?? [],
    WorkingDir: base.workingDir ?? '',
    User: base.user ?? '',
    ...(base.stopSignal === undefined ? {} : { StopSignal: base.stopSignal }),
    ...(healthcheck === undefined ? {} : { Healthcheck: healthcheck }),
  };
}

/** The anonymous volumes of the version before, except those at whose place a bind is mounted now. */
export function carriedVolumes(request: CreateContainer): readonly AnonymousVolume[] {
  const bound = new Set(request.spec.binds.map(({ dest }) => cleanPath(dest)));
  return request.anonymousVolumes.filter(({ dest }) => !bound.has(cleanPath(dest)));
}

/** `secrets`: the values of the request's secretEnv. The fingerprint is of their ciphertext: it is a label, and would let anybody try out values. */
export function createBody(
  request: CreateContainer,
  image: ImageFacts,
  imposed: Imposed = NOTHING_IMPOSED,
  secrets: OpenedSecrets = new Map(),
): object {
  const { stopTimeout, secretEnv = [] } = request.spec;
  const ports = request.ports.map(
    ({ containerPort, hostPort }) =>
      [portKey(containerPort), [{ HostIp: imposed.limits.publishAddr, HostPort: String(hostPort) }]] as const,
  );
  const body = {
    Image: request.image,
    Tty: true,
    OpenStdin: true,
    Env: environment(request, image, ({ sealed }) => sealed),
    ...process(request, image),
    ExposedPorts: Object.fromEntries(ports.map(([port]) => [port, {}])),
    ...(stopTimeout === undefined ? {} : { StopTimeout: stopTimeout }),
    HostConfig: {
      Binds: [
        ...request.spec.binds.map(({ src, dest, resolved }) => `${resolved ?? src}:${dest}`),
        // nocopy: files that were deleted in the volume must not come back out of the image.
        ...carriedVolumes(request).map(({ name, dest }) => `${name}:${dest}:nocopy`),
      ],
      PortBindings: Object.fromEntries(ports),
      ...limitedHostConfig(imposed),
      ...(request.requestDevices && request.gpus.length > 0
        ? { DeviceRequests: [{ Driver: 'nvidia', DeviceIDs: request.gpus, Capabilities: [['gpu']] }] }
        : {}),
    },
  };
  const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16);
  const names = secretEnv.map(({ name }) => name);
  const opened = ({ name }: SealedVariable): string => {
    const secret = secrets.get(name);
    if (secret === undefined) throw new SecretKeyError([name]);
    return secret.reveal();
  };
  return {
    ...body,
    Env: environment(request, image, opened),
    Labels: containerLabels(request.owner, fingerprint, madeText(request), names),
  };
}
