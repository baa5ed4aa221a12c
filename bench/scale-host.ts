// A host at size: a log in which each of many names has many versions, as the service would write it, and an engine that has the container
// of each. The engine is a real Docker, or the one in memory where a machine could not run so many.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { decideDisk } from '../src/commands/host/saved-disks.ts';
import { wellDone } from '../src/commands/operation/plan.ts';
import type { ContainerEngine, InspectedImage, Step, StepResult } from '../src/commands/outside/engine.ts';
import { dockerEngine } from '../src/infra/docker/engine.ts';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import { startEmbeddedEtcd } from '../src/infra/etcd/embedded.ts';
import { startDockerd } from '../test/support/docker.ts';
import { IMAGES } from '../test/support/images.ts';
import { goodFacts, HOST, run } from '../test/support/scenario.ts';
import { startFakeDocker } from './fake-docker-server.ts';
import { RawDocker } from './raw-docker.ts';
import { GPUS, packed, store, Writer } from './synthetic-log.ts';

export interface EngineAtSize {
  readonly socket: string;
  readonly engine: ContainerEngine;
  /** Ends a container by hand, past the service. */
  end(containerName: string): Promise<void>;
  /** The work of a patch by bare calls, beside all those containers; absent where the engine is none that such calls would measure. */
  readonly bare?: Bare;
  dispose(): Promise<void>;
}

interface Bare {
  begin(): Promise<void>;
  patch(): Promise<void>;
  /** Docker's list of all containers, which a start compares with the log. */
  list(): Promise<void>;
  end(): Promise<void>;
}

export interface HostAtSize extends EngineAtSize {
  readonly dataDir: string;
  readonly names: readonly string[];
  readonly events: number;
}

/** Arguments of a server on such a host. */
export const ARGS = ['--host-name', HOST, '--gpus', `simulated:${GPUS}`];

/** Creates and starts at the same time, as many as the service has at once. */
const AT_ONCE = 8;
/** Names whose container obeys SIGTERM at once, by a loop of a shell, which is too much to do for all of them. */
const OBEDIENT = 10;

export async function realEngine(): Promise<EngineAtSize> {
  const daemon = await startDockerd({ many: true });
  const raw = new Docker({ socketPath: daemon.socket });
  return {
    socket: daemon.socket,
    engine: dockerEngine({ dockerHost: `unix://${daemon.socket}` }),
    end: async (containerName) => raw.getContainer(containerName).kill(),
    bare: bareOn(daemon.socket),
    dispose: async () => {
      // Removing hundreds of containers one by one would take longer than the measurement.
      await daemon.powerOff();
      await daemon.dispose();
    },
  };
}

function bareOn(socket: string): Bare {
  const raw = new RawDocker(socket);
  const shape = { image: IMAGES.sleep };
  let id = '';
  let patches = 0;
  return {
    begin: async () => {
      id = await raw.run('bare', shape);
    },
    patch: async () => {
      id = await raw.replace(id, `bare-${++patches}`, shape);
    },
    list: async () => {
      await raw.docker.listContainers({ all: true });
    },
    end: () => raw.remove(id, IMAGES.sleep),
  };
}

export async function fakeEngine(): Promise<EngineAtSize> {
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bench-'));
  const socket = join(directory, 'docker.sock');
  const fake = await startFakeDocker(socket);
  for (const name of [IMAGES.sleep, IMAGES.busybox]) fake.engine.addImage(name, { files: { '/bin/sh': '' }, cmd: ['/bin/sh'] });
  return {
    socket,
    engine: fake.engine,
    end: async (containerName) => fake.end(containerName),
    dispose: async () => {
      fake.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Runs `task` for each item, a few at a time. */
async function eachOf<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await task(item);
    }),
  );
}

async function imageOf(engine: ContainerEngine, name: string): Promise<InspectedImage> {
  const image = await engine.inspectImage(name);
  if (image === null) throw new Error(`no image ${name}`);
  return image;
}

/** Each name with that many versions, whose disks are lost: Docker could not hold so many. */
export async function hostAtSize(
  of: EngineAtSize,
  names: number,
  versions: number,
  say: (line: string) => unknown = () => undefined,
): Promise<HostAtSize> {
  const { engine } = of;
  const [obedient, idle] = [await imageOf(engine, IMAGES.sleep), await imageOf(engine, IMAGES.busybox)];
  const images = { get: (name: string) => (name === IMAGES.sleep ? obedient : idle), has: () => true };
  const writer = new Writer(goodFacts({ images: images as unknown as ReadonlyMap<string, InspectedImage> }));
  const all = Array.from({ length: names }, (_, i) => `set${i}`);
  const imageNameOf = (name: string): string => (all.indexOf(name) < OBEDIENT ? IMAGES.sleep : IMAGES.busybox);
  const lost = (name: string): void => {
    const rs = writer.state.replicaSets.get(name);
    const disks = rs?.versions.flatMap(({ disk, version }) =>
      disk === undefined ? [] : [{ image: disk.image, name, uid: rs.uid, version }],
    );
    for (const disk of disks ?? []) writer.note('reconcile', decideDisk(writer.state, HOST, writer.count, disk, false));
  };
  const stories = new Map<string, ReturnType<Writer['story']>>();
  for (const [i, name] of all.entries()) {
    const imageName = imageNameOf(name);
    const story = stories.get(imageName);
    if (i % 50 === 49) say(`${writer.count} events`);
    if (story !== undefined) {
      writer.repeat(story, name);
      continue;
    }
    writer.order(run(name, { imageName, gpuCount: 0, env: ['USER=bench', 'LANG=C.UTF-8'] }));
    for (let version = 2; version < versions; version++) writer.order({ do: 'patch', name });
    lost(name);
    stories.set(imageName, writer.story(name));
  }
  let made = 0;
  await eachOf(all, async (name) => {
    const image = imageNameOf(name) === IMAGES.sleep ? obedient : idle;
    await writer.carryOut({ do: 'patch', name }, (step) => performed(engine, image.id, step));
    if (++made % 50 === 0) say(`${made} containers`);
  });
  for (const name of all) lost(name);
  const dataDir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bench-'));
  const etcd = await startEmbeddedEtcd({ dataDir });
  const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 30_000 });
  await store(kv, packed(writer));
  kv.close();
  await etcd.stop();
  say(`${writer.count} events stored`);
  return {
    ...of,
    dataDir,
    names: all,
    events: writer.count,
    dispose: async () => {
      rmSync(dataDir, { recursive: true, force: true });
      await of.dispose();
    },
  };
}

/** The new container is really made, from its base image: there is no disk. All else is taken for done. */
async function performed(engine: ContainerEngine, image: string, step: Step): Promise<StepResult> {
  if (step.do === 'createContainer')
    return { ok: true, do: step.do, ...(await engine.createContainer({ ...step.request, image, fromDisk: false })) };
  if (step.do === 'startContainer') return { ok: true, do: step.do, start: await engine.startContainer(step.container, step.settleMs) };
  return wellDone(step);
}
