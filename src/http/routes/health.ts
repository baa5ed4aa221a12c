// For probes: they answer whatever the state of the log, and with true HTTP statuses always.
import Type from 'typebox';
import { seesAll } from '../access/caller.ts';
import { OPEN } from '../access/gate.ts';
import { one, Text } from '../openapi/schema-parts.ts';
import { Failure } from '../response/failure.ts';
import { textAnswer } from '../response/raw-answer.ts';
import type { ApiRoute, Call } from '../route.ts';

/** In place of the reasons, for who may not see them. */
export const ASK_FOR_REASONS = 'ask with a key of scope all for the reasons';

const probe = { method: 'GET', right: 'open' } as const;

const Ready = Type.Object({
  ready: Type.Literal(true),
  sequence: Type.Optional(Type.Integer({ description: 'The last event that this server has read; only for who may see all.' })),
  reasons: Type.Optional(Type.Array(Text, { description: 'Why some commands wait or are refused.' })),
  warnings: Type.Optional(Type.Array(Text, { description: 'For the operator, a sentence each.' })),
});

async function readiness({ service, caller, options: { access = OPEN } }: Call): Promise<unknown> {
  const now = service.readiness();
  // Reasons and warnings name what is missing and whose it is. While the log is not read, there are no names.
  if (access.isRead() && !seesAll(caller)) {
    if (now.ready) return { ready: true };
    throw new Failure('unavailable', 503, `not ready: ${ASK_FOR_REASONS}`);
  }
  if (!now.ready) throw new Failure('unavailable', 503, `not ready: ${now.reasons.join('; ')}`);
  const { reasons, warnings } = now;
  const sequence = service.state().head.seq;
  return { ready: true, sequence, ...(reasons !== undefined && { reasons }), ...(warnings !== undefined && { warnings }) };
}

export const healthRoutes: readonly ApiRoute[] = [
  {
    ...probe,
    path: '/ping',
    id: 'ping',
    summary: 'Say pong',
    answer: Type.Literal('pong'),
    onStateAlone: true,
    handle: async () => 'pong',
  },
  {
    ...probe,
    path: '/healthz',
    id: 'getHealth',
    summary: 'Is the process alive?',
    answer: one('alive', Type.Literal(true)),
    handle: async () => ({ alive: true }),
  },
  {
    ...probe,
    path: '/metrics',
    id: 'getMetrics',
    summary: 'Numbers for Prometheus',
    right: 'readAll',
    alsoAs: { 'text/plain': Type.String({ description: 'The text format of Prometheus, version 0.0.4.' }) },
    handle: async ({ observed, caller }) =>
      textAnswer('text/plain; version=0.0.4; charset=utf-8', await observed.metrics.text(seesAll(caller))),
  },
  {
    ...probe,
    path: '/readyz',
    id: 'getReadiness',
    summary: 'Is the log read, and are Docker and etcd there?',
    answer: Ready,
    handle: readiness,
  },
];
