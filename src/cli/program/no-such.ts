// A command that is not there, and the one that was probably meant.
import { closest } from '../../commands/request/closest.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { NAMES } from './commands.ts';

/** Words of docker and its like for commands that have another name here. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    list: 'ps',
    ls: 'ps',
    containers: 'ps',
    status: 'ps',
    stats: 'top',
    gpu: 'gpus',
    info: 'gpus',
    'nvidia-smi': 'gpus',
    port: 'ports',
    create: 'run',
    update: 'patch',
    start: 'continue',
    unpause: 'continue',
    kill: 'stop',
    remove: 'rm',
    delete: 'rm',
    volumes: 'volume ls',
    journal: 'log tail',
    server: 'serve',
    daemon: 'serve',
  }),
);

/** Commands of docker for which this service has none, and what does the same. */
const DOCKERS: ReadonlyMap<string, string> = new Map([
  ...['pull', 'push', 'build', 'images', 'image', 'rmi', 'tag', 'login', 'load', 'save'].map(
    (word) => [word, `images are Docker's own: use docker ${word}`] as const,
  ),
  ['cp', 'docker cp does it, with the name of the container that gpu-docker-api ps shows'],
  ['attach', 'gpu-docker-api logs -f follows the output'],
  ['rename', 'a name cannot be changed: commit it as an image, and run that under another name'],
  ['system', 'gpu-docker-api disks shows what is used'],
]);

/** `typed`: the words that name no command. */
export function noSuch(typed: string): UsageError {
  const same = ELSEWHERE.get(typed);
  const elsewhere = DOCKERS.get(typed.split(' ', 1)[0] ?? '');
  if (elsewhere !== undefined) return new UsageError(`there is no command "${typed}": ${elsewhere}`);
  const near = same !== undefined && NAMES.includes(same) ? same : closest(typed, NAMES);
  const meant = near === undefined ? '' : ` did you mean "${near}"?`;
  return new UsageError(`there is no command "${typed}":${meant} gpu-docker-api help lists all commands`);
}
