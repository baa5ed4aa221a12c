// `npm start`: from a fresh clone to a running service. Flags after `--` go to `gpu-docker-api serve`, except those of the set-up.
import module from 'node:module';
import { join } from 'node:path';
import { dist, distIsStale, ensureModules, requireNode, root, setUpDist } from './setup.mjs';

requireNode();
ensureModules();
if (distIsStale()) {
  console.error('Building ...');
  const { buildDist } = await import('./build.mjs');
  await buildDist();
}
const { setUp } = await import(setUpDist);
const serveArguments = await setUp(process.argv.slice(2));

// From Node 22 on the compiled program is cached, in a folder that nobody else can write to.
module.enableCompileCache?.(join(root, 'node_modules', '.cache', 'compiled'));
// The same process, so that signals and the exit code need no passing on.
process.argv = [process.execPath, dist, 'serve', ...serveArguments];
await import(dist);
