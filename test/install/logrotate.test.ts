// deploy/gpu-docker-api.logrotate: logrotate has nothing to say against it, and etcd's log goes on while it is open.
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { command, deployed } from './support.ts';

const test = suite('logrotate');
const folder = mkdtempSync(join(tmpdir(), 'gpu-docker-api-logrotate-'));
const logrotate = command('sh', ['-c', 'PATH=$PATH:/usr/sbin command -v logrotate']).out.trim();
const PLACE = '/var/lib/gpu-docker-api/etcd.log';
/** Of `maxsize` and more. */
const LARGE = 9 * 2 ** 20;

test.after(() => rmSync(folder, { recursive: true, force: true }));

test('it is about the file that etcd writes', () => {
  assert.ok(readFileSync(deployed('gpu-docker-api.logrotate'), 'utf8').includes(`\n${PLACE} {\n`));
});

if (logrotate === '') console.log('note: there is no logrotate here, so it was not tried');
else
  test('a large log is rotated, also beside one that the server rotated, and its writer goes on', () => {
    const [log, rules] = [join(folder, 'etcd.log'), join(folder, 'rules')];
    writeFileSync(rules, readFileSync(deployed('gpu-docker-api.logrotate'), 'utf8').replace(PLACE, log), { mode: 0o644 });
    writeFileSync(`${log}.1`, 'the server’s own\n', { mode: 0o600 });
    const writer = openSync(log, 'a', 0o600);
    const rotate = (): void => {
      const done = command(logrotate, ['--state', join(folder, 'state'), rules]);
      assert.deepEqual([done.code, done.out + done.err], [0, '']);
    };
    writeSync(writer, 'small\n');
    rotate();
    assert.equal(readFileSync(log, 'utf8'), 'small\n');
    for (let round = 1; round <= 6; round++) {
      writeSync(writer, Buffer.alloc(LARGE, `${round}\n`));
      rotate();
      writeSync(writer, `after ${round}\n`);
      assert.equal(readFileSync(log, 'utf8'), `after ${round}\n`);
    }
    closeSync(writer);
    const names = readdirSync(folder).filter((name) => name.startsWith('etcd.log'));
    assert.ok(names.length <= 6, names.join());
    assert.ok(names.every((name) => name.endsWith('.gz') || statSync(join(folder, name)).size < LARGE));
  });

test.run();
