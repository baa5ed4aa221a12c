// Which GPUs the running containers of the whole Docker use, whoever made them.
import type { GpuUser, LabelledContainer } from '../../../commands/outside/engine.ts';
import { inOneTurnEach } from '../../async/in-one-turn.ts';
import type { DockerApi } from '../connection/api.ts';
import { containerOwner } from '../connection/ownership.ts';
import type { RawContainer, RawContainerSummary, RawDeviceRequest } from '../connection/raw.ts';
import { inspectContainer } from './containers.ts';

type Gpus = GpuUser['gpus'];

const NONE: Gpus = [];
const VARIABLE = 'NVIDIA_VISIBLE_DEVICES=';
/** CDI's name of a GPU: `nvidia.com/gpu=0`. */
const CDI = 'nvidia.com/gpu=';
/** The capabilities by which Docker takes a request without a driver for one of NVIDIA's. */
const CAPABILITIES = new Set(['gpu', 'nvidia', 'compute', 'compat32', 'graphics', 'utility', 'video', 'display']);
/** Runtimes that do not read the variable: CUDA images set it to `all`, and under these it means nothing. */
const PLAIN_RUNTIME = /^(?:runc|crun|io\.containerd\.runc\..*)$/;
/** Inspects at the same time. */
const MAX_INSPECTS = 8;

const isOfLog = (api: DockerApi, log: string, { Id, Labels }: RawContainerSummary): boolean => containerOwner(api, Id, Labels)?.log === log;

/** Remembers what a container was made with, which no call of Docker's changes: one inspect for each container that is listed. */
export class GpuUse {
  readonly #api: DockerApi;
  readonly #monitors: ReadonlySet<string>;
  readonly #known = new Map<string, Gpus>();
  /** The list for a log; those who ask together share one. */
  readonly #running: (log: string) => Promise<readonly RawContainerSummary[]>;

  /** `monitors`: names of containers without an owner that use no GPU, whatever they were made with. */
  constructor(api: DockerApi, monitors: readonly string[] = []) {
    this.#api = api;
    this.#monitors = new Set(monitors);
    this.#running = inOneTurnEach((log) => {
      // With none of ours in it, it may be another Docker's.
      const isDoubtful = (list: readonly RawContainerSummary[]): boolean => !list.some((summary) => isOfLog(api, log, summary));
      return api.call<readonly RawContainerSummary[]>('list of running containers', { path: '/containers/json', isDoubtful });
    });
  }

  /** Every running container that uses a GPU and is not of this log, or is, and the log does not know it. */
  async list(log: string, isKnown: (container: LabelledContainer) => boolean = () => true): Promise<readonly GpuUser[]> {
    const running = await this.#running(log);
    const others = running.flatMap(({ Id, Names, Labels }) => {
      const owner = containerOwner(this.#api, Id, Labels);
      const theirs = owner?.log ?? null;
      const containerName = (Names[0] ?? Id).replace(/^\//, '');
      if (theirs === null && this.#monitors.has(containerName)) return [];
      return owner !== undefined && theirs === log && isKnown({ ...owner, id: Id }) ? [] : [{ id: Id, containerName, log: theirs }];
    });
    const ids = new Set(others.map(({ id }) => id));
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
    // Of this look: another one, which ends meanwhile, may have seen fewer and forget what it did not see.
    const found = new Map([...ids].map((id) => [id, this.#known.get(id)] as const));
    const unknown = [...ids].filter((id) => found.get(id) === undefined);
    for (let i = 0; i < unknown.length; i += MAX_INSPECTS)
      await Promise.all(unknown.slice(i, i + MAX_INSPECTS).map(async (id) => found.set(id, await this.#inspect(id))));
    return others.flatMap(({ id, ...who }) => {
      const gpus = found.get(id) ?? NONE;
      return gpus.length === 0 ? [] : [{ ...who, gpus }];
    });
  }

  async #inspect(id: string): Promise<Gpus> {
    const container = await inspectContainer(this.#api, id);
    const gpus = container === undefined ? NONE : gpusOf(container);
    if (container !== undefined) this.#known.set(id, gpus);
    return gpus;
  }
}

/** The GPUs by UUID or index, as the container names them. `all` also where it asks for a number of GPUs and Docker chooses which. */
export function gpusOf({ Config, HostConfig }: Pick<RawContainer, 'Config' | 'HostConfig'>): Gpus {
  const requests = (HostConfig.DeviceRequests ?? []).map(requested).filter((gpus) => gpus.length > 0);
  if (requests.length > 0) return requests.includes('all') ? 'all' : requests.flatMap((gpus) => [...gpus]);
  if (PLAIN_RUNTIME.test(HostConfig.Runtime ?? '')) return NONE;
  const variable = (Config.Env ?? []).findLast((entry) => entry.startsWith(VARIABLE));
  return variable === undefined ? NONE : listed(variable.slice(VARIABLE.length).split(','));
}

function requested({ Driver = '', Count = 0, DeviceIDs, Capabilities }: RawDeviceRequest): Gpus {
  const ids = DeviceIDs ?? [];
  if (Driver === 'cdi') return listed(ids.filter((id) => id.startsWith(CDI)));
  const isNvidia = Driver === 'nvidia' || (Driver === '' && (Capabilities ?? []).flat().some((one) => CAPABILITIES.has(one)));
  if (!isNvidia) return NONE;
  return Count !== 0 && ids.length === 0 ? 'all' : listed(ids);
}

function listed(ids: readonly string[]): Gpus {
  const plain = ids.map((id) => id.trim()).map((id) => (id.startsWith(CDI) ? id.slice(CDI.length) : id));
  if (plain.includes('all')) return 'all';
  return plain.filter((id) => !['', 'void', 'none'].includes(id));
}
