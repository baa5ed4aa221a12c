// The log for people: one line each, its errors, and nothing that a client has sent acts on the terminal.
import pino from 'pino';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { logText } from '../../../src/infra/observe/log-text.ts';

const test = suite('log for people');

const ESC = '\u001b';

function text(colours: boolean, log: (logger: pino.Logger) => void): string {
  const said: string[] = [];
  const stream = logText({ write: (line) => void said.push(line) }, colours);
  const timestamp = (): string => ',"time":"2026-01-31T14:00:00.123Z"';
  log(pino({ level: 'debug', base: null, timestamp, formatters: { level: (label) => ({ level: label }) } }, stream));
  return said.join('');
}

test('time with its zone, level, message, fields', () => {
  const said = text(false, (logger) => {
    logger.info({ ms: 350, url: 'http://127.0.0.1:1' }, 'ready');
    logger.warn({}, 'no fields');
    logger.debug({ path: '/a b', list: [1, { a: null }], none: undefined }, '');
  });
  assert.is(
    said,
    '14:00:00.123Z info  ready ms=350 url=http://127.0.0.1:1\n' +
      '14:00:00.123Z warn  no fields\n' +
      '14:00:00.123Z debug path="/a b" list=[1,{"a":null}]\n',
  );
});

test('colours only where they are wanted', () => {
  const log = (logger: pino.Logger): void => logger.error({ a: 1 }, 'bad');
  assert.is(text(true, log), '\x1b[2m14:00:00.123Z\x1b[0m \x1b[31merror\x1b[0m bad \x1b[2ma=1\x1b[0m\n');
  assert.not.ok(text(false, log).includes(ESC));
});

test('an error of the program brings its stack, on lines of its own', () => {
  const said = text(false, (logger) => logger.error({ err: new TypeError('x is no y'), name: 'foo' }, 'failed')).split('\n');
  assert.is(said[0], '14:00:00.123Z error failed name=foo err="x is no y"');
  assert.match(said[1] ?? '', /^ {4}at .*log-text\.test\.ts/);
  assert.is(
    text(false, (logger) => logger.warn({ err: 'gone' }, 'no answer')),
    '14:00:00.123Z warn  no answer err=gone\n',
  );
});

test('what a client has sent is shown, and does nothing', () => {
  const evil = 'a\x1b[2J\r\nb\u202ec\u2028d\x9b31m';
  const said = text(true, (logger) => logger.info({ path: evil, [evil]: 1, err: { message: evil } }, evil));
  const colours = ['2', '32', '0'].map((code) => `${ESC}[${code}m`);
  assert.not.ok(colours.reduce((rest, colour) => rest.replaceAll(colour, ''), said).includes(ESC));
  assert.is(said.split('\n').length, 2);
  for (const character of ['\r', '\u202e', '\u2028', '\u009b']) assert.not.ok(said.includes(character));
  assert.match(said, /a\\u\{1b\}\[2J\\u\{d\}\\u\{a\}b\\u\{202e\}c/);
});

test('a line that is not pino’s goes through', () => {
  const said: string[] = [];
  logText({ write: (line) => void said.push(line) }, false).write('plain words\n');
  assert.equal(said, ['plain words\n']);
});

test.run();
