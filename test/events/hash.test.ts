// Canonical JSON and the hash over it: the shortcuts of events/hash.ts give the text that the plain rule gives, and the rule is RFC 8785.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Envelope } from '../../src/events/envelope.ts';
import { canonical, hashOf, seal, sealWithText, sha256 } from '../../src/events/hash.ts';

const test = suite('hash');

/** RFC 8785 for plain JSON values, as simply as it can be written. */
function plainly(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(plainly).join(',')}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${plainly(field)}`).join(',')}}`;
}

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The same value with the keys of its objects in order: what is read back from the log. */
function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(inOrder);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, inOrder(field)]),
  );
}

// Few keys, so that orders, numbers as keys and fields that are undefined come up often; and any JSON beside them.
const key = fc.oneof(fc.constantFrom('a', 'b', 'B', '', '1', '10', '9', 'é', '__proto__', '😀'), fc.string({ maxLength: 3 }));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(undefined, null, true, 0, -0, ''),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
}));

test('canonical is the plain rule, whatever the order of the keys', () => {
  fc.assert(
    fc.property(fc.oneof(value, fc.jsonValue()), (any) => {
      assert.is(canonical(any), plainly(any));
      assert.is(canonical(inOrder(any)), plainly(any), 'in order: the shortcut');
    }),
    { numRuns: 2_000 },
  );
});

test('the text that comes with a seal is the canonical text of the event, whose hash is the one that it must have', () => {
  const text = fc.string({ unit: 'binary' });
  const object = fc.dictionary(key, value, { maxKeys: 5 });
  const envelope = fc.record({
    ...{ command: object, data: object, host: text, prev: text, schema: fc.nat(), seq: fc.nat(), stream: text, time: text, type: text },
  });
  fc.assert(
    fc.property(envelope, fc.boolean(), (any, ordered) => {
      const fields = (ordered ? inOrder(any) : any) as unknown as Omit<Envelope, 'hash'>;
      const sealed = sealWithText(fields);
      assert.is(sealed.text, plainly(sealed.event));
      assert.equal(sealed.event, seal(fields));
    }),
    { numRuns: 1_000 },
  );
});

const FIELDS = ['command', 'data', 'host', 'prev', 'schema', 'seq', 'stream', 'time', 'type', 'hash', 'more'];

test('hashOf is the SHA-256 of the plain rule over all but the hash, for envelopes with any fields in any order', () => {
  const envelope = fc
    .tuple(
      fc.shuffledSubarray(FIELDS, { minLength: 8 }),
      fc.array(value, { minLength: FIELDS.length, maxLength: FIELDS.length }),
      fc.boolean(),
    )
    .map(([names, values, ordered]) => {
      const fields = Object.fromEntries(names.map((name, i) => [name, values[i]]));
      return (ordered ? inOrder(fields) : fields) as Envelope;
    });
  fc.assert(
    fc.property(envelope, (any) => {
      const { hash: _, ...rest } = any;
      assert.is(hashOf(any), hex(plainly(rest)));
    }),
    { numRuns: 2_000 },
  );
});

test('an envelope as it is sealed, and as it is read back, has the same hash', () => {
  fc.assert(
    fc.property(value, value, (command, data) => {
      const sealed = seal({ seq: 1, type: 't', schema: 1, stream: 's', time: '', host: 'h', command, data, prev: '' } as Omit<
        Envelope,
        'hash'
      >);
      const { hash, ...rest } = sealed;
      assert.is(hash, hex(plainly(rest)));
      assert.is(hashOf(JSON.parse(canonical(sealed)) as Envelope), hash);
    }),
  );
});

test('sha256', () => {
  assert.is(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.is(sha256('€'), hex('€'));
});

test('the examples of RFC 8785: numbers, strings and literals (3.2.2), and the order of keys (3.2.3)', () => {
  const literals = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`);
  assert.is(
    canonical(literals),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
  const keys = { '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 };
  assert.equal(Object.keys(JSON.parse(canonical(keys))).length, 7);
  const order = [...canonical(keys).matchAll(/:(\d)/g)].map(([, digit]) => Number(digit));
  assert.equal(order, [2, 4, 6, 7, 1, 5, 3]);
});

test('numbers as RFC 8785, appendix B, writes them', () => {
  const samples: readonly (readonly [number, string])[] = [
    [0, '0'],
    [-0, '0'],
    [Number.MIN_VALUE, '5e-324'],
    [-Number.MIN_VALUE, '-5e-324'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [2 ** 53, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [1e21, '1e+21'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [1e-7, '1e-7'],
    [0.000001, '0.000001'],
    [1 / 3, '0.3333333333333333'],
  ];
  for (const [number, text] of samples) assert.is(canonical([number]), `[${text}]`);
});

test.run();
