// An answer that is not {code, msg, data}: the route sends it itself.
import type { RequestContext } from '../request-state.ts';

export class RawAnswer {
  readonly send: (ctx: RequestContext) => void;
  constructor(send: (ctx: RequestContext) => void) {
    this.send = send;
  }
}

export const textAnswer = (type: string, body: string, headers: Readonly<Record<string, string>> = {}): RawAnswer =>
  new RawAnswer((ctx) => {
    ctx.set({ ...headers, 'Content-Type': type });
    ctx.body = body;
  });
