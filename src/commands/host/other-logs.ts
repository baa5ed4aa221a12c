// Another log's containers and volumes on this Docker: a wrong data directory, or a second service. Two logs that do not know of each other
// would lease the same GPUs, ports and names.
import type { OtherLog } from '../outside/engine.ts';

/** Names shown of each log. */
const SHOWN = 5;

function some(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return [`${what}${names.length === 1 ? '' : 's'} ${names.slice(0, SHOWN).join(', ')}${more}`];
}

/** Why the host is not led beside them, and what to do. */
export function otherLogsReason(others: readonly OtherLog[]): string {
  const logs = others.map(({ log, containers, volumes }) => {
    const things = [...some('container', containers), ...some('volume', volumes)];
    return `log ${log} (${things.join('; ')})`;
  });
  return [
    `this Docker has containers or volumes of ${others.length === 1 ? 'another log' : 'other logs'}: ${logs.join(', ')}`,
    'nothing is changed beside them. Is --data-dir (or --etcd) a wrong one? Start with the one of that log',
    'do two services share this Docker on purpose? Start with --ignore-other-logs',
    'is that log lost? Remove what it left, or see docs/operations.md',
  ].join('; ');
}
