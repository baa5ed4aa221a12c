// The container engine over Docker: each method of the port is one function of this folder, given the connection and what is remembered.
import type { ContainerEngine } from '../../commands/outside/engine.ts';
import { type ContainerLimits, UNLIMITED } from '../../commands/outside/limits.ts';
import type { Unlabelled } from '../../commands/outside/unlabelled.ts';
import { inOneTurnEach } from '../async/in-one-turn.ts';
import type { Deadlines, DockerApi } from './connection/api.ts';
import type { OnCall } from './connection/call-kind.ts';
import { dockerApi } from './connection/connect.ts';
import type { ExpectedEngine } from './connection/expected.ts';
import { containerCalls } from './containers/containers.ts';
import { exec } from './containers/exec.ts';
import { freezeContainer, thawContainer } from './containers/freeze.ts';
import { GpuUse } from './containers/gpu-use.ts';
import { Images, inspectBaseImage } from './containers/images.ts';
import { limitProblems } from './containers/limits.ts';
import { IsolatedNetwork } from './containers/network.ts';
import { readOutput } from './containers/output/output.ts';
import { pullImage } from './containers/pull.ts';
import { ringOnChange } from './events.ts';
import { listOtherLogs } from './other-logs.ts';
import { engineStartedAt } from './started-at.ts';
import { engineInfo, RememberedStorage } from './storage/disk-space.ts';
import { diskUsage, room } from './storage/disk-usage.ts';
import { checkDiskSpace, commitImage, type DiskOptions, listDisks, removeDisk, removeDisks, saveDisk } from './storage/disks.ts';
import { inspectOwned } from './storage/owned.ts';
import { inspectUnlabelled } from './storage/unlabelled.ts';
import { copyVolume, volumeContent, volumeUsage } from './storage/volume-files.ts';
import { createVolume, inspectVolume, listVolumes, removeAnonymousVolumes, removeVolume, volumeUsers } from './storage/volumes.ts';

export interface DockerEngineOptions {
  /** `unix:///path`, `tcp://host:port` or `https://host:port`. */
  readonly dockerHost: string;
  readonly deadlines?: Partial<Deadlines>;
  readonly disk?: Partial<DiskOptions>;
  /** Names of containers outside the log that see GPUs and use none, as an exporter of metrics does. */
  readonly gpuMonitors?: readonly string[];
  /** Of the containers that are made from now on; absent: as Docker makes them. */
  readonly limits?: ContainerLimits;
  /**
   * Called at the beginning of each call of the port. The function that it gives is called right before each change that this call makes, and
   * throws when the call must not make it any more, which is then unavailable: the term that it began in has ended, though another may have begun.
   */
  readonly fence?: () => () => void;
  /** The host's engine; absent: whichever answers. What another one does not have is not believed, and nothing is made there. */
  readonly expected?: ExpectedEngine;
  readonly onCall?: OnCall;
  /** What is of the log though it carries no label of ours; absent: nothing. */
  readonly unlabelled?: Unlabelled;
}

const DEADLINES: Deadlines = { quickMs: 30_000, slowMs: 120_000, silenceMs: 30_000 };
const DISK: DiskOptions = { layerLimit: 100, measureMs: 15 * 60_000 };

/**
 * Docker behind the port:
 *
 *     const engine = dockerEngine({ dockerHost: 'unix:///var/run/docker.sock' });
 *     console.log((await engine.info()).version);
 *
 * It connects at the first call and agrees with the daemon on a version of its API; a failed connection is tried again by the next call.
 * Promises what the port says of each method: every call that changes something may be repeated, only things that carry our labels are
 * changed, and every failure is an EngineError that tells "no answer" from "no".
 */
export function dockerEngine({
  deadlines,
  disk,
  fence,
  gpuMonitors,
  limits = UNLIMITED,
  ...connection
}: DockerEngineOptions): ContainerEngine {
  const api = dockerApi({ ...connection, deadlines: { ...DEADLINES, ...deadlines } });
  const fenced = (): DockerApi => (fence === undefined ? api : api.fenced(fence()));
  const images = new Images(api);
  const storage = new RememberedStorage(api);
  const gpuUse = new GpuUse(api, gpuMonitors);
  const isolated = new IsolatedNetwork();
  const diskOptions = { ...DISK, ...disk };
  return {
    info: () => engineInfo(api, storage),
    startedAt: () => engineStartedAt(api),
    // Runs that begin together are mostly of one image.
    inspectImage: inOneTurnEach((reference) => inspectBaseImage(images, reference)),
    pullImage: (reference, request) => pullImage(fenced(), reference, request),
    ...containerCalls(
      fenced,
      images,
      storage,
      async () => ({ limits, logDriver: (await storage.get()).info.LoggingDriver ?? '' }),
      isolated,
    ),
    limitProblems: async () => {
      const own = fenced();
      return limitProblems(own, limits, isolated, (await storage.get()).info);
    },
    saveDisk: async (container, operation, onProgress) => {
      const own = fenced();
      return saveDisk(own, images, await storage.get(), container, operation, { ...diskOptions, ...(onProgress && { onProgress }) });
    },
    checkDiskSpace: async (container) => checkDiskSpace(api, images, await storage.get(), container, diskOptions),
    removeDisk: (image) => removeDisk(fenced(), images, image),
    removeDisks: (owner) => removeDisks(fenced(), images, owner),
    listDisks: (log) => listDisks(api, log),
    diskUsage: (log) => diskUsage(api, log),
    room: async () => room(await storage.get()),
    freezeContainer: (container) => freezeContainer(fenced(), container),
    thawContainer: (container) => thawContainer(fenced(), container),
    commitImage: async (container, imageName, operation, how) => {
      const own = fenced();
      return commitImage(own, images, await storage.get(), container, imageName, operation, how);
    },
    exec: async (container, request) => {
      const own = fenced();
      return exec(own, container, request, (await storage.get()).isLocal);
    },
    readOutput: (container, request) => readOutput(api, container, request),
    listOtherLogs: (log) => listOtherLogs(api, log),
    inspectOwned: (...args) => inspectOwned(api, images, ...args),
    inspectUnlabelled: (containerName, owner) => inspectUnlabelled(api, images, containerName, owner),
    listGpuUse: (log, isKnown) => gpuUse.list(log, isKnown),
    inspectVolume: async (name) => inspectVolume(api, name, (await storage.get()).isLocal),
    volumeUsers: (name) => volumeUsers(api, name),
    createVolume: (name, owner, size, bytes, strict) => createVolume(fenced(), name, owner, size, bytes, strict),
    volumeUsage: async (name) => volumeUsage(api, (await storage.get()).isLocal, name),
    volumeContent: async (name) => volumeContent(api, (await storage.get()).isLocal, name),
    copyVolume: async (from, to, operation, onProgress) => {
      const own = fenced();
      return copyVolume(own, (await storage.get()).isLocal, { from, to, operation, onProgress });
    },
    removeVolume: (name, owner) => removeVolume(fenced(), name, owner),
    removeAnonymousVolumes: (names) => removeAnonymousVolumes(fenced(), names),
    listVolumes: async (log) => listVolumes(api, log, (await storage.get()).isLocal),
    onChange: (log, ring, signal) => void ringOnChange(api, log, ring, signal),
  };
}
