// The failures of requests: the errors that a handler throws, and the one table of their HTTP statuses.

import { Code } from '../../commands/api-codes.ts';
import type { Rejection } from '../../commands/decision.ts';

/** Failures that only HTTP has, beside the rejections of commands. */
type HttpKind = 'gone' | 'unauthorized' | 'limited' | 'too-large' | 'no-route' | 'wrong-method' | 'internal' | 'bad-request';
export type FailureKind = Rejection['kind'] | HttpKind;

const STATUS: { readonly [K in FailureKind]: number } = {
  invalid: 400,
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'no-route': 404,
  'wrong-method': 405,
  conflict: 409,
  exhausted: 409,
  gone: 410,
  precondition: 412,
  'too-large': 413,
  misdirected: 421,
  impossible: 422,
  busy: 429,
  limited: 429,
  failed: 422,
  internal: 500,
  unavailable: 503,
  late: 504,
};

/** Seconds that a client should wait before it tries again. */
const RETRY_AFTER: { readonly [K in FailureKind]?: number } = { busy: 1, unavailable: 2 };

export const statusOf = (kind: FailureKind): number => STATUS[kind];
export const retryAfterOf = (kind: FailureKind): number | undefined => RETRY_AFTER[kind];

/** Failures with their true status whatever the options say: who may not come in is no client of the Go program's. */
export const isOfTheDoor = (kind: FailureKind): boolean => kind === 'forbidden' || kind === 'unauthorized' || kind === 'limited';

/** Thrown by a handler; the client gets its code and message. `code` is the API's, `message` a sentence a person can act on. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What a container that ended at once had printed last. */
  readonly output: readonly string[] | undefined = undefined;
  constructor(kind: FailureKind, code: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.headers = headers;
  }
}

export const invalid = (message: string): Failure => new Failure('invalid', Code.invalidBody, message);

/** A command that was refused or failed where commands are decided. */
export class Refused extends Failure {
  override readonly output: Failure['output'];
  constructor({ kind, code, message, output }: Rejection) {
    super(kind, code, message);
    this.output = output;
  }
}
export const refused = (rejection: Rejection): Failure => new Refused(rejection);

/** The failure as a refused command; null where it was not a command that could be refused. A body that cannot be read is an invalid one. */
export function rejectionOf({ kind, code, message }: Failure): Rejection | null {
  if (kind === 'bad-request' || kind === 'too-large') return { kind: 'invalid', code, message };
  return kind === 'gone' ||
    kind === 'unauthorized' ||
    kind === 'limited' ||
    kind === 'forbidden' ||
    kind === 'internal' ||
    kind === 'no-route' ||
    kind === 'wrong-method'
    ? null
    : { kind, code, message };
}
