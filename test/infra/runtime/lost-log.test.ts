// An etcd that was put back to an earlier moment under a writer that knows more.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NewEvent } from '../../../src/events/catalogue.ts';
import { Committer } from '../../../src/infra/runtime/committer.ts';
import { MemoryLog, MemoryStore } from '../../doubles/memory-log.ts';
import { realClock } from '../../support/core.ts';

const test = suite('lost log');

const range: NewEvent = { type: 'PortRangeSet', stream: 'host/box', data: { start: 40_000, end: 40_099 } };

class CountedLog extends MemoryLog {
  appends = 0;

  override append(...args: Parameters<MemoryLog['append']>): ReturnType<MemoryLog['append']> {
    this.appends++;
    return super.append(...args);
  }
}

function world(): { store: MemoryStore; log: CountedLog; submit(): Promise<string> } {
  const store = new MemoryStore();
  const log = new CountedLog({ store });
  const committer = new Committer({ log, clock: realClock, host: 'box' });
  const submit = (): Promise<string> =>
    committer
      .submit({ id: 'c', name: 'c', actor: 'a' }, () => ({ kind: 'events', events: [range] }))
      .then(
        ({ kind }) => kind,
        (error: unknown) => String(error),
      );
  return { store, log, submit };
}

test('an append to a log that was restored to an earlier moment is refused, and not sent for ever', async () => {
  const { store, log, submit } = world();
  assert.is(await submit(), 'committed');
  const earlier = { head: store.head, records: store.records.length };
  assert.is(await submit(), 'committed');
  store.head = earlier.head;
  store.records.length = earlier.records;
  assert.match(await submit(), /LogCorruptError: event 2: is not what the log in etcd ends with/);
  assert.is(log.appends, 3);
});

test.run();
