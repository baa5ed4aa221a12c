// Tables for people: columns as wide as what is in them, numbers to the right.

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

/** What is in the log was written by clients: nothing of it may steer the terminal. */
export const plain = (text: string): string => text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

const cell = (value: string | number | null): string => (value === null || value === '' ? '-' : plain(String(value)));

/** Also with a fixed number of decimals, which only a text can keep. */
const isNumber = (value: string | number | null | undefined): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+\.\d+( %)?$/.test(value));

/** Lines without an end; the heads are bold where there are colours. */
export const tableText = ({ columns, rows }: Table, colours: boolean): string => growingTable(columns, colours)(rows).join('\n');

/** The lines of a table that comes part by part, the heads with the first. A column is as wide as anything in it so far. */
export function growingTable(columns: readonly string[], colours: boolean): (rows: readonly Row[]) => readonly string[] {
  const widths = columns.map((head) => head.length);
  let right: readonly boolean[] | null = null;
  return (rows) => {
    const cells = rows.map((row) => row.map(cell));
    for (const row of cells) for (const [i, text] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, text.length);
    const isFirst = right === null;
    right ??= columns.map((_, i) => rows.some((row) => isNumber(row[i])) && rows.every((row) => row[i] === null || isNumber(row[i])));
    const numbers = right;
    const line = (row: readonly string[]): string =>
      row
        .map((text, i) => (numbers[i] === true ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd();
    return [...(isFirst ? [paint(colours)('bold', line(columns))] : []), ...cells.map(line)];
  };
}
