// `policy`: a name's own rules, shown or set. `versions rm`: gives an old version up.

import type { Flag } from '../../infra/options/flags.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { answerOf, apiOf, resultOf } from '../ask.ts';
import { printJson } from '../reads/views.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { count, versionNumber } from '../values.ts';
import { CHANGE_CODES, CHANGE_FLAGS, change } from './change.ts';

export const RESTART: Flag = {
  value: 'WHEN',
  help: 'restart it when it died: always, no, or on-failure:N (default: as set for the server)',
};

interface Policy {
  readonly keepVersions?: number;
  readonly restart?: string;
}

interface Known {
  readonly policy: Policy;
  readonly etag: string | null;
}

/** The policy, and the state that it was read in: asked for first, so that no change can lie between the two unseen. */
async function policyOf(args: Arguments, io: Terminal, name: string): Promise<Known> {
  const api = apiOf(args, io);
  const { etag } = await answerOf(api.GET('/api/v1/replicaSet/{name}', { params: { path: { name } } }));
  const { replicaSets } = await resultOf(api.GET('/api/v1/replicaSet'));
  const found = replicaSets.find((one) => one.name === name);
  if (found === undefined) throw new Error(`replicaSet ${name} does not exist`);
  return { policy: found.policy ?? {}, etag };
}

/** The word that gives a rule back to the server's option. */
const BY_SERVER = 'default';

function changed({ keepVersions, restart }: Policy, args: Arguments): Policy {
  const [keep, when] = [args.one('keep-versions'), args.one('restart')];
  const kept = keep === undefined ? keepVersions : keep === BY_SERVER ? undefined : count(keep, '--keep-versions');
  const then = when === undefined ? restart : when === BY_SERVER ? undefined : when;
  return { ...(kept !== undefined && { keepVersions: kept }), ...(then !== undefined && { restart: then }) };
}

const policyText = ({ keepVersions, restart }: Policy): string =>
  [
    keepVersions === undefined
      ? 'versions: as the server says'
      : keepVersions === 0
        ? 'versions: all are retained'
        : `versions: ${keepVersions} are retained`,
    `restart: ${restart ?? 'as the server says'}`,
  ].join(', ');

export const policyVerb: Subcommand = {
  name: 'policy',
  operands: ['NAME'],
  completes: 'replicaSet',
  summary: 'Show or set the rules of a name: number of versions retained, and restart after a failure.',
  flags: {
    'keep-versions': { value: 'N', help: 'versions to retain, including the current one; 0: all; default: as set for the server' },
    restart: { ...RESTART, help: 'restart it when it died: always, no, on-failure:N; default: as set for the server' },
    ...CHANGE_FLAGS,
  },
  details: `What is not named stays as it is; with nothing named the rules are shown. Nothing is restarted by it.\n\n${CHANGE_CODES}`,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    const { policy, etag } = await policyOf(args, io, name);
    if (!args.has('keep-versions') && !args.has('restart')) {
      if (args.has('plan')) throw new UsageError('--plan: nothing is to be changed: name a rule');
      if (args.has('json')) return printJson(io, { policy });
      io.out(`${policyText(policy)}\n`);
      return 0;
    }
    const asked = { params: { path: { name } }, body: changed(policy, args) };
    return change<{ readonly policy: Policy }>(
      args,
      io,
      {
        stream: `replicaSet/${name}`,
        order: (api) => api.PUT('/api/v1/replicaSet/{name}/policy', asked),
        plan: (api) => api.PUT('/api/v1/replicaSet/{name}/policy', asked),
        ...(etag !== null && { ifMatch: args.one('if-match') ?? etag }),
      },
      ({ policy: set }) => policyText(set),
      { name },
    );
  },
};

export const versionsRm: Subcommand = {
  name: 'versions rm',
  operands: ['NAME', 'VERSION'],
  completes: 'replicaSet',
  summary: 'Give an old version up, with its saved disk.',
  flags: CHANGE_FLAGS,
  details: `It cannot be rolled back to any more. gpu-docker-api disks NAME says how much room its disk takes.\n\n${CHANGE_CODES}`,
  run: async (args, io) => {
    const [name = '', text = ''] = args.operands;
    const version = versionNumber(text, 'VERSION');
    const asked = { params: { path: { name, version: String(version) } } };
    return change(
      args,
      io,
      {
        stream: `replicaSet/${name}`,
        order: (api) => api.DELETE('/api/v1/replicaSet/{name}/versions/{version}', asked),
        plan: (api) => api.DELETE('/api/v1/replicaSet/{name}/versions/{version}', asked),
      },
      () => `${name}-${version}`,
      { name, version },
    );
  },
};
