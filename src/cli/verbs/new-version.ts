// `patch`, `rollback` and `restart`: a new version of a replicaSet, with the whole system disk.
import { UsageError } from '../../infra/options/usage-error.ts';
import type { Arguments, Subcommand } from '../subcommand.ts';
import { versionNumber } from '../values.ts';
import { CHANGE_CODES, CHANGE_FLAGS, change, changeEach } from './change.ts';
import { type Bind, bindOf, gpuCount, REFUSED_BY_RUN, SECRET_ENV, STOP_TIMEOUT, secretsOf, stopTimeoutOf } from './docker-options.ts';

interface Made {
  readonly containerName: string;
}
const nameOf = ({ containerName }: Made): string => containerName;
const streamOf = (name: string): string => `replicaSet/${name}`;
const REPLACED = 'The container is replaced: its processes end, its files stay. GPUs and ports that it has already stay its own.\n\n';

/** OLD=NEW, each SRC:DEST. */
function volumePatch(text: string): { readonly oldBind: Bind; readonly newBind: Bind } {
  const [before = '', after = '', ...more] = text.split('=');
  if (before === '' || after === '' || more.length > 0)
    throw new UsageError(`-v "${text}": it is OLD=NEW, each SRC:DEST, as data:/data=data2:/data`);
  return { oldBind: bindOf(before), newBind: bindOf(after) };
}

function patchOf(args: Arguments) {
  const secretEnv = secretsOf(args);
  const [gpus, volume] = [args.one('gpus'), args.one('volume')];
  return {
    ...(gpus !== undefined && { gpuPatch: { gpuCount: gpuCount(gpus) } }),
    ...(volume !== undefined && { volumePatch: volumePatch(volume) }),
    ...(secretEnv !== undefined && { secretEnv }),
    ...stopTimeoutOf(args),
  };
}

export const patchVerb: Subcommand = {
  name: 'patch',
  operands: ['NAME'],
  completes: 'replicaSet',
  summary: 'Change the GPUs, a mount or secret variables: a new version with the same files. Prints its container.',
  refuses: REFUSED_BY_RUN,
  flags: {
    gpus: { value: 'N', help: 'new number of GPUs; 0: none' },
    volume: { value: 'OLD=NEW', short: 'v', help: 'mount NEW in place of OLD, each SRC:DEST as in run' },
    'secret-env': SECRET_ENV,
    'stop-timeout': STOP_TIMEOUT,
    ...CHANGE_FLAGS,
  },
  details: `${REPLACED}What is not named stays as it is; with nothing named it is a new version of the same.\n\n${CHANGE_CODES}`,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    const asked = { params: { path: { name } }, body: patchOf(args) };
    return change<Made>(
      args,
      io,
      {
        stream: streamOf(name),
        order: (api) => api.PATCH('/api/v1/replicaSet/{name}', asked),
        plan: (api) => api.PATCH('/api/v1/replicaSet/{name}', asked),
      },
      nameOf,
      { name },
    );
  },
};

export const rollbackVerb: Subcommand = {
  name: 'rollback',
  operands: ['NAME', 'VERSION'],
  completes: 'replicaSet',
  summary: 'Go back to an earlier version: its configuration, its files and as many GPUs. Prints the container.',
  flags: { 'stop-timeout': STOP_TIMEOUT, ...CHANGE_FLAGS },
  details: `It is a new version, made as the earlier one was. gpu-docker-api history NAME lists them.\n\n${CHANGE_CODES}`,
  run: async (args, io) => {
    const [name = '', version = ''] = args.operands;
    const body = { version: versionNumber(version, 'VERSION'), ...stopTimeoutOf(args) };
    const asked = { params: { path: { name } }, body };
    return change<Made>(
      args,
      io,
      {
        stream: streamOf(name),
        order: (api) => api.PATCH('/api/v1/replicaSet/{name}/rollback', asked),
        plan: (api) => api.PATCH('/api/v1/replicaSet/{name}/rollback', asked),
      },
      nameOf,
      { name },
    );
  },
};

export const restartVerb: Subcommand = {
  name: 'restart',
  operands: ['NAME…'],
  completes: 'replicaSet',
  summary: 'Make a new version of the same configuration and files; a stopped one gets GPUs and ports again.',
  flags: { 'stop-timeout': { ...STOP_TIMEOUT, short: 't' }, ...CHANGE_FLAGS },
  details: `${REPLACED}${CHANGE_CODES}`,
  run: (args, io) =>
    changeEach<Made>(
      args,
      io,
      (name) => {
        const asked = { params: { path: { name } }, body: stopTimeoutOf(args) };
        return {
          stream: streamOf(name),
          order: (api) => api.PATCH('/api/v1/replicaSet/{name}/restart', asked),
          plan: (api) => api.PATCH('/api/v1/replicaSet/{name}/restart', asked),
        };
      },
      nameOf,
    ),
};
