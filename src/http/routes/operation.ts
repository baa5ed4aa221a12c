// /api/v1/operations: what is under way, what holds it up, and the order to undo it.
import Type from 'typebox';
import { aggregateOf } from '../../projections/state.ts';
import { Integer, Iso, LastOutput, one, Text } from '../openapi/schema-parts.ts';
import { invalid, refused } from '../response/failure.ts';
import { type ApiRoute, AT } from '../route.ts';

const OperationInfo = Type.Object(
  {
    id: Text,
    stream: Type.String({ description: 'replicaSet/NAME or volume/NAME.' }),
    kind: Text,
    phase: Type.Enum(['forward', 'undo']),
    since: Iso,
    actor: Type.String({ description: 'Who ordered it.' }),
    done: Type.Array(Text, { description: 'The events that record its steps so far.' }),
    step: Type.Union([Type.Null(), Text], { description: 'The step that comes now; null where this server does not lead, and with `at`.' }),
    undoable: Type.Boolean({ description: 'Whether an order to undo it would be followed.' }),
    waiting: Type.Optional(
      Type.Object(
        { for: Type.Enum(['save', 'start', 'stop', 'remove', 'copy', 'measure']), since: Iso },
        { description: 'Present while its step waits for a slot: so many of this kind are carried out at the same time. It has its turn.' },
      ),
    ),
    stalled: Type.Optional(
      Type.Object(
        { since: Iso, attempts: Integer, reason: Text },
        { description: 'Present while it makes no progress: since when, how many attempts failed, and why the last one did.' },
      ),
    ),
    failure: Type.Optional(
      Type.Object(
        { step: Text, message: Text, output: Type.Optional(LastOutput) },
        { description: 'Present while it is being undone: why.' },
      ),
    ),
  },
  { $id: 'Operation' },
);

export const operationRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/api/v1/operations',
    id: 'listOperations',
    summary: 'List the operations that are under way',
    right: 'read',
    query: { at: AT },
    answer: one('operations', Type.Array(OperationInfo)),
    handle: async ({ service, query, state, caller: { own } }) => {
      const then = query.has('at') ? await state() : undefined;
      const all = service.operations(then);
      if (own === null) return { operations: all };
      const known = then ?? service.state();
      return { operations: all.filter(({ stream }) => aggregateOf(known, stream)?.owner === own) };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/operations/:id/undo',
    id: 'undoOperation',
    summary: 'Undo an operation that is under way',
    right: 'admin',
    answer: one('operation', OperationInfo),
    handle: async ({ service, params, origin, dryRun }) => {
      if (dryRun) throw invalid('undo has no dryRun: `undoable` of GET /api/v1/operations says whether the order would be followed');
      const outcome = service.undo(params['id'] ?? '', origin);
      if (!outcome.ok) throw refused(outcome.rejection);
      return { operation: outcome.operation };
    },
  },
];
