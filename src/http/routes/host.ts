// /api/v1/hosts: what an operator says of a host.
import Type from 'typebox';
import { Text } from '../openapi/schema-parts.ts';
import { refused } from '../response/failure.ts';
import type { ApiRoute } from '../route.ts';

const Loss = Type.Object({
  host: Text,
  replicaSets: Type.Array(Text, { description: 'Those whose container was missing: they hold nothing any more.' }),
  volumes: Type.Array(Text, { description: 'Those that were missing.' }),
});

const Settlement = Type.Object({
  host: Text,
  wasRestored: Type.Boolean({ description: 'Whether there was something to settle.' }),
  differences: Type.Array(Text, { description: 'What Docker and the log did not agree about.' }),
});

export const hostRoutes: readonly ApiRoute[] = [
  {
    method: 'POST',
    path: '/api/v1/hosts/:host/accept-restore',
    id: 'acceptRestore',
    summary: 'Settle for what a restored log says',
    right: 'admin',
    query: { dryRun: Type.Boolean({ default: false, description: 'true: only list what differs.' }) },
    answer: Settlement,
    handle: async ({ service, params, origin, dryRun }) => {
      const outcome = await service.acceptRestore(params['host'] ?? '', origin, dryRun);
      if (!outcome.ok) throw refused(outcome.rejection);
      return outcome.settlement;
    },
  },
  {
    method: 'POST',
    path: '/api/v1/hosts/:host/accept-loss',
    id: 'acceptLoss',
    summary: 'Give up what is missing from Docker',
    right: 'admin',
    query: { dryRun: Type.Boolean({ default: false, description: 'true: only list what would be given up.' }) },
    answer: Loss,
    handle: async ({ service, params, origin, dryRun }) => {
      const outcome = await service.acceptLoss(params['host'] ?? '', origin, dryRun);
      if (!outcome.ok) throw refused(outcome.rejection);
      return outcome.loss;
    },
  },
];
