// Shared by `npm start`, `npm test` and the build before any dependency is there: plain JavaScript, and Node's own modules only.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const dist = join(root, 'dist', 'main.js');
/** Sets the machine up for `npm start`. */
export const setUpDist = join(root, 'dist', 'set-up.js');

/** The packages in the program, as the build has listed them. Ends the process with one clear line where there is no build. */
export function packagesInProgram() {
  const list = join(root, 'dist', 'packages.json');
  if (existsSync(list)) return JSON.parse(readFileSync(list, 'utf8'));
  console.error('There is no program in dist yet, and so no list of its packages: npm run build makes both.');
  process.exit(1);
}

const OLDEST_NODE = 20;

/** Ends the process with one clear line when this Node cannot run the project. */
export function requireNode() {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) return;
  console.error(`gpu-docker-api needs Node ${OLDEST_NODE} or newer; this is ${process.version} (${process.execPath}).`);
  process.exit(1);
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** True when node_modules holds every locked package in its locked version (times alone mislead: a checkout touches the lock file). */
function modulesAreLocked() {
  const lock = join(root, 'package-lock.json');
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  if (modified(record) >= modified(lock)) return true;
  const wanted = JSON.parse(readFileSync(lock, 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version);
}

/** Installs the locked dependencies if they are not all there. */
export function ensureModules() {
  if (modulesAreLocked()) return;
  console.error('Installing the locked dependencies (npm ci) ...');
  // The build tools are dev dependencies: NODE_ENV=production in the environment must not leave them out.
  const npm = spawnSync('npm', ['ci', '--include=dev', '--no-progress', '--loglevel=error'], { cwd: root, encoding: 'utf8' });
  if (npm.status === 0) return;
  process.stderr.write(`${npm.stdout ?? ''}${npm.stderr ?? ''}`);
  console.error(`npm ci failed${npm.error ? `: ${npm.error.message}` : ` with exit code ${npm.status}`}; nothing was started.`);
  process.exit(1);
}

/** True when a bundle is missing or older than anything that goes into it. */
export function distIsStale() {
  const built = Math.min(modified(dist), modified(setUpDist));
  if (built === 0) return true;
  const inputs = [
    'package.json',
    'package-lock.json',
    join('scripts', 'build.mjs'),
    join('scripts', 'notices.mjs'),
    join('docs', 'openapi.json'),
  ].map((name) => join(root, name));
  const sources = ['src', join('scripts', 'install')].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)),
  );
  return [...inputs, ...sources].some((path) => modified(path) > built);
}
