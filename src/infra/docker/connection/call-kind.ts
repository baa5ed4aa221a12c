// The kinds of calls, for whoever counts them: a path without the names in it, so that there are never many.
import type { EngineErrorKind } from '../../../commands/outside/engine-error.ts';

/** Called when a call has its answer, or has failed. `call`: its kind. */
export type OnCall = (call: string, seconds: number, failure: EngineErrorKind | null) => void;

const RESOURCES: ReadonlySet<string> = new Set(['containers', 'images', 'volumes', 'networks', 'exec', 'system']);
/** Last parts of paths that are no names. */
const WORDS: ReadonlySet<string> = new Set([
  ...[
    '_ping',
    'version',
    'info',
    'events',
    'commit',
    'json',
    'create',
    'prune',
    'df',
    'start',
    'stop',
    'kill',
    'restart',
    'wait',
    'resize',
  ],
  ...[
    'pause',
    'unpause',
    'rename',
    'update',
    'logs',
    'archive',
    'changes',
    'exec',
    'attach',
    'stats',
    'top',
    'tag',
    'history',
    'get',
    'load',
  ],
  ...['connect', 'disconnect', 'export', 'volumes', 'networks'],
]);

/** `POST /containers/{id}/start` for `/containers/foo-1/start`. */
export function callKind(method: string, path: string): string {
  const parts = path.split('/').slice(1);
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return `${method} /${WORDS.has(first) ? first : 'other'}`;
  if (!RESOURCES.has(first)) return `${method} /other`;
  // A name that is a word, as in `/containers/json` for a container called json, cannot be told from it where it stands last.
  const isWord = WORDS.has(last);
  if (parts.length === 2) return `${method} /${first}/${isWord ? last : '{id}'}`;
  return `${method} /${first}/{id}${isWord ? `/${last}` : ''}`;
}
