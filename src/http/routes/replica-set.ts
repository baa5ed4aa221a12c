// /api/v1/replicaSet
import Type from 'typebox';
import { Code } from '../../commands/api-codes.ts';
import { commands } from '../../commands/command.ts';
import { policyFields } from '../../commands/replica-set/policy.ts';
import { quoted } from '../../commands/request/quoted.ts';
import { hideSecrets } from '../../commands/request/secret-body.ts';
import { currentVersion, type ReplicaSet, type State, sealsSecrets } from '../../projections/state.ts';
import { replicaSetHistory, replicaSetInfo, replicaSetRows } from '../../projections/views/replica-set.ts';
import { ownPart } from '../access/own-part.ts';
import { ReplicaSetInfo } from '../openapi/container-schemas.ts';
import { history, Integer, Iso, keyed, NothingOrWarning, one, Text, UnderWay } from '../openapi/schema-parts.ts';
import { HISTORY_PAGE, pageIn } from '../request/history-page.ts';
import { OUTPUT, outputAsked } from '../request/output-asked.ts';
import { validated } from '../request/validate.ts';
import { Failure, invalid, refused } from '../response/failure.ts';
import { longList } from '../response/long-answer.ts';
import { textStream } from '../response/text-stream.ts';
import { type ApiRoute, type Call, order, orderByName, orderByPath, read } from '../route.ts';

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

const ContainerMade = one('containerName', Text);

const Policy = Type.Object(policyFields, { description: 'Where one was set; a field that is absent goes by the server’s option.' });

const ReplicaSetListEntry = Type.Object(
  {
    name: Text,
    version: Integer,
    state: Type.Enum(['starting', 'running', 'frozen', 'paused', 'stopped', 'exited', 'failed', 'unknown']),
    containerName: Text,
    imageName: Text,
    gpus: Type.Array(Text, { description: 'UUIDs held now.' }),
    ports: keyed(Integer, 'Container port → host port.'),
    createTime: Iso,
    operation: UnderWay,
    exitCode: Type.Optional(Integer),
    reason: Type.Optional(
      Type.String({
        description:
          'Why it is exited, failed or unknown; of a stopped or paused one, why its disk is not saved, or that its container is gone and its disk saved.',
      }),
    ),
    policy: Type.Optional(Policy),
  },
  { $id: 'ReplicaSet' },
);

const run = order('POST', BASE, 'runReplicaSet', 'Run a container via replicaSet', 'run', {
  command: ({ body, service }) => ({ do: 'run', ...hideSecrets(body, sealsSecrets(service.state())) }),
  answer: one('name', Text),
  data: (call, version) => ({ name: madeContainer(call, call.body.replicaSetName, version) }),
});

/** A container port is a string in the document; a number means the same. */
const runWithNumbers: ApiRoute = {
  ...run,
  handle: (call) => {
    const { body } = call;
    if (typeof body !== 'object' || body === null || !('containerPorts' in body) || !Array.isArray(body.containerPorts))
      return run.handle(call);
    const containerPorts = body.containerPorts.map((port: unknown) => (Number.isSafeInteger(port) ? String(port) : port));
    return run.handle({ ...call, body: { ...body, containerPorts } });
  },
};

/** The answer of patch, rollback and restart. */
const newVersion = {
  answer: ContainerMade,
  data: (call: Call<unknown>, version: number | undefined): object => ({ containerName: madeContainer(call, call.name, version) }),
};

const patch = order('PATCH', ONE, 'patchReplicaSet', 'Patch a container via replicaSet', 'patch', {
  command: ({ name, body }) => ({ do: 'patch', name, ...hideSecrets(body, false) }),
  ...newVersion,
});

const rollback = order('PATCH', `${ONE}/rollback`, 'rollbackReplicaSet', 'Rollback a container via replicaSet', 'rollback', {
  command: ({ name, body }) => ({ do: 'rollback', name, ...body }),
  ...newVersion,
});

const restart = order('PATCH', `${ONE}/restart`, 'restartReplicaSet', 'Restart a container via replicaSet', 'restart', {
  command: ({ name, body }) => ({ do: 'restart', name, ...body }),
  ...newVersion,
});

const stop = order('PATCH', `${ONE}/stop`, 'stopReplicaSet', 'Stop a container via replicaSet', 'stop', {
  command: ({ name, body }) => ({ do: 'stop', name, ...body }),
  answer: NothingOrWarning,
  data: (_, __, warning) => (warning === undefined ? null : { warning }),
});

const pauseOrder = orderByName(
  'PATCH',
  `${ONE}/pause`,
  'pauseReplicaSet',
  'Pause a replicaSet via replicaSet: ends its processes, as docker stop does; freeze lets them stand still',
  'pause',
  NothingOrWarning,
);

/** A docker user expects another thing. The document's answer has no place for it. */
const pause: ApiRoute = {
  ...pauseOrder,
  handle: async (call) => {
    const data = await pauseOrder.handle(call);
    if (!call.dryRun) call.setHeader('X-Note', PAUSE_NOTE);
    return data;
  },
};

const PAUSE_NOTE =
  'a pause ends the processes, as docker stop does, and continue starts them anew; freeze and thaw keep them where they are';

const setPolicy = order('PUT', `${ONE}/policy`, 'setReplicaSetPolicy', 'Set the policy of a replicaSet', 'setPolicy', {
  command: ({ name, body }) => ({ do: 'setPolicy', name, ...body }),
  answer: one('policy', Policy),
  data: ({ body: { keepVersions, restart } }) => ({
    policy: { ...(keepVersions !== undefined && { keepVersions }), ...(restart !== undefined && { restart }) },
  }),
});

const commit = order('POST', `${ONE}/commit`, 'commitReplicaSet', 'Commit container as an image via replicaSet', 'commit', {
  command: ({ name, body }) => ({ do: 'commit', name, ...body }),
  answer: one('imageName', Text),
  data: ({ body }) => ({ imageName: body.newImageName }),
});

const removeVersion = orderByPath(
  'DELETE',
  `${ONE}/versions/:version`,
  'removeReplicaSetVersion',
  'Remove an old version of a replicaSet',
  'removeVersion',
  ({ name, params: { version = '' } }) => {
    if (!/^\d{1,15}$/.test(version)) throw invalid(`the version is ${quoted(version)}: it is a whole number`);
    return { do: 'removeVersion', name, version: Number(version) };
  },
);

/** Runs beside operations, so it can be neither planned nor bound to a state. */
const execute: ApiRoute = {
  method: 'POST',
  path: `${ONE}/execute`,
  id: 'executeInReplicaSet',
  summary: 'Execute a command in the container via replicaSet',
  right: 'operate',
  command: 'execute',
  body: commands.execute.schema,
  answer: Type.Object({
    stdout: Type.String({ description: 'stdout and stderr as they came.' }),
    exitCode: Type.Optional(Type.Union([Type.Null(), Integer])),
    truncated: Type.Optional(Type.Boolean()),
    timedOut: Type.Optional(Type.Boolean()),
  }),
  handle: async (call) => {
    const { cmd, workDir } = validated(commands.execute.schema, call.body === undefined ? {} : call.body);
    if (call.dryRun) throw invalid('execute has no dryRun: what a command does is not known before it runs');
    if (call.precondition.ifMatch !== undefined) throw invalid('execute has no If-Match: it runs beside all changes');
    const command = { do: 'execute', name: call.name, cmd, ...(workDir !== undefined && workDir !== '' && { workDir }) } as const;
    const outcome = await call.service.execute(command, call.origin, call.hungUp());
    if (!outcome.ok) throw refused(outcome.rejection);
    const { stdout, exitCode, truncated, timedOut } = outcome.result;
    return { stdout, exitCode, truncated, ...(timedOut && { timedOut }) };
  },
};

/** The output of the container, as it came. */
const logs: ApiRoute = {
  method: 'GET',
  path: `${ONE}/logs`,
  id: 'getReplicaSetLogs',
  summary: 'Get what a container printed via replicaSet, or follow it',
  right: 'read',
  query: OUTPUT,
  alsoAs: {
    'text/plain': Type.String({ description: 'stdout and stderr as they came. A connection that breaks off says that this is not all.' }),
  },
  handle: async ({ service, name, query, caller, origin, hungUp, mayStay }) => {
    ownPart(service.state(), caller, ONE, name);
    const asked = outputAsked(name, query);
    const over = new AbortController();
    const signal = hungUp();
    const onHangUp = (): void => over.abort(signal.reason);
    if (signal.aborted) onHangUp();
    else signal.addEventListener('abort', onHangUp, { once: true });
    const outcome = await service.output(asked, origin, over.signal);
    if (!outcome.ok) throw refused(outcome.rejection);
    return textStream({ text: outcome.output, over, mayStay });
  },
};

export const replicaSetRoutes: readonly ApiRoute[] = [
  runWithNumbers,
  read(BASE, 'listReplicaSets', 'List the replicaSets', {
    answer: one('replicaSets', Type.Array(ReplicaSetListEntry)),
    data: (state) => longList({ list: 'replicaSets', rows: replicaSetRows(state) }),
  }),
  commit,
  setPolicy,
  rollback,
  patch,
  removeVersion,
  orderByName('DELETE', ONE, 'deleteReplicaSet', 'Delete a container via replicaSet', 'delete'),
  read(ONE, 'getReplicaSet', 'Get version info about replicaSet', {
    answer: one('info', ReplicaSetInfo),
    data: (state, name, { compatGo }) => {
      const rs = find(state, name, Code.infoNotFound);
      const version = currentVersion(rs);
      if (version === undefined) throw unfinished(rs, Code.infoNotFound);
      const info = { ...replicaSetInfo(version), ...(version.container === 'removed' && { container: 'gone' }) };
      return compatGo ? { Info: info } : { info };
    },
    etag: (state, name) => state.replicaSets.get(name)?.seq,
  }),
  logs,
  stop,
  pause,
  orderByName('PATCH', `${ONE}/freeze`, 'freezeReplicaSet', 'Freeze a replicaSet: its processes stand still', 'freeze'),
  orderByName('PATCH', `${ONE}/thaw`, 'thawReplicaSet', 'Thaw a frozen replicaSet: its processes go on', 'thaw'),
  orderByName('PATCH', `${ONE}/continue`, 'continueReplicaSet', 'Continue a replicaSet via replicaSet', 'continue'),
  restart,
  execute,
  read(`${ONE}/history`, 'getReplicaSetHistory', 'Get all version info about replicaSet', {
    answer: history(ReplicaSetInfo),
    query: HISTORY_PAGE,
    data: (state, name, _, __, query) => {
      const page = pageIn(query);
      const rs = find(state, name, Code.historyNotFound);
      if (rs.current === 0) throw unfinished(rs, Code.historyNotFound);
      return replicaSetHistory(rs, page);
    },
  }),
];
