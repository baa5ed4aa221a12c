// JavaScript can throw any value, not only an Error.

/** The message of an error, or the text of any other thrown value. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
