// The output of a container for a terminal. Colours are left in it; other escape sequences could set its clipboard or its title, or have it type.

const ESC = '\u001b';
/** Colours, and what draws a line anew. */
const HARMLESS = `${ESC}\\[(?:[0-9;:]*m|[0-9]*[CDGK])`;
const CONTROL = '(?![\\b\\t\\n\\r])\\p{Cc}';
const FOUND = new RegExp(`${HARMLESS}|${CONTROL}`, 'gu');
/** The beginning of a sequence whose end may be in the next piece. */
const UNFINISHED = new RegExp(`${ESC}(?:\\[[0-9;:]{0,32})?$`, 'u');

/** `^[` for the escape character, as `cat -v` has it. */
function caret(control: string): string {
  const code = control.charCodeAt(0);
  return code < 0x80 ? `^${String.fromCharCode(code ^ 0x40)}` : `\\x${code.toString(16)}`;
}

/** A whole text as a terminal may have it. */
export const forTerminal = (text: string): string => text.replace(FOUND, (found) => (found.length > 1 ? found : caret(found)));

/** 8-bit control characters, which JSON leaves as they are and a terminal obeys, as JSON may write them. */
export const withoutEightBit = (text: string): string =>
  text.replace(/[\u007f-\u009f]/gu, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);

/**
 *     const shown = new TerminalText();
 *     for (const piece of pieces) io.out(shown.take(piece));
 *     io.out(shown.end());
 *
 * Promises that what it gives has no control characters but tabs, line ends and backspaces, and no escape sequences but those of colours and of one line.
 */
export class TerminalText {
  #rest = '';

  take(piece: string): string {
    const text = this.#rest + piece;
    this.#rest = UNFINISHED.exec(text)?.[0] ?? '';
    return forTerminal(text.slice(0, text.length - this.#rest.length));
  }

  end(): string {
    const rest = this.#rest;
    this.#rest = '';
    return forTerminal(rest);
  }
}
