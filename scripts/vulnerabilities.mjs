// `npm run vulnerabilities`: fails when a package of the program has a known vulnerability that is high or critical. Where the registry does not
// answer that question, nothing was checked: it says so, and fails only with --required. `vulnerabilities.mjs FILE` takes the list of packages from there.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { packagesInProgram, root } from './setup.mjs';

const [list] = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const packages = list === undefined ? packagesInProgram() : JSON.parse(readFileSync(list, 'utf8'));
const bundled = new Set(packages.map(({ name }) => name));
const audit = spawnSync('npm', ['audit', '--audit-level=high', '--json'], { cwd: root, encoding: 'utf8' });

function reportOf(text) {
  try {
    const report = JSON.parse(text);
    return report.auditReportVersion === undefined ? { problem: report.message ?? report.error?.summary ?? 'no report' } : { report };
  } catch {
    return { problem: audit.error?.message ?? 'npm audit gave no report' };
  }
}

const { report, problem } = reportOf(audit.stdout ?? '');
if (report === undefined) {
  console.error(`Known vulnerabilities: NOT CHECKED, the registry does not say (${problem.split('\n')[0]})`);
  process.exit(process.argv.includes('--required') ? 1 : 0);
}
const bad = Object.values(report.vulnerabilities).filter(
  ({ name, severity }) => bundled.has(name) && (severity === 'high' || severity === 'critical'),
);
for (const { name, severity, range } of bad) console.error(`${name} ${range} has a known vulnerability: ${severity}`);
console.error(`Known vulnerabilities: ${bad.length} high or critical`);
process.exit(bad.length > 0 ? 1 : 0);
