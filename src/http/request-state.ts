// The state of a request while it is answered: koa's `ctx.state`, with its type.
import type { ParameterizedContext } from 'koa';
import type { Caller } from './access/caller.ts';

export interface RequestState {
  /** The client's own id, or a new one. */
  requestId: string;
  /** Absent while it is not known. */
  caller?: Caller;
  /** The path as the route table has it; absent where no route took the request. */
  route?: string;
  /** The parsed body, once it was read. */
  body?: unknown;
  /** Too many requests of this address were refused at the door: a line of the log for each would fill the disk that it is on. */
  isFlood?: boolean;
  /** The API's code of the answer. */
  code?: number;
  /** Why it failed. */
  reason?: string;
}

export type RequestContext = ParameterizedContext<RequestState>;
