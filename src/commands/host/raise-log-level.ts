import Type, { type Static } from 'typebox';
import { LEVEL } from '../../events/catalogue.ts';
import { RELEASE } from '../../events/evolution/release.ts';
import { LOG_STREAM } from '../../events/stream.ts';
import type { State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { accept, already, type Decision, type Rejection, reject } from '../decision.ts';
import { type CommandDefinition, needsNothing } from '../definition.ts';
import { Integer, Text } from '../request/schema.ts';

const schema = Type.Object(
  {
    level: Type.Optional(Integer('The level that the log is to have; absent: the highest that this release writes.', { minimum: 1 })),
    except: Type.Optional(
      Type.Array(Text('A host whose server never reads this log again.'), { maxItems: 1000, description: 'Hosts that do not count.' }),
    ),
  },
  { $id: 'RaiseLogLevelBody' },
);

const no = (kind: Rejection['kind'], message: string): Decision => reject(Code.raiseLogLevelFailed, kind, message);

/** From then on the log may hold the event types of that level, and a release that does not know it cannot read on. */
function decide(state: State, { level = LEVEL, except = [] }: Static<typeof schema>): Decision {
  if (level > LEVEL) {
    return no('impossible', `release ${RELEASE} writes up to level ${LEVEL}: start a later release to raise the log to level ${level}`);
  }
  if (level < state.logLevel) return no('impossible', `the log is at level ${state.logLevel} already, and a level is never lowered`);
  if (level === state.logLevel) return already;
  const stranger = except.find((name) => !state.hosts.has(name));
  if (stranger !== undefined) {
    return no('not-found', `the log knows no host ${stranger}: it knows ${[...state.hosts.keys()].sort().join(', ')}`);
  }
  const behind = [...state.hosts.values()].filter(({ name, reads }) => reads < level && !except.includes(name));
  if (behind.length > 0) {
    const names = behind.map(({ name, reads }) => `${name} (reads level ${reads})`).sort();
    const problem = `the server of ${names.join(', ')} last started as a release that cannot read level ${level}`;
    return no('conflict', `${problem}: upgrade and start it first, or except a host that never reads this log again`);
  }
  return accept({
    type: 'LogLevelRaised',
    stream: LOG_STREAM,
    data: { level, release: RELEASE, ...(except.length > 0 && { except: [...except] }) },
  });
}

export const raiseLogLevel = {
  schema,
  failureCode: Code.raiseLogLevelFailed,
  stream: () => LOG_STREAM,
  needs: needsNothing,
  decide,
} satisfies CommandDefinition;

/** A server that follows the log, as it says itself: a standby writes no event. */
interface Follower {
  readonly host: string;
  /** The address that it serves, as host:port. */
  readonly addr: string;
  /** The highest level that it reads. */
  readonly reads: number;
}

/** Why the level must not be raised while these servers follow the log; null: it may. */
export function standbyBehind({ level = LEVEL, except = [] }: Static<typeof schema>, followers: readonly Follower[]): Rejection | null {
  const standby = followers.find(({ host, reads }) => reads < level && !except.includes(host));
  if (standby === undefined) return null;
  const { addr, host, reads } = standby;
  const message = `a server at ${addr} stands by for host ${host}, and reads up to level ${reads}: upgrade or stop it first`;
  return { code: Code.raiseLogLevelFailed, kind: 'conflict', message };
}
