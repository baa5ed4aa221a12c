import Type from 'typebox';
import { replicaSetStream } from '../../events/stream.ts';
import { currentVersion, isFrozen, type State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { accept, type Decision, reject } from '../decision.ts';
import { type CommandDefinition, needsNothing, type OnName } from '../definition.ts';
import { missingSentence } from '../host/absence.ts';
import { LONGEST, Text } from '../request/schema.ts';

const schema = Type.Object(
  {
    cmd: Type.Array(Text('The command and its arguments.', { maxLength: LONGEST.argument }), { minItems: 1, maxItems: 1000 }),
    workDir: Type.Optional(
      Type.String({ description: 'An absolute path in the container.', maxLength: LONGEST.path, pattern: '^(/[^\\u0000]*)?$' }),
    ),
  },
  { $id: 'ExecuteBody' },
);

/** Not an operation: it runs beside operations and blocks none. */
function decide(state: State, { name, cmd, workDir }: OnName<typeof schema>): Decision {
  if (cmd.length === 0 || cmd[0] === '') return reject(Code.invalidBody, 'invalid', 'cmd is empty: give the command and its arguments');
  const rs = state.replicaSets.get(name);
  const version = rs === undefined ? undefined : currentVersion(rs);
  if (rs === undefined || version === undefined) return reject(Code.executeFailed, 'not-found', `replicaSet ${name} does not exist`);
  if (rs.missing !== undefined) return reject(Code.executeFailed, 'unavailable', missingSentence(rs));
  if (rs.state !== 'running')
    return reject(Code.executeFailed, 'conflict', `replicaSet ${rs.name} is ${rs.state}: commands can be executed only while it runs`);
  if (isFrozen(rs))
    return reject(
      Code.executeFailed,
      'conflict',
      `replicaSet ${rs.name} is frozen: thaw it first (PATCH /api/v1/replicaSet/${rs.name}/thaw)`,
    );
  return accept({
    type: 'CommandRequested',
    stream: replicaSetStream(rs.name),
    data: { version: version.version, cmd: [...cmd], ...(workDir !== undefined && { workDir }) },
  });
}

export const execute = {
  schema,
  failureCode: Code.executeFailed,
  stream: replicaSetStream,
  needs: needsNothing,
  decide,
} satisfies CommandDefinition;
