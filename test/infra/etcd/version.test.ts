import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkEtcdVersion, UnsafeEtcdError } from '../../../src/infra/etcd/version.ts';

const test = suite('etcd version');

test('refuses the releases that can lose answered writes, and says why', () => {
  for (const version of ['3.4.20', '3.5.0', '3.5.4', '3.3.25', '2.3.8', '3.5.4-rc.1', 'v3.4.0']) {
    assert.throws(
      () => checkEtcdVersion(version),
      (error: unknown) => error instanceof UnsafeEtcdError && error.version === version && error.message.includes('14370'),
      version,
    );
  }
  assert.throws(() => checkEtcdVersion('unknown'), /cannot tell/);
});

test('takes the fixed ones, and any when told so', () => {
  for (const version of ['3.4.21', '3.4.23', '3.5.5', '3.5.16', '3.6.0', '3.10.1', '4.0.0', 'v3.5.30']) checkEtcdVersion(version);
  checkEtcdVersion('3.4.20', { allowUnsafe: true });
});

test.run();
