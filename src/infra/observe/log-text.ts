// The server's log on a terminal: a line for people in place of a line of JSON.

/** Level, and its colour (SGR). */
const LEVELS: Readonly<Record<string, string>> = { debug: '2', info: '32', warn: '33', error: '31' };
/** Names are padded to the longest of them. */
const WIDTH = 5;

interface LogStream {
  write(line: string): void;
}

/** Takes pino's lines, and passes them on as text. What is no line of pino goes through as it is. */
export const logText = (out: LogStream, colours: boolean): LogStream => ({
  write: (line) => out.write(`${textOf(line.trimEnd(), colours)}\n`),
});

function textOf(line: string, colours: boolean): string {
  const found = parsed(line);
  if (found === null) return visible(line);
  const { level, time, msg, err, ...fields } = found;
  const paint = (code: string, text: string): string => (colours && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text);
  const name = String(level);
  const { reason, stack } = errorOf(err);
  const told = Object.entries({ ...fields, ...(reason !== undefined && { err: reason }) })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${visible(key)}=${valueText(value)}`);
  const parts = [
    paint('2', String(time).replace(/^.*T/, '')),
    paint(LEVELS[name] ?? '0', name.padEnd(WIDTH)),
    visible(String(msg ?? '')),
    paint('2', told.join(' ')),
  ];
  return parts.filter((part) => part !== '').join(' ') + paint('2', stack);
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const found: unknown = JSON.parse(line);
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? { ...found } : null;
  } catch {
    return null;
  }
}

/** An error as pino writes it; a text stays one. The stack is for errors of the program, and begins on a line of its own. */
function errorOf(err: unknown): { readonly reason?: unknown; readonly stack: string } {
  if (typeof err !== 'object' || err === null || !('message' in err)) return { reason: err, stack: '' };
  const lines = 'stack' in err && typeof err.stack === 'string' ? err.stack.split('\n').slice(1) : [];
  return { reason: err.message, stack: lines.map((line) => `\n    ${visible(line.trim())}`).join('') };
}

/** A word as it is, anything else as JSON. */
const valueText = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? visible(value) : visible(JSON.stringify(value) ?? 'undefined');

/** Characters that a terminal would act on, or that would turn a line around: a log holds what clients have sent. */
const visible = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
