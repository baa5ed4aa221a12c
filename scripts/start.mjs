// `npm start`: from a fresh clone to a running service. Flags after `--` go to `gpu-docker-api serve`.
import { dist, distIsStale, ensureModules, requireNode, root } from './setup.mjs';

requireNode();
ensureModules();
if (distIsStale()) {
  console.error('Building ...');
  const { bundle } = await import('./build.mjs');
  await bundle(`${root}src/main.ts`, dist);
}

// The same process, so that signals and the exit code need no passing on.
process.argv = [process.execPath, dist, 'serve', ...process.argv.slice(2)];
await import(dist);
