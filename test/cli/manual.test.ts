// The pages that are made from the descriptions of all commands: docs/cli.md and the manual page.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pages } from '../../scripts/cli-doc.ts';
import { describe, NAMES } from '../../src/cli/program/commands.ts';

const test = suite('the manual');

const [[, markdown] = ['', ''], [, manual] = ['', '']] = await pages();

test('every command and every option is in both pages', async () => {
  for (const name of NAMES) {
    assert.match(markdown, `\n### ${name}\n`);
    assert.match(manual, `\n.SS ${name.replaceAll('-', '\\-')}`);
    for (const flag of Object.keys((await describe(name))?.flags ?? {})) {
      assert.match(markdown, `--${flag}`);
      assert.match(manual, `\\-\\-${flag.replaceAll('-', '\\-')}`);
    }
  }
});

test('tables of the page have two columns', () => {
  for (const line of markdown.split('\n').filter((line) => line.startsWith('|')))
    assert.is(line.replaceAll('\\|', '').split('|').length, 4, line);
});

test('the manual page has no warning, and reads as it should', () => {
  const groff = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-K', 'utf8'], { input: manual, encoding: 'utf8' });
  if (groff.error !== undefined) return;
  assert.equal([groff.status, groff.stderr], [0, '']);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes of bold and of underlining are what is left out
  const text = groff.stdout.replace(/\u001b\[\d+m/g, '').replace(/.\u0008/g, '');
  for (const line of [
    /^NAME$/m,
    /gpu-docker-api - leases the GPUs/,
    /^ +log tail \[options\]$/m,
    /^ +--port-range a-b$/m,
    /^EXIT STATUS$/m,
  ])
    assert.match(text, line);
  assert.match(text, 'GPU_DOCKER_API_PORT_RANGE=40000-40999');
});

test('each line of an operand that begins with a dot or a quote is text', () => {
  for (const line of manual.split('\n')) if (/^[.']/.test(line)) assert.match(line, /^\.(TH|SH|SS|PP|TP|B|I|nf|fi|RS|RE)\b/);
});

test('the committed pages are these', async () => {
  for (const [file, text] of await pages()) assert.is(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), text, file);
});

test.run();
