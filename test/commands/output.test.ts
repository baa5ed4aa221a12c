import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lastLines, maskOf, quotedEnd } from '../../src/commands/outside/output.ts';
import { Secret } from '../../src/commands/outside/secrets.ts';

const test = suite('last output');
const plain = (text: string): string => text;
const masked = (raw: string, ...values: string[]): readonly string[] => {
  const mask = maskOf(values.map((value) => new Secret(value)));
  if (mask === null) throw new Error('no mask');
  return lastLines(raw, mask);
};

test('the last 20 lines that are not empty, oldest first', () => {
  const raw = Array.from({ length: 30 }, (_, i) => `line ${i}\r\n\r\n`).join('');
  const lines = lastLines(raw, plain);
  assert.is(lines.length, 20);
  assert.is(lines[0], 'line 10');
  assert.is(lines.at(-1), 'line 29');
  assert.equal(lastLines('', plain), []);
  assert.equal(lastLines('\r\n \r\n', plain), []);
});

test('at most 4 KiB: whole lines, and of a longer one its end', () => {
  const lines = lastLines(`${'a'.repeat(3000)}\n${'b'.repeat(3000)}\nend\n`, plain);
  assert.equal(lines, ['b'.repeat(3000), 'end']);
  const [long = ''] = lastLines(`first\n${'ä'.repeat(5000)}!`, plain);
  assert.ok(Buffer.byteLength(long) <= 4096, `${Buffer.byteLength(long)} bytes`);
  assert.match(long, /^…ä+!$/);
});

test('terminal sequences, control characters and turned text are taken out; a progress bar is its last state', () => {
  assert.equal(lastLines('\u001b]0;title\u0007\u001b[1;31mred\u001b[0m\ttext\u0007\u0000\u009b\r\n', plain), ['red  text']);
  assert.equal(lastLines('10%\r50%\r100%\r\ndone\r\n', plain), ['100%', 'done']);
  assert.equal(lastLines('a\u202eb\u2066c\u2028d\n', plain), ['abcd']);
  assert.equal(lastLines('\u001b]0;never ends\nnext\n', plain), ['next']);
});

test('secret values are masked as they are, in pieces of lines, and in the usual encodings', () => {
  const value = 'hunter2 "quoted" ö/+';
  const forms = [value, JSON.stringify(value), encodeURIComponent(value), Buffer.from(value).toString('base64')];
  const more = [Buffer.from(`user:${value}`).toString('base64'), Buffer.from(value).toString('hex')];
  const text = masked([...forms, ...more].join('\n'), value).join('\n');
  for (const form of [...forms.map((f) => f.replaceAll(/^"|"$/g, '')), ...more]) assert.not.ok(text.includes(form.slice(2, -4)), form);
  const pem = '-----BEGIN-----\nsecretline1\nsecretline2\n';
  assert.equal(masked('x\r\nsecretline1\r\nsecretline2\r\n', pem), ['x', '***', '***']);
  assert.equal(masked('say top\u001b[1msecret', 'topsecret'), ['say ***'], 'coloured in the middle');
  assert.equal(masked('abcdefgh abcd', 'abcd', 'abcdefgh'), ['*** ***']);
  assert.is(maskOf([new Secret('abc')]), null, 'too short to be told from other text');
  assert.equal(masked('text', ''), ['text']);
});

test('generated: no line holds a value, a control character, or more than is allowed', () => {
  const value = fc.string({ unit: 'grapheme', minLength: 4, maxLength: 30 }).filter((text) => text.trim().length >= 4);
  const around = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n', '\r\n', '\r', '\u001b[31m', '\t')), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(value, around, around, (secret, before, after) => {
      const lines = masked(`${before.join('')}${secret}${after.join('')}`, secret);
      assert.ok(lines.length <= 20 && Buffer.byteLength(lines.join('\n')) <= 4096);
      for (const line of lines) assert.not.match(line, /[\p{Cc}\u202a-\u202e]/u);
      assert.not.ok(lines.join('\n').replaceAll('***', '').includes(secret));
    }),
  );
});

test('a message quotes the end of them', () => {
  assert.is(quotedEnd(['a', 'b']), 'a | b');
  assert.match(quotedEnd(['x'.repeat(400), 'last']), /^…x{293} \| last$/);
});

test.run();
