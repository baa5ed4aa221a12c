import { posix } from 'node:path';
import type { NewEvent } from '../../events/catalogue.ts';
import type { Bind } from '../../events/shapes.ts';
import { replicaSetStream } from '../../events/stream.ts';
import type { State } from '../../projections/state.ts';
import { chooseGpus, choosePorts, NO_PORTS } from '../allocate.ts';
import { checkBindShape, checkBinds, needsOfBinds } from '../binds.ts';
import { accept, Code, type Context, type Decision, type Needs, reject } from '../decision.ts';
import { checkReplicaSetName } from '../names.ts';

export interface Run {
  readonly imageName: string;
  readonly replicaSetName: string;
  readonly gpuCount: number;
  readonly binds: readonly Bind[];
  readonly env: readonly string[];
  readonly containerPorts: readonly string[];
  readonly cmd?: readonly string[];
  readonly stopTimeout?: number;
}

export const needsOfRun = (state: State, command: Run): Needs => ({
  image: command.imageName,
  ports: command.containerPorts.length > 0,
  ...needsOfBinds(state, command.binds),
});

/** What is wrong with the request itself, whatever the state. */
export function checkRun(command: Run): Decision | null {
  if (command.imageName.trim() === '')
    return reject(Code.noImageName, 'invalid', 'imageName is missing: name an image that is on the host');
  if (/(^|\/)gpu-docker-api\/disk(:|@|$)/.test(command.imageName)) {
    const way = 'commit the replicaSet as an image of its own and run that';
    return reject(
      Code.runFailed,
      'impossible',
      `image ${command.imageName} is the saved system disk of a replicaSet and goes with it: ${way}`,
    );
  }
  const badName = checkReplicaSetName(command.replicaSetName);
  if (badName !== null) return badName;
  if (command.gpuCount < 0) return reject(Code.negativeGpuCount, 'invalid', `gpuCount is ${command.gpuCount}: it must be 0 or more`);
  const invalid = (message: string): Decision => reject(Code.invalidBody, 'invalid', message);
  const destinations = new Set<string>();
  for (const bind of command.binds) {
    const problem = checkBindShape(bind);
    if (problem !== null) return invalid(problem);
    const dest = posix.resolve(bind.dest);
    if (destinations.has(dest)) return invalid(`two binds have the destination ${dest}`);
    destinations.add(dest);
  }
  for (const entry of command.env) {
    if (!/^[^=\0]+=[^\0]*$/.test(entry)) return invalid(`env ${JSON.stringify(entry)} is not of the form NAME=value`);
    if (/^NVIDIA_VISIBLE_DEVICES=/.test(entry))
      return invalid('env NVIDIA_VISIBLE_DEVICES is set by the allocator alone: ask for GPUs with gpuCount');
  }
  const ports = new Set<number>();
  for (const text of command.containerPorts) {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port < 1 || port > 65535) return invalid(`containerPorts has ${JSON.stringify(text)}: a port is a number from 1 to 65535`);
    if (ports.has(port)) return invalid(`containerPorts has ${port} twice`);
    ports.add(port);
  }
  return null;
}

export function decideRun(state: State, command: Run, { settings, facts, id }: Context): Decision {
  const bad = checkRun(command);
  if (bad !== null) return bad;
  const stream = replicaSetStream(command.replicaSetName);
  const existing = state.replicaSets.get(command.replicaSetName);
  if (existing?.operation != null) return { kind: 'wait', streams: [stream] };
  if (existing !== undefined) {
    return reject(
      Code.exists,
      'conflict',
      `replicaSet ${existing.name} exists already (version ${existing.current}, ${existing.state}); patch or delete it`,
    );
  }
  const image = facts.images.get(command.imageName);
  if (image === undefined) return { kind: 'stale' };
  if (image === null) {
    return reject(
      Code.runFailed,
      'impossible',
      `image ${command.imageName} is not on this host: pull it first (docker pull ${command.imageName})`,
    );
  }
  const binds = checkBinds(state, command.binds, true, Code.runFailed, facts, settings);
  if (!binds.ok) return binds.decision;
  const host = state.hosts.get(settings.host);
  const gpus = chooseGpus(host, command.replicaSetName, command.gpuCount);
  if (!gpus.ok) return reject(Code.notEnoughGpus, 'exhausted', gpus.message);
  const containerPorts = command.containerPorts.map((p) => String(Number(p)));
  if (containerPorts.length > 0 && facts.busyPorts === null) return { kind: 'stale' };
  const ports = choosePorts(host, containerPorts, [], [], facts.busyPorts ?? NO_PORTS);
  if (!ports.ok) return reject(Code.notEnoughPorts, 'exhausted', ports.message);

  const version = 1;
  const events: NewEvent[] = [
    { type: 'OperationStarted', stream, data: { kind: 'run', to: version } },
    {
      type: 'ContainerVersionCreated',
      stream,
      data: {
        uid: id,
        version,
        reason: 'run',
        spec: {
          imageName: command.imageName,
          gpuCount: command.gpuCount,
          binds: binds.binds,
          env: [...command.env],
          containerPorts,
          ...(command.cmd !== undefined && { cmd: [...command.cmd] }),
          ...(command.stopTimeout !== undefined && { stopTimeout: command.stopTimeout }),
        },
        gpus: gpus.value,
        ports: ports.value,
        image,
        ...(binds.createsVolumes.length > 0 && { createsVolumes: binds.createsVolumes }),
      },
    },
  ];
  if (gpus.value.length > 0) events.push({ type: 'GpuAllocated', stream, data: { version, gpus: gpus.value } });
  if (ports.value.length > 0) events.push({ type: 'PortAllocated', stream, data: { version, ports: ports.value } });
  return accept(...events);
}
