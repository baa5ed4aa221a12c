// What a route gives when its answer is no `data` for the envelope: it sends the answer itself.
import type { Context } from 'koa';

export class RawAnswer {
  readonly send: (ctx: Context) => void;
  constructor(send: (ctx: Context) => void) {
    this.send = send;
  }
}

export const textAnswer = (type: string, body: string, headers: Readonly<Record<string, string>> = {}): RawAnswer =>
  new RawAnswer((ctx) => {
    ctx.set({ ...headers, 'Content-Type': type });
    ctx.body = body;
  });
