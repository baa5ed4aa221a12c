// What the tests of the real engine share.
import { randomUUID } from 'node:crypto';
import type { ContainerEngine, ContainerRef, CreateContainer, ExecResult, Owner } from '../../../src/commands/outside/engine.ts';
import { EngineError, type EngineErrorKind } from '../../../src/commands/outside/engine-error.ts';
import type { BaseImage } from '../../../src/events/shapes.ts';
import { type DockerEngineOptions, dockerEngine } from '../../../src/infra/docker/engine.ts';
import { docker, dockerSocket, IMAGES, uniqueName } from '../../support/docker.ts';

export { docker, IMAGES, uniqueName };

/** An engine that has connected. */
export async function connectEngine(
  options: Omit<DockerEngineOptions, 'dockerHost'> = {},
  socket: string = dockerSocket(),
): Promise<ContainerEngine> {
  const engine = dockerEngine({ dockerHost: `unix://${socket}`, ...options });
  await engine.info();
  return engine;
}

/** A log of this test process alone. */
export const LOG = randomUUID();

export const owner = (name: string, version = 1): Owner => ({ log: LOG, name, uid: `uid-of-${name}`, version, operation: randomUUID() });

export const refOf = (created: CreateContainer, id?: string): ContainerRef => ({
  containerName: created.containerName,
  owner: created.owner,
  ...(id === undefined ? {} : { id }),
});

export async function base(engine: ContainerEngine, name: string): Promise<BaseImage> {
  const image = await engine.inspectImage(name);
  if (image === null) throw new Error(`no image ${name}`);
  return image;
}

/** What a test says of a request: its fields and those of its spec. */
export type RequestParts = Partial<Omit<CreateContainer, 'spec'> & CreateContainer['spec']>;

/** A request for `<name>-<version>` of a base image. */
export function requestFor(image: BaseImage, name: string, more: RequestParts = {}): CreateContainer {
  const { env = [], binds = [], cmd, stopTimeout, secretEnv, ...rest } = more;
  const whose = more.owner ?? owner(name);
  return {
    containerName: `${name}-${whose.version}`,
    owner: whose,
    image: image.id,
    fromDisk: false,
    base: image,
    spec: {
      env,
      binds,
      ...(cmd !== undefined && { cmd }),
      ...(stopTimeout !== undefined && { stopTimeout }),
      ...(secretEnv !== undefined && { secretEnv }),
    },
    anonymousVolumes: [],
    gpus: [],
    requestDevices: true,
    ports: [],
    ...rest,
  };
}

/** Created and running. */
export async function run(engine: ContainerEngine, request: CreateContainer): Promise<ContainerRef & { readonly id: string }> {
  const { containerId } = await engine.createContainer(request);
  const ref = { containerName: request.containerName, owner: request.owner, id: containerId };
  const started = await engine.startContainer(ref, 0);
  if (!started.started) throw new Error(started.message);
  return ref;
}

export const exec = (engine: ContainerEngine, ref: ContainerRef, cmd: readonly string[], more: object = {}): Promise<ExecResult> =>
  engine.exec(ref, { cmd, maxOutputBytes: 1_000_000, timeoutMs: 20_000, signal: new AbortController().signal, ...more });

/** Runs a script in the container's shell; fails the test unless it ends with 0. */
export async function sh(engine: ContainerEngine, ref: ContainerRef, script: string): Promise<string> {
  const { exitCode, stdout } = await exec(engine, ref, ['sh', '-c', script]);
  if (exitCode !== 0) throw new Error(`exit code ${exitCode} of ${script}: ${stdout}`);
  return stdout;
}

/** The EngineError of this kind that the promise rejects with. */
export async function refusal(promise: Promise<unknown>, kind: EngineErrorKind): Promise<EngineError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof EngineError && error.kind === kind) return error;
    throw new Error(`expected ${kind}, got ${error instanceof EngineError ? error.kind : ''}: ${String(error)}`, { cause: error });
  }
  throw new Error(`expected EngineError('${kind}'), but it succeeded`);
}

/** Takes away all that this test process made in Docker. */
export async function removeAll(engine: ContainerEngine): Promise<void> {
  for (const { containerName, id, name, uid, version } of await engine.listContainers(LOG)) {
    await engine.removeContainer({ containerName, id, owner: { log: LOG, name, uid, version } }, true);
  }
  for (const { name, uid } of await engine.listDisks(LOG)) await engine.removeDisks({ log: LOG, name, uid });
  for (const volume of await engine.listVolumes(LOG)) if (volume.owner !== undefined) await engine.removeVolume(volume.name, volume.owner);
}
