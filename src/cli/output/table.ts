// Tables for people: every column is as wide as its widest cell, and numbers stand to the right.
import stringWidth from 'string-width';

export type Row = readonly (string | number | null)[];
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

const CODES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const;
export type Colour = keyof typeof CODES;

export const paint =
  (colours: boolean) =>
  (colour: Colour, text: string): string =>
    colours ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;

/** Escapes control characters: clients wrote the texts of the log, and none of them may steer the terminal. */
export const plain = (text: string): string => text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

const cell = (value: string | number | null): string => (value === null || value === '' ? '-' : plain(String(value)));

/** A text with a fixed number of decimals counts too. */
const isNumber = (value: string | number | null | undefined): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+\.\d+( %)?$/.test(value));

/** Lines without a line break at the end. The heads are bold where there are colours. */
export const tableText = ({ columns, rows }: Table, colours: boolean): string => growingTable(columns, colours)(rows).join('\n');

/** Spaces up to `width` cells of a terminal. A wide character, such as a Chinese one or an emoji, takes two. */
const fill = (text: string, width: number): string => ' '.repeat(Math.max(0, width - stringWidth(text)));

/** Returns the lines of a table that comes part by part, the heads with the first part. A column only ever grows wider. */
export function growingTable(columns: readonly string[], colours: boolean): (rows: readonly Row[]) => readonly string[] {
  const widths = columns.map((head) => stringWidth(head));
  let right: readonly boolean[] | null = null;
  return (rows) => {
    const cells = rows.map((row) => row.map(cell));
    for (const row of cells) for (const [i, text] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, stringWidth(text));
    const isFirst = right === null;
    right ??= columns.map((_, i) => rows.some((row) => isNumber(row[i])) && rows.every((row) => row[i] === null || isNumber(row[i])));
    const numbers = right;
    const line = (row: readonly string[]): string =>
      row
        .map((text, i) => (numbers[i] === true ? fill(text, widths[i] ?? 0) + text : text + fill(text, widths[i] ?? 0)))
        .join('  ')
        .trimEnd();
    return [...(isFirst ? [paint(colours)('bold', line(columns))] : []), ...cells.map(line)];
  };
}
