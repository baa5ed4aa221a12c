// `npm run sbom`: what the program is made of, as CycloneDX, beside the program.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const args = ['sbom', '--omit=dev', '--sbom-format=cyclonedx', '--sbom-type=application'];
const npm = spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 });
if (npm.status !== 0) {
  process.stderr.write(`${npm.stderr ?? ''}npm sbom failed: npm 9.5 or newer has it${npm.error ? ` (${npm.error.message})` : ''}\n`);
  process.exit(1);
}
const bill = JSON.parse(npm.stdout);
// npm calls it by the folder that it lies in.
bill.metadata.component.name = name;
mkdirSync(join(root, 'dist'), { recursive: true });
writeFileSync(join(root, 'dist', 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
console.error(`dist/sbom.cdx.json: ${bill.components.length} packages`);
