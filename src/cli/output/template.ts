// `--format TEMPLATE`: the fields of a row in a text, as docker writes it: `{{.Name}}\t{{.State}}`, `{{json .Ports}}`, `{{json .}}`.
import { UsageError } from '../../infra/options/usage-error.ts';
import { type Cell, plain } from './table.ts';

/** The fields of a row by their names, such as `createTime`. */
export type Fields = Readonly<Record<string, Cell>>;

const PART = /\{\{\s*(json\s+)?\.(\w*)\s*\}\}/g;

/** A shell passes `\t` and `\n` on as they were typed. */
const unescaped = (template: string): string => template.replace(/\\([tn])/g, (_, letter) => (letter === 't' ? '\t' : '\n'));

export const TABLE = 'table';

/** The template of each column of `table TEMPLATE`; null for a template of another kind. */
export const tableColumns = (template: string): readonly string[] | null =>
  template.startsWith(`${TABLE} `) ? unescaped(template.slice(TABLE.length).trimStart()).split('\t') : null;

/** A function that fills the template in. `names`: every field that there is. Throws UsageError for another one, and for what is no field. */
export function filled(template: string, names: readonly string[]): (fields: Fields) => string {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  const there = `the fields are ${names.map((name) => `.${capital(name)}`).join(', ')}`;
  for (const [, json, field = ''] of template.matchAll(PART))
    if (!known.has(field.toLowerCase()) && !(json !== undefined && field === ''))
      throw new UsageError(`--format: there is no field .${field}; ${there}`);
  if (/\{\{|\}\}/.test(template.replace(PART, '')))
    throw new UsageError(`--format: "${template}" holds more than fields such as {{.${capital(names[0] ?? '')}}} or {{json .}}; ${there}`);
  const text = unescaped(template);
  return (fields) =>
    text.replace(PART, (_, json: string | undefined, field: string) => {
      const value = field === '' ? fields : fields[known.get(field.toLowerCase()) ?? ''];
      return json === undefined ? plain(String(value ?? '')) : JSON.stringify(value ?? null);
    });
}

/** The head of a column of `table TEMPLATE`: the names of its fields. */
export const headOf = (template: string): string => template.replace(PART, (_, __, field: string) => field.toUpperCase());

const capital = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
