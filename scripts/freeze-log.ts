// Keeps the log that this release writes, and what its projections make of it, as test/fixtures/logs/<version>.jsonl and .views.json, with
// its first half as an archived segment. Run once for each release and never again: later releases are tested on these files as they are.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { catalogue } from '../src/events/catalogue.ts';
import { canonical } from '../src/events/hash.ts';
import { Segments } from '../src/infra/log/archive/segments.ts';
import { frozenViews } from '../test/support/frozen-views.ts';
import { playStory } from '../test/support/story.ts';

const file = (ending: string): string => fileURLToPath(new URL(`../test/fixtures/logs/${packageJson.version}.${ending}`, import.meta.url));
if (existsSync(file('jsonl'))) throw new Error(`${file('jsonl')} exists: a frozen log is never written again`);
const events = await playStory(packageJson.version);
const missing = Object.keys(catalogue).filter((type) => events.every((event) => event.type !== type));
if (missing.length > 0) throw new Error(`the story leaves no ${missing.join(', ')} in the log: let it (test/support/story.ts)`);
writeFileSync(file('jsonl'), events.map((event) => `${canonical(event)}\n`).join(''));
writeFileSync(file('views.json'), `${JSON.stringify(frozenViews(events), null, 1)}\n`);
const half = events.slice(0, Math.floor(events.length / 2));
mkdirSync(file('segments'));
await new Segments(file('segments')).add(half, half.at(-1)?.seq ?? 0);
process.stdout.write(`${events.length} events of ${packageJson.version}\n`);
process.exit(0);
