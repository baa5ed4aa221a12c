// Failures of the container engine, as callers tell them apart.

export type EngineErrorKind =
  /** No answer, or a fault that may pass: try again later. The request may or may not have been carried out. */
  | 'unavailable'
  | 'not-found'
  | 'conflict'
  | 'in-use'
  | 'no-space'
  /** The engine answered with a refusal: `message` is its own reason. */
  | 'refused';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly kind: EngineErrorKind;
  constructor(kind: EngineErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Another engine than the host's has answered: what it says is worth nothing. */
export class OtherEngineError extends EngineError {
  constructor(message: string) {
    super('unavailable', message);
  }
}
