import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { explained } from '../../../src/infra/host/file-error.ts';

const test = suite('errors about files');

const folder = mkdtempSync(join(tmpdir(), 'file-error-'));
test.after(() => rmSync(folder, { recursive: true }));

const thrown = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
};

test('a data directory that is a file, and one below a file', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  assert.is(explained(thrown(() => mkdirSync(file, { recursive: true }))), `${file} is there already, and is not a folder`);
  assert.is(
    explained(thrown(() => mkdirSync(join(file, 'below'), { recursive: true }))),
    `${join(file, 'below')} cannot be reached: a part of it is a file, not a folder`,
  );
});

test('what is not there, and what this user may not do', () => {
  const none = join(folder, 'none');
  assert.is(explained(thrown(() => readFileSync(none))), `there is no ${none}`);
  const denied = (syscall: string): Error =>
    Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', syscall, path: '/srv/data' });
  assert.is(explained(denied('open')), 'this user may not open /srv/data: run it as root, or as the user of the server');
  assert.match(
    explained(thrown(() => mkdirSync(join(folder, 'none', 'below')))),
    /below cannot be made: its disk is mounted read-only, or /,
  );
  assert.is(explained(denied('mkdir')), 'this user may not make /srv/data: run it as root, or as the user of the server');
});

test('every other error in its own words', () => {
  assert.is(explained(new Error('the log is full')), 'the log is full');
  assert.is(explained('text'), 'text');
  assert.is(explained(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })), 'connect ECONNREFUSED');
  assert.is(explained(Object.assign(new Error('odd'), { code: 'EODD', path: '/x' })), 'odd');
});

test.run();
