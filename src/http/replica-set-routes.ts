// /api/v1/replicaSet
import { Code } from '../commands/decision.ts';
import { currentVersion, type ReplicaSet, type State } from '../projections/state.ts';
import { replicaSetHistory, replicaSetInfo, replicaSetList } from '../projections/views/replica-set.ts';
import { Failure, refused } from './failure.ts';
import { type Call, order, orderByName, type Route, read, submit } from './route.ts';
import { CommitBody, ExecuteBody, PatchBody, RestartBody, RollbackBody, RunBody } from './schemas.ts';

const BASE = '/api/v1/replicaSet';
const ONE = `${BASE}/:name`;

function find(state: State, name: string, code: number): ReplicaSet {
  const rs = state.replicaSets.get(name);
  if (rs === undefined) throw new Failure('not-found', code, `replicaSet ${name} does not exist`);
  return rs;
}

const unfinished = (rs: ReplicaSet, code: number): Failure =>
  new Failure('not-found', code, `replicaSet ${rs.name} is still being made: its first version does not run yet`);

/** The name of the container that was made. */
function madeContainer(call: Call<unknown>, name: string, version: number | undefined): string {
  return `${name}-${version ?? call.service.state().replicaSets.get(name)?.current ?? 0}`;
}

const withStopTimeout = ({ stopTimeout }: { stopTimeout?: number }): { stopTimeout?: number } =>
  stopTimeout === undefined ? {} : { stopTimeout };

const run = order('POST', BASE, 'Run a container via replicaSet', {
  failureCode: Code.runFailed,
  body: RunBody,
  handle: async (call) => {
    const { body } = call;
    const version = await submit(call, { do: 'run', ...body });
    return { name: madeContainer(call, body.replicaSetName, version) };
  },
});

/** A container port is a string in the document; a number means the same. */
const runWithNumbers: Route = {
  ...run,
  handle: (call) => {
    const { body } = call;
    if (typeof body !== 'object' || body === null || !('containerPorts' in body) || !Array.isArray(body.containerPorts))
      return run.handle(call);
    const containerPorts = body.containerPorts.map((port: unknown) => (Number.isSafeInteger(port) ? String(port) : port));
    return run.handle({ ...call, body: { ...body, containerPorts } });
  },
};

const patch = order('PATCH', ONE, 'Patch a container via replicaSet', {
  failureCode: Code.patchFailed,
  body: PatchBody,
  handle: async (call) => ({
    containerName: madeContainer(call, call.name, await submit(call, { do: 'patch', name: call.name, ...call.body })),
  }),
});

const rollback = order('PATCH', `${ONE}/rollback`, 'Rollback a container via replicaSet', {
  failureCode: Code.rollbackFailed,
  body: RollbackBody,
  handle: async (call) => {
    const { version, ...rest } = call.body;
    const made = await submit(call, { do: 'rollback', name: call.name, version, ...withStopTimeout(rest) });
    return { containerName: madeContainer(call, call.name, made) };
  },
});

const restart = order('PATCH', `${ONE}/restart`, 'Restart a container via replicaSet', {
  failureCode: Code.restartFailed,
  body: RestartBody,
  handle: async (call) => {
    const made = await submit(call, { do: 'restart', name: call.name, ...withStopTimeout(call.body) });
    return { containerName: madeContainer(call, call.name, made) };
  },
});

const commit = order('POST', `${ONE}/commit`, 'Commit container as an image via replicaSet', {
  failureCode: Code.commitFailed,
  body: CommitBody,
  handle: async (call) => {
    const { newImageName } = call.body;
    await submit(call, { do: 'commit', name: call.name, newImageName });
    return { imageName: newImageName };
  },
});

const execute = order('POST', `${ONE}/execute`, 'Execute a command in the container via replicaSet', {
  failureCode: Code.executeFailed,
  body: ExecuteBody,
  handle: async (call) => {
    const { cmd, workDir } = call.body;
    const command = { do: 'execute', name: call.name, cmd, ...(workDir !== undefined && workDir !== '' && { workDir }) } as const;
    const outcome = await call.service.execute(command, call.origin, call.hungUp());
    if (!outcome.ok) throw refused(outcome.rejection);
    const { stdout, exitCode, truncated, timedOut } = outcome.result;
    return { stdout, exitCode, truncated, ...(timedOut && { timedOut }) };
  },
});

export const replicaSetRoutes: readonly Route[] = [
  runWithNumbers,
  read(BASE, 'List the replicaSets', (state) => ({ replicaSets: replicaSetList(state) })),
  commit,
  rollback,
  patch,
  orderByName('DELETE', ONE, 'Delete a container via replicaSet', Code.deleteFailed, 'delete'),
  read(ONE, 'Get version info about replicaSet', (state, name, { compatGo }) => {
    const rs = find(state, name, Code.infoNotFound);
    const version = currentVersion(rs);
    if (version === undefined) throw unfinished(rs, Code.infoNotFound);
    const info = replicaSetInfo(version);
    return compatGo ? { Info: info } : { info };
  }),
  orderByName('PATCH', `${ONE}/stop`, 'Stop a container via replicaSet', Code.stopFailed, 'stop'),
  orderByName('PATCH', `${ONE}/pause`, 'Pause a replicaSet via replicaSet', Code.pauseFailed, 'pause'),
  orderByName('PATCH', `${ONE}/continue`, 'Continue a replicaSet via replicaSet', Code.continueFailed, 'continue'),
  restart,
  execute,
  read(`${ONE}/history`, 'Get all version info about replicaSet', (state, name) => {
    const rs = find(state, name, Code.historyNotFound);
    if (rs.current === 0) throw unfinished(rs, Code.historyNotFound);
    return { history: replicaSetHistory(rs) };
  }),
];
