// Says whether an answer is one that the API's document describes.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../src/http/openapi/document.ts';

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every object has the properties that its schema names and no others, unless it says so. */
const strictly = (schema: unknown): unknown =>
  JSON.parse(JSON.stringify(schema), (_, value: unknown) =>
    isObject(value) && isObject(value['properties']) && value['type'] === 'object' && !('additionalProperties' in value)
      ? { ...value, additionalProperties: false }
      : value,
  );

const document = strictly(openApiDocument('1'));
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ $id: 'api', ...(isObject(document) ? document : {}) });

/** As a path of a JSON pointer. */
const escaped = (key: string): string => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));

const validators = new Map<string, ValidateFunction>();
function validatorOf(pointer: string): ValidateFunction {
  const before = validators.get(pointer);
  if (before !== undefined) return before;
  const made = ajv.compile({ $ref: `api#/${pointer}` });
  validators.set(pointer, made);
  return made;
}

/** The problems of a value that should be as the schema at these keys of the document. */
export function problemsAt(keys: readonly string[], value: unknown): string | null {
  const validate = validatorOf(keys.map(escaped).join('/'));
  return validate(value) ? null : ajv.errorsText(validate.errors, { separator: '\n' });
}
