// `exec` and `commit`.
import { apiOf, orderedBy, resultOf } from '../ask.ts';
import { actor, userOfShell } from '../hosts.ts';
import { forTerminal } from '../output/terminal-text.ts';
import type { Subcommand } from '../subcommand.ts';
import { CHANGE_CODES, CHANGE_FLAGS, change, ORDER_FLAGS } from './change.ts';

const TERMINAL = 'there is no terminal and no input: the command runs by itself, and its output is printed when it has ended';

export const execVerb: Subcommand = {
  name: 'exec',
  operands: ['NAME', 'CMD…'],
  completes: 'replicaSet',
  summary: 'Run a command in the container, and exit with its exit code.',
  passThrough: true,
  refuses: {
    ...Object.fromEntries(['i', 't', 'it', 'ti', 'interactive', 'tty'].map((name) => [name, TERMINAL])),
    d: 'it waits for the command; give it sh -c "COMMAND &" to go on without',
    detach: 'it waits for the command; give it sh -c "COMMAND &" to go on without',
    e: 'give it env NAME=VALUE COMMAND',
    env: 'give it env NAME=VALUE COMMAND',
    u: 'it runs as the user of the image',
    user: 'it runs as the user of the image',
  },
  flags: {
    workdir: { value: 'PATH', short: 'w', help: 'working directory: an absolute path in the container' },
    ...ORDER_FLAGS,
  },
  details:
    'Options come before NAME. Standard output and error of the command come as one, when it has ended. On a terminal escape sequences other than\n' +
    'colours are shown, not sent to it; in a pipe or a file the output is unchanged. The command is killed after the\n' +
    "server's --exec-timeout. Exit code: that of the command; 1 also where it could not be run, with the reason on standard error.",
  run: async (args, io) => {
    const [name = '', ...cmd] = args.operands;
    const workDir = args.one('workdir');
    const body = { cmd, ...(workDir !== undefined && { workDir }) };
    const api = apiOf(args, io, { headers: orderedBy(actor(args.one('by') ?? userOfShell())) });
    const done = await resultOf(api.POST('/api/v1/replicaSet/{name}/execute', { params: { path: { name } }, body }));
    if (args.has('json')) io.out(`${JSON.stringify(done)}\n`);
    else io.out(io.live ? forTerminal(done.stdout) : done.stdout);
    await io.drained();
    if (done.truncated === true) io.err('gpu-docker-api: the output was longer, and is cut off here (serve --max-exec-output)\n');
    if (done.timedOut === true) io.err('gpu-docker-api: it took too long and was killed (serve --exec-timeout)\n');
    else if (done.exitCode == null) io.err('gpu-docker-api: its end was not seen, so there is no exit code\n');
    return done.exitCode ?? 1;
  },
};

export const commitVerb: Subcommand = {
  name: 'commit',
  operands: ['NAME', 'IMAGE'],
  completes: 'replicaSet',
  summary: 'Make an image of the files of a replicaSet. Prints the name of the image.',
  flags: CHANGE_FLAGS,
  details: CHANGE_CODES,
  run: async (args, io) => {
    const [name = '', newImageName = ''] = args.operands;
    const asked = { params: { path: { name } }, body: { newImageName } };
    return change<{ readonly imageName: string }>(
      args,
      io,
      {
        stream: `replicaSet/${name}`,
        order: (api) => api.POST('/api/v1/replicaSet/{name}/commit', asked),
        plan: (api) => api.POST('/api/v1/replicaSet/{name}/commit', asked),
      },
      ({ imageName }) => imageName,
    );
  },
};
