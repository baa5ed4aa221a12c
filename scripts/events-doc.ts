// Writes docs/events.md from the event schemas. With --check it writes nothing, and exits with 1 where the file is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalogue, type EventType, schemaVersionOf } from '../src/events/catalogue.ts';
import { hostEvents } from '../src/events/host.ts';
import { operationEvents } from '../src/events/operation.ts';
import { replicaSetEvents } from '../src/events/replica-set.ts';
import { volumeEvents } from '../src/events/volume.ts';

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly patternProperties?: unknown;
}

function shape(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(shape).join(' \\| ');
  if (schema.type === 'array') return `[${shape(schema.items ?? {})}]`;
  if (schema.properties !== undefined) {
    return `{ ${Object.entries(schema.properties)
      .map(([name, field]) => `${name}${schema.required?.includes(name) ? '' : '?'}: ${shape(field)}`)
      .join(', ')} }`;
  }
  return schema.type ?? 'any';
}

/** The doc comment above an event in its source file: the schema and its meaning stand in one place. */
function meanings(file: string): ReadonlyMap<string, string> {
  const source = readFileSync(new URL(`../src/events/${file}`, import.meta.url), 'utf8');
  const found = new Map<string, string>();
  for (const match of source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*\n {2}(\w+): Type/g)) {
    const text = (match[1] ?? '')
      .replace(/^\s*\* ?/gm, '')
      .replace(/\s+/g, ' ')
      .trim();
    found.set(match[2] ?? '', text);
  }
  return found;
}

const GROUPS = [
  ['Host', '`log` and `host/<name>`', hostEvents, 'host.ts'],
  ['Operations', '`replicaSet/<name>` and `volume/<name>`', operationEvents, 'operation.ts'],
  ['ReplicaSets', '`replicaSet/<name>`', replicaSetEvents, 'replica-set.ts'],
  ['Volumes', '`volume/<name>`', volumeEvents, 'volume.ts'],
] as const;

function render(): string {
  const lines = [
    '# Events',
    '',
    'Every event type, made from the schemas in `src/events` by `npm run docs`. Each event stands in the log in an envelope:',
    '',
    '| field | meaning |',
    '|---|---|',
    '| `seq` | dense from 1 over the whole log |',
    '| `type`, `schema` | the type below and the version of its schema |',
    '| `stream` | what it is about: `log`, `host/<name>`, `replicaSet/<name>`, `volume/<name>` |',
    '| `time` | UTC, ISO 8601 to the millisecond, never before the event in front of it |',
    '| `host` | the Docker host that it belongs to |',
    '| `command` | `id`, `name`, `actor` and, where the request had them, `requestId`, `idempotencyKey`, `bodyHash`, `traceparent`, `address` |',
    '| `data` | the facts, as below |',
    '| `prev`, `hash` | the hash of the event before; SHA-256 over the canonical JSON (sorted keys) of all the rest, `prev` included |',
  ];
  for (const [title, streams, events, file] of GROUPS) {
    const said = meanings(file);
    lines.push('', `## ${title}`, '', `Streams: ${streams}.`);
    for (const type of Object.keys(events) as EventType[]) {
      const schema = catalogue[type] as Schema;
      lines.push('', `### ${type}${schemaVersionOf(type) > 1 ? ` (schema ${schemaVersionOf(type)})` : ''}`, '');
      const meaning = said.get(type);
      if (meaning !== undefined) lines.push(meaning, '');
      lines.push('| data | type |', '|---|---|');
      for (const [name, field] of Object.entries(schema.properties ?? {})) {
        lines.push(`| \`${name}\`${schema.required?.includes(name) ? '' : ' (optional)'} | ${shape(field)} |`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

const path = fileURLToPath(new URL('../docs/events.md', import.meta.url));
const text = render();
if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write('docs/events.md is out of date: run npm run docs\n');
  process.exitCode = 1;
}
