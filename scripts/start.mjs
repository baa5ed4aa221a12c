// `npm start`: from a fresh clone to a running service. Flags after `--` go to `gpu-docker-api serve`, except those of the set-up.
import { dist, distIsStale, ensureModules, requireNode, setUpDist } from './setup.mjs';

requireNode();
ensureModules();
if (distIsStale()) {
  console.error('Building ...');
  const { buildDist } = await import('./build.mjs');
  await buildDist();
}
const { setUp } = await import(setUpDist);
const serveArguments = await setUp(process.argv.slice(2));

// The same process, so that signals and the exit code need no passing on.
process.argv = [process.execPath, dist, 'serve', ...serveArguments];
await import(dist);
