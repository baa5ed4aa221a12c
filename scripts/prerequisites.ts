import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

/** A program that the tests run, and the Debian package that brings it. */
interface Prerequisite {
  readonly program: string;
  readonly package: string;
}

export const FOR_DOCKER: readonly Prerequisite[] = [
  { program: 'dockerd', package: 'docker.io' },
  { program: 'containerd', package: 'containerd' },
  { program: 'runc', package: 'runc' },
  { program: 'busybox', package: 'busybox-static' },
];
export const FOR_ETCD: readonly Prerequisite[] = [{ program: 'etcd', package: 'etcd-server' }];

const POLICY = '/usr/sbin/policy-rc.d';
const SYSTEM_PATHS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Programs of an administrator are not in the PATH of every root shell. */
export function completePath(): void {
  const paths = (process.env['PATH'] ?? '').split(':');
  process.env['PATH'] = [...paths, ...SYSTEM_PATHS.filter((path) => !paths.includes(path))].join(':');
}

function find(program: string): string | null {
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { encoding: 'utf8' }).stdout.trim();
  return found === '' ? null : found;
}

function apt(...args: readonly string[]): void {
  const run = spawnSync('apt-get', ['-qq', '-y', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (run.status === 0) return;
  throw new Error(`apt-get ${args.join(' ')} failed:\n${run.stdout}${run.stderr}`);
}

function install(packages: readonly string[]): void {
  process.stdout.write(`Installing for the tests: ${packages.join(' ')} ...\n`);
  // The packages would start a dockerd and an etcd of their own; Debian asks this script first.
  const policyIsOurs = !existsSync(POLICY);
  if (policyIsOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    apt('update');
    apt('install', '--no-install-recommends', ...packages);
  } finally {
    if (policyIsOurs) rmSync(POLICY, { force: true });
  }
}

/** Makes sure that the programs are there, installing them where that is possible; throws one clear message where it is not. */
export function ensurePrograms(needed: readonly Prerequisite[]): void {
  completePath();
  const missing = needed.filter(({ program }) => find(program) === null);
  if (missing.length === 0) return;
  const packages = missing.map((entry) => entry.package);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || find('apt-get') === null) {
    const how = find('apt-get') === null ? 'Install them' : `Run as root: apt-get install --no-install-recommends ${packages.join(' ')}`;
    throw new Error(
      `The tests need ${missing.map(({ program }) => program).join(', ')} (Debian packages: ${packages.join(', ')}). ${how}, or run pure tests only: npm test -- <path>`,
    );
  }
  install(packages);
  const still = missing.filter(({ program }) => find(program) === null).map(({ program }) => program);
  if (still.length > 0) throw new Error(`${packages.join(' ')} installed, yet not in the PATH: ${still.join(', ')}`);
}
