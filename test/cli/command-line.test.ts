// The command line as a whole: which command it names, its help, what is typed wrongly. And how a description is read.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FAMILIES, load, NAMES } from '../../src/cli/program/commands.ts';
import { runSubCommand } from '../../src/cli/run.ts';
import { type Arguments, readArguments } from '../../src/cli/subcommand.ts';
import type { Description } from '../../src/infra/options/flags.ts';
import { UsageError } from '../../src/infra/options/usage-error.ts';
import { count } from '../../src/infra/options/values.ts';
import { run, terminal } from './support.ts';

const test = suite('the command line');

async function refused(argv: readonly string[], says: string): Promise<void> {
  assert.equal(await run(...argv), { code: 2, out: '', err: `gpu-docker-api: ${says}\n` }, argv.join(' '));
}

test('alone it prints the help: every command, in groups', async () => {
  const { code, out, err } = await run();
  assert.equal([code, err], [0, '']);
  for (const name of NAMES) assert.match(out, new RegExp(`^  ${name}( |$)`, 'm'));
  for (const title of ['Containers', 'Resources', 'Log', 'Hosts', 'Keys', 'Server']) assert.match(out, new RegExp(`^${title}:$`, 'm'));
  for (const argv of [['help'], ['--help'], ['-h'], ['help', '--help']]) assert.is((await run(...argv)).out, out);
  for (const line of out.split('\n')) assert.ok(line.length <= 100, line);
});

test('each command has the words that it is listed under, and a help', async () => {
  for (const name of NAMES.filter((name) => name !== 'serve')) assert.is((await load(name))?.name, name);
  for (const name of NAMES) {
    const words = name.split(' ');
    const { code, out } = await run('help', ...words);
    assert.is(code, 0, name);
    assert.match(out, `Usage: gpu-docker-api ${name}`);
    if (name !== 'serve') assert.is((await run(...words, '--help')).out, out);
    for (const line of out.split('\n')) assert.ok(line.length <= 100 || line.startsWith('  gpu-docker-api'), line);
  }
});

test('a family of commands', async () => {
  // `operations` is a command beside its family.
  for (const family of FAMILIES.filter((name) => !NAMES.includes(name))) {
    const asked = await run(family, '--help');
    assert.equal([asked.code, asked.err], [0, '']);
    assert.match(asked.out, `Usage: gpu-docker-api ${family} COMMAND`);
    assert.is((await run('help', family)).out, asked.out);
    assert.equal(await run(family), { code: 2, out: '', err: asked.out });
  }
});

test('a command that is not there is named, whatever follows it', async () => {
  const all = 'gpu-docker-api help lists all commands';
  await refused(['frobnicate'], `there is no command "frobnicate": ${all}`);
  await refused(['frobnicate', 'train', '--all'], `there is no command "frobnicate": ${all}`);
  await refused(['histori', 'foo'], `there is no command "histori": did you mean "history"? ${all}`);
  await refused(['nvidia-smi'], `there is no command "nvidia-smi": did you mean "gpus"? ${all}`);
  await refused(['ls'], `there is no command "ls": did you mean "ps"? ${all}`);
  await refused(['log', 'tial', '-n', '3'], `there is no command "log tial": did you mean "log tail"? ${all}`);
  await refused(['help', 'pss'], `there is no command "pss": did you mean "ps"? ${all}`);
  await refused(['images'], `there is no command "images": images are Docker's own: use docker images`);
  await refused(
    ['cp', 'a', 'foo-1:/'],
    'there is no command "cp": docker cp does it, with the name of the container that gpu-docker-api ps shows',
  );
  await refused(['constructor'], `there is no command "constructor": ${all}`);
});

test('options without a command start nothing', () =>
  refused(
    ['--gpus', 'simulated:8'],
    'options come after a command, and --gpus came before any; to start the server: gpu-docker-api serve --gpus simulated:8',
  ));

const sample: Description = {
  name: 'sample',
  summary: 'A sample.',
  operands: ['NAME', '[CMD…]'],
  flags: {
    env: { value: 'K=V', short: 'e', list: 'repeat', help: 'a variable' },
    files: { value: 'FILE', list: 'rest', help: 'files' },
    count: { value: 'N', short: 'n', fallback: '10', example: '7', help: 'how many' },
    role: { value: 'ROLE', choices: ['viewer', 'admin'], help: 'who' },
    all: { short: 'a', alias: 'everything', help: 'everything' },
    quiet: { short: 'q', help: 'less' },
    'no-trunc': { help: 'whole' },
  },
  refuses: { privileged: 'no container may be. See docs.', i: 'it is not asked.' },
  details: 'One line\nthat goes on.\n\nAnother.',
  examples: ['gpu-docker-api sample foo'],
};
const read = (argv: readonly string[], description = sample): Arguments => {
  const args = readArguments(description, argv);
  if (args === 'help') throw new Error('help');
  return args;
};
const wrong = (argv: readonly string[], says: RegExp): void =>
  assert.throws(
    () => read(argv),
    (error: unknown) => error instanceof UsageError && says.test(error.message),
    argv.join(' '),
  );

test('flags: short, joined, repeated, with a list of words, and after the operands', () => {
  const args = read(['-aq', '-e', 'A=1', 'foo', '--env=B=--x', '-n5', '--no-trunc', '--files', 'a', 'b', '--role', 'admin']);
  assert.equal([...args.operands], ['foo']);
  assert.equal([...args.list('env')], ['A=1', 'B=--x']);
  assert.equal([...args.list('files')], ['a', 'b']);
  assert.equal([args.one('count'), args.value('count', count), args.one('role')], ['5', 5, 'admin']);
  assert.is(read(['foo', '--everything']).has('all'), true);
  assert.equal([args.has('all'), args.has('quiet'), args.has('no-trunc')], [true, true, true]);
  const none = read(['foo']);
  assert.equal(
    [none.has('count'), none.one('count'), none.value('count', count), none.value('role', String)],
    [false, '10', 10, undefined],
  );
  assert.equal([none.has('all'), none.has('no-trunc'), [...none.list('env')]], [false, false, []]);
});

test('operands after the terminator, and from the first one on where all belongs to a command', () => {
  assert.equal([...read(['foo', '-a', '--', 'ls', '-a']).operands], ['foo', 'ls', '-a']);
  const through = { ...sample, passThrough: true };
  assert.equal([...read(['-a', 'foo', 'ls', '-a', '--env', '--', 'x'], through).operands], ['foo', 'ls', '-a', '--env', '--', 'x']);
  assert.equal([...read(['foo', '--', 'ls', '-a'], through).operands], ['foo', 'ls', '-a']);
  assert.is(read(['foo', 'ls', '-a'], through).has('all'), false);
});

test('what cannot be read', () => {
  wrong([], /^sample needs NAME; see gpu-docker-api sample --help$/);
  wrong(['foo', '--role', 'boss'], /^--role: "boss" is not one of viewer, admin$/);
  wrong(['foo', '-n'], /^--count needs a value: for example --count 7; see/);
  wrong(['foo', '--env', '--all'], /^--env needs a value: K=V; see/);
  wrong(['foo', '--alll'], /^sample has no option --alll: did you mean --all\? gpu-docker-api sample --help lists all$/);
  wrong(['foo', '--privileged', '--all'], /^sample has no --privileged: no container may be\. See docs\.$/);
  wrong(['foo', '-it'], /^sample has no -i: it is not asked\.$/);
  wrong(['foo', '-x'], /^sample has no option -x; see/);
  assert.throws(
    () => read(['foo', '-n', 'x']).value('count', count),
    /^--count: "x" was given, but it must be a whole number; for example --count 7$/,
  );
});

test('the help of a description', async () => {
  const io = terminal();
  assert.is(readArguments(sample, ['foo', '--help']), 'help');
  assert.is(await runSubCommand(['ps', '-h'], io), 0);
  assert.match(io.said.out, /--server URL/);
});

test('the program itself: the help, the version, a command, and what is wrong', () => {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const started = (...argv: readonly string[]) => spawnSync(process.execPath, ['--import', 'tsx', main, ...argv], { encoding: 'utf8' });
  const alone = started();
  assert.equal([alone.status, alone.stderr], [0, '']);
  assert.match(alone.stdout, /^Usage: gpu-docker-api COMMAND/);
  assert.match(started('--version').stdout, /^\d+\.\d+\.\d+\n$/);
  const none = started('--addr', ':0');
  assert.equal([none.status, none.stdout], [2, '']);
  const serve = started('serve', '--addr', 'nowhere');
  assert.equal([serve.status, serve.stdout], [2, '']);
  assert.match(serve.stderr, /^gpu-docker-api: --addr: "nowhere" was given/);
});

test.run();
