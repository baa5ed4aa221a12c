// Comma-separated values as in RFC 4180: a header line, CRLF, quotes where they are needed.

export type Cell = string | number | null;

/** A text that a spreadsheet would take for a formula is made harmless by an apostrophe in front (OWASP, "CSV injection"). */
function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const csv = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
