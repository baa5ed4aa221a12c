// timeout: 300
// What a server says of itself, on a terminal and elsewhere: wrong addresses are named at once, and a clean stop ends with "stopped".
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dockerSocket } from '../support/docker.ts';
import { portRange, servicePort } from '../support/ports.ts';

const test = suite('what the server says');

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-said-'));
const silent: Server = createServer(() => {}).listen(0, '127.0.0.1');
test.after(() => {
  silent.close();
  rmSync(dir, { recursive: true, force: true });
});

const PROGRAM = [process.execPath, '--import', 'tsx', join(ROOT, 'src', 'main.ts')];
/** A wrong address is to be named within a second of the first word; the rest is for a busy machine, ms. */
const SOON_MS = 3_000;
/** Limit of a wait for an answer, ms. */
const PATIENCE_MS = 15_000;

interface Said {
  readonly url: string;
  out(): string;
  err(): string;
  /** The answer of /readyz, once it matches. */
  unready(why: RegExp): Promise<string>;
  stop(): Promise<number | null>;
}

const ESC = '\u001b';

let starts = 0;
async function start(args: readonly string[], env: Readonly<Record<string, string>> = {}, onTerminal = false): Promise<Said> {
  const port = await servicePort();
  const own = ['--addr', `127.0.0.1:${port}`, '--data-dir', join(dir, String(++starts)), '--gpus', 'simulated:2', '--ignore-other-logs'];
  const words = [...PROGRAM, 'serve', ...own, '--port-range', portRange().text, ...args];
  const [command = '', ...argv] = onTerminal ? ['script', '-qefc', `exec ${words.join(' ')}`, '/dev/null'] : words;
  const child: ChildProcess = spawn(command, argv, {
    cwd: ROOT,
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '', ...env },
    stdio: [onTerminal ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const url = `http://127.0.0.1:${port}`;
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  for (let i = 0; !(out + err).includes('listens on'); i++) {
    if (i > 600 || child.exitCode !== null) throw new Error(`does not listen:\n${out}\n${err}`);
    await sleep(50);
  }
  return {
    url,
    out: () => out,
    err: () => err,
    unready: async (why) => {
      let said = '';
      for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(50)) {
        said = await fetch(`${url}/readyz`).then((answer) => answer.text());
        if (why.test(said)) return said;
      }
      throw new Error(`not named in time: ${said}`);
    },
    stop: () => {
      // On a terminal, as somebody would at the keyboard.
      if (onTerminal) child.stdin?.write('\x03');
      else child.kill('SIGTERM');
      return closed;
    },
  };
}

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
}

const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line !== '');
const json = (text: string): Line[] => linesOf(text).map((line) => JSON.parse(line) as Line);

test('elsewhere than on a terminal: JSON alone; a wrong etcd and a wrong Docker are named, and the end', async () => {
  const server = await start(['--etcd', 'http://127.0.0.1:1', '--docker-host', 'unix:///nosuch/docker.sock']);
  const ready = await server.unready(/etcd at.*Docker/);
  assert.match(ready, /not ready: etcd at http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\); trying again/);
  assert.match(ready, /Docker cannot be reached at unix:\/\/\/nosuch\/docker\.sock \(ENOENT\); trying again/);
  assert.not.match(ready, /version:|ping/);
  assert.is(await server.stop(), 0);
  assert.is(server.out(), '', 'no prose between the lines');
  const lines = json(server.err());
  const find = (start: string): Line => {
    const line = lines.find(({ msg }) => msg.startsWith(start));
    if (line === undefined) throw new Error(`${start}: ${server.err()}`);
    return line;
  };
  const listens = Date.parse(find('gpu-docker-api ').time);
  assert.match(find('gpu-docker-api ').msg, new RegExp(` listens on ${server.url}$`));
  assert.ok(Date.parse(find('etcd at http://127.0.0.1:1 cannot be reached (ECONNREFUSED)').time) - listens < SOON_MS);
  assert.is(find('No Docker answers at unix:///nosuch/docker.sock (ENOENT)').level, 'warn');
  assert.is(lines.filter(({ msg }) => msg.startsWith('etcd at')).length, 1, 'once');
  assert.is(lines.at(-1)?.msg, 'stopped');
});

test('addresses at which somebody listens and says nothing', async () => {
  const { port } = silent.address() as AddressInfo;
  const server = await start(['--etcd', `http://127.0.0.1:${port}`, '--docker-host', `tcp://127.0.0.1:${port}`]);
  const ready = await server.unready(/etcd at.*Docker/);
  assert.match(ready, new RegExp(`etcd at http://127\\.0\\.0\\.1:${port} does not answer; trying again`));
  assert.match(ready, /Docker does not answer: no answer to a ping since 20/);
  assert.is(await server.stop(), 0);
  assert.is(json(server.err()).at(-1)?.msg, 'stopped');
});

test('a wrong Docker beside the server’s own etcd', async () => {
  const server = await start(['--docker-host', 'tcp://127.0.0.1:1']);
  const { msg } = JSON.parse(await server.unready(/not ready: Docker cannot be reached/)) as { msg: string };
  assert.is(msg, 'not ready: Docker cannot be reached at tcp://127.0.0.1:1 (ECONNREFUSED); trying again');
  assert.is(await server.stop(), 0);
});

test('--log-format pretty in a pipe: words for people, without colours', async () => {
  const server = await start(['--docker-host', `unix://${dockerSocket()}`, '--log-format', 'pretty']);
  for (let i = 0; i < 200 && !server.out().includes('Try:'); i++) await sleep(50);
  assert.is(await server.stop(), 0);
  const [listens, leases, attempt] = linesOf(server.out());
  assert.match(listens ?? '', /^gpu-docker-api \S+ listens on http:/);
  assert.match(leases ?? '', /^It leases 2 simulated GPUs and \d+ host ports /);
  assert.match(attempt ?? '', /^Try: curl -s http/);
  const said = linesOf(server.err());
  for (const line of said) assert.match(line, /^\d\d:\d\d:\d\d\.\d{3}Z (info |warn |error) \S/);
  assert.match(said.at(-1) ?? '', /info {2}stopped$/);
  assert.not.ok((server.err() + server.out()).includes(ESC));
});

const hasScript = (): boolean => {
  try {
    return execFileSync('script', ['--version']).toString().includes('util-linux');
  } catch {
    return false;
  }
};

if (hasScript()) {
  const wrong = ['--etcd', 'http://127.0.0.1:1', '--docker-host', 'unix:///nosuch/docker.sock'];
  test('on a terminal: words and colours, and the end at Ctrl-C', async () => {
    const server = await start(wrong, {}, true);
    await server.unready(/etcd at/);
    assert.is(await server.stop(), 0);
    const lines = linesOf(server.out());
    const found = lines.find((line) => line.includes('etcd at http://127.0.0.1:1 cannot be reached (ECONNREFUSED); trying again'));
    assert.match(found ?? '', /^\S\[2m\S+Z\S\[0m \S\[33mwarn/);
    assert.match(lines.at(-1) ?? '', /stopped$/);
    assert.is(lines.filter((line) => line.includes('"level"')).length, 0, 'no JSON between the words');
  });

  test('on a terminal with NO_COLOR: no colours; with --log-format json: JSON', async () => {
    const plain = await start(wrong, { NO_COLOR: '1' }, true);
    await plain.unready(/etcd at/);
    await plain.stop();
    assert.not.ok(plain.out().includes(ESC));
    assert.match(plain.out(), /Z warn {2}etcd at http:\/\/127\.0\.0\.1:1 cannot/);
    const machine = await start([...wrong, '--log-format', 'json'], {}, true);
    await machine.unready(/etcd at/);
    await machine.stop();
    assert.is(json(machine.out().replaceAll('^C', '')).at(-1)?.msg, 'stopped');
  });
}

test.run();
