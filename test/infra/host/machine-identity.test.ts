import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HostIdError, hostIdOf } from '../../../src/infra/host/machine-identity.ts';

const hostId = suite('host id');

hostId('is made once for a data directory, private, and another for another', () => {
  const [a, b] = [mkdtempSync(join(tmpdir(), 'host-id-')), mkdtempSync(join(tmpdir(), 'host-id-'))];
  try {
    const id = hostIdOf(a);
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.is(hostIdOf(a), id);
    assert.is.not(hostIdOf(b), id);
    assert.is(statSync(join(a, 'host-id')).mode & 0o777, 0o600);
  } finally {
    for (const dir of [a, b]) rmSync(dir, { recursive: true });
  }
});

hostId('a file that holds something else is named, never replaced', () => {
  const dir = mkdtempSync(join(tmpdir(), 'host-id-'));
  try {
    writeFileSync(join(dir, 'host-id'), 'half an i');
    assert.throws(
      () => hostIdOf(dir),
      (error: unknown) => error instanceof HostIdError && error.message.includes(join(dir, 'host-id')),
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});

hostId.run();
