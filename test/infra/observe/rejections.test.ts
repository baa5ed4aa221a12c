// --audit-rejections: what was refused is in the log, on the stream that it was about, and a flood of it is not.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import type { Event, EventOf } from '../../../src/events/catalogue.ts';
import { MemoryLog } from '../../doubles/memory-log.ts';
import { auditOf } from '../../support/audit.ts';
import { realClock, TestCore } from '../../support/core.ts';
import { HOST, run } from '../../support/scenario.ts';

const test = suite('rejections as events');
type Mutation = Exclude<Command, { do: 'execute' }>;

async function world() {
  const clock = { ...realClock, ms: Date.now(), now: () => clock.ms };
  const t = new TestCore();
  const audit = auditOf(t.committer, t.store, { whole: t.feed, clock, auditRejections: true });
  await t.start();
  const service = audit.over(t.core);
  const rejected = async (): Promise<EventOf<'CommandRejected'>[]> => {
    await t.committer.submit({ id: 'x', name: 'x', actor: 'x' }, () => ({ kind: 'events', events: [] }));
    const found: Event[] = [];
    for await (const record of new MemoryLog({ store: t.store }).read(1)) found.push(...(record as readonly Event[]));
    return found.filter((event) => event.type === 'CommandRejected') as EventOf<'CommandRejected'>[];
  };
  return { t, audit, service, clock, rejected };
}

const who = { actor: 'ann', requestId: 'r1', address: '127.0.0.1', idempotencyKey: 'k', bodyHash: 'h' };

test('one event on the stream it was about; the state and its ETag stay as they were', async () => {
  const { t, service, rejected } = await world();
  await service.submit(run('foo') as Mutation, { actor: 'ann' });
  const before = t.core.state();
  const refused = await service.submit({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 99 } }, who);
  assert.is(!refused.ok && refused.rejection.code, 1013);
  const [event] = await rejected();
  assert.is(event?.stream, 'replicaSet/foo');
  assert.equal(event?.data, { code: 1013, kind: 'exhausted', message: !refused.ok && refused.rejection.message });
  assert.equal(
    [event?.command.name, event?.command.actor, event?.command.requestId, event?.command.address],
    ['patch', 'ann', 'r1', '127.0.0.1'],
  );
  assert.is(event?.command.idempotencyKey, undefined, 'a repetition is to be decided again');
  const after = t.core.state();
  assert.equal({ ...after, head: null, time: null }, { ...before, head: null, time: null });
  const again = await service.submit({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } }, who);
  assert.is(again.ok, true);
  t.die();
});

test('a flood: at most 10 a second, and the next event says how many are missing', async () => {
  const { t, service, clock, rejected, audit } = await world();
  const flood = (): Promise<unknown> =>
    Promise.all(Array.from({ length: 500 }, (_, i) => service.submit({ do: 'stop', name: `no${i}` }, who)));
  await flood();
  assert.is((await rejected()).length, 10);
  clock.ms += 500;
  await flood();
  const events = await rejected();
  assert.is(events.length, 15);
  assert.is(events[10]?.data.suppressed, 490);
  assert.is(audit.rejections.total, 1_000);
  assert.is(audit.rejections.list().length, 1_000);
  assert.is(audit.rejections.byCode.get(1010), 1_000);
  await flood();
  assert.is(audit.rejections.list().length, 1_000, 'the ring is bounded');
  t.die();
});

test('whatever a client calls it: a stream of its own only for what can be a name', async () => {
  const { t, service, rejected } = await world();
  await service.submit({ do: 'stop', name: 'a\nb' }, who);
  await service.submit({ do: 'stop', name: 'x'.repeat(5_000) }, who);
  const events = await rejected();
  assert.equal(
    events.map(({ stream }) => stream),
    [`host/${HOST}`, `host/${HOST}`],
  );
  assert.ok(events.every(({ data }) => data.message.length <= 501));
  t.die();
});

test.run();
