// The end of marked processes on a machine that has more of them than this process may open files.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('kill-marked');

test('is found among more processes than files may be open', async () => {
  const marked = spawn('sleep', ['4324'], { env: { ...process.env, A_MARKER: 'x1' }, stdio: 'ignore' });
  const others = Array.from({ length: 100 }, () => spawn('sleep', ['4325'], { stdio: 'ignore' }));
  const script = `import { killHere } from './src/infra/docker/containers/kill-marked.ts'; console.log(await killHere('A_MARKER=x1'));`;
  try {
    const node = `ulimit -n 80; exec "${process.execPath}" ${process.execArgv.map((arg) => `'${arg}'`).join(' ')} --input-type=module -e "$0"`;
    const ended = once(marked, 'exit');
    const { stdout } = await promisify(execFile)('bash', ['-c', node, script]);
    assert.is(stdout.trim(), 'true');
    assert.is((await ended)[1], 'SIGKILL');
  } finally {
    for (const one of [marked, ...others]) one.kill('SIGKILL');
  }
});

test.run();
