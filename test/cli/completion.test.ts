// Completion: what the program answers, and bash and zsh with the scripts that it prints.
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NAMES } from '../../src/cli/program/commands.ts';
import { type Live, runs, startLive } from '../http/live.ts';
import { run } from './support.ts';

const test = suite('completion');

let live: Live;
let bin: string;
test.before(async () => {
  live = await startLive(2);
  await live.order('alice', runs('foo', 1));
  await live.order('alice', runs('bar', 0));
  process.env['GPU_DOCKER_API_SERVER'] = live.url;
  bin = mkdtempSync(join(tmpdir(), 'completion-'));
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  writeFileSync(join(bin, 'gpu-docker-api'), `#!/bin/sh\nexec '${process.execPath}' --import tsx '${main}' "$@"\n`);
  chmodSync(join(bin, 'gpu-docker-api'), 0o755);
});
test.after(async () => {
  delete process.env['GPU_DOCKER_API_SERVER'];
  rmSync(bin, { recursive: true });
  await live.stop();
});

const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { code, out, err } = await run('__complete', ...words);
  assert.equal([code, err], [0, '']);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '');
};

test('commands and families', async () => {
  const all = await offered('');
  for (const name of NAMES) assert.ok(all.includes(name.split(' ')[0] ?? ''), name);
  assert.equal(await offered('hi'), ['history']);
  assert.equal(await offered('keys', ''), ['create', 'list', 'set', 'revoke']);
  assert.equal(await offered('log', 'ver'), ['verify']);
  assert.equal(await offered('help', 'keys', 're'), ['revoke']);
  assert.equal(await offered('-'), ['--help', '--version']);
  assert.equal(await offered('nothing', ''), []);
});

test('options, their choices, files', async () => {
  assert.equal(await offered('log', 'show', '--d'), ['--data-dir']);
  assert.ok((await offered('serve', '--po')).includes('--port-range'));
  assert.equal(await offered('completion', ''), ['bash', 'zsh']);
  assert.equal(await offered('completion', 'bash', ''), []);
  assert.equal(await offered('log', 'import', ''), [':files']);
  assert.equal(await offered('log', 'verify', '--checkpoint', ''), [':files']);
  assert.equal(await offered('replay', '--events', 'a.jsonl', ''), [':files'], 'a list of words goes on');
  assert.equal(await offered('replay', '--events', 'a.jsonl', '--', '--'), []);
});

test('a value that is joined to its option, as zsh passes it, and in three words, as bash does', async () => {
  assert.equal(await offered('keys', 'create', 'x', '--role=v'), ['--role=viewer']);
  assert.equal(await offered('keys', 'create', 'x', '--role', '=', 'v'), ['viewer']);
  assert.equal(await offered('keys', 'create', 'x', '--role', '='), ['viewer', 'operator', 'admin']);
  assert.equal(await offered('keys', 'create', 'x', '--scope', ''), ['own', 'all']);
  assert.equal(await offered('keys', 'create', 'x', '--nothing=', ''), []);
});

test('names, asked from the server', async () => {
  assert.equal(await offered('history', ''), ['bar', 'foo']);
  assert.equal(await offered('history', 'f'), ['foo']);
  assert.equal(await offered('history', '--limit', '3', 'f'), ['foo']);
  assert.equal(await offered('history', 'foo', ''), []);
  assert.equal(await offered('ledger', 'GPU-'), ['GPU-0', 'GPU-1']);
  assert.equal(await offered('hosts', 'accept-loss', ''), ['box']);
});

test('without a server there are no names, and no error', async () => {
  assert.equal(await offered('history', '--server', '127.0.0.1:1', ''), []);
  assert.equal(await offered('history', '--server=127.0.0.1:1', ''), []);
  assert.equal(await offered('history', '--server=ftp://x', ''), []);
});

/** The lines that a script of a shell prints. The server is in this process, so it is not waited for with spawnSync. */
async function linesOf(shell: string, ...argv: readonly string[]): Promise<readonly string[]> {
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` };
  const { stdout, stderr } = await promisify(execFile)(shell, [...argv], { env });
  assert.is(stderr, '');
  return stdout.split('\n').filter((line) => line !== '');
}

const inBash = (...words: readonly string[]): Promise<readonly string[]> => {
  const script = `
    source <(gpu-docker-api completion bash) || exit 9
    [[ $(complete -p gpu-docker-api) == *' -F '* ]] || exit 8
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    "$(complete -p gpu-docker-api | sed 's/.* -F \\([^ ]*\\) .*/\\1/')"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return linesOf('bash', '--norc', '-c', script, 'bash', 'gpu-docker-api', ...words);
};

test('bash', async () => {
  assert.equal(await inBash('history', 'f'), ['foo']);
});

test('zsh', async () => {
  if (spawnSync('zsh', ['-c', 'true']).status !== 0) return;
  const script = `
    autoload -Uz compinit && compinit -u -D
    source <(gpu-docker-api completion zsh)
    [[ -n $_comps[gpu-docker-api] ]] || exit 8
    _describe() { print -rl -- "\${(P@)2}" }
    words=(gpu-docker-api history f); CURRENT=3
    $_comps[gpu-docker-api]`;
  assert.equal(await linesOf('zsh', '-f', '-c', script), ['foo:running']);
});

test('another shell', async () => {
  const { code, err } = await run('completion', 'fish');
  assert.is(code, 2);
  assert.match(err, '"fish" is not one of bash, zsh');
});

test.run();
