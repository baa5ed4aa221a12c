// `logs`: what the container of a replicaSet has printed, and prints.
import { apiOf, plainOf, SERVER_FLAGS } from '../ask.ts';
import { TerminalText } from '../output/terminal-text.ts';
import type { Subcommand } from '../subcommand.ts';
import { EXIT_CODES } from './views.ts';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** A time stays as it is; 30s, 10m and 2h are so long ago, as with docker. */
function sinceOf(text: string): string {
  const [, amount, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (amount === undefined || (unit !== 's' && unit !== 'm' && unit !== 'h')) return text;
  return new Date(Date.now() - Number(amount) * UNIT_MS[unit]).toISOString();
}

export const logsCommand: Subcommand = {
  name: 'logs',
  operands: ['NAME'],
  completes: 'replicaSet',
  summary: 'Print the output of the container, standard output and error as they came.',
  flags: {
    follow: { short: 'f', help: 'follow the output, also that of the versions that replace the container' },
    tail: { value: 'N', short: 'n', help: 'last N lines (default: all)' },
    since: { value: 'TIME', help: 'only output since this time: 2027-01-31T14:00:00Z, or 10m ago' },
    timestamps: { short: 't', help: 'print the time before each line' },
    ...SERVER_FLAGS,
  },
  details:
    'The output is as long as Docker retains it, and goes with the container: the next version begins with none. -f ends when the container\n' +
    'has ended by itself, is stopped or paused, or with ^C. On a terminal escape sequences other than colours are shown, not sent to it; in\n' +
    `a pipe or a file the output is unchanged.\n\n${EXIT_CODES}`,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    const follow = args.has('follow');
    const [tail, since] = [args.one('tail'), args.one('since')];
    const query = {
      ...(follow && { follow: 'true' }),
      ...(tail !== undefined && { tail }),
      ...(since !== undefined && { since: sinceOf(since) }),
      ...(args.has('timestamps') && { timestamps: 'true' }),
    };
    const api = apiOf(args, io, { endless: {} });
    const output = await plainOf(
      'text/plain',
      api.GET('/api/v1/replicaSet/{name}/logs', { params: { path: { name }, query }, parseAs: 'stream' }),
    );
    const decoder = new TextDecoder();
    // In a file or a pipe it is what the container printed.
    const shown = io.live ? new TerminalText() : null;
    let last = new Date();
    try {
      for await (const piece of output ?? []) {
        last = new Date();
        const text = decoder.decode(piece, { stream: true });
        io.out(shown === null ? text : shown.take(text));
        await io.drained();
      }
    } catch (error) {
      if (follow && io.signal.aborted) return 0;
      if (io.signal.aborted) throw error;
      throw new Error(`the output broke off: go on with --since ${last.toISOString()}`, { cause: error });
    }
    io.out(shown?.end() ?? '');
    return 0;
  },
};
