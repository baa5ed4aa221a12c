// How far a copy is, by what the kernel says that a process has written.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Progress } from '../../../src/commands/outside/progress.ts';
import { copyTree } from '../../../src/infra/docker/storage/copy.ts';
import { CopyProgress } from '../../../src/infra/docker/storage/copy-progress.ts';
import { bytesOnDisk } from '../../../src/infra/docker/storage/tree.ts';
import { until } from '../../support/until.ts';

const test = suite('progress of copies');
const dir = mkdtempSync(join(tmpdir(), 'gda-progress-'));
test.after(() => rmSync(dir, { recursive: true, force: true }));

test('what a process has written, of what the source takes', async () => {
  const from = mkdtempSync(join(dir, 'from-'));
  writeFileSync(join(from, 'file'), Buffer.alloc(3_000_000, 1));
  const told: Progress[] = [];
  const writer = spawn('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=1000'], { stdio: 'ignore' });
  const stop = new CopyProgress(from, (progress) => told.push(progress)).follow(writer.pid);
  await until('it says how much', () => told.some(({ bytes = 0, of = 0 }) => bytes > 0 && of > 0));
  stop();
  writer.kill('SIGKILL');
  const of = await bytesOnDisk(from);
  assert.equal(told.at(-1), { doing: 'copy', bytes: of, of }, 'no more than all');
});

test('of a process that has gone nothing is said but the size', async () => {
  const told: Progress[] = [];
  const stop = new CopyProgress(dir, (progress) => told.push(progress)).follow(2 ** 22 + 1);
  await until('the size is counted', () => told.some(({ of }) => of !== undefined));
  stop();
  assert.ok(told.every(({ bytes }) => bytes === undefined));
});

test('a comparison says how much it has compared', async () => {
  const [from, to] = [mkdtempSync(join(dir, 'a-')), join(mkdtempSync(join(dir, 'b-')), 'to')];
  for (const name of ['one', 'two']) writeFileSync(join(from, name), Buffer.alloc(2_500_000, 7));
  mkdirSync(to);
  const told: Progress[] = [];
  await copyTree(
    from,
    to,
    'op',
    () => {},
    (progress) => told.push(progress),
  );
  const compared = told.filter(({ doing }) => doing === 'compare').map(({ bytes }) => bytes);
  assert.is(compared.at(-1), 5_000_000);
  assert.equal(
    compared,
    [...compared].sort((a = 0, b = 0) => a - b),
  );
});

test.run();
