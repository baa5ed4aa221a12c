// For probes: they answer whatever the state of the log, and with true HTTP statuses always.
import { seesAll } from '../access/caller.ts';
import { OPEN } from '../access/gate.ts';
import { Failure } from '../response/failure.ts';
import { textAnswer } from '../response/raw-answer.ts';
import type { Route } from '../route.ts';

/** In place of the reasons, for who may not see them. */
export const ASK_FOR_REASONS = 'ask with a key of scope all for the reasons';

const probe = (path: string, summary: string, handle: Route['handle'], right: Route['right'] = 'open'): Route => ({
  method: 'GET',
  path,
  summary,
  right,
  handle,
});

export const healthRoutes: readonly Route[] = [
  { ...probe('/ping', 'Say pong', async () => 'pong'), onStateAlone: true },
  probe('/healthz', 'Is the process alive?', async () => ({ alive: true })),
  probe(
    '/metrics',
    'Numbers for Prometheus',
    async ({ observed, caller }) => textAnswer('text/plain; version=0.0.4; charset=utf-8', await observed.metrics.text(seesAll(caller))),
    'readAll',
  ),
  probe('/readyz', 'Is the log read, and are Docker and etcd there?', async ({ service, caller, options: { access = OPEN } }) => {
    const readiness = service.readiness();
    // Reasons and warnings name what is missing and whose it is. While the log is not read, there are no names.
    if (access.isRead() && !seesAll(caller)) {
      if (readiness.ready) return { ready: true };
      throw new Failure('unavailable', 503, `not ready: ${ASK_FOR_REASONS}`);
    }
    if (!readiness.ready) throw new Failure('unavailable', 503, `not ready: ${readiness.reasons.join('; ')}`);
    const { reasons, warnings } = readiness;
    const sequence = service.state().head.seq;
    return { ready: true, sequence, ...(reasons !== undefined && { reasons }), ...(warnings !== undefined && { warnings }) };
  }),
];
