// Comma-separated values as in RFC 4180: a header line, CRLF, quotes where they are needed.

import { inPieces, LongAnswer, mapped } from './long-answer.ts';

export type Cell = string | number | null;

/** A text that a spreadsheet would take for a formula is made harmless by an apostrophe in front (OWASP, "CSV injection"). */
function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const line = (row: readonly Cell[]): string => `${row.map(cell).join(',')}\r\n`;

export const CSV_TYPE = 'text/csv; charset=utf-8; header=present';

/** As `csv`, of rows that are many. */
export const longCsv = (header: readonly string[], rows: Iterable<readonly Cell[]>): LongAnswer =>
  new LongAnswer(CSV_TYPE, inPieces(line(header), mapped(rows, line), ''));

export const csv = (header: readonly string[], rows: readonly (readonly Cell[])[]): string => [header, ...rows].map(line).join('');
