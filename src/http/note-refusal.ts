// Notes a mutation that was refused before the service was asked: its body could not be read, or the service was not ready.
import { type CommandKind, commands } from '../commands/command.ts';
import type { RejectionLog } from '../commands/reads.ts';
import { isDryRun } from './request/conditions.ts';
import { claimOf } from './request/origin.ts';
import type { RequestContext } from './request-state.ts';
import { Failure, Refused, rejectionOf } from './response/failure.ts';

/** `name` is '' where the path has none. A refusal by the service itself (Refused) was noted there. */
export function noteRefusal(command: CommandKind, ctx: RequestContext, name: string, error: unknown, rejections: RejectionLog): void {
  if (!(error instanceof Failure) || error instanceof Refused || isDryRun(new URLSearchParams(ctx.querystring))) return;
  const rejection = rejectionOf(error);
  const { caller, requestId } = ctx.state;
  if (rejection === null || caller === undefined) return;
  const about = name === '' ? nameIn(ctx.state.body) : name;
  rejections.note({
    command,
    stream: about === '' ? '' : commands[command].stream(about),
    origin: claimOf(ctx.req, caller, requestId),
    rejection,
  });
}

function nameIn(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { replicaSetName, name } = body as { readonly replicaSetName?: unknown; readonly name?: unknown };
  return typeof replicaSetName === 'string' ? replicaSetName : typeof name === 'string' ? name : '';
}
