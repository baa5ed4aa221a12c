// `stop`, `pause`, `continue`, `freeze`, `thaw` and `rm`: the verbs that say nothing but names.
import type { Subcommand } from '../subcommand.ts';
import { CHANGE_CODES, CHANGE_FLAGS, changeEach } from './change.ts';
import { STOP_TIMEOUT, stopTimeoutOf } from './docker-options.ts';

const streamOf = (name: string): string => `replicaSet/${name}`;

export const stopVerb: Subcommand = {
  name: 'stop',
  operands: ['NAME…'],
  completes: 'replicaSet',
  summary: 'End the processes, save the files, and give GPUs and host ports back.',
  flags: { 'stop-timeout': { ...STOP_TIMEOUT, short: 't', help: `${STOP_TIMEOUT.help}; 0 kills at once` }, ...CHANGE_FLAGS },
  details: `restart gives it GPUs and ports again. pause keeps them.\n\n${CHANGE_CODES}`,
  run: (args, io) =>
    changeEach(args, io, (name) => {
      const asked = { params: { path: { name } }, body: stopTimeoutOf(args) };
      return {
        stream: streamOf(name),
        order: (api) => api.PATCH('/api/v1/replicaSet/{name}/stop', asked),
        plan: (api) => api.PATCH('/api/v1/replicaSet/{name}/stop', asked),
      };
    }),
};

const bare = (verb: 'pause' | 'continue' | 'freeze' | 'thaw', summary: string, details: string): Subcommand => ({
  name: verb,
  operands: ['NAME…'],
  completes: 'replicaSet',
  summary,
  flags: CHANGE_FLAGS,
  details: `${details}\n\n${CHANGE_CODES}`,
  run: (args, io) =>
    changeEach<{ readonly warning?: string } | null>(args, io, (name) => {
      const asked = { params: { path: { name } } };
      return {
        stream: streamOf(name),
        order: (api) => api.PATCH(`/api/v1/replicaSet/{name}/${verb}`, asked),
        plan: (api) => api.PATCH(`/api/v1/replicaSet/{name}/${verb}`, asked),
      };
    }),
});

export const pauseVerb = bare(
  'pause',
  'End the processes, as docker stop does, but keep GPUs and host ports.',
  'It is not docker pause: processes do not go on where they were. continue starts the container anew, with its files. freeze is docker pause.',
);

export const continueVerb = bare(
  'continue',
  'Start a paused or exited one again, with the GPUs and host ports that it holds.',
  'A running one is started anew. A stopped one holds nothing: restart it.',
);

export const freezeVerb = bare(
  'freeze',
  'Let the processes stand still where they are, as docker pause does. GPUs and host ports stay held.',
  'thaw lets them go on. Their memory stays in use, that of the GPU too; a reboot ends them.',
);

export const thawVerb = bare(
  'thaw',
  'Let the processes of a frozen one go on where they stood still.',
  'One that is not frozen stays as it is.',
);

export const rmVerb: Subcommand = {
  name: 'rm',
  operands: ['NAME…'],
  completes: 'replicaSet',
  summary: 'Delete replicaSets: container, versions, files and anonymous volumes are gone, running or not.',
  flags: { force: { short: 'f', help: 'for users of docker; has no effect: running ones are always ended' }, ...CHANGE_FLAGS },
  details: `Sized volumes stay: see volume rm. GPUs and host ports are free again.\n\n${CHANGE_CODES}`,
  run: (args, io) =>
    changeEach(args, io, (name) => {
      const asked = { params: { path: { name } } };
      return {
        stream: streamOf(name),
        order: (api) => api.DELETE('/api/v1/replicaSet/{name}', asked),
        plan: (api) => api.DELETE('/api/v1/replicaSet/{name}', asked),
      };
    }),
};
