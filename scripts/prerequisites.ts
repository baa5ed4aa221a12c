// The programs that the tests and the benchmarks run, and the Debian packages that bring them.
import { aptInstall } from './install/apt.ts';
import { findProgram, SYSTEM_FOLDERS } from './install/programs.ts';

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
export const FOR_BROWSER: readonly Prerequisite[] = [{ program: 'chromium', package: 'chromium' }];
export const FOR_ETCD: readonly Prerequisite[] = [{ program: 'etcd', package: 'etcd-server' }];

/** Adds the folders of an administrator's programs: the PATH of many root shells lacks them. */
export function completePath(): void {
  const paths = (process.env['PATH'] ?? '').split(':');
  process.env['PATH'] = [...paths, ...SYSTEM_FOLDERS.filter((path) => !paths.includes(path))].join(':');
}

/** Makes sure that the programs are there, installing them where that is possible; throws one clear message where it is not. */
export async function ensurePrograms(needed: readonly Prerequisite[]): Promise<void> {
  completePath();
  const isMissing = ({ program }: Prerequisite): boolean => findProgram(program) === null;
  const missing = needed.filter(isMissing);
  if (missing.length === 0) return;
  const packages = missing.map((entry) => entry.package);
  const hasApt = findProgram('apt-get') !== null;
  if (process.getuid?.() !== 0 || !hasApt) {
    const how = hasApt ? `Run as root: apt-get install --no-install-recommends ${packages.join(' ')}` : 'Install them';
    throw new Error(
      `The tests need ${missing.map(({ program }) => program).join(', ')} (Debian packages: ${packages.join(', ')}). ${how}, or run the tests that need neither Docker nor etcd: npm run test:unit`,
    );
  }
  process.stdout.write(`Installing for the tests: ${packages.join(' ')} ...\n`);
  await aptInstall(packages);
  const still = missing.filter(isMissing).map(({ program }) => program);
  if (still.length > 0) throw new Error(`${packages.join(' ')} installed, yet not in the PATH: ${still.join(', ')}`);
}
