// Every answer is {code, msg, data}, or RFC 9457 problem details where a client asks for them.
import { STATUS_CODES } from 'node:http';
import { Code } from '../../commands/api-codes.ts';
import { cut } from '../../commands/request/quoted.ts';
import type { RequestContext } from '../request-state.ts';
import { type Failure, retryAfterOf, statusOf } from './failure.ts';
import { JSON_TYPE } from './prepared-answers.ts';

export interface Answer {
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
}

/** JSON with a newline behind it, so that answers in a terminal do not run into one another. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value)}\n`;

export const success = (data: unknown): Answer => ({ code: Code.success, msg: 'Success', data });

/** Characters of the path in a problem, at most. */
const LONGEST_INSTANCE = 300;

const names = new Map<number, string>(Object.entries(Code).map(([name, code]) => [code, name]));

/** The name of a code in problems and documents: notEnoughGpus → not-enough-gpus. */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The type and title of a problem: one for each code, about:blank where the status is enough. */
function problemType(code: number, status: number): { type: string; title: string } {
  const name = names.get(code);
  if (name === undefined) return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error' };
  const words = kebab(name).replaceAll('-', ' ').replace(/\bgpu/g, 'GPU');
  return { type: `urn:gpu-docker-api:problem:${kebab(name)}`, title: `${words.charAt(0).toUpperCase()}${words.slice(1)}` };
}

/** Only a client that names the media type gets it: a wildcard means {code, msg, data}. */
function wantsProblem(accept: string): boolean {
  return accept.split(',').some((part) => {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return type === 'application/problem+json' && !parameters.some((p) => /^q=0(\.0*)?$/.test(p));
  });
}

/** `compat`: answer HTTP 200 for every outcome, as the Go program does; `code` distinguishes them. */
export function answerFailure(ctx: RequestContext, failure: Failure, compat: boolean): void {
  const { output } = failure;
  const status = statusOf(failure.kind);
  const retryAfter = retryAfterOf(failure.kind);
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
  ctx.set({ ...failure.headers });
  ctx.state.code = failure.code;
  ctx.status = compat ? 200 : status;
  if (!compat && wantsProblem(ctx.get('Accept'))) {
    ctx.body = jsonText({
      ...problemType(failure.code, status),
      status,
      detail: failure.message,
      instance: cut(ctx.path, LONGEST_INSTANCE),
      code: failure.code,
      output,
    });
    ctx.type = 'application/problem+json';
    return;
  }
  ctx.type = JSON_TYPE;
  // The Go program has no data in a failure, and a client of it may count on that: the end of the output is in the message.
  const data = output === undefined || compat ? null : { output };
  ctx.body = jsonText({ code: failure.code, msg: failure.message, data } satisfies Answer);
}
