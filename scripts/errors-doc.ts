// Writes docs/errors.md from the table of codes. With --check it writes nothing, and exits with 1 where the file is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { Code } from '../src/commands/api-codes.ts';
import { CODE_MEANINGS, STATUSES } from '../src/http/openapi/error-codes.ts';
import { kebab } from '../src/http/response/answer.ts';

const isCode = (name: string): name is keyof typeof Code => Object.hasOwn(Code, name);

const codes = Object.entries(Code)
  .filter(([name]) => name !== 'success')
  .sort(([, a], [, b]) => a - b)
  .map(([name, code]) => `| ${code} | \`${kebab(name)}\` | ${isCode(name) ? CODE_MEANINGS[name] : ''} |`);
const statuses = Object.entries(STATUSES).map(([status, { text }]) => `| ${status} | ${text} |`);

const text = `# Failures

<!-- Written by scripts/errors-doc.ts. -->

Every failure is answered with \`{"code": …, "msg": "…", "data": null}\`. \`msg\` says what is wrong and what to do, in a sentence for people; it may change.
\`code\` is for programs and never changes its meaning. With \`Accept: application/problem+json\` the same comes as an RFC 9457 problem, whose \`type\` is
\`urn:gpu-docker-api:problem:NAME\`.

A container that ended at once says in \`data.output\` (\`output\` of a problem) what it had printed last.

## Codes

Codes below 600 are the HTTP status of the answer, where no code says more.

| code | name | meaning |
|---|---|---|
${codes.join('\n')}

## HTTP statuses

With \`--compat-go\` the status is 200 for every outcome of the API, as in the Go program, and only \`code\` tells them apart; but 401, 403 and 429 of who
may not come in, and 404 and 405 of paths that there are not, stay.

| status | when |
|---|---|
${statuses.join('\n')}
`;

const file = new URL('../docs/errors.md', import.meta.url);
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('docs/errors.md is out of date: npm run docs');
  process.exitCode = 1;
}
