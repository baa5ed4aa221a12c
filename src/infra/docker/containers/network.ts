// The network of all containers that are made with `--network isolated`. Those on it do not reach each other's ports.
import { EngineError } from '../../../commands/outside/engine.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { DockerApi } from '../connection/api.ts';
import { DockerRefusal, isStatus, unless } from '../connection/errors.ts';
import { NETWORK_LABELS } from '../connection/labels.ts';
import type { RawContainer, RawNetwork } from '../connection/raw.ts';

/**
 * One for all logs of a Docker: containers of two logs reach each other as little as those of one, and Docker's address pools hold some thirty
 * networks. So no log owns it, and none removes it.
 */
export const ISOLATED_NETWORK = 'gpu-docker-api';
const NO_TALK = 'com.docker.network.bridge.enable_icc';

const PATH = `/networks/${ISOLATED_NETWORK}`;
const OTHERWISE = 'or serve with --network bridge, where containers reach each other';

/** Docker's reasons that an operator can do something about. */
const WAYS: readonly (readonly [RegExp, string])[] = [
  [
    /non-overlapping|address pool/i,
    'Docker has no addresses left for one more network: docker network prune, or more default-address-pools in its daemon.json',
  ],
  [/br_netfilter|inter-container/i, 'the kernel module br_netfilter is missing: modprobe br_netfilter'],
];

const inspectNetwork = (api: DockerApi): Promise<RawNetwork | undefined> =>
  unless(api.call<RawNetwork>(`inspect of network ${ISOLATED_NETWORK}`, { path: PATH }), 404);

/**
 * Before Docker 25 two servers that make the network in the same moment both get one, and from then on Docker calls the name ambiguous. The
 * later one is taken back by whoever made it.
 */
async function withdrawDuplicate(api: DockerApi, mine: string): Promise<void> {
  const query = { filters: { name: [ISOLATED_NETWORK] } };
  const named = await api.call<readonly RawNetwork[]>('list of networks', { path: '/networks', query });
  const [first] = named
    .filter(({ Name }) => Name === ISOLATED_NETWORK)
    .sort((a, b) => ((a.Created ?? '') < (b.Created ?? '') || (a.Created === b.Created && (a.Id ?? '') < (b.Id ?? '')) ? -1 : 1));
  if (first === undefined || first.Id === mine) return;
  await unless(api.call(`removal of network ${mine}`, { method: 'DELETE', path: `/networks/${mine}`, ms: api.deadlines.slowMs }), 404);
}

async function createNetwork(api: DockerApi): Promise<void> {
  const what = `create of network ${ISOLATED_NETWORK}`;
  // CheckDuplicate: before Docker 25 a name was given twice unless that was asked for.
  const body = { Name: ISOLATED_NETWORK, CheckDuplicate: true, Driver: 'bridge', Options: { [NO_TALK]: 'false' }, Labels: NETWORK_LABELS };
  try {
    const request = { method: 'POST', path: '/networks/create', body, ms: api.deadlines.slowMs, makes: true } as const;
    const { Id } = await api.call<{ Id: string }>(what, request);
    await withdrawDuplicate(api, Id);
  } catch (error) {
    if (isStatus(error, 409)) return; // another server made it meanwhile
    const way = error instanceof DockerRefusal ? WAYS.find(([reason]) => reason.test(error.text))?.[1] : undefined;
    throw way === undefined ? error : new EngineError('refused', `${messageOf(error)} (${way}, ${OTHERWISE})`, { cause: error });
  }
}

/**
 * The network is there when this resolves: it is made where it is missing, as after `docker network prune`. One that an operator made by hand,
 * with addresses of his choice, will do, if it keeps containers apart. Throws EngineError.
 */
async function lookOrMake(api: DockerApi): Promise<void> {
  let found = await inspectNetwork(api);
  if (found === undefined) {
    await createNetwork(api);
    found = await inspectNetwork(api);
  }
  if (found === undefined) throw new EngineError('unavailable', `network ${ISOLATED_NETWORK} was removed at once`);
  if (found.Options?.[NO_TALK] !== 'false') {
    const way = `remove it (docker network rm ${ISOLATED_NETWORK}), or make it with -o ${NO_TALK}=false`;
    throw new EngineError('conflict', `network ${ISOLATED_NETWORK} lets containers reach each other: ${way}, ${OTHERWISE}`);
  }
}

/** The isolated network of one Docker. Calls at the same time make it once. */
export class IsolatedNetwork {
  #looking: Promise<void> | null = null;

  /** It is there when this resolves. Throws EngineError. */
  require(api: DockerApi): Promise<void> {
    this.#looking ??= lookOrMake(api).finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }
}

/** Whether a start failed for the network: the container has the id of one that is gone, also when there is a new one of that name. */
export const isNetworkLost = (error: DockerRefusal): boolean => /network \S+ not found/i.test(error.text);

const isOnIsolated = ({ HostConfig }: RawContainer): boolean => HostConfig.NetworkMode === ISOLATED_NETWORK;

/**
 * Whether the container should be on the isolated network and is on none: a call of `attachAnew` was cut off in the middle. Docker starts such
 * a container without a word.
 */
export const isDetached = (container: RawContainer): boolean =>
  isOnIsolated(container) && Object.keys(container.NetworkSettings?.Networks ?? {}).length === 0;

/** Attaches a container whose isolated network was removed while it was stopped to that of today. False: it is on another network. */
export async function attachAnew(api: DockerApi, network: IsolatedNetwork, container: RawContainer): Promise<boolean> {
  if (!isOnIsolated(container)) return false;
  await network.require(api);
  const name = container.Name.replace(/^\//, '');
  const order = (what: 'connect' | 'disconnect', body: object): Promise<unknown> =>
    api.call(`${what} of container ${name} and network ${ISOLATED_NETWORK}`, {
      method: 'POST',
      path: `${PATH}/${what}`,
      body: { Container: container.Id, ...body },
      ms: api.deadlines.slowMs,
    });
  if (!isDetached(container)) await order('disconnect', { Force: true });
  await order('connect', {});
  return true;
}
