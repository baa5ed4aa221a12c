// The logs that earlier releases wrote, as they wrote them: today's program reads each to the same views, and goes on from it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isEventType, LEVEL } from '../../src/events/catalogue.ts';
import type { Envelope } from '../../src/events/envelope.ts';
import { checkData } from '../../src/events/evolution/sealable.ts';
import { upcast } from '../../src/events/evolution/upcasters.ts';
import { canonical } from '../../src/events/hash.ts';
import { readEventFiles } from '../../src/infra/log/archive/event-file.ts';
import { Segments } from '../../src/infra/log/archive/segments.ts';
import { verifyChain } from '../../src/infra/log/verify/verify.ts';
import { TestCore } from '../support/core.ts';
import { frozenViews } from '../support/frozen-views.ts';
import { storeOf } from '../support/stored-log.ts';
import { playStory } from '../support/story.ts';

const test = suite('frozen logs');

const folder = fileURLToPath(new URL('../fixtures/logs/', import.meta.url));
const releases = readdirSync(folder).flatMap((name) => (name.endsWith('.jsonl') ? [name.replace('.jsonl', '')] : []));
const textOf = (release: string): string => readFileSync(join(folder, `${release}.jsonl`), 'utf8');

async function eventsOf(release: string): Promise<readonly Envelope[]> {
  const events: Envelope[] = [];
  for await (const part of readEventFiles([join(folder, `${release}.jsonl`)])) events.push(...part);
  return events;
}

/** A later release may show more; what was shown stays. */
function assertStillThere(now: unknown, then: unknown, path = 'views'): void {
  if (then === null || typeof then !== 'object') {
    assert.is(now, then, path);
    return;
  }
  assert.ok(typeof now === 'object' && now !== null, path);
  if (Array.isArray(then)) assert.is((now as unknown[]).length, then.length, path);
  for (const [key, value] of Object.entries(then)) assertStillThere((now as Record<string, unknown>)[key], value, `${path}.${key}`);
}

test('there is one of each release before this one', () => {
  assert.ok(releases.includes('0.1.0'));
});

for (const release of releases) {
  test(`${release}: its chain is whole, and its text is what is written today for the same events`, async () => {
    const events = await eventsOf(release);
    const verdict = await verifyChain(readEventFiles([join(folder, `${release}.jsonl`)]));
    assert.ok(verdict.ok && verdict.events === events.length);
    assert.is(events.map((event) => `${canonical(event)}\n`).join(''), textOf(release));
  });

  test(`${release}: its views are as they were`, async () => {
    const views: unknown = JSON.parse(readFileSync(join(folder, `${release}.views.json`), 'utf8'));
    assertStillThere(frozenViews(await eventsOf(release)), views);
  });

  test(`${release}: each event is one of today's, or is upcast to some`, async () => {
    for (const stored of await eventsOf(release)) {
      for (const event of upcast(stored)) {
        assert.ok(isEventType(event.type));
        checkData(event);
      }
    }
  });

  test(`${release}: its segment is read`, async () => {
    const segments = new Segments(join(folder, `${release}.segments`));
    const [manifest] = segments.list();
    assert.ok(manifest !== undefined);
    await segments.check(manifest);
    const read: Envelope[] = [];
    for await (const part of segments.read(1)) read.push(...part);
    assert.equal(read, (await eventsOf(release)).slice(0, manifest.last));
    assert.equal(await segments.pick([manifest.last]), read.slice(-1));
  });
}

test('0.1.0: the service goes on from its log at level 1, warns of that, and raises it when it is told to', async () => {
  const store = await storeOf(await eventsOf('0.1.0'));
  const before = store.records.map(({ text }) => text);
  // Nothing of what the log has is in this Docker.
  const t = await new TestCore({ store, gpus: 6, acceptLoss: true }).start();
  assert.is(t.core.state().logLevel, 1);
  const { warnings = [] } = t.core.readiness() as { warnings?: readonly string[] };
  assert.match(warnings.join(), /^the log is at level 1, .*`gpu-docker-api log raise`/);
  assert.is((await t.core.raiseLogLevel({ do: 'raiseLogLevel' }, { actor: 'ann' }, false)).ok, true);
  assert.is(t.core.state().logLevel, LEVEL);
  assert.equal(t.core.readiness(), { ready: true });
  assert.equal(
    store.records.slice(0, 1).map(({ text }) => text),
    before,
  );
  t.die();
});

test('the story still leaves every event type of level 1 in the log', async () => {
  const told = new Set((await playStory('0.0.0')).map(({ type }) => type));
  const frozen = new Set((await eventsOf('0.1.0')).map(({ type }) => type));
  assert.equal(
    [...frozen].filter((type) => !told.has(type)),
    [],
  );
});

test.run();
