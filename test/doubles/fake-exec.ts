// The commands that a container in memory understands: echo, read, write, remove, env, exit, sleep.
import type { ExecRequest, ExecResult } from '../../src/commands/outside/engine.ts';
import { EngineError } from '../../src/commands/outside/engine-error.ts';
import type { FakeContainer, FakeHost } from './fake-host.ts';

function run(host: FakeHost, container: FakeContainer, [program = '', ...args]: readonly string[]): { exitCode: number; text: string } {
  const [first = '', ...rest] = args;
  switch (program) {
    case 'echo':
      return { exitCode: 0, text: `${args.join(' ')}\n` };
    case 'write':
      host.write(container, first, rest.join(' '));
      return { exitCode: 0, text: '' };
    case 'remove':
      host.write(container, first, null);
      return { exitCode: 0, text: '' };
    case 'read': {
      const content = host.read(container, first);
      return content === undefined ? { exitCode: 1, text: `${first}: No such file or directory\n` } : { exitCode: 0, text: content };
    }
    case 'env':
      return { exitCode: 0, text: container.env.map((entry) => `${entry}\n`).join('') };
    case 'exit':
      return { exitCode: Number(first), text: '' };
    default:
      throw new EngineError('refused', `OCI runtime exec failed: exec: "${program}": executable file not found in $PATH`);
  }
}

/** `sleep` ends at once, as if by the request's timeout: nothing here waits. */
export function execIn(host: FakeHost, container: FakeContainer, request: ExecRequest): ExecResult {
  const cutOff = { exitCode: null, stdout: '', outputBytes: 0, truncated: false };
  if (request.signal.aborted) return { ...cutOff, timedOut: false, aborted: true };
  if (request.cmd[0] === 'sleep') return { ...cutOff, exitCode: 137, timedOut: true, aborted: false };
  const { exitCode, text } = run(host, container, request.cmd);
  const bytes = Buffer.from(text);
  const output = bytes.subarray(0, request.maxOutputBytes);
  return {
    exitCode,
    stdout: output.toString('utf8'),
    outputBytes: bytes.length,
    truncated: output.length < bytes.length,
    timedOut: false,
    aborted: false,
  };
}
