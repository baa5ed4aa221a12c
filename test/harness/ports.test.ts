// Ports of the tests' own: another run beside this one must have others.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { portRange } from '../support/ports.ts';

const test = suite('ports');

const PORTS = fileURLToPath(new URL('../support/ports.ts', import.meta.url));

/** A process that says which ports it has, and lives until its input ends. */
async function other(): Promise<{ text: string; end(): Promise<unknown> }> {
  const program = `import(${JSON.stringify(PORTS)}).then(({ portRange }) => { console.log(portRange().text); process.stdin.resume(); });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  const end = (): Promise<unknown> => {
    child.stdin.end();
    return once(child, 'exit');
  };
  return { text: first.toString().trim(), end };
}

test('two processes with the same number have different ports, and one that has ended gives them back', async () => {
  // The same TEST_INDEX as this process has.
  const mine = portRange().text;
  const [one, two] = await Promise.all([other(), other()]);
  assert.is(new Set([mine, one.text, two.text]).size, 3);
  assert.is(portRange().text, mine);
  await Promise.all([one.end(), two.end()]);
  const three = await other();
  assert.ok([one.text, two.text].includes(three.text), `${three.text} after ${one.text} and ${two.text}`);
  await three.end();
});

test.run();
