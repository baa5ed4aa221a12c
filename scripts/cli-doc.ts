// Writes docs/cli.md and the manual page docs/gpu-docker-api.1 from the descriptions of all commands. With --check it writes nothing, and exits with 1
// where one of them is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { described } from '../src/cli/program/commands.ts';
import { optionsOf, PROGRAM, usageOf } from '../src/infra/options/command-line.ts';
import type { Description } from '../src/infra/options/flags.ts';

type Groups = Awaited<ReturnType<typeof described>>;

/** Paragraphs; a line break within one means nothing. */
const paragraphs = ({ details }: Description): readonly string[] =>
  details
    .split('\n\n')
    .map((text) => text.replaceAll('\n', ' '))
    .filter((text) => text !== '');

const ABOUT = 'leases the GPUs of a Docker host';
const GENERAL = [
  `${PROGRAM} serve runs the server. Most other commands ask one, at --server or GPU_DOCKER_API_SERVER (default: http://127.0.0.1:2378), with the key in GPU_DOCKER_API_KEY where keys are needed. Commands on the log read it in etcd itself, by the server's data directory, whether a server runs or not.`,
  'Options stand before or after the operands; after -- every word is an operand. Several letters may be joined (-qf), and a value may be joined to its option (--limit=3, -n3).',
  'On a terminal a table fits its width, and long values end in …; in a pipe nothing is cut, and there are no colours (NO_COLOR switches them off on a terminal as well). Times are UTC.',
];
const EXIT_CODES = [
  ['0', 'done'],
  ['1', 'failed or refused, or no server answers'],
  ['2', 'the command line is wrong'],
  ['3', 'a difference was found: the log is not untouched, or Docker differs from it'],
] as const;
const VARIABLES = [
  ['GPU_DOCKER_API_SERVER', 'the server to ask'],
  ['GPU_DOCKER_API_KEY', 'the API key'],
  ['GPU_DOCKER_API_ALLOW_HTTP', '1: the key may go over plain http to another machine without a warning'],
  ['GPU_DOCKER_API_…', 'each option of serve'],
  ['DOCKER_HOST', 'the Docker of serve and replay --check, where no option names one'],
  ['NO_COLOR', 'no colours'],
] as const;

export function markdown(groups: Groups): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const table = (heads: string, rows: readonly (readonly [string, string])[]): string =>
    [heads, '|---|---|', ...rows.map(([term, help]) => `| \`${term.replaceAll('|', '\\|')}\` | ${cell(help)} |`)].join('\n');
  const fenced = (lines: readonly string[]): string => ['```', ...lines, '```'].join('\n');
  const parts = [
    '# The command line',
    `Every command, made from the source by \`npm run docs\`. \`${PROGRAM} help COMMAND\` says the same of one, \`man ${PROGRAM}\` of all.`,
    ...GENERAL,
    table('| exit code | meaning |', EXIT_CODES),
    table('| variable | meaning |', VARIABLES),
    `Completion: \`source <(${PROGRAM} completion bash)\`, or \`zsh\`.`,
  ];
  for (const [title, members] of groups) {
    parts.push(`## ${title}`);
    for (const one of members) {
      parts.push(`### ${one.name}`, one.summary, fenced([usageOf(one)]), ...paragraphs(one).map(cell));
      const options = optionsOf(one);
      if (options.length > 0) parts.push(table('| option | meaning |', options));
      if (one.examples !== undefined) parts.push(one.examples.length > 1 ? 'Examples:' : 'Example:', fenced(one.examples));
    }
  }
  return `${parts.join('\n\n')}\n`;
}

const GLYPHS: Readonly<Record<string, string>> = { '…': '...', '’': '\\(cq', '–': '\\(en', '→': '\\(->', '≥': '\\(>=' };

/** Text that roff takes for nothing else. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/[…’–→≥]/g, (glyph) => GLYPHS[glyph] ?? glyph)
    .replace(/^([.'])/gm, '\\&$1');

/** A word of the command line within a sentence is as it is; a line is a paragraph. */
export function manual(groups: Groups, version: string): string {
  const lines = [
    `.TH ${roff(PROGRAM.toUpperCase())} 1 "" "${roff(`${PROGRAM} ${version}`)}" "User Commands"`,
    '.SH NAME',
    `${roff(PROGRAM)} \\- ${roff(ABOUT)}`,
    '.SH SYNOPSIS',
    `.B ${roff(PROGRAM)}`,
    '.I COMMAND',
    '[options]',
    '.SH DESCRIPTION',
    ...GENERAL.flatMap((text) => ['.PP', roff(text)]).slice(1),
  ];
  const items = (list: readonly (readonly [string, string])[]): void => {
    for (const [term, text] of list) lines.push('.TP', `.B ${roff(term)}`, roff(text));
  };
  for (const [title, members] of groups) {
    lines.push(`.SH ${roff(title.toUpperCase())}`);
    for (const one of members) {
      lines.push(`.SS ${roff(usageOf(one).slice(PROGRAM.length + 1))}`, roff(one.summary));
      for (const text of paragraphs(one)) lines.push('.PP', roff(text));
      items(optionsOf(one));
      for (const line of one.examples ?? []) lines.push('.PP', '.nf', `.RS 4`, roff(line), '.RE', '.fi');
    }
  }
  lines.push('.SH ENVIRONMENT');
  items(VARIABLES);
  lines.push('.SH EXIT STATUS');
  items(EXIT_CODES);
  return `${lines.join('\n')}\n`;
}

export async function pages(): Promise<readonly (readonly [file: string, text: string])[]> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  const groups = await described();
  return [
    ['docs/cli.md', markdown(groups)],
    [`docs/${PROGRAM}.1`, manual(groups, version)],
  ];
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [file, text] of await pages()) {
    const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
    if (!process.argv.includes('--check')) writeFileSync(path, text);
    else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
      process.stderr.write(`${file} is out of date: run npm run docs\n`);
      process.exitCode = 1;
    }
  }
}
