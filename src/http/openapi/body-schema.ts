// A body's schema as the document shows it. The validator takes more than the document says, so that the answer to a body that is wrong has
// a code of its own, and reads a Go client's unset fields as their zero values.
import type { TSchema } from 'typebox';

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** An empty text is how a Go client leaves out what it must say. */
const isMissing = (field: unknown): boolean => isObject(field) && field['default'] === '';
const hasDefault = (field: unknown): boolean => isObject(field) && 'default' in field && !isMissing(field);

function plainly(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plainly);
  if (!isObject(schema)) return schema;
  const plain: Record<string, unknown> = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, plainly(value)]));
  if (isMissing(schema)) {
    delete plain['default'];
    plain['minLength'] = 1;
  }
  if (plain['minimum'] === Number.MIN_SAFE_INTEGER) plain['minimum'] = 0;
  const { properties, required } = schema;
  if (!isObject(properties)) return plain;
  const needed = Array.isArray(required) ? required.filter((name) => !hasDefault(properties[String(name)])) : [];
  const { required: _, ...others } = plain;
  return { ...others, ...(needed.length > 0 && { required: needed }), additionalProperties: false };
}

export const bodySchema = (schema: TSchema): unknown => plainly(JSON.parse(JSON.stringify(schema)));

/** Whether a request must have a body. */
export const needsBody = (schema: TSchema): boolean => {
  const plain = bodySchema(schema);
  return isObject(plain) && 'required' in plain;
};
