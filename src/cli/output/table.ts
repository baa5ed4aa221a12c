// Tables for people: numbers stand to the right, and no line is wider than the terminal. Printed to a pipe or a file, nothing is cut.
import { styleText } from 'node:util';
import stringWidth from 'string-width';

export type Cell = string | number | null;
export type Row = readonly Cell[];

export interface Head {
  readonly head: string;
  /** The column may be cut to this width, in cells of a terminal; absent: never. */
  readonly least?: number;
}
export interface Table {
  readonly columns: readonly (string | Head)[];
  readonly rows: readonly Row[];
}

const COLOURS = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan'] as const;
export type Colour = (typeof COLOURS)[number];

/** Node looks itself whether standard output takes colours, and at NO_COLOR: whether they are wanted is decided before. */
export const paint =
  (colours: boolean) =>
  (colour: Colour, text: string): string =>
    colours ? styleText(colour, text, { validateStream: false }) : text;

/** Escapes control characters: clients wrote the texts of the log, and none of them may steer the terminal. */
export const plain = (text: string): string => text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** The same of a text of several lines. */
export const plainLines = (text: string): string => text.split('\n').map(plain).join('\n');

const shown = (value: Cell): string => (value === null || value === '' ? '-' : plain(String(value)));

/** A text with a fixed number of decimals counts too. */
const isNumber = (value: Cell | undefined): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+\.\d+( %)?$/.test(value));

/** Spaces up to `width` cells of a terminal. A wide character, such as a Chinese one or an emoji, takes two. */
const fill = (text: string, width: number): string => ' '.repeat(Math.max(0, width - stringWidth(text)));

/** At most `width` cells of a text; … stands for what is left out. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let taken = 0;
  let part = '';
  for (const letter of text) {
    taken += stringWidth(letter);
    if (taken > width - 1) break;
    part += letter;
  }
  return width < 1 ? '' : `${part}…`;
}

const GAP = '  ';

/** Widths that fit into `whole` together, where that is possible: the widest column that may be cut gives first. */
function fitted(widths: readonly number[], heads: readonly Head[], whole: number): readonly number[] {
  const fit = [...widths];
  let over = fit.reduce((sum, width) => sum + width, GAP.length * (fit.length - 1)) - whole;
  for (; over > 0; over--) {
    let widest = -1;
    for (const [i, width] of fit.entries()) {
      const { least = Number.POSITIVE_INFINITY } = heads[i] ?? {};
      if (width > least && width > (fit[widest] ?? 0)) widest = i;
    }
    if (widest < 0) break;
    fit[widest] = (fit[widest] ?? 0) - 1;
  }
  return fit;
}

/** Lines without a line break at the end. The heads are bold where there are colours. `width`: columns of the terminal; null: nothing is cut. */
export const tableText = ({ columns, rows }: Table, colours: boolean, width: number | null = null): string =>
  growingTable(columns, colours, width)(rows).join('\n');

/** Returns the lines of a table that comes part by part, the heads with the first part. A column grows as wider cells come. */
export function growingTable(
  columns: Table['columns'],
  colours: boolean,
  width: number | null = null,
): (rows: readonly Row[]) => readonly string[] {
  const heads = columns.map((column) => (typeof column === 'string' ? { head: column } : column));
  const widest = heads.map(({ head }) => stringWidth(head));
  let right: readonly boolean[] | null = null;
  return (rows) => {
    const cells = rows.map((row) => row.map(shown));
    for (const row of cells) for (const [i, text] of row.entries()) widest[i] = Math.max(widest[i] ?? 0, stringWidth(text));
    const widths = width === null ? widest : fitted(widest, heads, width);
    const isFirst = right === null;
    right ??= heads.map((_, i) => rows.some((row) => isNumber(row[i])) && rows.every((row) => row[i] === null || isNumber(row[i])));
    const numbers = right;
    const line = (row: readonly string[]): string => {
      const texts = row.map((whole, i) => {
        const its = widths[i] ?? 0;
        const text = width === null ? whole : cut(whole, its);
        return numbers[i] === true ? fill(text, its) + text : text + fill(text, its);
      });
      const text = texts.join(GAP).trimEnd();
      return width === null ? text : cut(text, width);
    };
    return [...(isFirst ? [paint(colours)('bold', line(heads.map(({ head }) => head)))] : []), ...cells.map(line)];
  };
}
