// Writes docs/events.md from the event schemas. With --check it writes nothing, and exits with 1 where the file is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalogue, type EventType, LEVEL, levelOf, schemaVersionOf } from '../src/events/catalogue.ts';
import { logEvents } from '../src/events/evolution/log-events.ts';
import { hostEvents } from '../src/events/host.ts';
import { keyEvents } from '../src/events/key.ts';
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
  ['Log', '`log`', logEvents, 'evolution/log-events.ts'],
  ['Host', '`host/<name>`', hostEvents, 'host.ts'],
  ['Keys', '`key/<name>`', keyEvents, 'key.ts'],
  ['Operations', '`replicaSet/<name>` and `volume/<name>`', operationEvents, 'operation.ts'],
  ['ReplicaSets', '`replicaSet/<name>`', replicaSetEvents, 'replica-set.ts'],
  ['Volumes', '`volume/<name>`', volumeEvents, 'volume.ts'],
] as const;

/** The rules that keep a log readable for years. */
const EVOLUTION = `## How events may change

What is in the log is never changed, and every release reads the log of every release before it. So the shape of an event grows and does not shrink:

- **Expand.** A released type gains only *optional* fields. What is read without such a field behaves as before. No field is renamed, removed,
  given another meaning or made narrower.
- **A new type** is written only in a log of the *level* that introduced it (below, by each type; this release writes up to level ${LEVEL}). A log
  keeps its level when the program is upgraded, so the release before can still read it. \`gpu-docker-api log raise\` raises it, for good, once
  every host of the log runs a release that reads the level (\`HostStarted.reads\`). Until then deciders ask \`writable(state, type)\` and leave
  undone what needs the type; the committer refuses an event of a higher level.
- **Contract.** Where a field has to change its meaning, the type gets schema 2, and an *upcaster* in \`src/events/evolution/upcasters.ts\` turns schema 1
  into today's events: one into one, or one into several. Events that one stored event stands for share its sequence, time and hash, and are applied
  as one step. The release before cannot read schema 2, so the type then belongs to a new level, and a log of a lower level gets no more of
  them; where the service cannot do without, a new type beside the old one is the better way. A type that is given up stays in the catalogue, or gets
  an upcaster for each of its schemas.
- **What is stored is what is shown.** Pages, streams, exports, \`log show\` and \`log verify\` give each event as it was sealed, with the
  schema of its time; only state, ledger and index read it upcast.
- **Checked when written.** Each event is validated against its schema before it is sealed. One that does not fit fails its command, and nothing of
  that command is appended.
- **A frozen log.** \`node --import tsx scripts/freeze-log.ts\` keeps the log that a release writes, and its views, below \`test/fixtures/logs\`;
  tests replay all of them. Frozen files are never edited.

A program that meets a type, a schema or a level that it does not know stops, and says at which event and which release it needs.`;

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
    '| `stream` | what it is about: `log`, `host/<name>`, `replicaSet/<name>`, `volume/<name>`, `key/<name>` |',
    '| `time` | UTC, ISO 8601 to the millisecond, never before the event in front of it |',
    '| `host` | the Docker host that it belongs to |',
    '| `command` | `id`, `name`, `actor` and, where the request had them, `requestId`, `idempotencyKey`, `bodyHash` (SHA-256; with secrets in the request an HMAC), `traceparent`, `address`, `key`, `keyId` |',
    '| `data` | the facts, as below |',
    '| `prev`, `hash` | the hash of the event before; SHA-256 over the canonical JSON (sorted keys) of all the rest, `prev` included |',
    '',
    EVOLUTION,
  ];
  for (const [title, streams, events, file] of GROUPS) {
    const said = meanings(file);
    lines.push('', `## ${title}`, '', `Streams: ${streams}.`);
    for (const type of Object.keys(events) as EventType[]) {
      const schema = catalogue[type] as Schema;
      lines.push(
        '',
        `### ${type}${schemaVersionOf(type) > 1 ? ` (schema ${schemaVersionOf(type)})` : ''}`,
        '',
        `Level ${levelOf(type)}.`,
        '',
      );
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
