// The directory of etcd's sockets, of a data directory that was moved: its path may have been too long for a socket, or be so now.
import { lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeRunDir } from '../../../src/infra/etcd/run-dir.ts';

const test = suite('run directory');
let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'run-dir-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

test('of a short path it is in the data directory, whatever link was there', () => {
  for (const target of [root, join(root, 'nothing')]) {
    const data = mkdtempSync(join(root, 'data-'));
    symlinkSync(target, join(data, 'run'));
    assert.is(makeRunDir(data), join(data, 'run'));
    assert.ok(lstatSync(join(data, 'run')).isDirectory());
    assert.is(makeRunDir(data), join(data, 'run'));
  }
});

test('of a long path it is linked, also where sockets lay before, and where a start ended half-way', () => {
  const data = join(root, 'long'.repeat(30));
  mkdirSync(join(data, 'run'), { recursive: true });
  writeFileSync(join(data, 'run', 'c.sock:0'), '');
  symlinkSync('nowhere', join(data, `run.${process.pid}`));
  const made = makeRunDir(data);
  try {
    assert.is.not(made, join(data, 'run'));
    assert.is(readlinkSync(join(data, 'run')), made);
    assert.is(makeRunDir(data), made);
  } finally {
    rmSync(made, { recursive: true });
  }
});

test.run();
