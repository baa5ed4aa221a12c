// What the routes show of the service itself, and where a refused mutation is noted that never came to its decider.
import type { Context } from 'koa';
import { Code, failureCode } from '../commands/decision.ts';
import type { EventReads } from '../events/query.ts';
import type { Rejections } from '../infra/rejections.ts';
import { isDryRun } from './conditions.ts';
import { Failure, type FailureKind, Refused } from './failure.ts';
import { claimOf } from './origin.ts';
import type { Route } from './route.ts';
import type { EventStreams } from './sse.ts';

export interface Audit {
  readonly events: EventReads;
  readonly streams: EventStreams;
  readonly rejections: Pick<Rejections, 'note' | 'list' | 'total'>;
  readonly metrics: { text(): Promise<string> };
  /** Counts an answer; `route` is the path as the route table has it. */
  request(method: string, route: string, status: number): void;
}

/** The code of a request that could not be carried out is the command's own. */
const commands = new Map<number, string>([
  ...Object.entries(failureCode).map(([name, code]) => [code, name] as const),
  [Code.executeFailed, 'execute'],
]);

const KINDS: { readonly [K in FailureKind]?: 'invalid' } = { 'bad-request': 'invalid', 'too-large': 'invalid' };

/** Notes what was refused before the service was asked: a body that cannot be read, a service that is not ready. */
export function noteRefusal(route: Route, ctx: Context, name: string, error: unknown, { rejections }: Audit): void {
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
