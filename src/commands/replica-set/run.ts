import { posix } from 'node:path';
import Type, { type Static, type TSchema } from 'typebox';
import type { NewEvent } from '../../events/catalogue.ts';
import type { ContainerSpec, Policy } from '../../events/shapes.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { type ReplicaSet, type State, sealsSecrets } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { chooseGpus, choosePorts, NO_PORTS } from '../container/allocate.ts';
import { checkBindShape, checkBinds, needsOfBinds } from '../container/binds.ts';
import { levelProblem, sealedFor, variablesProblem, withSecrets } from '../container/secret-env.ts';
import { refuseStopTimeout } from '../container/stop-timeout.ts';
import { versionSteps } from '../container/version-steps.ts';
import { accept, type By, type Context, type Decision, type Needs, refuseWithoutRoom, reject } from '../decision.ts';
import type { OperationDefinition } from '../definition.ts';
import { areUsersUnknown } from '../host/foreign.ts';
import type { InspectedImage } from '../outside/engine.ts';
import type { SecretVariable } from '../outside/secrets.ts';
import { isDiskRepository, isFrom, isId, isShortId, registryOf } from '../request/image-name.ts';
import { ownOf } from '../request/keys/rights.ts';
import { checkReplicaSetName } from '../request/names.ts';
import { quoted } from '../request/quoted.ts';
import { Bind, Integer, LONGEST, NewName, SecretEnv, StopTimeout, Text } from '../request/schema.ts';
import { policyFields, policyOf, policyProblem, restartProblem } from './policy.ts';

/** The body has the fields of the recorded spec and of the name's policy, and no others: a field that only one of the two has does not compile. */
const schema = Type.Object(
  {
    imageName: Text('An image that is on the host.', { maxLength: LONGEST.image, default: '' }),
    replicaSetName: NewName,
    gpuCount: Integer('0: no GPU.', { default: 0 }),
    binds: Type.Array(Bind, { default: [], maxItems: 1000 }),
    env: Type.Array(Text('NAME=value. A value whose name looks secret is treated as one of secretEnv.', { maxLength: LONGEST.argument }), {
      default: [],
      maxItems: 1000,
    }),
    secretEnv: SecretEnv,
    containerPorts: Type.Array(Text('A port inside the container; a host port is leased for it.', { maxLength: LONGEST.word }), {
      default: [],
      maxItems: 1000,
    }),
    cmd: Type.Optional(
      Type.Array(Text('The command and its arguments, in place of the image’s own.', { maxLength: LONGEST.argument }), { maxItems: 1000 }),
    ),
    stopTimeout: StopTimeout,
    ...policyFields,
  } satisfies Record<keyof ContainerSpec | keyof Policy | 'replicaSetName', TSchema>,
  { $id: 'RunBody' },
);
/** As the door hands it on: with the secret values hidden. */
type Run = Omit<Static<typeof schema>, 'secretEnv'> & { readonly secretEnv?: readonly SecretVariable[] };

/** A request that is wrong in itself is refused without asking Docker anything. */
function needs(state: State, command: Run): Needs {
  if (problemOf(command) !== null || state.replicaSets.has(command.replicaSetName)) return {};
  return {
    image: command.imageName,
    room: true,
    ports: command.containerPorts.length > 0,
    gpus: command.gpuCount > 0,
    ...needsOfBinds(state, command.binds),
    ...(command.secretEnv !== undefined && sealsSecrets(state) && { seals: { variables: command.secretEnv } }),
  };
}

function refuseSavedDisk(imageName: string): Decision {
  const way = 'commit the replicaSet as an image of its own and run that';
  return reject(Code.runFailed, 'impossible', `image ${imageName} is the saved system disk of a replicaSet and goes with it: ${way}`);
}

/** The refusal of a request that is wrong in itself, whatever the state. */
function problemOf(command: Run): Decision | null {
  if (command.imageName.trim() === '')
    return reject(Code.noImageName, 'invalid', 'imageName is missing: name an image that is on the host');
  if (isDiskRepository(command.imageName)) return refuseSavedDisk(command.imageName);
  if (/[\s\p{C}]/u.test(command.imageName)) {
    return reject(Code.invalidBody, 'invalid', `imageName ${quoted(command.imageName)} has a space or a control character in it`);
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
  const variables = variablesProblem(command.env, command.secretEnv);
  if (variables !== null) return invalid(variables);
  const restart = restartProblem(command.restart);
  if (restart !== null) return invalid(restart);
  const ports = new Set<number>();
  for (const text of command.containerPorts) {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port < 1 || port > 65535) return invalid(`containerPorts has ${quoted(text)}: a port is a number from 1 to 65535`);
    if (ports.has(port)) return invalid(`containerPorts has ${port} twice`);
    ports.add(port);
  }
  return null;
}

/**
 * The refusal of an image that somebody with a key of scope own committed, to anybody else with a key: under that name others expect another one. By
 * its id nobody runs it by mistake, and who has scope all may. Null for any other image.
 */
function refuseCommitted(state: State, imageName: string, image: InspectedImage, by: By | undefined): Decision | null {
  const { committedBy, committedFrom = '', id } = image;
  if (by?.key === undefined || committedBy === undefined) return null;
  if (committedBy === by.actor && committedFrom.startsWith(`${state.logId}/`)) return null;
  const seesAll = ownOf(state, by) === null;
  if (seesAll && isId(imageName, id)) return null;
  const way = `an operator can put another in its place (docker pull ${imageName})${seesAll ? `, and you can name it by its id, ${id}` : ''}`;
  return reject(
    Code.runFailed,
    'forbidden',
    `image ${imageName} was committed by somebody else, whose key has scope own, and is run by nobody else: ${way}`,
  );
}

function notHere(imageName: string, pullFrom: readonly string[]): string {
  if (isFrom(imageName, pullFrom)) return `image ${imageName} is not on this host: a run pulls it, and a dry run does not`;
  const pull = `pull it first (docker pull ${imageName})`;
  if (pullFrom.length === 0) return `image ${imageName} is not on this host: ${pull}`;
  const registry = registryOf(imageName);
  return `image ${imageName} is not on this host, and is not pulled from ${registry}: ${pull}, or have the operator allow it (--allow-registry ${registry})`;
}

function decide(state: State, command: Run, { settings, facts, id, by }: Context): Decision {
  const bad = problemOf(command);
  if (bad !== null) return bad;
  const tooLong = refuseStopTimeout(command.stopTimeout, settings);
  if (tooLong !== null) return tooLong;
  const policy = policyOf(command);
  const tooEarly = policyProblem(state, policy) ?? levelProblem(state, command.secretEnv, command.env);
  if (tooEarly !== null) return reject(Code.runFailed, 'unavailable', tooEarly);
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
  const full = refuseWithoutRoom(facts, Code.runFailed);
  if (full !== null) return full;
  const image = facts.images.get(command.imageName);
  if (image === undefined) return { kind: 'stale' };
  if (image === null) return reject(Code.runFailed, 'impossible', notHere(command.imageName, settings.pullFrom ?? []));
  const { savedDisk, committedFrom: _origin, committedBy: _committer, ...base } = image;
  // Its labels tell, by whatever name or id it was asked for: a disk is one tenant's, and nobody else's base.
  if (savedDisk === true) return refuseSavedDisk(command.imageName);
  if (isShortId(command.imageName, image.id)) {
    return reject(
      Code.runFailed,
      'impossible',
      `image ${command.imageName} is the beginning of an id: give its name, or 12 digits at least`,
    );
  }
  const another = refuseCommitted(state, command.imageName, image, by);
  if (another !== null) return another;
  const secrets = sealedFor(id, command.secretEnv, facts);
  if (secrets === null) return { kind: 'stale' };
  const asker = { name: command.replicaSetName, owner: by?.actor ?? '', code: Code.runFailed, own: ownOf(state, by), mayCreate: true };
  const binds = checkBinds(state, command.binds, asker, facts, settings);
  if (!binds.ok) return binds.decision;
  const host = state.hosts.get(settings.host);
  if (command.gpuCount > 0 && areUsersUnknown(host, facts.gpuUsers)) return { kind: 'stale' };
  const gpus = chooseGpus(host, command.replicaSetName, command.gpuCount, facts.gpuUsers ?? []);
  if (!gpus.ok) return reject(Code.notEnoughGpus, 'exhausted', gpus.message);
  const containerPorts = command.containerPorts.map((p) => String(Number(p)));
  if (containerPorts.length > 0 && facts.busyPorts === null) return { kind: 'stale' };
  const ports = choosePorts(host, containerPorts, [], [], facts.busyPorts ?? NO_PORTS);
  if (!ports.ok) return reject(Code.notEnoughPorts, 'exhausted', ports.message);

  const {
    do: _,
    replicaSetName: __,
    keepVersions: ___,
    restart: ____,
    secretEnv: _____,
    ...asked
  }: Run & { readonly do?: unknown } = command;
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
        spec: withSecrets({ ...asked, binds: binds.binds, containerPorts }, secrets),
        gpus: gpus.value,
        ports: ports.value,
        image: base,
        ...(binds.createsVolumes.length > 0 && { createsVolumes: binds.createsVolumes }),
      },
    },
  ];
  if (Object.keys(policy).length > 0) events.push({ type: 'PolicySet', stream, data: { policy } });
  if (gpus.value.length > 0) events.push({ type: 'GpuAllocated', stream, data: { version, gpus: gpus.value } });
  if (ports.value.length > 0) events.push({ type: 'PortAllocated', stream, data: { version, ports: ports.value } });
  return accept(...events);
}

export const run = {
  schema,
  failureCode: Code.runFailed,
  stream: replicaSetStream,
  needs,
  decide,
  steps: versionSteps,
} satisfies OperationDefinition<ReplicaSet>;
