// The conditions on an event before it is sealed: of the shape that its schema says, and of a level that the log has. What is in the log cannot be
// mended, so whatever is wrong is refused here. Validators are compiled at the first event of their type.
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { catalogue, type EventType, isEventType, levelOfEvent, type NewEvent } from '../catalogue.ts';
import { OWN_SCHEMA } from './own-schema.ts';

/** A decider gave an event that must not be in the log: an error of the program, not of a client. */
export class UnsealableEventError extends Error {
  override readonly name = 'UnsealableEventError';
  readonly type: string;
  constructor({ type, stream }: NewEvent, problem: string) {
    super(`${type} for ${stream} cannot be written to the log: ${problem}`);
    this.type = type;
  }
}

let ajv: Ajv2020 | undefined;
const validators = new Map<EventType, ValidateFunction>();

function validatorOf(type: EventType): ValidateFunction {
  let validate = validators.get(type);
  if (validate === undefined) {
    ajv ??= new Ajv2020(OWN_SCHEMA);
    validate = ajv.compile(catalogue[type]);
    validators.set(type, validate);
  }
  return validate;
}

/** Throws UnsealableEventError, which names the type and the path of what is wrong in its data. */
export function checkData(event: NewEvent): void {
  if (!isEventType(event.type)) throw new UnsealableEventError(event, 'there is no such type');
  const validate = validatorOf(event.type);
  if (validate(event.data)) return;
  const [error] = validate.errors ?? [];
  const { additionalProperty: extra } = (error?.params ?? {}) as { readonly additionalProperty?: string };
  throw new UnsealableEventError(
    event,
    `data${error?.instancePath ?? ''} ${error?.message ?? 'does not fit its schema'}${extra === undefined ? '' : `: ${extra}`}`,
  );
}

/** The level that the log has once it holds the event, given the one before. Throws UnsealableEventError for a type of a higher level. */
export function checkLevel(event: NewEvent, before: number): number {
  const level = event.type === 'LogLevelRaised' || event.type === 'LogCreated' ? (event.data.level ?? 1) : before;
  const needed = levelOfEvent(event);
  if (needed <= level) return level;
  throw new UnsealableEventError(
    event,
    `it is of level ${needed}, and the log is at level ${level}; its decider must ask writable() first`,
  );
}
