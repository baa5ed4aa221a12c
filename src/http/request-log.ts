// One line for each request, when it has been answered or given up. Never a body, never a query.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../commands/outside/logger.ts';
import { cut } from '../commands/request/quoted.ts';
import type { RequestState } from './request-state.ts';

/** Characters of a path that are logged, at most. */
const LONGEST_PATH = 300;

interface Logged {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly path: string;
  /** Read when the request has been answered. */
  readonly state: RequestState;
}

/** To be called when the response is closed. `startedAt` in ms, from the same clock as `now`. */
export type RequestLog = (request: Logged, startedAt: number) => void;

export function requestLog(logger: Logger, now: () => number): RequestLog {
  // A standby is asked for its readiness once a second, for months: only a new reason is worth a warning.
  let saidUnready = '';
  const isNews = (path: string, reason: string): boolean => {
    if (path !== '/readyz') return true;
    const before = saidUnready;
    saidUnready = reason;
    return reason !== before;
  };
  return (ctx, startedAt) => {
    const { req, res } = ctx;
    const { reason, code, requestId, caller, isFlood: isFloodAtDoor = false } = ctx.state;
    const reads = req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS';
    // Whoever has sent too many could fill the disk that the log is on.
    const isFlood = isFloodAtDoor || (caller?.role === 'none' && res.statusCode === 429);
    const isQuiet = isFlood || (reads && res.statusCode !== 401);
    const level = isNews(ctx.path, reason ?? '') && res.statusCode >= 500 ? 'warn' : isQuiet ? 'debug' : 'info';
    if (logger.isLevelEnabled?.(level) === false) return;
    const aborted = !res.writableFinished;
    const line = {
      method: req.method,
      path: cut(ctx.path, LONGEST_PATH),
      status: res.statusCode,
      code,
      ms: Math.round((now() - startedAt) * 10) / 10,
      requestId,
      actor: caller?.actor,
      ...(caller?.role === 'none' && { address: caller.address }),
      ...(reason !== undefined && { reason }),
      ...(aborted && { aborted }),
    };
    logger[level](line, aborted ? 'client hung up' : 'request');
  };
}
