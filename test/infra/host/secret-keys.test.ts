// The keys of secret values as files: made before they are needed, whole, for the owner alone, and gone when their life has ended.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Secret, SecretKeyError } from '../../../src/commands/outside/secrets.ts';
import { requestMac } from '../../../src/infra/host/secrets/request-mac.ts';
import { openValue, sealValue } from '../../../src/infra/host/secrets/secret-box.ts';
import { SecretKeyFiles } from '../../../src/infra/host/secrets/secret-key-files.ts';

const test = suite('secret keys');
const LOG = 'log-1';
let dir: string;
let keys: SecretKeyFiles;
test.before.each(() => {
  dir = mkdtempSync(join(tmpdir(), 'secret-keys-'));
  keys = new SecretKeyFiles(dir, () => LOG);
});
test.after.each(() => rmSync(dir, { recursive: true }));

const variables = [
  { name: 'A', value: new Secret('one') },
  { name: 'B', value: new Secret('') },
];
const folder = (): string => join(dir, 'secret-keys', LOG);
const all = (): string[] => readdirSync(folder()).sort();
const files = (): string[] => all().filter((name) => name.endsWith('.key'));

async function lost(uid: string, sealed: Awaited<ReturnType<SecretKeyFiles['seal']>>): Promise<readonly string[]> {
  try {
    await keys.open(uid, sealed);
    return [];
  } catch (error) {
    if (error instanceof SecretKeyError) return error.variables;
    throw error;
  }
}

test('what is sealed opens, with one key for a life, which only its owner can read', async () => {
  const [first, second] = await Promise.all([keys.seal('u1', variables), keys.seal('u1', variables)]);
  assert.is(files().length, 1);
  assert.is(statSync(join(folder(), files()[0] ?? '')).mode & 0o777, 0o600);
  assert.is(statSync(folder()).mode & 0o777, 0o700);
  const opened = await keys.open('u1', first);
  assert.equal(
    [...opened].map(([name, value]) => [name, value.reveal()]),
    [
      ['A', 'one'],
      ['B', ''],
    ],
  );
  assert.is.not(first[0]?.sealed, second[0]?.sealed);
  // A length tells little: both have the same.
  assert.is(first[0]?.sealed.length, first[1]?.sealed.length);
});

test('a value that was moved to another variable, life or log does not open, nor one that was changed', async () => {
  const [a, b] = await keys.seal('u1', variables);
  if (a === undefined || b === undefined) throw new Error('two were sealed');
  await keys.seal('u2', variables);
  assert.equal(await lost('u1', [a, { ...a, name: 'B' }]), ['B']);
  assert.equal(await lost('u2', [a]), ['A']);
  const bytes = Buffer.from(a.sealed, 'base64');
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  assert.equal(
    await lost('u1', [
      { ...a, sealed: bytes.toString('base64') },
      { ...b, sealed: '' },
    ]),
    ['A', 'B'],
  );
  renameSync(folder(), join(dir, 'secret-keys', 'log-2'));
  keys = new SecretKeyFiles(dir, () => 'log-2');
  assert.equal(await lost('u1', [a]), ['A']);
  const key = Buffer.alloc(32, 7);
  assert.is(openValue(key, 'place', sealValue(key, 'place', 'ä'.repeat(100))), 'ä'.repeat(100));
});

test('the keys of a life that did not come to be, or has ended, are removed, and those of no other', async () => {
  await keys.seal('u1', variables);
  const sealed = await keys.seal('u2', variables);
  await keys.forget('u1');
  assert.is((await keys.list()).size, 2, 'it is being decided on');
  await keys.release('u1', false);
  assert.equal([...(await keys.list()).keys()], ['u2']);
  await keys.release('u2', true);
  assert.equal(await lost('u2', sealed), []);
  await keys.forget('u2');
  await keys.forget('u2');
  assert.equal(files(), []);
  assert.equal(await lost('u2', sealed), ['A', 'B']);
});

test('a key that was lost is followed by another; both count when the first is put back', async () => {
  const first = await keys.seal('u1', variables);
  const [name = ''] = files();
  const content = readFileSync(join(folder(), name));
  writeFileSync(join(folder(), name), 'half');
  assert.equal(await lost('u1', first), ['A', 'B']);
  const second = await keys.seal('u1', variables);
  writeFileSync(join(folder(), name), content);
  assert.equal([...(await lost('u1', first)), ...(await lost('u1', second))], []);
  assert.is((await keys.list()).get('u1')?.ids.size, 2);
  await keys.release('u1', true);
  await keys.release('u1', true);
  await keys.forget('u1');
  assert.equal(files(), []);
});

test('a life that another process with the same data directory decides on is left alone until that one has ended', async () => {
  await keys.seal('u1', variables);
  assert.is((await keys.list()).get('u1')?.isHeld, true);
  await keys.release('u1', true);
  assert.is((await keys.list()).get('u1')?.isHeld, false);
  assert.is(all().length, 1);
  writeFileSync(join(folder(), `u1.${process.ppid}.held`), '');
  assert.is((await keys.list()).get('u1')?.isHeld, true);
  await keys.forget('u1');
  assert.is(files().length, 1);
  renameSync(join(folder(), `u1.${process.ppid}.held`), join(folder(), 'u1.999999999.held'));
  assert.is((await keys.list()).get('u1')?.isHeld, false);
  await keys.forget('u1');
  assert.equal(all(), []);
});

test('a key that cannot be written holds nothing', async () => {
  writeFileSync(join(dir, 'secret-keys'), 'a file');
  await keys.seal('u1', variables).then(
    () => assert.unreachable(),
    (error: NodeJS.ErrnoException) => assert.is(error.code, 'ENOTDIR'),
  );
  rmSync(join(dir, 'secret-keys'));
  await keys.seal('u1', variables);
  await keys.release('u1', false);
  assert.equal(all(), []);
});

test('an id of a life or a key never leads to another file', async () => {
  const [a] = await keys.seal('u1', variables);
  if (a === undefined) throw new Error('it was sealed');
  assert.equal(await lost('../u1', [a]), ['A']);
  assert.equal(await lost('u1', [{ ...a, key: '../../x' }]), ['A']);
  await keys.seal('a/b', variables).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /no key for the life/),
  );
  mkdirSync(folder(), { recursive: true });
  writeFileSync(join(folder(), 'notes.txt'), 'x');
  writeFileSync(join(folder(), '.u9.0123456789abcdef.key.999999999.tmp'), 'x');
  assert.equal([...(await keys.list()).keys()], ['u1']);
  assert.is(all().includes('.u9.0123456789abcdef.key.999999999.tmp'), false, 'a draft of a dead process is a key as well');
});

test('requests are told apart by a key of the data directory', () => {
  const mac = requestMac(dir);
  assert.match(mac('x'), /^[0-9a-f]{64}$/);
  assert.is(requestMac(dir)('x'), mac('x'));
  assert.is.not(mac('x'), mac('y'));
  const path = join(dir, 'secret-keys', 'requests.key');
  assert.is(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, 'half');
  assert.is.not(requestMac(dir)('x'), mac('x'));
});

test.run();
