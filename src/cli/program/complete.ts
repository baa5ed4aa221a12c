// `__complete WORDS`: what can be typed in place of the last word. The scripts of completion.ts ask for it at each TAB, so nothing is loaded and no
// server asked that the word does not need, and every failure is silent.
import type { Description, Flag, NameKind } from '../../infra/options/flags.ts';
import { apiOf, resultOf, SERVER_FLAGS } from '../ask.ts';
import type { ApiClient } from '../client/client.ts';
import { readArguments, type Terminal } from '../subcommand.ts';
import { describe, FAMILIES, NAMES } from './commands.ts';
import { COMPLETE, FILES } from './completion.ts';

interface Candidate {
  readonly text: string;
  readonly help?: string;
}

/** Prints a line for each candidate: the text, a tab, and the help. */
export async function complete(typed: readonly string[], io: Terminal): Promise<0> {
  const { words, word, prefix } = joined(typed);
  const found = await candidates(words, word, io).catch(() => []);
  if (found === FILES) io.out(`${FILES}\n`);
  else
    for (const { text, help = '' } of found)
      if (text.startsWith(word)) io.out(`${text.slice(prefix.length)}\t${help.split('\n')[0] ?? ''}\n`);
  return 0;
}

/** bash breaks `--at=5` into three words. `prefix`: the part of the last word that bash takes for another word. */
function joined(typed: readonly string[]): { words: readonly string[]; word: string; prefix: string } {
  const words: string[] = [];
  let prefix = '';
  for (const [i, part] of typed.entries()) {
    const before = words.at(-1);
    const isBroken = (part === '=' || typed[i - 1] === '=') && before?.startsWith('--') === true;
    prefix = isBroken ? `${before?.split('=')[0]}=` : '';
    if (isBroken) words[words.length - 1] = `${before}${part}`;
    else words.push(part);
  }
  return { words: words.slice(0, -1), word: words.at(-1) ?? '', prefix };
}

type Found = readonly Candidate[] | typeof FILES;

const texts = (list: readonly string[]): readonly Candidate[] => [...new Set(list)].map((text) => ({ text }));
const secondWords = (family: string): readonly string[] =>
  NAMES.filter((name) => name.startsWith(`${family} `)).map((name) => name.slice(family.length + 1));

async function candidates(words: readonly string[], word: string, io: Terminal): Promise<Found> {
  const [first, ...others] = words;
  if (first === undefined) {
    const all = [...NAMES.map((name) => name.split(' ')[0] ?? ''), 'help'];
    return texts(word.startsWith('-') ? ['--help', '--version'] : all);
  }
  if (first === 'help')
    return others.length === 0 ? texts(NAMES.map((name) => name.split(' ')[0] ?? '')) : texts(secondWords(others[0] ?? ''));
  const [second] = others;
  const pair = second === undefined ? undefined : NAMES.find((name) => name === `${first} ${second}`);
  const more = FAMILIES.includes(first) && second === undefined && !word.startsWith('-') ? texts(secondWords(first)) : [];
  const description = await describe(pair ?? first);
  if (description === undefined) return more;
  const found = await inCommand(description, pair === undefined ? others : others.slice(1), word, io);
  return found === FILES ? found : [...more, ...found];
}

async function inCommand(description: Description, words: readonly string[], word: string, io: Terminal): Promise<Found> {
  const { flags, operands = [], completes, choices, passThrough = false } = description;
  const { open, operandsBefore, isOver } = scanned(description, words);
  const values = async (flag: Flag): Promise<Found> =>
    flag.choices === undefined ? named(flag.completes ?? kindOf(flag.value), description, words, io) : texts(flag.choices);
  const [, joinedTo] = /^(--[^=]+=)/.exec(word) ?? [];
  if (joinedTo !== undefined && !isOver) {
    const flag = flagOf(description, joinedTo);
    const found = flag === undefined ? [] : await values(flag);
    return found === FILES ? FILES : found.map(({ text, help = '' }) => ({ text: `${joinedTo}${text}`, help }));
  }
  if (open !== undefined && !word.startsWith('-')) return values(open);
  if (word.startsWith('-') && !isOver)
    return [...Object.entries(flags).map(([name, { help }]) => ({ text: `--${name}`, help })), { text: '--help', help: 'this text' }];
  const isMany = /…\]?$/.test(operands[0] ?? '');
  if (operandsBefore > 0 && !isMany) return passThrough ? FILES : [];
  if (choices !== undefined) return texts(choices);
  return operands.length === 0 ? [] : named(completes ?? kindOf(operands[0]), description, words, io);
}

/** The kind that the word for an operand or a value says by itself. */
const KINDS: ReadonlyMap<string, NameKind> = new Map([
  ['FILE', 'file'],
  ['PATH', 'file'],
  ['DIR', 'file'],
  ['HOST', 'host'],
  ['GPU', 'gpu'],
]);
const kindOf = (word = ''): NameKind | undefined => KINDS.get(word.replace(/[^A-Z]/g, ''));

const flagOf = ({ flags }: Description, typed: string): Flag | undefined => {
  const [spelling = ''] = typed.split('=');
  return Object.entries(flags).find(([name, { short, alias }]) => [`--${name}`, `-${short}`, `--${alias}`].includes(spelling))?.[1];
};

/** `open`: the option whose value comes next. `isOver`: no more options can come. */
function scanned(description: Description, words: readonly string[]): { open: Flag | undefined; operandsBefore: number; isOver: boolean } {
  let open: Flag | undefined;
  let isOver = false;
  let operandsBefore = 0;
  for (const word of words) {
    if (isOver || (!word.startsWith('-') && open === undefined)) {
      operandsBefore++;
      isOver ||= description.passThrough === true;
    } else if (!word.startsWith('-')) open = open?.list === 'rest' ? open : undefined;
    else if (word === '--') {
      open = undefined;
      isOver = true;
    } else {
      const flag = flagOf(description, word);
      open = flag?.value === undefined || word.includes('=') ? undefined : flag;
    }
  }
  return { open, operandsBefore, isOver };
}

/** Deadline of a server, ms: somebody waits at the prompt. */
const PATIENCE_MS = 1_000;

const nameAndState = ({ name, state = '' }: { readonly name: string; readonly state?: string }): Candidate => ({ text: name, help: state });

/** The names of each kind, as the server lists them. */
const LISTS: Readonly<Record<Exclude<NameKind, 'file'>, (api: ApiClient) => Promise<readonly Candidate[]>>> = {
  replicaSet: async (api) => (await resultOf(api.GET('/api/v1/replicaSet'))).replicaSets.map(nameAndState),
  volume: async (api) => (await resultOf(api.GET('/api/v1/volumes'))).volumes.map(nameAndState),
  host: async (api) => (await resultOf(api.GET('/api/v1/hosts'))).hosts.map(({ name }) => ({ text: name })),
  key: async (api) => (await resultOf(api.GET('/api/v1/keys'))).keys.map(nameAndState),
  gpu: async (api) =>
    (await resultOf(api.GET('/api/v1/gpus'))).gpus.map(({ gpu, index, name }) => ({ text: gpu, help: `${index} ${name}` })),
};

async function named(kind: NameKind | undefined, { flags }: Description, words: readonly string[], io: Terminal): Promise<Found> {
  if (kind === undefined) return [];
  if (kind === 'file') return FILES;
  const at = words.indexOf('--server');
  const given = words.find((word) => word.startsWith('--server=')) ?? (at < 0 ? undefined : `--server=${words[at + 1] ?? ''}`);
  const args = readArguments({ name: COMPLETE, summary: '', details: '', flags: SERVER_FLAGS }, given === undefined ? [] : [given]);
  if (args === 'help' || flags['server'] === undefined) return [];
  const asking = { ...io, err: () => undefined, signal: AbortSignal.any([io.signal, AbortSignal.timeout(PATIENCE_MS)]) };
  return LISTS[kind](apiOf(args, asking));
}
