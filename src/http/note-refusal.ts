// Notes a refused mutation that never came to its decider.
import type { Context } from 'koa';
import { Code, failureCode } from '../commands/decision.ts';
import type { RejectionLog } from '../commands/reads.ts';
import { isDryRun } from './request/conditions.ts';
import { claimOf } from './request/origin.ts';
import { Failure, type FailureKind, Refused } from './response/failure.ts';
import type { Route } from './route.ts';

/** The code of a request that could not be carried out is the command's own. */
const commands = new Map<number, string>([
  ...Object.entries(failureCode).map(([name, code]) => [code, name] as const),
  [Code.executeFailed, 'execute'],
]);

const KINDS: { readonly [K in FailureKind]?: 'invalid' } = { 'bad-request': 'invalid', 'too-large': 'invalid' };

/** Notes what was refused before the service was asked: a body that cannot be read, a service that is not ready. */
export function noteRefusal(route: Route, ctx: Context, name: string, error: unknown, rejections: RejectionLog): void {
  if (
    route.failureCode === undefined ||
    !(error instanceof Failure) ||
    error instanceof Refused ||
    isDryRun(new URLSearchParams(ctx.querystring))
  )
    return;
  const kind = KINDS[error.kind] ?? error.kind;
  if (kind === 'internal' || kind === 'no-route' || kind === 'wrong-method' || kind === 'bad-request' || kind === 'too-large') return;
  const about = name === '' ? nameIn(ctx.state['body']) : name;
  rejections.note({
    command: commands.get(route.failureCode) ?? route.summary,
    stream: about === '' ? '' : `${route.path.startsWith('/api/v1/volumes') ? 'volume' : 'replicaSet'}/${about}`,
    origin: { actor: ctx.state['actor'], ...claimOf(ctx.req, ctx.state['requestId']) },
    rejection: { code: error.code, kind, message: error.message },
  });
}

function nameIn(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { replicaSetName, name } = body as { readonly replicaSetName?: unknown; readonly name?: unknown };
  return typeof replicaSetName === 'string' ? replicaSetName : typeof name === 'string' ? name : '';
}
