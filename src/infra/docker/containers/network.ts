// The network of all containers that are made with `--network isolated`. Those on it do not reach each other's ports.
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { type DockerApi, isEmpty } from '../connection/api.ts';
import { DockerRefusal, isStatus } from '../connection/errors.ts';
import { LABEL, NETWORK_LABELS } from '../connection/labels.ts';
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

const ageOf = ({ Created = '', Id }: RawNetwork): string => `${Created} ${Id}`;

/** The networks of that name, the one that was made first before the others. The filter matches parts of names as well. */
async function networksOfThatName(api: DockerApi): Promise<readonly RawNetwork[]> {
  const query = { filters: { name: [ISOLATED_NETWORK] } };
  const list = await api.call<readonly RawNetwork[]>('list of networks', { path: '/networks', query, isDoubtful: isEmpty });
  return list.filter(({ Name }) => Name === ISOLATED_NETWORK).sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
}

async function createNetwork(api: DockerApi): Promise<void> {
  const what = `create of network ${ISOLATED_NETWORK}`;
  // CheckDuplicate: before Docker 25 a name was given twice unless that was asked for.
  const body = { Name: ISOLATED_NETWORK, CheckDuplicate: true, Driver: 'bridge', Options: { [NO_TALK]: 'false' }, Labels: NETWORK_LABELS };
  try {
    await api.call(what, { method: 'POST', path: '/networks/create', body, ms: api.deadlines.slowMs, makes: true });
  } catch (error) {
    if (isStatus(error, 409)) return; // another server made it meanwhile
    const way = error instanceof DockerRefusal ? WAYS.find(([reason]) => reason.test(error.text))?.[1] : undefined;
    throw way === undefined ? error : new EngineError('refused', `${messageOf(error)} (${way}, ${OTHERWISE})`, { cause: error });
  }
}

/**
 * Before Docker 25 servers that make the network in the same moment get one each, and Docker calls the name ambiguous from then on. Whoever
 * looks next removes all but the first; Docker refuses that for one with a running container on it.
 */
async function removeDuplicate(api: DockerApi, { Id, Labels }: RawNetwork): Promise<void> {
  if (Labels?.[LABEL.kind] !== NETWORK_LABELS[LABEL.kind]) return;
  try {
    await api.call(`removal of network ${Id}`, { method: 'DELETE', path: `/networks/${Id}`, ms: api.deadlines.slowMs });
  } catch (error) {
    if (!(error instanceof DockerRefusal) || error.kind === 'unavailable') throw error;
  }
}

/** It is made where it is missing. One that an operator made by hand, with addresses of his choice, will do, if it keeps containers apart. */
async function lookOrMake(api: DockerApi): Promise<void> {
  let found = await networksOfThatName(api);
  if (found.length === 0) {
    await createNetwork(api);
    found = await networksOfThatName(api);
  }
  const [first, ...duplicates] = found;
  if (first === undefined) throw new EngineError('unavailable', `network ${ISOLATED_NETWORK} was removed at once`);
  for (const duplicate of duplicates) await removeDuplicate(api, duplicate);
  if (first.Options?.[NO_TALK] !== 'false') {
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
