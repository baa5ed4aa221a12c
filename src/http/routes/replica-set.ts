// /api/v1/replicaSet
import { Code } from '../../commands/decision.ts';
import { currentVersion, type ReplicaSet, type State } from '../../projections/state.ts';
import { replicaSetHistory, replicaSetInfo, replicaSetList } from '../../projections/views/replica-set.ts';
import { CommitBody, ExecuteBody, PatchBody, RestartBody, RollbackBody, RunBody } from '../openapi/body-schemas.ts';
import { validated } from '../request/validate.ts';
import { Failure, invalid, refused } from '../response/failure.ts';
import { type Call, order, orderByName, type Route, read } from '../route.ts';

const BASE = '/api/v1/replicaSet';
const ONE = `${BASE}/:name`;

function find(state: State, name: string, code: number): ReplicaSet {
  const rs = state.replicaSets.get(name);
  if (rs === undefined) throw new Failure('not-found', code, `replicaSet ${name} does not exist`);
  return rs;
}

const seqOf = (state: State, name: string): number | undefined => state.replicaSets.get(name)?.seq;

const unfinished = (rs: ReplicaSet, code: number): Failure =>
  new Failure('not-found', code, `replicaSet ${rs.name} is still being made: its first version does not run yet`);

/** The name of the container that was made. */
function madeContainer(call: Call<unknown>, name: string, version: number | undefined): string {
  return `${name}-${version ?? call.service.state().replicaSets.get(name)?.current ?? 0}`;
}

const run = order('POST', BASE, 'Run a container via replicaSet', {
  failureCode: Code.runFailed,
  body: RunBody,
  command: ({ body }) => ({ do: 'run', ...body }),
  answer: (call, version) => ({ name: madeContainer(call, call.body.replicaSetName, version) }),
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

/** What patch, rollback and restart answer. */
const newVersion = (call: Call<unknown>, version: number | undefined): object => ({
  containerName: madeContainer(call, call.name, version),
});

const patch = order('PATCH', ONE, 'Patch a container via replicaSet', {
  failureCode: Code.patchFailed,
  body: PatchBody,
  command: ({ name, body }) => ({ do: 'patch', name, ...body }),
  answer: newVersion,
});

const rollback = order('PATCH', `${ONE}/rollback`, 'Rollback a container via replicaSet', {
  failureCode: Code.rollbackFailed,
  body: RollbackBody,
  command: ({ name, body }) => ({ do: 'rollback', name, ...body }),
  answer: newVersion,
});

const restart = order('PATCH', `${ONE}/restart`, 'Restart a container via replicaSet', {
  failureCode: Code.restartFailed,
  body: RestartBody,
  command: ({ name, body }) => ({ do: 'restart', name, ...body }),
  answer: newVersion,
});

const commit = order('POST', `${ONE}/commit`, 'Commit container as an image via replicaSet', {
  failureCode: Code.commitFailed,
  body: CommitBody,
  command: ({ name, body }) => ({ do: 'commit', name, ...body }),
  answer: ({ body }) => ({ imageName: body.newImageName }),
});

/** Runs beside operations, so it can be neither planned nor bound to a state. */
const execute: Route = {
  method: 'POST',
  path: `${ONE}/execute`,
  summary: 'Execute a command in the container via replicaSet',
  failureCode: Code.executeFailed,
  body: ExecuteBody,
  handle: async (call) => {
    const { cmd, workDir } = validated(ExecuteBody, call.body === undefined ? {} : call.body);
    if (call.dryRun) throw invalid('execute has no dryRun: what a command does is not known before it runs');
    if (call.precondition.ifMatch !== undefined) throw invalid('execute has no If-Match: it runs beside all changes');
    const command = { do: 'execute', name: call.name, cmd, ...(workDir !== undefined && workDir !== '' && { workDir }) } as const;
    const outcome = await call.service.execute(command, call.origin, call.hungUp());
    if (!outcome.ok) throw refused(outcome.rejection);
    const { stdout, exitCode, truncated, timedOut } = outcome.result;
    return { stdout, exitCode, truncated, ...(timedOut && { timedOut }) };
  },
};

export const replicaSetRoutes: readonly Route[] = [
  runWithNumbers,
  read(BASE, 'List the replicaSets', (state) => ({ replicaSets: replicaSetList(state) })),
  commit,
  rollback,
  patch,
  orderByName('DELETE', ONE, 'Delete a container via replicaSet', Code.deleteFailed, 'delete'),
  read(
    ONE,
    'Get version info about replicaSet',
    (state, name, { compatGo }) => {
      const rs = find(state, name, Code.infoNotFound);
      const version = currentVersion(rs);
      if (version === undefined) throw unfinished(rs, Code.infoNotFound);
      const info = replicaSetInfo(version);
      return compatGo ? { Info: info } : { info };
    },
    seqOf,
  ),
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
