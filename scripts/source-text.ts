/** Source with the insides of comments (and, if asked, of strings) blanked; every character keeps its line. */
export function blanked(source: string, what: { readonly strings: boolean }): string {
  // Whatever begins first at a place wins: a quote inside a comment opens no string. Text in a template's ${} is blanked with it,
  // unless strings are kept.
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
  return source.replace(token, (text) => (text.startsWith('/') || what.strings ? blank(text) : text));
}

export const lineOf = (source: string, index: number): number => source.slice(0, index).split('\n').length;
