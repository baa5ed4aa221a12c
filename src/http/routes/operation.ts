// /api/v1/operations: what is under way, what holds it up, what became of it, and the order to undo it.
import Type from 'typebox';
import { Code } from '../../commands/api-codes.ts';
import { cut } from '../../commands/request/quoted.ts';
import type { Event } from '../../events/catalogue.ts';
import { upcastAll } from '../../events/evolution/upcasters.ts';
import { aggregateOf } from '../../projections/state.ts';
import { endedOperation, TOLD_BY } from '../../projections/views/operation.ts';
import { Integer, Iso, LastOutput, one, Text } from '../openapi/schema-parts.ts';
import { OPERATIONS } from '../response/accepted.ts';
import { Failure, invalid, refused } from '../response/failure.ts';
import { type ApiRoute, AT, type Call } from '../route.ts';
import { available } from './event.ts';

const ProgressInfo = Type.Object(
  { doing: Type.Enum(['download', 'unpack', 'write', 'copy', 'compare']), bytes: Type.Optional(Integer), of: Type.Optional(Integer) },
  {
    description:
      'Present while its step tells how far it is: bytes done, and in all, as far as they are known. Of a commit Docker tells only the latter.',
  },
);

const PullInfo = Type.Object({
  image: Text,
  since: Iso,
  elapsedMs: Integer,
  waiting: Type.Integer({ description: 'Commands that wait for it; it goes on without any.' }),
  actors: Type.Array(Text, { description: 'Who sent them.' }),
  progress: Type.Optional(ProgressInfo),
});

const open = {
  id: Text,
  stream: Type.String({ description: 'replicaSet/NAME or volume/NAME.' }),
  kind: Text,
  phase: Type.Enum(['forward', 'undo']),
  since: Iso,
  actor: Type.String({ description: 'Who ordered it.' }),
  done: Type.Array(Text, { description: 'The events that record its steps so far.' }),
  step: Type.Union([Type.Null(), Text], { description: 'The step that comes now; null where this server does not lead, and with `at`.' }),
  undoable: Type.Boolean({ description: 'Whether an order to undo it would be followed.' }),
  elapsedMs: Type.Optional(Type.Integer({ description: 'Since its first event.' })),
  attempt: Type.Optional(
    Type.Object(
      { number: Integer, since: Iso },
      { description: 'Present while its step is being carried out: the attempt, and since when.' },
    ),
  ),
  progress: Type.Optional(ProgressInfo),
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
};
const OperationInfo = Type.Object(open, { $id: 'Operation' });

const Known = Type.Union([
  Type.Object({ ...open, state: Type.Literal('open') }),
  Type.Object({
    ...{ id: open.id, stream: open.stream, kind: open.kind, actor: open.actor, since: open.since, ended: Iso },
    state: Type.Enum(['done', 'failed']),
    answer: Type.Object(
      { code: Integer, msg: Text, data: Type.Union([Type.Null(), Type.Object({}, { additionalProperties: true })]) },
      { description: 'As the command was answered, or would have been.' },
    ),
  }),
]);

/** Events of one operation that are looked at, at most: an operation has few of these types. */
const MOST_EVENTS = 100;
/** Seconds that a client should wait before it asks again: a tenth of what the operation has taken so far, within these bounds. */
const ASK_AGAIN_S = { least: 1, most: 30 };

async function eventsOf(id: string, { events }: Call['observed']): Promise<readonly Event[]> {
  const clauses = [{ field: 'command', values: [id] } as const, { field: 'type', values: TOLD_BY } as const];
  return upcastAll((await available(events.page({ clauses }, { order: 'asc', limit: MOST_EVENTS }))).events);
}

/** The operation with this id, from the log: under way, or whatever became of it. */
async function find(call: Call): Promise<unknown> {
  const { params, service, observed, past, setHeader } = call;
  const { own } = call.caller;
  const { id = '' } = params;
  const events = await eventsOf(id, observed);
  const started = events.find(({ type }) => type === 'OperationStarted');
  const isSeen = started !== undefined && (own === null || started.command.actor === own || isOpenOn(service, started.stream, id, own));
  if (started === undefined || !isSeen) throw new Failure('not-found', 404, `there is no operation ${cut(id)} in the log`);
  const operation = service.operationOn(started.stream);
  if (operation?.id !== id) {
    // It may have ended since its events were read.
    const ended = endedOperation(events, Code.success) ?? endedOperation(await eventsOf(id, observed), Code.success);
    if (ended === null) throw new Failure('unavailable', 503, `the end of operation ${id} has not been read yet: ask again`);
    return { operation: ended };
  }
  const seconds = Math.round((past.now() - Date.parse(operation.since)) / 10_000);
  setHeader('Retry-After', String(Math.min(Math.max(seconds, ASK_AGAIN_S.least), ASK_AGAIN_S.most)));
  return { operation: { ...operation, state: 'open' } };
}

/** Who owns a name sees what is under way on it, whoever ordered it. */
function isOpenOn(service: Call['service'], stream: string, id: string, own: string): boolean {
  const aggregate = aggregateOf(service.state(), stream);
  return aggregate?.owner === own && aggregate.operation?.id === id;
}

export const operationRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: OPERATIONS,
    id: 'listOperations',
    summary: 'List the operations that are under way',
    right: 'read',
    query: { at: AT },
    answer: Type.Object({ operations: Type.Array(OperationInfo), pulls: Type.Array(PullInfo, { description: 'None with `at`.' }) }),
    handle: async ({ service, query, state, caller: { own } }) => {
      const then = query.has('at') ? await state() : undefined;
      const all = service.operations(then);
      const pulls = then === undefined ? service.pulls(own ?? undefined) : [];
      if (own === null) return { operations: all, pulls };
      const known = then ?? service.state();
      return {
        operations: all.filter(({ stream }) => aggregateOf(known, stream)?.owner === own),
        pulls,
      };
    },
  },
  {
    method: 'GET',
    path: `${OPERATIONS}/:id`,
    id: 'getOperation',
    summary: 'Get an operation: how far it is, or what became of it',
    right: 'read',
    answer: one('operation', Known),
    handle: find,
  },
  {
    method: 'POST',
    path: `${OPERATIONS}/:id/undo`,
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
