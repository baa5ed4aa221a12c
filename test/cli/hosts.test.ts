// An operator's word about this machine, as it is given on the command line.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostFileOf } from '../../src/infra/host/machine-identity.ts';
import { run } from './support.ts';

const hosts = suite<{ dir: string }>('hosts adopt');

hosts.before.each((context) => {
  context.dir = mkdtempSync(join(tmpdir(), 'hosts-adopt-'));
});
hosts.after.each(({ dir }) => rmSync(dir, { recursive: true }));

hosts('writes who said it, and names the data directory', async ({ dir }) => {
  const { id } = hostFileOf(dir, 'box2');
  const { code, out } = await run('hosts', 'adopt', 'box', '--seen', '0123abcd', '--data-dir', dir, '--by', 'alice');
  assert.is(code, 0);
  assert.ok(out.includes(id) && out.includes(dir), out);
  const file = hostFileOf(dir, 'box2');
  assert.equal([file.id, file.name, file.adopted?.by, file.adopted?.seen], [id, 'box', 'alice', '0123abcd']);
});

hosts('refuses a text that cannot be a host, and writes nothing', async ({ dir }) => {
  for (const name of ['', '../box', 'a box']) {
    const { code, err } = await run('hosts', 'adopt', name, '--seen', '0123abcd', '--data-dir', dir);
    assert.is(code, 2, err);
  }
  assert.is(existsSync(join(dir, 'host.json')), false);
});

hosts('needs the code of what the operator saw, a name that is no part of the service, and a server that has started', async ({ dir }) => {
  const none = await run('hosts', 'adopt', 'box', '--seen', '0123abcd', '--data-dir', dir);
  assert.is(none.code, 1);
  assert.match(none.err, 'no server has started');
  hostFileOf(dir, 'box2');
  const blind = await run('hosts', 'adopt', 'box', '--data-dir', dir);
  assert.is(blind.code, 2);
  assert.match(blind.err, '--seen');
  for (const by of ['system:start', 'a\nb', ''])
    assert.is((await run('hosts', 'adopt', 'box', '--seen', '0123abcd', '--by', by)).code, 2, by);
  assert.is(hostFileOf(dir, 'box2').adopted, undefined);
});

hosts.run();
