// freeze and thaw: all processes of the container stand still where they are, and go on from there (docker pause and unpause).
import { replicaSetStream } from '../../events/stream.ts';
import { isFrozen, type ReplicaSet, type State, writable } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { begin, failedAsItIs, refuse } from '../container/current.ts';
import { containerRef } from '../container/steps.ts';
import { already, type Decision, isDecision, presentReplicaSet, reject } from '../decision.ts';
import { needsNothing, type OnName, type OperationDefinition } from '../definition.ts';
import { has, nothingToUndo, type StepsOf } from '../operation/steps.ts';
import { NoBody } from '../request/schema.ts';

type Kind = 'freeze' | 'thaw';

const OF = {
  freeze: { event: 'ContainerFrozen', step: 'freezeContainer', code: Code.freezeFailed, otherwise: 'only what runs can be frozen' },
  thaw: { event: 'ContainerThawed', step: 'thawContainer', code: Code.thawFailed, otherwise: 'there is nothing to thaw' },
} as const;

function decide(kind: Kind, state: State, { name }: OnName<typeof NoBody>): Decision {
  const { event, code, otherwise } = OF[kind];
  const rs = presentReplicaSet(state, name, code);
  if (isDecision(rs)) return rs;
  if (rs.state !== 'running') {
    const way = rs.state === 'paused' ? '; continue starts its processes anew' : '';
    return refuse(rs, code, `is ${rs.state}, not running: ${otherwise}${way}`);
  }
  if (isFrozen(rs) === (kind === 'freeze')) return already;
  if (!writable(state, event)) {
    const why = `the log is at level ${state.logLevel}, which cannot say that a container is frozen: raise it with gpu-docker-api log raise`;
    return reject(code, 'unavailable', why);
  }
  return begin(rs, kind);
}

/** Nothing is undone: an order to do so comes before the step, or Docker is looked at again and what it has is recorded. */
const steps = (kind: Kind): StepsOf<ReplicaSet, 'freezeContainer' | 'thawContainer'> => ({
  on: 'replicaSet',
  forwardStep: ({ state, aggregate: rs, from, operation }) =>
    from === undefined || has(operation, OF[kind].event)
      ? null
      : { do: OF[kind].step, version: from.version, container: containerRef(state, rs, from) },
  undoStep: nothingToUndo,
  done: {
    freezeContainer: ({ stream }, { step: { version } }) => [{ type: 'ContainerFrozen', stream, data: { version, reason: 'operation' } }],
    thawContainer: ({ stream }, { step: { version } }) => [{ type: 'ContainerThawed', stream, data: { version, reason: 'operation' } }],
  },
  // Whether one that is not there is lost is for the reconciler to find out, which doubts it first.
  failed: failedAsItIs,
});

const command = (kind: Kind) =>
  ({
    schema: NoBody,
    failureCode: OF[kind].code,
    stream: replicaSetStream,
    needs: needsNothing,
    decide: (state: State, asked: OnName<typeof NoBody>): Decision => decide(kind, state, asked),
    steps: steps(kind),
  }) satisfies OperationDefinition<ReplicaSet>;

export const freeze = command('freeze');
export const thaw = command('thaw');
