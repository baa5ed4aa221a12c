// Docker's failures as the kinds of error that operations tell apart.

import { EngineError, type EngineErrorKind } from '../../../commands/outside/engine-error.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';

/** An answer of the engine that says no. `status` is the HTTP status, `text` Docker's own words. */
export class DockerRefusal extends EngineError {
  readonly status: number;
  readonly text: string;
  constructor(what: string, status: number, text: string) {
    super(kindOf(status, text), `${what}: ${text}`);
    this.status = status;
    this.text = text;
  }

  /** The daemon does not speak the version of the API that it was asked in: it was upgraded, or put back. */
  get isOtherVersion(): boolean {
    return isOtherVersion(this.status, this.text);
  }
}

// Docker answers nearly everything with 500. These are the failures that a later try may get past.
const PASSING =
  /daemon is shutting down|ttrpc: closed|transport is closing|containerd\.sock|error reading from server: EOF|context canceled/i;
const FULL = /no space left on device|disk quota exceeded/i;

const isOtherVersion = (status: number, text: string): boolean => status === 400 && /client version \S+ is too (old|new)/i.test(text);

function kindOf(status: number, text: string): EngineErrorKind {
  if (FULL.test(text)) return 'no-space';
  if (status === 404) return 'not-found';
  if (status === 409) return 'conflict';
  if (isOtherVersion(status, text)) return 'unavailable';
  if ([408, 429, 502, 503, 504].includes(status) || (status >= 500 && PASSING.test(text))) return 'unavailable';
  return 'refused';
}

/** The error that docker-modem rejects with. */
interface ModemError {
  readonly statusCode?: number;
  readonly json?: unknown;
  readonly message?: string;
}

/** Docker's own text. docker-modem has parsed it, unless the answer is a stream or is not JSON. */
function textOf(error: ModemError): string {
  const { json } = error;
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') return json.message;
  if (Buffer.isBuffer(json) && json.length > 0) return json.toString('utf8').trim();
  return (error.message ?? 'no reason given').replace(/^\(HTTP code \d+\) .*? - /, '').trim();
}

export function toEngineError(what: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const fault = error as ModemError;
  if (typeof fault.statusCode === 'number') return new DockerRefusal(what, fault.statusCode, textOf(fault));
  const reason = messageOf(error);
  return new EngineError('unavailable', `${what}: Docker cannot be reached: ${reason}`, { cause: error });
}

export const isStatus = (error: unknown, ...statuses: readonly number[]): error is DockerRefusal =>
  error instanceof DockerRefusal && statuses.includes(error.status);

/** The value, or undefined where the engine answered with one of these statuses. */
export async function unless<T>(promise: Promise<T>, ...statuses: readonly number[]): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isStatus(error, ...statuses)) return undefined;
    throw error;
  }
}
