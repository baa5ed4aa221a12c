import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_HEAD } from '../../../src/events/envelope.ts';
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import { DataDirInUseError } from '../../../src/infra/etcd/data-lock.ts';
import { type EmbeddedEtcdOptions, EtcdFailedError, startEmbeddedEtcd } from '../../../src/infra/etcd/embedded.ts';
import { EtcdLog } from '../../../src/infra/etcd/log.ts';
import { startTimeOf } from '../../../src/infra/etcd/process-identity.ts';
import { EtcdNotFoundError, etcdVersion, findEtcd, requireEtcd } from '../../../src/infra/etcd/program.ts';
import { runDirFor, SOCKET_PATH_MAX } from '../../../src/infra/etcd/run-dir.ts';
import { all, clock, endOf, eventsAfter, ids, runChild, until } from './support.ts';

const root = mkdtempSync(join(tmpdir(), 'gda-embedded-'));
let made = 0;
const newDir = (): string => join(root, `data-${++made}`);
const test = suite('embedded etcd');
test.after(() => {
  for (; made > 0; made--) rmSync(runDirFor(join(root, `data-${made}`)), { recursive: true, force: true });
  rmSync(root, { recursive: true, force: true });
});

async function refused(options: EmbeddedEtcdOptions, type: new (...args: never[]) => Error, message: RegExp): Promise<void> {
  await startEmbeddedEtcd(options).then(
    async (etcd) => {
      await etcd.stop();
      assert.unreachable('it started');
    },
    (error: unknown) => {
      assert.instance(error, type);
      assert.match((error as Error).message, message);
    },
  );
}
async function timed<T>(what: string, most: number, work: () => Promise<T>): Promise<T> {
  const since = performance.now();
  const result = await work();
  const took = performance.now() - since;
  process.stdout.write(`${what}: ${took.toFixed(0)} ms\n`);
  assert.ok(took < most, `${what}: ${took} ms, not under ${most}`);
  return result;
}
const isGone = (pid: number): boolean => startTimeOf(pid) === null;

test('starts fresh and again in a private directory, keeps the log, and leaves nothing running', async () => {
  const dataDir = newDir();
  const first = await timed('fresh start', 400, () => startEmbeddedEtcd({ dataDir }));
  assert.is(statSync(runDirFor(dataDir)).mode & 0o777, 0o700);
  assert.is(first.endpoint, `unix:${join(runDirFor(dataDir), 'c.sock:0')}`);
  const kv = connectEtcd({ endpoints: [first.endpoint] });
  const events = eventsAfter(EMPTY_HEAD, 3);
  assert.is(await new EtcdLog({ kv, clock, ids }).append(events, EMPTY_HEAD), 'committed');
  kv.close();
  const pid = first.pid ?? 0;
  await first.stop();
  assert.ok(isGone(pid));

  const second = await timed('start after a stop', 600, () => startEmbeddedEtcd({ dataDir }));
  const again = connectEtcd({ endpoints: [second.endpoint] });
  assert.equal(await all(new EtcdLog({ kv: again, clock, ids })), events);
  again.close();
  await second.stop();
});

test('a killed etcd is started again with the log intact, while an append waits', async () => {
  const dataDir = newDir();
  const restarts: string[] = [];
  const etcd = await startEmbeddedEtcd({ dataDir, onRestart: (ms, reason) => restarts.push(`${ms} ms: ${reason}`) });
  const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 500 });
  const log = new EtcdLog({ kv, clock, ids });
  let head = EMPTY_HEAD;
  for (let round = 1; round <= 3; round++) {
    process.kill(etcd.pid ?? 0, 'SIGKILL');
    const events = eventsAfter(head, 2);
    await timed(`append across kill ${round} of etcd`, 2_000, () => log.append(events, head));
    head = endOf(events);
    await until('restarted', () => etcd.restarts === round);
  }
  assert.is((await all(log)).length, 6);
  assert.is(restarts.length, 3);
  kv.close();
  await etcd.stop();
});

test('the watchdog alone being killed leaves no second etcd on the data', async () => {
  const etcd = await startEmbeddedEtcd({ dataDir: newDir() });
  const old = etcd.pid ?? 0;
  const watchdog = Number(/\) . (\d+) /.exec(readFileSync(`/proc/${old}/stat`, 'utf8'))?.[1]);
  process.kill(watchdog, 'SIGKILL');
  await until('restarted', () => etcd.restarts === 1);
  assert.ok(isGone(old));
  await etcd.stop();
});

test('a killed server leaves no etcd behind, and the next starts at once', async () => {
  const dataDir = newDir();
  const server = await runChild('embedded-child.ts', dataDir);
  await server.kill('SIGKILL');
  const etcd = await timed('start right after a SIGKILL of the server', 600, () => startEmbeddedEtcd({ dataDir }));
  assert.ok(isGone(Number(server.said)));
  await etcd.stop();

  const other = await runChild('embedded-child.ts', dataDir);
  await other.kill('SIGKILL');
  await timed('end of etcd after a SIGKILL of the server', 2_000, () => until('gone', () => isGone(Number(other.said))));
});

test('an etcd that does not end after its server was killed is ended', async () => {
  const dataDir = newDir();
  const server = await runChild('embedded-child.ts', dataDir);
  process.kill(Number(server.said), 'SIGSTOP');
  await server.kill('SIGKILL');
  const etcd = await timed('start over an etcd that stands still', 4_500, () => startEmbeddedEtcd({ dataDir }));
  assert.ok(isGone(Number(server.said)));
  await etcd.stop();
});

test('a second server on the data directory is refused by name, and the first goes on', async () => {
  const dataDir = newDir();
  const server = await runChild('embedded-child.ts', dataDir);
  await refused({ dataDir }, DataDirInUseError, new RegExp(`in use by another server \\(pid ${server.pid}\\)`));
  assert.not(isGone(Number(server.said)));
  await server.kill('SIGKILL');
  const etcd = await startEmbeddedEtcd({ dataDir });
  await refused({ dataDir }, DataDirInUseError, new RegExp(`pid ${process.pid}`));
  await etcd.stop();
});

test('stale sockets, locks and pids are no hindrance', async () => {
  const dataDir = newDir();
  mkdirSync(dataDir);
  const runDir = runDirFor(dataDir);
  mkdirSync(runDir, { mode: 0o755 });
  const stale = createServer().listen(join(runDir, 'p.sock:0'));
  writeFileSync(join(runDir, 'c.sock:0'), '');
  writeFileSync(join(dataDir, 'etcd.lock'), '{"pid":');
  writeFileSync(join(dataDir, 'etcd.pid'), JSON.stringify({ pid: process.pid, startTime: '1', bootId: 'x', pidNamespace: '' }));
  const etcd = await startEmbeddedEtcd({ dataDir });
  assert.is(statSync(runDir).mode & 0o777, 0o700);
  await etcd.stop();
  stale.close();
});

test('a run directory that is a link or a file is refused', async () => {
  const dataDir = newDir();
  const link = join(root, 'link');
  symlinkSync(root, link);
  await refused({ dataDir, runDir: link }, Error, /is not a directory/);
  await refused({ dataDir, runDir: `/tmp/${'x'.repeat(110)}` }, Error, /longer than 107 bytes/);
  const etcd = await startEmbeddedEtcd({ dataDir });
  await etcd.stop();
});

test('the run directory is short for however long a data directory', () => {
  const dir = runDirFor(`/${'long/'.repeat(60)}`);
  assert.ok(Buffer.byteLength(join(dir, 'c.sock:0')) <= SOCKET_PATH_MAX);
  assert.is.not(dir, runDirFor('/other'));
});

test('an etcd that cannot start says why', async () => {
  const dataDir = newDir();
  await refused({ dataDir, extraArgs: ['--no-such-flag'] }, EtcdFailedError, /no-such-flag/);
  await refused({ dataDir, bin: '/no/such/etcd' }, EtcdNotFoundError, /not an executable etcd/);
  const etcd = await startEmbeddedEtcd({ dataDir });
  await etcd.stop();
});

test('an etcd that keeps crashing is given up with its last words', async () => {
  const dataDir = newDir();
  const bin = join(root, 'fragile-etcd');
  const broken = join(root, 'broken');
  writeFileSync(
    bin,
    `#!/bin/sh\nif [ -e ${broken} ]; then echo '{"level":"fatal","msg":"disk on fire"}' >&2; exit 1; fi\nexec ${requireEtcd()} "$@"\n`,
    { mode: 0o755 },
  );
  let failed: EtcdFailedError | null = null;
  const onFailed = (error: EtcdFailedError): void => {
    failed = error;
  };
  const etcd = await startEmbeddedEtcd({ dataDir, bin, onFailed });
  writeFileSync(broken, '');
  process.kill(etcd.pid ?? 0, 'SIGKILL');
  await until('given up', () => failed !== null, 40_000);
  assert.match(String(failed), /crashed 9 times in a minute: .*disk on fire/);
  await etcd.stop();
});

test('a large log file of etcd is put aside', async () => {
  const dataDir = newDir();
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'etcd.log'), Buffer.alloc(17 * 2 ** 20));
  const etcd = await startEmbeddedEtcd({ dataDir });
  assert.is(statSync(join(dataDir, 'etcd.log.1')).size, 17 * 2 ** 20);
  assert.ok(statSync(join(dataDir, 'etcd.log')).size < 2 ** 20);
  await etcd.stop();
});

test('finds the program and its version', async () => {
  const bin = findEtcd();
  if (bin === null) throw new Error('no etcd on this machine');
  assert.match(await etcdVersion(bin), /^\d+\.\d+\.\d+/);
  assert.is(findEtcd('/no/such/etcd'), null);
  assert.is(findEtcd('/tmp'), null);
});

test.run();
