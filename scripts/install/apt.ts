// Installs packages of Debian and Ubuntu without starting the services that they bring.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { run } from './programs.ts';

const POLICY = '/usr/sbin/policy-rc.d';
const FORBIDS_ALL = '#!/bin/sh\n# gpu-docker-api: only while it installs packages\nexit 101\n';
const OPTIONS = ['-qq', '-y', '-o', 'DPkg::Lock::Timeout=120'];
const aptGet = (...args: readonly string[]): Promise<void> => run('apt-get', [...OPTIONS, ...args], { DEBIAN_FRONTEND: 'noninteractive' });

/** Throws with what apt-get said. */
export async function aptInstall(packages: readonly string[], policy = POLICY): Promise<void> {
  // Packages ask this script before they start a service; 101 is "forbidden". One that is there already is the operator's,
  // unless a start that was killed left ours behind: no service of any package would start on this machine again.
  const policyIsOurs = !existsSync(policy) || readFileSync(policy, 'utf8') === FORBIDS_ALL;
  if (policyIsOurs) writeFileSync(policy, FORBIDS_ALL, { mode: 0o755 });
  try {
    const install = (): Promise<void> => aptGet('install', '--no-install-recommends', ...packages);
    // The lists of packages may be missing or old: fetch them, and try once more.
    await install().catch(async () => {
      await aptGet('update');
      await install();
    });
  } finally {
    if (policyIsOurs) rmSync(policy, { force: true });
  }
}
