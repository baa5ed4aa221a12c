// `keys create|list|set|revoke` as a client of a server; test/e2e/keys.test.ts has them on the log itself.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KeyListEntry } from '../../src/projections/views/keys.ts';
import { type Live, startLive } from '../http/live.ts';
import { json, type Ran, run } from './support.ts';

const test = suite('keys');

let live: Live;
test.before(async () => {
  live = await startLive(2);
  process.env['GPU_DOCKER_API_SERVER'] = live.url;
});
test.after(async () => {
  for (const name of ['GPU_DOCKER_API_SERVER', 'GPU_DOCKER_API_KEY']) delete process.env[name];
  await live.stop();
});

const ok = async (...argv: readonly string[]): Promise<string> => {
  const { code, out, err } = await run('keys', ...argv);
  assert.is(code, 0, err);
  return out;
};
const keys = async (): Promise<readonly KeyListEntry[]> => json<{ keys: readonly KeyListEntry[] }>(await ok('list', '--json')).keys;

test('the key alone goes to standard output, and the next request takes it from the environment', async () => {
  assert.match(await ok('list'), /No keys: whoever reaches the API can do everything/);
  const { code, out, err } = await run('keys', 'create', 'root', '--role', 'admin');
  assert.is(code, 0, err);
  assert.match(out, /^gda_[0-9a-f]{16}_[\w-]{43}\n$/);
  assert.match(err, /not shown again/);
  const refused = await run('keys', 'list');
  assert.equal([refused.code, refused.out], [1, '']);
  assert.match(refused.err, /a key is needed.*GPU_DOCKER_API_KEY/);
  process.env['GPU_DOCKER_API_KEY'] = out.trim();
  assert.equal(
    (await keys()).map(({ name, role, scope, state }) => [name, role, scope, state]),
    [['root', 'admin', 'all', 'live']],
  );
});

test('a first key that is nobody’s who may create others is warned of', async () => {
  const other = await startLive(1);
  const mine = process.env['GPU_DOCKER_API_KEY'];
  delete process.env['GPU_DOCKER_API_KEY'];
  try {
    const { code, err } = await run('keys', 'create', 'bob', '--server', other.url);
    assert.is(code, 0, err);
    assert.match(err, /warning: each request needs a key from now on, and no key has the role admin: .*--role admin/);
  } finally {
    if (mine !== undefined) process.env['GPU_DOCKER_API_KEY'] = mine;
    await other.stop();
  }
});

test('rights and quotas, changed one by one', async () => {
  await ok('create', 'ann', '--gpus', '2', '--gpu-hours-month', '1.5', '--volume-bytes', '1.5GB', '--expires', '2999-01-31', '--json');
  const ann = async (): Promise<KeyListEntry | undefined> => (await keys()).find(({ name }) => name === 'ann');
  assert.equal((await ann())?.quota, { gpus: 2, gpuHoursMonth: 1.5, volumeBytes: 1.5 * 1024 ** 3 });
  assert.is((await ann())?.expires, '2999-01-31T00:00:00.000Z');
  await ok('set', 'ann', '--gpus', 'none', '--containers', '3', '--scope', 'all', '--expires', 'never');
  const changed = await ann();
  assert.equal(changed?.quota, { gpuHoursMonth: 1.5, volumeBytes: 1.5 * 1024 ** 3, containers: 3 });
  assert.equal([changed?.scope, changed?.role, changed?.expires], ['all', 'operator', null]);
  await ok('set', 'ann', '--expires', '90d');
  const days = (Date.parse((await ann())?.expires ?? '') - Date.now()) / 86_400_000;
  assert.ok(days > 89.9 && days < 90.1, String(days));
  await ok('revoke', 'ann');
  assert.is((await ann())?.state, 'revoked');
});

test('what is refused, and what is typed wrongly', async () => {
  const failed = async (code: number, says: RegExp, ...argv: readonly string[]): Promise<void> => {
    const ran: Ran = await run('keys', ...argv);
    assert.is(ran.code, code, `${argv.join(' ')}: ${ran.err}`);
    assert.match(ran.err, says, argv.join(' '));
  };
  await failed(1, /root is the last key/, 'revoke', 'root');
  await failed(1, /there is no key bob/, 'revoke', 'bob');
  await failed(1, /there is a key root already/, 'create', 'root');
  await failed(1, /cannot be a key’s/, 'create', 'system');
  await failed(2, /needs NAME/, 'create');
  await failed(2, /--role: "boss" is not one of viewer, operator, admin/, 'create', 'x', '--role', 'boss');
  await failed(2, /--expires: "soon" is neither a time/, 'create', 'x', '--expires', 'soon');
  await failed(2, /--gpus: "many" is not a number/, 'create', 'x', '--gpus', 'many');
  await failed(2, /--volume-bytes: "7" is not a size/, 'create', 'x', '--volume-bytes', '7');
  await failed(2, /nothing is to be changed/, 'set', 'root');
  await failed(2, /there is no command "keys revok": did you mean "keys revoke"\?/, 'revok', 'root');
  await failed(1, /there is no log in/, 'list', '--data-dir', '/nonexistent');
});

test.run();
