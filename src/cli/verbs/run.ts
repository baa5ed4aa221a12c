// `run`: a replicaSet from an image.
import { UsageError } from '../../infra/options/usage-error.ts';
import type { Arguments, Subcommand } from '../subcommand.ts';
import { count } from '../values.ts';
import { CHANGE_CODES, CHANGE_FLAGS, change } from './change.ts';
import {
  bindOf,
  containerPort,
  environmentOf,
  gpuCount,
  REFUSED_BY_RUN,
  SECRET_ENV,
  STOP_TIMEOUT,
  secretsOf,
  stopTimeoutOf,
} from './docker-options.ts';
import { RESTART } from './policy.ts';

function bodyOf(args: Arguments) {
  const name = args.one('name');
  if (name === undefined) throw new UsageError('--name NAME is missing: the other verbs find the replicaSet by it');
  const [imageName = '', ...cmd] = args.operands;
  const secretEnv = secretsOf(args);
  const [restart, keepVersions] = [args.one('restart'), args.one('keep-versions')];
  return {
    replicaSetName: name,
    ...{ imageName, gpuCount: gpuCount(args.one('gpus') ?? '0') },
    binds: args.list('volume').map((text) => bindOf(text)),
    env: environmentOf(args),
    containerPorts: args.list('publish').map(containerPort),
    ...(secretEnv !== undefined && { secretEnv }),
    ...(cmd.length > 0 && { cmd }),
    ...stopTimeoutOf(args),
    ...(restart !== undefined && { restart }),
    ...(keepVersions !== undefined && { keepVersions: count(keepVersions, '--keep-versions') }),
  };
}

export const runVerb: Subcommand = {
  name: 'run',
  operands: ['IMAGE', '[CMD…]'],
  summary: 'Run a container of an image, with GPUs and host ports of its own. Prints its name.',
  passThrough: true,
  refuses: REFUSED_BY_RUN,
  flags: {
    name: { value: 'NAME', help: 'name of the replicaSet; its containers are NAME-1, NAME-2, …' },
    gpus: { value: 'N', help: 'number of GPUs to lease (default: 0)' },
    publish: { value: 'PORT', short: 'p', list: 'repeat', help: 'port inside the container; a host port is leased for it' },
    volume: { value: 'SRC:DEST', short: 'v', list: 'repeat', help: 'mount a volume, or a host path that the server allows' },
    env: { value: 'NAME[=VALUE]', short: 'e', list: 'repeat', help: 'environment variable; NAME alone: with its value in this shell' },
    'env-file': { value: 'FILE', list: 'repeat', completes: 'file', help: 'file of environment variables, one a line' },
    'secret-env': SECRET_ENV,
    'stop-timeout': STOP_TIMEOUT,
    restart: RESTART,
    'keep-versions': { value: 'N', help: 'versions to retain, including the current one; 0: all (default: as set for the server)' },
    ...CHANGE_FLAGS,
    detach: { short: 'd', help: 'for users of docker; has no effect: containers always run in the background' },
  },
  details:
    'Options come before IMAGE, and what follows it is the command of the container. GPUs and host ports are held until stop or rm. An option of\n' +
    `docker run that is missing here is refused with the reason.\n\n${CHANGE_CODES}`,
  run: async (args, io) => {
    const body = bodyOf(args);
    return change<{ readonly name: string }>(
      args,
      io,
      {
        stream: `replicaSet/${body.replicaSetName}`,
        image: body.imageName,
        isAwaited: true,
        order: (api) => api.POST('/api/v1/replicaSet', { body }),
        plan: (api) => api.POST('/api/v1/replicaSet', { body }),
      },
      ({ name }) => name,
    );
  },
};
