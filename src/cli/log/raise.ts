// `log raise`: lets the log hold the event types that a new release brings, which older releases cannot read.

import { apiOf, orderedBy, resultOf, SERVER_FLAGS } from '../ask.ts';
import { userOfShell } from '../hosts.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { count } from '../values.ts';

export const logRaise: Subcommand = {
  name: 'log raise',
  summary: 'Let the log hold the event types of this release.',
  flags: {
    to: { value: 'LEVEL', help: 'level (default: the highest that the server writes)' },
    except: { value: 'HOST', list: 'rest', help: 'a host whose server never reads this log again' },
    actor: { value: 'NAME', help: 'name for the log (default: the user of this shell)' },
    'dry-run': { help: 'change nothing: print the result' },
    json: { help: 'print one JSON object' },
    ...SERVER_FLAGS,
  },
  details:
    'After an upgrade the log stays at its level, so that the release before can still read it. Raise it when you will not go back: a\n' +
    'level is never lowered. Refused while a host of the log was last started by a release that cannot read the level; standbys are\n' +
    'not known to the log, so upgrade them first. Exit code: 0 raised, or it was at that level already, 1 refused, 2 wrong usage.',
  run,
};

async function run(args: Arguments, io: Terminal): Promise<0> {
  const to = args.one('to');
  const body = { ...(to !== undefined && { level: count(to, '--to') }), except: [...args.list('except')] };
  const dryRun = args.has('dry-run');
  const api = apiOf(args, io, { headers: orderedBy(args.one('actor') ?? userOfShell()) });
  const before = await resultOf(api.GET('/api/v1/log/level'));
  const answer = dryRun
    ? await resultOf(api.plan.POST('/api/v1/log/level', { body }))
    : await resultOf(api.POST('/api/v1/log/level', { body }));
  const level = body.level ?? before.writes;
  if (args.has('json')) io.out(`${JSON.stringify(dryRun ? answer : { before: before.level, level })}\n`);
  else if (level === before.level) io.out(`The log is at level ${level} already.\n`);
  else
    io.out(
      `The log ${dryRun ? `would be raised from level ${before.level} to` : `was raised from level ${before.level} to`} level ${level}.\n`,
    );
  return 0;
}
