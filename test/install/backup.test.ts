// deploy/backup.sh: what it copies is imported again, and a copy that does not verify costs no older one.
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { dockerSocket } from '../support/docker.ts';
import { serve, type TestServer } from '../support/server.ts';
import { command, deployed, program } from './support.ts';

const test = suite('the backup');
const folder = mkdtempSync(join(tmpdir(), 'gpu-docker-api-backup-'));
const backup = join(folder, 'the backup');
const bin = join(folder, 'gpu docker api');
let server: TestServer;

test.before(async () => {
  writeFileSync(bin, `#!/bin/sh\nexec ${process.execPath} ${await program()} "$@"\n`, { mode: 0o755 });
  // Paths with spaces throughout.
  const dataDir = join(folder, 'the data');
  server = await serve({ docker: dockerSocket(), dataDir, args: ['--gpus', 'simulated:2', '--checkpoint-every', '1s'] });
});
test.after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const env = (): NodeJS.ProcessEnv => ({
  GPU_DOCKER_API_DATA_DIR: server.dataDir,
  BACKUP_DIR: backup,
  KEEP_DAYS: '30',
  GPU_DOCKER_API: bin,
});
const run = (differing: NodeJS.ProcessEnv = {}) => command('sh', [deployed('backup.sh')], { env: { ...env(), ...differing } });
const exports = (): readonly string[] => readdirSync(backup).filter((name) => name.startsWith('events-'));
/** Path, size and time of each file of a backup. */
function stateOf(path: string): readonly string[] {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return files.flatMap((name) => {
    const { size, mtimeMs } = statSync(join(path, name));
    return name === '.lock' || name === 'segments' ? [] : [`${name}: ${size} bytes, ${mtimeMs}`];
  });
}
const noted = (): string => readFileSync(join(server.dataDir, 'last-backup.json'), 'utf8');
const head = async (): Promise<number> => (await server.request<{ data: { sequence: number } }>('GET', '/readyz')).body.data.sequence;

async function makeEvents(volumes: number): Promise<void> {
  const one = async (_: unknown, i: number): Promise<void> => {
    const made = await server.request('POST', '/api/v1/volumes', { name: `none${i}`, size: '1MB' });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    assert.equal((await server.request('DELETE', `/api/v1/volumes/none${i}`)).status, 200);
  };
  await Promise.all(Array.from({ length: volumes }, one));
}

test('exports while the server runs, verified, with the checkpoints; old exports go, the newest stays', async () => {
  await makeEvents(3);
  const first = run();
  assert.equal(first.code, 0, first.err);
  const [only] = exports();
  assert.match(only ?? '', /^events-1-\d{8}T\d{6}Z\.jsonl\.gz$/);
  assert.equal(first.out.trim().split('\n').at(-1), join(backup, only ?? ''));
  const monthsAgo = new Date(Date.now() - 90 * 86_400_000);
  utimesSync(join(backup, only ?? ''), monthsAgo, monthsAgo);
  await makeEvents(1);
  // Names are to the second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.equal(run().code, 0);
  assert.equal(exports().length, 1);
  assert.notEqual(exports()[0], only);
});

test('segments are copied once, and all of it together is the log', async () => {
  await makeEvents(60);
  const archived = command(bin, ['log', 'archive', '--before', '100', '--data-dir', server.dataDir]);
  assert.equal(archived.code, 0, archived.err);
  const done = run();
  assert.equal(done.code, 0, done.err);
  const segments = readdirSync(join(backup, 'segments')).map((name) => join(backup, 'segments', name));
  assert.ok(segments.length > 0, archived.out);
  const newest = exports().find((name) => !name.startsWith('events-1-')) ?? '';
  const whole = await head();
  const restored = join(folder, 'restored');
  const imported = command(bin, ['log', 'import', '--data-dir', restored, ...segments, join(backup, newest)]);
  assert.equal(imported.code, 0, imported.err);
  const tail = command(bin, ['log', 'export', '--data-dir', restored]).out.trim().split('\n');
  assert.ok(tail.length >= whole, `${tail.length} of ${whole} events`);
  // Otherwise the alert for a late backup would never end on a host with an archive.
  const { head: last } = JSON.parse(noted()) as { head: number };
  assert.ok(last >= whole, `noted: ${last} of ${whole} events`);
});

test('two at once are one too many; a cut export is none; what a killed backup left is cleared away', () => {
  const before = exports();
  const second = command('flock', [join(backup, '.lock'), 'sh', deployed('backup.sh')], { env: env() });
  assert.equal(second.code, 1, second.out + second.err);
  assert.match(second.err, /^another backup writes to /);
  mkdirSync(join(backup, '.partial'), { recursive: true });
  writeFileSync(join(backup, '.partial', 'left.gz'), '');
  const cut = join(folder, 'cut');
  writeFileSync(cut, `#!/bin/sh\n[ "$2" = export ] || exec '${bin}' "$@"\n'${bin}' "$@" | head -n 5\nexit 1\n`, { mode: 0o755 });
  const failed = command('sh', [deployed('backup.sh')], { env: { ...env(), GPU_DOCKER_API: cut } });
  assert.equal(failed.code, 1, failed.out + failed.err);
  assert.deepEqual(exports(), before);
  assert.equal(existsSync(join(backup, '.partial')), false);
});

test('a directory in which somebody else may write is refused, before anything is written', () => {
  const victim = join(folder, 'victim');
  writeFileSync(victim, 'whole');
  const attempts: readonly (readonly [string, (dir: string) => void])[] = [
    ['world', (dir) => chmodSync(dir, 0o1777)],
    ['group', (dir) => chmodSync(dir, 0o770)],
    ['owner', (dir) => chownSync(dir, 12_345, 12_345)],
    [
      'segments',
      (dir) => {
        mkdirSync(join(dir, 'segments'));
        chmodSync(join(dir, 'segments'), 0o777);
      },
    ],
    ['link', (dir) => symlinkSync(folder, join(dir, 'segments'))],
  ];
  for (const [name, make] of attempts) {
    const dir = join(folder, `strange-${name}`);
    mkdirSync(dir, { mode: 0o700 });
    symlinkSync(victim, join(dir, '.lock'));
    symlinkSync(victim, join(dir, 'checkpoint.pub'));
    make(dir);
    const failed = command('sh', [deployed('backup.sh')], { env: { ...env(), BACKUP_DIR: dir } });
    assert.equal(failed.code, 1, `${name}: ${failed.out}${failed.err}`);
    assert.match(failed.err, /must belong to \S+, and nobody else may write there/);
    assert.equal(readFileSync(victim, 'utf8'), 'whole', name);
  }
  const modes = exports().map((name) => lstatSync(join(backup, name)).mode & 0o777);
  assert.ok(modes.length > 0 && modes.every((mode) => mode === 0o600), 'copies are for root alone');
});

test('a copy that was changed is not believed: what was there stays, and no backup is noted', async () => {
  const [segment = ''] = readdirSync(join(backup, 'segments'));
  const path = join(backup, 'segments', segment);
  const whole = readFileSync(path);
  const changed = command('sh', ['-c', `zcat '${path}' | sed 's/none1/none2/' | gzip > '${path}.new' && mv '${path}.new' '${path}'`]);
  assert.equal(changed.code, 0, changed.err);
  await makeEvents(1);
  const before = [...stateOf(backup), noted()];
  const failed = run();
  assert.equal(failed.code, 3, failed.out + failed.err);
  assert.deepEqual([...stateOf(backup), noted()], before);
  writeFileSync(path, whole);
  assert.equal(run().code, 0);
  assert.notEqual(noted(), before.at(-1));
});

test('an export alone is no backup, and an old one that is verified again is no new one', async () => {
  const before = noted();
  await makeEvents(1);
  const copy = join(folder, 'copy.jsonl');
  const copied = command('sh', ['-c', `'${bin}' log export --data-dir '${server.dataDir}' > '${copy}'`]);
  assert.equal(copied.code, 0, copied.err);
  assert.equal(noted(), before);
  const verify = () => command(bin, ['log', 'verify', '--data-dir', server.dataDir, '--events', copy]);
  assert.equal(verify().code, 0);
  const after = noted();
  assert.notEqual(after, before);
  await makeEvents(1);
  assert.equal(run().code, 0);
  const latest = noted();
  assert.equal(verify().code, 0);
  assert.equal(noted(), latest);
});

test('a new segment that does not verify does not come into the backup', () => {
  const archived = command(bin, ['log', 'archive', '--before', '200', '--data-dir', server.dataDir]);
  assert.equal(archived.code, 0, archived.err);
  const archive = join(server.dataDir, 'segments');
  const fresh = readdirSync(archive).filter((name) => name.endsWith('.gz') && !existsSync(join(backup, 'segments', name)));
  const path = join(archive, fresh[0] ?? '');
  const [whole, before] = [readFileSync(path), stateOf(backup)];
  truncateSync(path, whole.length - 20);
  const failed = run();
  assert.notEqual(failed.code, 0, failed.out + failed.err);
  assert.deepEqual(stateOf(backup), before);
  writeFileSync(path, whole);
  const mended = run();
  assert.equal(mended.code, 0, mended.err);
  assert.ok(existsSync(join(backup, 'segments', fresh[0] ?? '')));
});

test('an etcd that does not answer is named', () => {
  const before = stateOf(backup);
  const failed = run({ GPU_DOCKER_API_ETCD: 'http://127.0.0.1:9' });
  assert.equal(failed.code, 1, failed.out + failed.err);
  assert.match(failed.err, /etcd/);
  assert.deepEqual(stateOf(backup), before);
});

test('a disk that is full costs nothing of what is on it', async () => {
  const small = join(folder, 'a small disk');
  mkdirSync(small);
  assert.equal(command('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=700', 'tmpfs', small]).code, 0);
  try {
    const first = run({ BACKUP_DIR: small });
    assert.equal(first.code, 0, first.err);
    command('dd', ['if=/dev/zero', `of=${join(small, 'full')}`, 'bs=4k']);
    await makeEvents(20);
    const before = [...stateOf(small), noted()];
    const failed = run({ BACKUP_DIR: small });
    assert.equal(failed.code, 1, failed.out + failed.err);
    assert.match(failed.err, /No space left on device/);
    assert.deepEqual([...stateOf(small), noted()], before);
  } finally {
    command('umount', ['--lazy', small]);
  }
});

test.run();
