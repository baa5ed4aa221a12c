// Runs before `npm start` serves: makes Docker and etcd be there. Bundled into dist/set-up.js, because a start has no TypeScript loader.
import { messageOf } from '../../src/commands/outside/message-of.ts';
import type { Environment } from '../../src/infra/options/machine.ts';
import { type Parsed, parseOptions } from '../../src/infra/options/parse.ts';
import type { Option } from '../../src/infra/options/table.ts';
import { UsageError } from '../../src/infra/options/usage-error.ts';
import { ensureDocker, ensureEtcd } from './prepare.ts';

/** The options that `npm start` has beside those of `serve`. */
const START_OPTIONS = {
  'no-install': { example: 'true', help: 'install and start nothing on this machine' },
} as const satisfies Record<string, Option>;

const HELP = `npm start installs and starts Docker and etcd where they are missing, and runs gpu-docker-api serve.

Usage: npm start -- [--no-install] [options]

  --no-install                 ${START_OPTIONS['no-install'].help}
`;

const isOurs = (argument: string): boolean => argument === '--no-install';

const complain = (line: string): void => void process.stderr.write(`gpu-docker-api: ${line}\n`);

/** Returns the arguments for `serve`. Prints what is wrong and ends the process where the service cannot start. */
export async function setUp(argv: readonly string[], env: Environment = process.env): Promise<readonly string[]> {
  try {
    const parsed = parseOptions(argv, env, undefined, START_OPTIONS);
    if (parsed.command === 'help') console.log(HELP);
    if (parsed.command === 'serve') await prepare(parsed);
    return argv.filter((argument) => !isOurs(argument));
  } catch (error) {
    complain(messageOf(error));
    return process.exit(error instanceof UsageError ? error.exitCode : 1);
  }
}

async function prepare({ options, switches }: Extract<Parsed, { command: 'serve' }>): Promise<void> {
  const wanted = { ...options, install: !switches.has('no-install') };
  await ensureEtcd(wanted, complain);
  // The service waits for a Docker that somebody named.
  if (!options.dockerHostGiven) await ensureDocker(wanted, complain);
}
