// `replay --check`: compares the log with what Docker holds now, and changes nothing.
import { foreignGpus } from '../../commands/host/foreign.ts';
import { labelOf, namedInLog } from '../../commands/host/identity.ts';
import { containersOf } from '../../commands/host/reconcile.ts';
import { lacks } from '../../commands/host/restore/agreement.ts';
import { isHeld } from '../../commands/host/restore/mode.ts';
import { unlabelledOn } from '../../commands/host/restore/unlabelled.ts';
import type { ContainerEngine, ContainerFacts } from '../../commands/outside/engine.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { dockerEngine } from '../../infra/docker/engine.ts';
import { knownHostFile } from '../../infra/host/machine-identity.ts';
import { envName } from '../../infra/options/given-values.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { containerNames, dockerHost } from '../../infra/options/values.ts';
import { currentVersion, type ReplicaSet, type State } from '../../projections/state.ts';
import { paint, tableText } from '../output/table.ts';
import type { Arguments, Terminal } from '../subcommand.ts';
import { dataDirOf } from './open-log.ts';

export interface Difference {
  readonly kind: 'missing' | 'unexpected' | 'operation' | 'state' | 'gpus' | 'ports' | 'disk' | 'foreign';
  /** A container, volume, image or GPU. */
  readonly what: string;
  readonly log: string;
  readonly docker: string;
}

const DEFAULT_DOCKER = 'unix:///var/run/docker.sock';

export async function checkDocker(state: State, args: Arguments, io: Terminal): Promise<0 | 3> {
  const host = hostOf(state, args);
  const given = args.one('docker-host') ?? process.env[envName('docker-host')] ?? process.env['DOCKER_HOST'];
  const monitors = args.one('gpu-monitors') ?? process.env[envName('gpu-monitors')] ?? '';
  const engine = dockerEngine({
    dockerHost: parsed('docker-host', dockerHost, given === undefined || given === '' ? DEFAULT_DOCKER : given),
    gpuMonitors: monitors === '' ? [] : parsed('gpu-monitors', containerNames, monitors),
    unlabelled: unlabelledOn(() => state, host),
  });
  const { differences, underWay } = await compareWithDocker(state, host, engine);
  if (args.has('json')) io.out(`${JSON.stringify({ at: { ...state.head, time: state.time }, host, differences, underWay })}\n`);
  else {
    const rows = differences.map(({ kind, what, log, docker }) => [kind, what, log, docker]);
    if (rows.length > 0) io.out(`${tableText({ columns: ['DIFFERENCE', 'WHAT', 'LOG', 'DOCKER'], rows }, io.colours)}\n`);
    else
      io.out(
        `${paint(io.colours)('green', `Docker holds on ${namedInLog(state, host)} what the log says, as of event ${state.head.seq}.`)}\n`,
      );
    if (underWay.length > 0) io.out(`Under way, and not compared: ${underWay.join(', ')}\n`);
  }
  return differences.length > 0 ? 3 : 0;
}

function parsed<T>(option: string, parse: (value: string) => T, value: string): T {
  try {
    return parse(value);
  } catch (error) {
    throw new UsageError(`--${option}: "${value}" was given, but it must be ${(error as Error).message}`);
  }
}

/** The host of the data directory, where the log has several. */
function hostOf(state: State, args: Arguments): string {
  const named = args.one('host-name');
  const hosts = [...state.hosts.values()];
  const names = hosts.map((host) => namedInLog(state, host.name)).join(', ');
  if (named !== undefined) {
    const host = hosts.find((known) => labelOf(known) === named) ?? state.hosts.get(named);
    if (host === undefined) throw new UsageError(`the log knows no host ${named}, only ${names}`);
    return host.name;
  }
  const [only] = hosts;
  if (only === undefined) throw new Error('the log knows no host yet');
  const own = hosts.length > 1 ? knownHost(dataDirOf(args)) : undefined;
  if (own !== undefined && state.hosts.has(own)) return own;
  if (hosts.length > 1) throw new UsageError(`the log has several hosts (${names}): say which with --host-name`);
  return only.name;
}

function knownHost(dataDir: string): string | undefined {
  try {
    return knownHostFile(dataDir)?.name;
  } catch {
    return undefined; // it is not for everybody to read
  }
}

/** Objects of an open operation are named in `underWay` and not compared: Docker may hold their old or their new state. */
export async function compareWithDocker(
  state: State,
  host: string,
  engine: ContainerEngine,
): Promise<{ differences: readonly Difference[]; underWay: readonly string[] }> {
  const [containers, volumes, disks, gpuUsers] = await Promise.all([
    engine.listContainers(state.logId),
    engine.listVolumes(state.logId),
    engine.listDisks(state.logId),
    engine.listGpuUse(state.logId),
  ]);
  const seen = { containers: containersOf(containers), volumes: new Set(volumes.map(({ name }) => name)) };
  const differences: Difference[] = [];
  const underWay = new Set<string>();
  const expected = new Set<string>();
  for (const rs of state.replicaSets.values()) {
    if (rs.host !== host) continue;
    if (rs.operation !== null) underWay.add(rs.name);
    if (rs.operation !== null && isHeld(state, rs) && lacks(state, replicaSetStream(rs.name), seen) !== null)
      differences.push({
        kind: 'operation',
        what: rs.name,
        log: `${rs.operation.kind} under way in the backup`,
        docker: 'not as it was then',
      });
    for (const version of rs.versions) {
      expected.add(version.containerName);
      if (rs.operation !== null) continue;
      const found = containers.find((c) => c.containerName === version.containerName && c.uid === rs.uid);
      if (version.container === 'removed' || version.container === 'planned' || version.failed !== undefined) {
        if (found !== undefined) differences.push({ kind: 'unexpected', what: version.containerName, log: 'removed', docker: found.state });
      } else if (found === undefined) {
        differences.push({ kind: 'missing', what: version.containerName, log: version.container, docker: 'no such container' });
      } else if (version.version === rs.current) differences.push(...compareContainer(rs, found));
      const { disk } = version;
      if (disk !== undefined && !disks.some(({ image }) => image === disk.image)) {
        differences.push({
          kind: 'disk',
          what: `${version.containerName} ${disk.image.slice(0, 19)}`,
          log: 'saved system disk',
          docker: 'no such image',
        });
      }
    }
  }
  for (const { containerName, name, uid, state: its } of containers) {
    const log = state.replicaSets.get(name)?.uid === uid ? 'no such version' : 'no such replicaSet';
    if (!expected.has(containerName)) differences.push({ kind: 'unexpected', what: containerName, log, docker: its });
  }
  const known = new Set<string>();
  for (const volume of state.volumes.values()) {
    if (volume.host !== host) continue;
    if (volume.operation !== null) underWay.add(volume.name);
    for (const { volumeName, state: its } of volume.versions) {
      known.add(volumeName);
      const there = volumes.some(({ name }) => name === volumeName);
      if (volume.operation === null && its === 'ready' && !there)
        differences.push({ kind: 'missing', what: volumeName, log: its, docker: 'no such volume' });
    }
  }
  for (const { name, owner } of volumes) {
    if (owner !== undefined && !known.has(name))
      differences.push({ kind: 'unexpected', what: name, log: 'no such volume', docker: 'volume' });
  }
  const here = state.hosts.get(host);
  for (const [gpu, who] of foreignGpus(here, gpuUsers)) {
    const holder = here?.gpus.find((one) => one.gpu === gpu)?.holder ?? null;
    differences.push({ kind: 'foreign', what: gpu, log: holder === null ? 'free' : `held by ${holder}`, docker: `used by ${who}` });
  }
  return { differences, underWay: [...underWay].sort() };
}

function compareContainer(rs: ReplicaSet, found: ContainerFacts): Difference[] {
  const version = currentVersion(rs);
  if (version === undefined) return [];
  const what = version.containerName;
  const running = version.container === 'running';
  const different: Difference[] = [];
  if (running !== (found.state === 'running')) different.push({ kind: 'state', what, log: rs.state, docker: found.state });
  if (!running) return different;
  const list = (of: readonly (string | number)[]): string => [...of].map(String).sort().join(',');
  // Docker knows nothing of simulated GPUs.
  if (found.gpus.length > 0 && list(found.gpus) !== list(rs.gpus))
    different.push({ kind: 'gpus', what, log: list(rs.gpus), docker: list(found.gpus) });
  const ports = list(rs.ports.map(({ hostPort }) => hostPort));
  if (list(found.hostPorts) !== ports) different.push({ kind: 'ports', what, log: ports, docker: list(found.hostPorts) });
  return different;
}
