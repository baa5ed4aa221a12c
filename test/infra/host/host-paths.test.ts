// What belongs to the service is mounted by nobody, whatever --allow-bind says: the paths that the options name, and where they lead.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkHostPath, rulesFor } from '../../../src/commands/container/host-paths.ts';
import { hostPathRules } from '../../../src/infra/host/host-paths.ts';
import { thisMachine } from '../../../src/infra/options/machine.ts';
import { parseOptions } from '../../../src/infra/options/parse.ts';
import { settings } from '../../support/scenario.ts';

const test = suite('the rules for host paths');

const dir = realpathSync(mkdtempSync(join(tmpdir(), 'gda-paths-')));
test.after(() => rmSync(dir, { recursive: true }));

function rulesOf(...args: string[]): ReturnType<typeof hostPathRules> {
  const parsed = parseOptions(['--allow-bind', '/', ...args], {}, thisMachine());
  if (parsed.command !== 'serve') throw new Error(parsed.command);
  return hostPathRules(parsed.options, []);
}

test('every file that an option names is protected, by its name and by where it leads', () => {
  const files = ['cert.pem', 'key.pem', 'checkpoints', 'checkpoint.key'].map((name) => join(dir, name));
  for (const file of files) writeFileSync(`${file}.1`, '');
  for (const file of files) symlinkSync(`${file}.1`, file);
  const [cert = '', key = '', checkpoints = '', checkpointKey = ''] = files;
  const options = ['--tls-cert', cert, '--tls-key', key, '--checkpoint-file', checkpoints, '--checkpoint-key', checkpointKey];
  const { protectedPaths: found } = rulesOf(...options, '--archive-dir', join(dir, 'archive'), '--docker-host', `unix://${dir}/d.sock`);
  for (const path of [...files, ...files.map((file) => `${file}.1`), join(dir, 'archive'), join(dir, 'd.sock')])
    assert.ok(found.includes(path), path);
});

test('what the host carries out as root is not handed over by an --allow-bind above it', () => {
  const rules = rulesOf('--data-dir', dir);
  for (const path of [
    '/etc/cron.d',
    '/var/spool/cron/crontabs',
    '/var/lib/cloud/scripts',
    '/var/lib/systemd',
    '/var/lib/kubelet',
    '/snap/x',
  ])
    assert.match(checkHostPath(path, path, { ...settings, ...rules }) ?? '', /would hand over/, path);
  for (const path of ['/srv/lab', '/home/ann', '/var/lib/lab', '/opt/data'])
    assert.is(checkHostPath(path, path, { ...settings, ...rules }), null, path);
});

test('links above the directory of an owner are followed, and that one is looked at when it is mounted', () => {
  mkdirSync(join(dir, 'lab'));
  symlinkSync(join(dir, 'lab'), join(dir, 'link'));
  const rules = rulesFor('ann', { ...settings, ...rulesOf('--allow-bind', join(dir, 'link', '{owner}')) });
  const allowed = rules.allowBind.filter((root) => root !== '/');
  assert.equal(allowed, [join(dir, 'link', 'ann'), join(dir, 'lab', 'ann')]);
  const only = { ...rules, allowBind: allowed };
  assert.is(checkHostPath(join(dir, 'link', 'ann'), join(dir, 'lab', 'ann'), only), null);
  assert.match(checkHostPath(join(dir, 'link', 'ann'), join(dir, 'lab', 'bob'), only) ?? '', /leads outside of what --allow-bind allows/);
});

test.run();
