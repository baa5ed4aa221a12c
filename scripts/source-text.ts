/** The source with comments (and strings, if asked) replaced by spaces. Every other character stays at its place. */
export function blanked(source: string, what: { readonly strings: boolean }): string {
  // The first token at a place wins: a quote inside a comment opens no string. Code in a template's ${} counts as a part of the string.
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
  return source.replace(token, (text) => (text.startsWith('/') || what.strings ? blank(text) : text));
}

export const lineOf = (source: string, index: number): number => source.slice(0, index).split('\n').length;
