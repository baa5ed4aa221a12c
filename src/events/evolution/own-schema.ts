// Options of ajv for a schema of the program's own.

/**
 * A schema of the program is not checked against the schema of schemas: to compile that one takes a tenth of a start. A test checks them all
 * (test/events/own-schemas.test.ts).
 */
export const OWN_SCHEMA = { strict: true, meta: false, validateSchema: false } as const;
