// Tables for people: columns as wide as what is in them, numbers to the right.

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
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
export function tableText({ columns, rows }: Table, colours: boolean): string {
  const cells = rows.map((row) => row.map(cell));
  const widths = columns.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const right = columns.map((_, i) => rows.some((row) => isNumber(row[i])) && rows.every((row) => row[i] === null || isNumber(row[i])));
  const line = (row: readonly string[]): string =>
    row
      .map((text, i) => (right[i] === true ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [paint(colours)('bold', line(columns)), ...cells.map(line)].join('\n');
}
