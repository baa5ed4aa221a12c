import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isoTime, moment } from '../../src/cli/values.ts';
import { momentOf } from '../../src/commands/moment.ts';
import { momentIn } from '../../src/http/request/moment.ts';

const grammar = suite('moments');

const NOON = Date.parse('2026-01-31T12:00:00Z');

grammar('digits are a sequence up to 11 of them, milliseconds from 12 to 15', () => {
  assert.equal(momentOf('0'), { seq: 0 });
  assert.equal(momentOf('99999999999'), { seq: 99_999_999_999 });
  assert.equal(momentOf('100000000000'), { ms: 100_000_000_000 });
  assert.equal(momentOf('1769860800000'), { ms: NOON });
  assert.equal(momentOf('999999999999999'), { ms: 999_999_999_999_999 });
  for (const text of ['1234567890123456', '-1', '1.5', '1e3', '0x10', ' 1', '']) assert.is(momentOf(text), null, text);
});

grammar('a time is ISO 8601, in UTC where it names no zone', () => {
  for (const text of [
    '2026-01-31T12:00:00Z',
    '2026-01-31T12:00',
    '2026-01-31 12:00:00.000',
    '2026-01-31t12:00z',
    '2026-01-31T14:00+02:00',
    '2026-01-31T14:00 02:00',
    '2026-01-31T07:30-04:30',
  ])
    assert.equal(momentOf(text), { ms: NOON }, text);
  assert.equal(momentOf('2026-01-31'), { ms: Date.parse('2026-01-31T00:00:00Z') });
  for (const text of [
    '2026-02-31',
    '2025-02-29T00:00Z',
    '2026-13-01',
    '2026-01-31T24:30',
    '2026-1-31',
    '31.01.2026',
    'now',
    '2026-01-31T12',
  ])
    assert.is(momentOf(text), null, text);
});

grammar('every time that the log writes names its own millisecond', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }), (date) => {
      assert.equal(momentOf(date.toISOString()), { ms: date.getTime() });
      assert.is(isoTime(date.getTime()), date.toISOString());
    }),
  );
});

const texts = fc.oneof(
  fc.stringMatching(/^\d{1,17}$/),
  fc.stringMatching(/^[12]\d{3}-[01]\d-[0-3]\d([T t][0-2]\d:[0-6]\d(:[0-6]\d(\.\d{1,4})?)?([Zz]|[+ -][0-2]\d:\d\d)?)?$/),
  fc.string(),
);

grammar('the query and the command line read the same text as the same moment', () => {
  const orNull = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch {
      return null;
    }
  };
  fc.assert(
    fc.property(texts, (text) => {
      const expected = momentOf(text);
      assert.equal(
        orNull(() => momentIn(new URLSearchParams([['at', text]]), 'at')),
        expected,
      );
      assert.equal(
        orNull(() => moment(text, '--at')),
        expected,
      );
    }),
    { numRuns: 1_000 },
  );
});

grammar('the times of a year with five digits do not sort before the log', () => {
  assert.is(isoTime(999_999_999_999_999), '9999-12-31T23:59:59.999Z');
});

grammar.run();
