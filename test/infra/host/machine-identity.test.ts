import { chownSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adoptHost, clearAdoption, HostFileError, hostFileOf, knownHostFile, machineId } from '../../../src/infra/host/machine-identity.ts';

const host = suite<{ dir: string }>('host file');

host.before.each((context) => {
  context.dir = mkdtempSync(join(tmpdir(), 'host-file-'));
});
host.after.each(({ dir }) => rmSync(dir, { recursive: true }));

host('is made once for a data directory, private, and keeps its name', ({ dir }) => {
  assert.is(knownHostFile(dir), null);
  const made = hostFileOf(dir, 'box');
  assert.is(made.name, 'box');
  assert.match(made.id, /^[0-9a-f-]{36}$/);
  assert.equal(hostFileOf(dir, 'box2'), made, 'a machine that is renamed is the same host');
  assert.is(statSync(join(dir, 'host.json')).mode & 0o777, 0o600);
});

host('adopting names the host and who said so; the id stays', ({ dir }) => {
  const made = hostFileOf(dir, 'box');
  const { id, name, adopted } = adoptHost(dir, 'old-box', 'alice', '0123abcd');
  assert.equal({ id, name, by: adopted?.by, seen: adopted?.seen }, { id: made.id, name: 'old-box', by: 'alice', seen: '0123abcd' });
  clearAdoption(dir);
  assert.equal(hostFileOf(dir, 'box'), { id: made.id, name: 'old-box' });
});

host('nobody can adopt where no server has said what differs', ({ dir }) => {
  assert.throws(
    () => adoptHost(dir, 'box', 'alice', '0123abcd'),
    (error: unknown) => error instanceof HostFileError && /no server has started/.test(error.message),
  );
  assert.equal(readdirSync(dir), []);
});

host('written by root, it is the owner’s of the data directory, and private', ({ dir }) => {
  if (process.geteuid?.() !== 0) return;
  chownSync(dir, 12_345, 23_456);
  hostFileOf(dir, 'box');
  for (const write of [() => adoptHost(dir, 'box', 'alice', '0123abcd'), () => clearAdoption(dir)]) {
    write();
    const { uid, gid, mode } = statSync(join(dir, 'host.json'));
    assert.equal([uid, gid, mode & 0o777], [12_345, 23_456, 0o600]);
  }
  assert.equal(readdirSync(dir), ['host.json'], 'no draft is left');
});

host('a file that holds something else is named, never replaced', ({ dir }) => {
  const id = '00000000-0000-0000-0000-000000000000';
  const badWord = JSON.stringify({ id, name: 'box', adopted: { by: 5 } });
  for (const text of [
    '',
    'half an i',
    badWord,
    `{"id":"${id}","name":"box","adopted":null}`,
    '{"id":"x","name":"box"}',
    '{"id":"00000000-0000-0000-0000-000000000000"}',
  ]) {
    writeFileSync(join(dir, 'host.json'), text);
    assert.throws(
      () => hostFileOf(dir, 'box'),
      (error: unknown) => error instanceof HostFileError && error.message.includes(join(dir, 'host.json')),
    );
  }
});

host("a machine id that is none yet, or every machine's, counts as not known", ({ dir }) => {
  const path = join(dir, 'machine-id');
  assert.is(machineId(path), '');
  for (const [text, id] of [
    ['0123456789abcdef0123456789abcdef\n', '0123456789abcdef0123456789abcdef'],
    ['uninitialized\n', ''],
    ['', ''],
    [`${'0'.repeat(32)}\n`, ''],
  ] as const) {
    writeFileSync(path, text);
    assert.is(machineId(path), id);
  }
});

host.run();
