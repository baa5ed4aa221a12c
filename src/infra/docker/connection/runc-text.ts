// The container runtime's words about a process that could not be begun, as a sentence that says what to do.

/** Characters of a program's name that a sentence quotes. */
const QUOTED = 80;
const quoted = (text: string): string => JSON.stringify(text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text);

/** Each with the text's own name of the program or the directory, where it has one. */
const SENTENCES: readonly (readonly [RegExp, (what: string) => string])[] = [
  [/exec: "((?:[^"\\]|\\.)*)": executable file not found in \$PATH/, (what) => `there is no program ${quoted(what)} in its PATH`],
  [/exec: "((?:[^"\\]|\\.)*)": stat .*: no such file or directory/, (what) => `there is no file ${quoted(what)} in it`],
  [/exec: "((?:[^"\\]|\\.)*)": permission denied/, (what) => `${quoted(what)} is not an executable file`],
  [/exec: "((?:[^"\\]|\\.)*)": is a directory/, (what) => `${quoted(what)} is a directory, and no program`],
  [/chdir to cwd \("((?:[^"\\]|\\.)*)"\).*no such file or directory/, (what) => `there is no directory ${quoted(what)} in it`],
  [/chdir to cwd \("((?:[^"\\]|\\.)*)"\).*not a directory/, (what) => `${quoted(what)} is not a directory`],
  [/chdir to cwd \("((?:[^"\\]|\\.)*)"\).*permission denied/, (what) => `its user may not enter the directory ${quoted(what)}`],
];

/** What was to be begun in `container`, and why it could not be. A text that is not one of the usual ones is given as it is. */
export function notBegun(what: string, container: string, text: string): string {
  for (const [pattern, sentence] of SENTENCES) {
    const found = pattern.exec(text);
    if (found !== null) return `${what} cannot be started in container ${container}: ${sentence(found[1] ?? '')}`;
  }
  return text;
}
