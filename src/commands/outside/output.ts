// The last output of a container that ended at once, as it may be recorded and shown: a few lines, without control characters and secret values.
import { HIDDEN } from '../../events/hidden.ts';
import type { Secret } from './secrets.ts';

/** Lines of output that are recorded, at most. */
const MOST_LINES = 20;
/** Bytes of these lines, at most. */
const MOST_BYTES = 4 * 1024;
/** Characters of them that a message quotes, at most: it is recorded twice, and listed with those of other commands. */
const MOST_QUOTED = 300;
/** Characters of a value that is taken out of a text, at least: a shorter one is in every text, and its place would give it away. */
const SHORTEST = 4;

/** Escape sequences of a terminal: colours, movements, titles. None of them goes beyond its line. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])?/g;
/** All control characters, and those that turn the direction of a text or end a line in JavaScript. */
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** The base64 of the bytes wherever they stand in a longer text: without the characters that depend on their neighbours. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
}

function uriForm(value: string): string[] {
  try {
    return [encodeURIComponent(value)];
  } catch {
    return []; // half a character
  }
}

/** The ways in which programs commonly print a value: as it is, line by line, and in the usual encodings. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = base64Forms(bytes);
  const hex = bytes.toString('hex');
  const lines = value.split(/\r?\n/);
  return [
    value,
    lines.join('\n'),
    ...lines,
    JSON.stringify(value).slice(1, -1),
    ...uriForm(value),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    hex,
    hex.toUpperCase(),
  ];
}

/** Takes secret values out of texts; null where one of them is too short for that, so that no text may be shown. */
export function maskOf(secrets: Iterable<Secret>): ((text: string) => string) | null {
  const values = [...secrets].map((secret) => secret.reveal()).filter((value) => value !== '');
  if (values.some(({ length }) => length < SHORTEST)) return null;
  const forms = [...new Set(values.flatMap(formsOf))].filter(({ length }) => length >= SHORTEST);
  // A longer one may hold a shorter one.
  forms.sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((masked, form) => masked.replaceAll(form, HIDDEN), text);
}

/** As a terminal would show it: of a line that was written over again and again, as progress bars are, its last state. */
function cleanLine(line: string): string {
  const last = line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
  return last.replaceAll('\t', '  ').replace(CONTROL, '').trimEnd();
}

/** The end of a text of too many bytes. */
function cutLine(line: string): string {
  const bytes = Buffer.from(line);
  const end = (): string =>
    bytes
      .subarray(3 - MOST_BYTES)
      .toString('utf8')
      .replace(/^\ufffd+/, '');
  return bytes.length <= MOST_BYTES ? line : `…${end()}`;
}

/**
 * The last lines of raw output: 20 and 4 KiB at most, empty ones left out. `mask` is applied before anything is cut, so that no part of a value
 * is left; the raw output must begin more than a value's length before what is shown, or where the container's output begins.
 */
export function lastLines(raw: string, mask: (text: string) => string): readonly string[] {
  const text = mask(mask(raw.replaceAll(/\r+\n/g, '\n')).replace(ESCAPES, ''));
  const lines: string[] = [];
  let bytes = 0;
  for (const line of text.split('\n').map(cleanLine).reverse()) {
    if (line === '') continue;
    const shown = lines.length === 0 ? cutLine(line) : line;
    bytes += Buffer.byteLength(shown) + 1;
    if (lines.length === MOST_LINES || bytes > MOST_BYTES + 1) break;
    lines.unshift(shown);
  }
  return lines;
}

/** The end of them on one line, for a message. */
export function quotedEnd(lines: readonly string[]): string {
  const text = lines.join(' | ');
  return text.length <= MOST_QUOTED ? text : `…${text.slice(-MOST_QUOTED).replace(/^[\udc00-\udfff]/, '')}`;
}
