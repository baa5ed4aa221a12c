import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { notesOf, type Result, runFiles } from '../../scripts/test-files.ts';
import { plan, timeoutOf } from '../../scripts/test-plan.ts';
import { isAlive, processRef } from '../support/processes.ts';

const running = suite('the runner');
const planning = suite('the plan');
const root = fileURLToPath(new URL('../..', import.meta.url));

async function runFixture(name: string, timeoutMs = 20_000): Promise<Result> {
  const file = { path: `test/harness/fixtures/${name}.fixture.ts`, serial: false, timeoutMs, support: new Set<string>() };
  const [result] = await runFiles([file], { cwd: root, env: {}, parallel: 1, report: () => {} });
  if (result === undefined) throw new Error('no result');
  return result;
}

running('counts the tests of a good file', async () => {
  const { passed, failed, why } = await runFixture('good');
  assert.equal({ passed, failed, why }, { passed: 2, failed: 0, why: '' });
});

running('counts failed and passed tests of one file', async () => {
  const { passed, failed } = await runFixture('fails');
  assert.equal({ passed, failed }, { passed: 1, failed: 1 });
});

running('hands on what a good file notes', async () => {
  const { output, failed } = await runFixture('notes');
  assert.is(failed, 0, output);
  assert.equal(notesOf(output), ['seed 7']);
});

for (const name of ['before-throws', 'after-each-throws', 'no-run', 'import-fails']) {
  running(`counts ${name} as failed`, async () => {
    const { failed, why } = await runFixture(name);
    assert.is(failed, 1, why);
    assert.ok(why !== '');
  });
}

running('ends a file that hangs at its deadline', async () => {
  const { failed, why } = await runFixture('hangs', 1_500);
  assert.is(failed, 1);
  assert.match(why, 'not done within 1.5 s');
});

running('ends the processes that a file leaves behind', async () => {
  const { output, failed } = await runFixture('leaves-child');
  assert.is(failed, 0, output);
  const child = Number(/child=(\d+)/.exec(output)?.[1]);
  // A killed process takes a moment to be gone.
  for (let i = 0; i < 100 && isAlive(processRef(child)); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(child > 0 && !isAlive(processRef(child)));
});

planning('reads the deadline from the first line only', () => {
  assert.is(timeoutOf('// timeout: 600\nimport x'), 600_000);
  assert.is(timeoutOf('import x\n// timeout: 600\n'), 180_000);
});

planning('finds what a file needs through its imports, and filters by path', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-plan-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  try {
    write('test/support/docker.ts', 'export {};\n');
    write('test/http/world.ts', "import '../support/docker.ts';\n");
    write('test/http/run.serial.test.ts', "import { world } from './world.ts';\n");
    write('test/commands/run.test.ts', "import { decide } from '../../src/commands/run.ts';\n");
    const files = plan(directory, []);
    assert.equal(
      files.map(({ path, serial, support }) => [path, serial, [...support]]),
      [
        ['test/commands/run.test.ts', false, []],
        ['test/http/run.serial.test.ts', true, ['docker']],
      ],
    );
    assert.is(plan(directory, ['test/http']).length, 1);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

running.run();
planning.run();
