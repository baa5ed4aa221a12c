// Prints the rows of a command that lists something: as a table, as JSON, by a template, or their names alone. Every such command prints with it.
import type { Flag } from '../../infra/options/flags.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import type { Arguments, ExitCode, Terminal } from '../subcommand.ts';
import { type Cell, growingTable, type Head, paint, plain, type Row } from './table.ts';
import { type Fields, filled, headOf, TABLE, tableColumns } from './template.ts';

/** The options of a command that prints rows; `one`: what `--quiet` prints of each. */
export const rowFlags = (one = 'name'): Readonly<Record<string, Flag>> => ({
  quiet: { short: 'q', help: `print only each ${one}` },
  format: { value: 'TEMPLATE', help: "'{{.Field}}\\t{{.Field}}' for each row, 'table {{.Field}}…', table, or json: a JSON object a line" },
  'no-trunc': { help: 'cut nothing, however narrow the terminal is' },
  json: { help: 'print one JSON object' },
});

export interface Column<R> extends Partial<Head> {
  /** Its name in a template and in JSON lines, such as `createTime`. The head is the same in capitals, where none is given. */
  readonly field: string;
  readonly of: (row: R) => Cell;
  /** A field alone: the table does not show it. */
  readonly hidden?: boolean;
}

export interface Listing<R> {
  /** The first one is the name, where `name` is not given. */
  readonly columns: readonly Column<R>[];
  /** What `--quiet` prints of a row, and other commands take. */
  readonly name?: (row: R) => string;
  /** The sentence in place of a table without rows. */
  readonly none: string;
  /** A line above the table. */
  readonly above?: string | undefined;
}

/** Prints rows that are all there. `json`: of `--json`; it holds at least what the table shows. Throws UsageError. */
export function printRows<R>(
  io: Terminal,
  args: Arguments,
  { rows, json, ...listing }: Listing<R> & { readonly rows: readonly R[]; readonly json: unknown },
): ExitCode {
  const printer = rowPrinter(io, args, listing);
  if (args.has('json')) io.out(`${JSON.stringify(json)}\n`);
  else {
    printer.part(rows);
    printer.end();
  }
  return 0;
}

export interface RowPrinter<R> {
  part(rows: readonly R[]): void;
  end(): void;
}

/** Width, in cells, to which each column of `table TEMPLATE` may be cut. */
const TEMPLATE_LEAST = 4;

/** Prints rows that come part by part; `--json` is the caller's. Throws UsageError. */
export function rowPrinter<R>(io: Terminal, args: Arguments, { columns, name, none, above }: Listing<R>): RowPrinter<R> {
  const chosen = ['json', 'quiet', 'format'].filter((flag) => args.has(flag));
  if (chosen.length > 1) throw new UsageError(`${chosen.map((flag) => `--${flag}`).join(' and ')}: choose one`);
  const format = args.one('format') ?? TABLE;
  const lines = (line: (row: R) => string): RowPrinter<R> => ({
    part: (rows) => rows.length > 0 && io.out(`${rows.map(line).join('\n')}\n`),
    end: () => undefined,
  });
  const fieldsOf = (row: R): Fields => Object.fromEntries(columns.map(({ field, of }) => [field, of(row)]));
  if (args.has('quiet')) return lines((row) => (name === undefined ? plain(String(columns[0]?.of(row) ?? '')) : plain(name(row))));
  if (format === 'json') return lines((row) => JSON.stringify(fieldsOf(row)));
  const names = columns.map(({ field }) => field);
  const parts = tableColumns(format);
  if (parts === null && format !== TABLE) {
    const line = filled(format, names);
    return lines((row) => line(fieldsOf(row)));
  }
  const visible = columns.filter(({ hidden }) => hidden !== true);
  const fillers = parts?.map((part) => filled(part, names));
  const heads =
    parts?.map((part) => ({ head: headOf(part), least: TEMPLATE_LEAST })) ??
    visible.map(({ field, head = field.toUpperCase(), least }) => ({ head, ...(least !== undefined && { least }) }));
  const table = growingTable(heads, io.colours, args.has('no-trunc') ? null : io.width);
  let isAny = false;
  return {
    part: (rows) => {
      if (rows.length === 0) return;
      if (!isAny) sayAbove(io, above);
      isAny = true;
      const cells = rows.map((row): Row => fillers?.map((fill) => fill(fieldsOf(row))) ?? visible.map(({ of }) => of(row)));
      io.out(`${table(cells).join('\n')}\n`);
    },
    end: () => {
      if (isAny) return;
      sayAbove(io, above);
      io.out(`${none}\n`);
    },
  };
}

function sayAbove(io: Terminal, above: string | undefined): void {
  if (above !== undefined) io.out(`${paint(io.colours)('dim', above)}\n`);
}
