// Values of a request as messages quote them: cut short, for they are shown, logged and retained.

/** Characters of a value that a message quotes, at most. */
const LONGEST = 80;

/** The text, or its beginning. The beginning is a copy: a slice would hold the whole text in memory for as long as it lives. */
export const cut = (text: string, longest = LONGEST): string =>
  text.length <= longest ? text : `${[...text.slice(0, longest)].join('')}…`;

/** The text in quotes, cut short, without control characters. */
export const quoted = (text: string): string => JSON.stringify(cut(text));
