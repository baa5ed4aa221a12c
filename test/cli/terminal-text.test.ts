// What a container printed does nothing to the terminal of who reads it but colour it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TerminalText } from '../../src/cli/output/terminal-text.ts';
import { thisTerminal } from '../../src/cli/run.ts';
import { run } from './support.ts';

const test = suite('text for a terminal');
const shown = (...pieces: string[]): string => {
  const text = new TerminalText();
  return pieces.map((piece) => text.take(piece)).join('') + text.end();
};

test('colours and lines that are drawn anew stay', () => {
  const text = 'a\tb\r\n\u001b[1;31mred\u001b[0m \u001b[38:5:1mx\u001b[m 10%\r\u001b[K20%\b\b ä 💥\n';
  assert.is(shown(text), text);
});

test('the clipboard, the title, answers that are typed, and 8-bit sequences do not get through', () => {
  for (const [text, expected] of [
    ['\u001b]52;c;cm0gLXJm\u0007', '^[]52;c;cm0gLXJm^G'],
    ['\u001b]0;title\u001b\\', '^[]0;title^[\\'],
    ['\u001b[21t\u001b[6n\u001b[c', '^[[21t^[[6n^[[c'],
    ['\u001bP$q"p\u001b\\', '^[P$q"p^[\\'],
    ['\u001b[2J\u001b[H\u001bc', '^[[2J^[[H^[c'],
    ['\u009b6n\u009d0;x\u009c', '\\x9b6n\\x9d0;x\\x9c'],
    ['a\0\u007f\u000e', 'a^@^?^N'],
  ] as const)
    assert.is(shown(text), expected);
});

test('wherever the pieces are cut', () => {
  const text = '\u001b[1;31mred\u001b[0m\u001b]0;x\u0007\u001b[6n\u001b';
  const whole = shown(text);
  assert.is(whole, '\u001b[1;31mred\u001b[0m^[]0;x^G^[[6n^[');
  for (let at = 0; at <= text.length; at++) assert.is(shown(text.slice(0, at), text.slice(at)), whole, String(at));
  assert.is(shown(...text), whole);
});

test('a sequence without an end is not waited for', () => {
  const text = new TerminalText();
  const long = text.take(`\u001b[${'1'.repeat(1_000)}`);
  assert.is(long + text.end(), `^[[${'1'.repeat(1_000)}`);
  const began = performance.now();
  shown('\u001b['.repeat(500_000), `\u001b[${'1;'.repeat(500_000)}`);
  assert.ok(performance.now() - began < 2_000);
});

test('what a container was made with does nothing to it either, when the container is adopted', async () => {
  const approximate = ['the next version mounts with write access: /srv/\u001b]52;c;cm0gLXJm\u0007:/d:ro'];
  const data = { name: 'foo', version: 2, state: 'running', gpus: [], ports: {}, volumes: [], approximate };
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ code: 200, msg: 'Success', data }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const { code, out } = await run('adopt', 'foo', '--unlabelled', '2', '--server', url);
    assert.equal([code, out.includes('\\x1b]52')], [0, true]);
    assert.not.ok(out.includes('\u001b') || out.includes('\u0007'), out);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('what JSON does not escape does nothing on a terminal, and is what it was in a pipe', () => {
  const { stdout } = process;
  const [before, isTTY] = [stdout.write, stdout.isTTY];
  const text = JSON.stringify({ env: ['A=ä \u009d52;c;cm0gLXJm\u009c\u007f'] });
  const written = (isTerminal: boolean): string => {
    const pieces: unknown[] = [];
    Object.assign(stdout, { isTTY: isTerminal, write: (piece: unknown) => pieces.push(piece) });
    try {
      thisTerminal().out(text);
    } finally {
      Object.assign(stdout, { isTTY, write: before });
    }
    return pieces.join('');
  };
  assert.is(written(true), '{"env":["A=ä \\u009d52;c;cm0gLXJm\\u009c\\u007f"]}');
  assert.equal(JSON.parse(written(true)), JSON.parse(text));
  assert.is(written(false), text);
});

test.run();
