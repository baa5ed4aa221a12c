// `npm run sbom`: the packages in the program, as CycloneDX, beside the program.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagesInProgram, root } from './setup.mjs';

const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const bundled = new Set(packagesInProgram().map((one) => `${one.name}@${one.version}`));
const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'];
const npm = spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 });
if (npm.status !== 0) {
  process.stderr.write(`${npm.stderr ?? ''}npm sbom failed: npm 9.5 or newer has it${npm.error ? ` (${npm.error.message})` : ''}\n`);
  process.exit(1);
}
const bill = JSON.parse(npm.stdout);
// npm calls it by the folder that it lies in.
bill.metadata.component.name = name;
const nameOf = ({ group, name: own, version }) => `${group === undefined ? '' : `${group}/`}${own}@${version}`;
bill.components = bill.components.filter((component) => bundled.has(nameOf(component)));
const refs = new Set([bill.metadata.component['bom-ref'], ...bill.components.map((component) => component['bom-ref'])]);
bill.dependencies = bill.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((on) => refs.has(on)) }));
if (bill.components.length === 0) throw new Error('npm sbom names none of the packages in dist/packages.json');
writeFileSync(join(root, 'dist', 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
console.error(`dist/sbom.cdx.json: ${bill.components.length} packages`);
