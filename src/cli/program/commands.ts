// Every command of the program, in the groups and the order of its help. Each is loaded when it is asked for: a start waits for no other.
import type { Description } from '../../infra/options/flags.ts';
import type { Subcommand } from '../subcommand.ts';

type Load = () => Promise<Subcommand>;

/** By title, then by the words that name the command. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, Load>>>> = {
  Containers: {
    run: async () => (await import('../verbs/run.ts')).runVerb,
    ps: async () => (await import('../reads/ps.ts')).psCommand,
    exec: async () => (await import('../verbs/exec.ts')).execVerb,
    logs: async () => (await import('../reads/logs.ts')).logsCommand,
    inspect: async () => (await import('../reads/inspect.ts')).inspectCommand,
    patch: async () => (await import('../verbs/new-version.ts')).patchVerb,
    rollback: async () => (await import('../verbs/new-version.ts')).rollbackVerb,
    history: async () => (await import('../reads/history.ts')).historyCommand,
    restart: async () => (await import('../verbs/new-version.ts')).restartVerb,
    stop: async () => (await import('../verbs/stop.ts')).stopVerb,
    pause: async () => (await import('../verbs/stop.ts')).pauseVerb,
    continue: async () => (await import('../verbs/stop.ts')).continueVerb,
    freeze: async () => (await import('../verbs/stop.ts')).freezeVerb,
    thaw: async () => (await import('../verbs/stop.ts')).thawVerb,
    rm: async () => (await import('../verbs/stop.ts')).rmVerb,
    commit: async () => (await import('../verbs/exec.ts')).commitVerb,
    policy: async () => (await import('../verbs/policy.ts')).policyVerb,
    'versions rm': async () => (await import('../verbs/policy.ts')).versionsRm,
    adopt: async () => (await import('../log/adopt.ts')).adoptCommand,
    'import-go': async () => (await import('../moving/import-go.ts')).importGo,
  },
  Volumes: {
    'volume create': async () => (await import('../verbs/volume.ts')).volumeCreate,
    'volume ls': async () => (await import('../verbs/volume.ts')).volumeLs,
    'volume inspect': async () => (await import('../reads/inspect.ts')).volumeInspect,
    'volume resize': async () => (await import('../verbs/volume.ts')).volumeResize,
    'volume history': async () => (await import('../verbs/volume.ts')).volumeHistory,
    'volume rm': async () => (await import('../verbs/volume.ts')).volumeRm,
  },
  Resources: {
    gpus: async () => (await import('../reads/views.ts')).gpusCommand,
    ports: async () => (await import('../reads/views.ts')).portsCommand,
    disks: async () => (await import('../reads/disks.ts')).disksCommand,
    top: async () => (await import('../reads/top.ts')).topCommand,
    ledger: async () => (await import('../reads/ledger.ts')).ledgerCommand,
  },
  Operations: {
    operations: async () => (await import('../verbs/operations.ts')).operationsCommand,
    'operations undo': async () => (await import('../verbs/operations.ts')).operationsUndo,
    events: async () => (await import('../reads/events.ts')).eventsCommand,
    rejections: async () => (await import('../reads/events.ts')).rejectionsCommand,
  },
  Log: {
    'log tail': async () => (await import('../log/read.ts')).logTail,
    'log show': async () => (await import('../log/read.ts')).logShow,
    'log export': async () => (await import('../log/read.ts')).logExport,
    'log import': async () => (await import('../log/import.ts')).logImport,
    'log restored': async () => (await import('../log/restored.ts')).logRestored,
    'log verify': async () => (await import('../log/verify.ts')).logVerify,
    'log archive': async () => (await import('../log/archive.ts')).logArchive,
    'log raise': async () => (await import('../log/raise.ts')).logRaise,
    'log secrets': async () => (await import('../log/secrets.ts')).logSecrets,
    replay: async () => (await import('../log/replay.ts')).replayCommand,
  },
  Hosts: {
    'hosts list': async () => (await import('../hosts.ts')).hostsList,
    'hosts adopt': async () => (await import('../hosts.ts')).hostsAdopt,
    'hosts accept-loss': async () => (await import('../log/accept-loss.ts')).acceptLossCommand,
    'hosts accept-restore': async () => (await import('../log/adopt.ts')).acceptRestoreCommand,
  },
  Keys: {
    'keys create': async () => (await import('../keys.ts')).keysCreate,
    'keys list': async () => (await import('../keys.ts')).keysList,
    'keys set': async () => (await import('../keys.ts')).keysSet,
    'keys revoke': async () => (await import('../keys.ts')).keysRevoke,
  },
  Server: {
    completion: async () => (await import('./completion.ts')).completionCommand,
  },
};

/** The title of the group of what main runs itself. */
const SERVER = 'Server';

const LOADERS: ReadonlyMap<string, Load> = new Map(Object.values(GROUPS).flatMap((group) => Object.entries(group)));

/** Every command by its words, `serve` included. */
export const NAMES: readonly string[] = [...LOADERS.keys(), 'serve'];

/** The first words of commands of two words, such as `log`. */
export const FAMILIES: readonly string[] = [...new Set(NAMES.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0] ?? ''))];

export const load = async (name: string): Promise<Subcommand | undefined> => LOADERS.get(name)?.();

/** Resolves to undefined for a name that nothing has. */
export const describe = async (name: string): Promise<Description | undefined> =>
  name === 'serve' ? (await import('../../infra/options/table.ts')).SERVE : load(name);

/** All commands, or those of a family: a title and the commands of each group. */
export async function described(family?: string): Promise<readonly (readonly [title: string, members: readonly Description[]])[]> {
  const titles = Object.entries(GROUPS).map(
    ([title, group]) => [title, [...(title === SERVER ? ['serve'] : []), ...Object.keys(group)]] as const,
  );
  const groups = await Promise.all(
    titles.map(async ([title, names]) => {
      const wanted = names.filter((name) => family === undefined || name.startsWith(`${family} `));
      return [title, (await Promise.all(wanted.map(describe))).filter((one) => one !== undefined)] as const;
    }),
  );
  return groups.filter(([, members]) => members.length > 0);
}
