// One line for each request, when it has been answered or given up. Never a body, never a query.
import type { Context } from 'koa';
import type { Logger } from '../infra/logger.ts';

/** `startedAt` in ms, from the same clock as `now`. */
export function logWhenAnswered(ctx: Context, logger: Logger, startedAt: number, now: () => number): void {
  const { req, res } = ctx;
  res.once('close', () => {
    const aborted = !res.writableFinished;
    const line = {
      method: req.method,
      path: ctx.path,
      status: res.statusCode,
      code: ctx.state['code'],
      ms: Math.round((now() - startedAt) * 10) / 10,
      requestId: ctx.state['requestId'],
      actor: ctx.state['actor'],
      ...(ctx.state['reason'] !== undefined && { reason: ctx.state['reason'] }),
      ...(aborted && { aborted }),
    };
    const reads = req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS';
    const level = res.statusCode >= 500 ? 'warn' : reads ? 'debug' : 'info';
    logger[level](line, aborted ? 'client hung up' : 'request');
  });
}
