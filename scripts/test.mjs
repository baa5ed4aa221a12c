// `npm test`: installs what the runner itself needs, then hands over to scripts/test.ts (plain Node cannot read TypeScript everywhere).
import { ensureModules, requireNode } from './setup.mjs';

requireNode();
ensureModules();
const { register } = await import('tsx/esm/api');
register();
await import('./test.ts');
