// The limits of new containers in Docker's terms, and what of them does not hold on this Docker.
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { type ContainerLimits, UNLIMITED } from '../../../commands/outside/limits.ts';
import type { DockerApi } from '../connection/api.ts';
import { unless } from '../connection/errors.ts';
import type { RawInfo } from '../connection/raw.ts';
import { ISOLATED_NETWORK, type IsolatedNetwork } from './network.ts';

/** The limits, with the log driver that new containers get; '' where Docker does not say. */
export interface Imposed {
  readonly limits: ContainerLimits;
  readonly logDriver: string;
}

export const NOTHING_IMPOSED: Imposed = { limits: UNLIMITED, logDriver: '' };

/** They write to files on the host, which grow without an end unless they are rotated. */
const WRITES_FILES = new Set(['json-file', 'local']);

/** Docker refuses to compress where there is one file alone, which is what it does by itself with `local`. */
function logConfig({ limits: { logBytes, logFiles }, logDriver }: Imposed): object {
  if (logBytes === 0 || !WRITES_FILES.has(logDriver)) return {};
  const rotation = { 'max-size': String(logBytes), 'max-file': String(logFiles), ...(logFiles === 1 && { compress: 'false' }) };
  return { LogConfig: { Type: logDriver, Config: rotation } };
}

/** The part of a create call's HostConfig that the limits make; what is not limited is left out. */
export function limitedHostConfig(imposed: Imposed): object {
  const { noNewPrivileges, pids, capDrop, network } = imposed.limits;
  return {
    ...(noNewPrivileges && { SecurityOpt: ['no-new-privileges'] }),
    ...(pids > 0 && { PidsLimit: pids }),
    ...(capDrop.length > 0 && { CapDrop: [...capDrop] }),
    ...logConfig(imposed),
    ...(network !== UNLIMITED.network && { NetworkMode: network === 'isolated' ? ISOLATED_NETWORK : network }),
  };
}

const BRIDGED_UNSEEN =
  'containers reach each other’s ports although --network is isolated: the kernel does not show bridged packets to iptables (modprobe br_netfilter; sysctl net.bridge.bridge-nf-call-iptables=1)';

/** From Docker 28 on /info always says no, and Docker loads the module itself for a network that needs it. */
const isBridgedUnseen = ({ BridgeNfIptables, ServerVersion }: RawInfo): boolean =>
  BridgeNfIptables === false && Number.parseInt(ServerVersion, 10) < 28;

async function networkProblem(api: DockerApi, network: string, isolated: IsolatedNetwork): Promise<string | null> {
  if (network === 'bridge') return null;
  if (network !== 'isolated') {
    const found = await unless(api.call(`inspect of network ${network}`, { path: `/networks/${encodeURIComponent(network)}` }), 404);
    return found === undefined ? `network ${network} (--network) is not in Docker: no new container can be started` : null;
  }
  try {
    await isolated.require(api);
    return null;
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind === 'unavailable') throw error;
    return `no new container can be made: ${error.message}`;
  }
}

/** Sentences for the operator. Makes the isolated network where it is wanted and missing. Throws EngineError where Docker does not answer. */
export async function limitProblems(
  api: DockerApi,
  { pids, network }: ContainerLimits,
  isolated: IsolatedNetwork,
  info: RawInfo,
): Promise<readonly string[]> {
  const problems = [
    await networkProblem(api, network, isolated),
    network === 'isolated' && isBridgedUnseen(info) ? BRIDGED_UNSEEN : null,
    pids > 0 && info.PidsLimit === false ? 'the kernel cannot limit the processes of a container: --pids-limit has no effect' : null,
  ];
  return problems.filter((problem) => problem !== null);
}
