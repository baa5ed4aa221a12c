// Checks a body against its schema. An error is a sentence with the place, the expected form and the value that came.
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Static, TSchema } from 'typebox';
import { OWN_SCHEMA } from '../../events/evolution/own-schema.ts';
import { invalid } from '../response/failure.ts';

/** Levels of nesting, at most. Our bodies have four, and recursion must end. */
export const MAX_DEPTH = 32;

let ajv: Ajv2020 | undefined;
const compiled = new WeakMap<TSchema, ValidateFunction>();

/** Compiled at the first use: a start waits for none of them. */
function validatorOf(schema: TSchema): ValidateFunction {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    // Unknown properties are dropped, as Go's decoder does; missing ones get the schema's default.
    ajv ??= new Ajv2020({ ...OWN_SCHEMA, verbose: true, useDefaults: true, removeAdditional: 'all', ownProperties: true });
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  return validate;
}

/**
 * The parsed JSON without properties that are null, which Go clients send for unset fields; a body that is nested too deep is
 * refused. Throws Failure 'invalid'.
 */
export function withoutNulls(value: unknown, depth = 0): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (depth >= MAX_DEPTH) throw invalid(`the body is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth + 1));
  // fromEntries defines own properties, so that a key such as __proto__ is a key like any other.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([key, field]) => [key, withoutNulls(field, depth + 1)]),
  );
}

/** The body as its type; `value` is changed on the way (defaults, unknown properties). Throws Failure 'invalid'. */
export function validated<S extends TSchema>(schema: S, value: unknown): Static<S> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    // Not the text itself: a body that was encoded twice may hold secrets.
    throw invalid(`the body must be a JSON object, not ${typeof value === 'string' ? 'a string' : shown(value)}`);
  const validate = validatorOf(schema);
  if (!validate(value)) throw invalid(explain(validate.errors?.[0]));
  return value as Static<S>;
}

/** `/binds/0/src` → `binds[0].src` */
function pathOf(pointer: string): string {
  const steps = pointer.split('/').slice(1);
  return steps
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step.replaceAll('~1', '/').replaceAll('~0', '~')}`))
    .join('')
    .replace(/^\./, '');
}

/** Characters of a value that an error quotes, at most. */
const LONGEST = 60;

/** A value as it came, cut short. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  // JSON text may have a number that a double cannot hold, such as 1e400.
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return 'a number that is too large';
  const text = JSON.stringify(value) ?? 'nothing';
  const kind = typeof value === 'string' ? 'the string ' : typeof value === 'number' ? 'the number ' : '';
  return `${kind}${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}`;
}

const TYPES: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  string: 'a string',
  array: 'a list',
  object: 'an object',
};

/** The fields whose values no message quotes. */
const MAY_BE_SECRET = /^(env|secretEnv)\b/;

const kindOf = (value: unknown): string => (typeof value === 'object' ? shown(value) : `a ${typeof value}`);

function explain(error: ErrorObject | undefined): string {
  if (error === undefined) return 'the body does not fit';
  const { keyword, params, data } = error;
  const path = pathOf(error.instancePath);
  const at = path === '' ? 'the body' : path;
  const found = MAY_BE_SECRET.test(path) ? kindOf(data) : shown(data);
  switch (keyword) {
    case 'required': {
      const name = String(params['missingProperty']);
      return `${path === '' ? name : `${path}.${name}`} is missing`;
    }
    case 'type':
      return `${at} must be ${TYPES[String(params['type'])] ?? String(params['type'])}, not ${found}`;
    case 'pattern':
      if (typeof data === 'string' && data.includes('\0')) return `${at} must not have a NUL character in it`;
      return `${at} must be an absolute path, not ${found}`;
    case 'minimum':
    case 'maximum':
      return `${at} must be ${keyword === 'minimum' ? 'at least' : 'at most'} ${String(params['limit'])}, not ${found}`;
    case 'maxLength':
      return `${at} must have at most ${String(params['limit'])} characters, not ${String(data).length}`;
    case 'minItems':
    case 'maxItems':
      return `${at} must have ${keyword === 'minItems' ? 'at least' : 'at most'} ${String(params['limit'])} ${params['limit'] === 1 ? 'entry' : 'entries'}, not ${(data as unknown[]).length}`;
    default:
      return `${at} ${error.message ?? 'does not fit'}`;
  }
}
