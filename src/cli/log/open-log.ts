// Opens the log for a sub-command: in a named etcd, in that of the running server, or in the server's own, started for this sub-command.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { EventLog } from '../../events/log.ts';
import { connectEtcd } from '../../infra/etcd/client.ts';
import { isHealthy, startEmbeddedEtcd } from '../../infra/etcd/embedded.ts';
import type { EtcdKv } from '../../infra/etcd/kv.ts';
import { EtcdLog } from '../../infra/etcd/log.ts';
import { socketsOf } from '../../infra/etcd/run-dir.ts';
import { systemClock, systemIds } from '../../infra/host/clock-and-ids.ts';
import { readMarker } from '../../infra/log/archive/marker.ts';
import { Segments } from '../../infra/log/archive/segments.ts';
import { FullLog } from '../../infra/log/full-log.ts';
import { CHECKPOINT_FILE, SEGMENTS_DIR } from '../../infra/log/open-log.ts';
import type { Flag } from '../../infra/options/flags.ts';
import { envName } from '../../infra/options/given-values.ts';
import { defaultDataDir, thisMachine } from '../../infra/options/machine.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { etcdUrls } from '../../infra/options/values.ts';
import type { Arguments } from '../subcommand.ts';

/** The options by which a sub-command finds the log. */
export const LOG_FLAGS: Readonly<Record<string, Flag>> = {
  etcd: { value: 'URL', help: 'etcd of the server, if not its own' },
  'data-dir': { value: 'PATH', help: 'data directory of the server' },
  'archive-dir': { value: 'PATH', help: 'directory of the archived events (default: segments in the data directory)' },
};

export interface OpenLog {
  readonly kv: EtcdKv;
  /** The full log, over archive and etcd. */
  readonly history: FullLog;
  readonly segments: Segments;
  /** The part in etcd. */
  readonly log: EventLog;
  /** The etcd is the server's own. */
  readonly embedded: boolean;
  /** A server or its etcd runs. False: etcd was started for this sub-command, and no server can start meanwhile. */
  readonly running: boolean;
  close(): Promise<void>;
}

const fromEnvironment = (flag: string): string | undefined => {
  const value = process.env[envName(flag)];
  return value === '' ? undefined : value;
};
const optionOf = (args: Arguments, flag: string): string | undefined => args.one(flag) ?? fromEnvironment(flag);

export function dataDirOf(args: Arguments): string {
  return resolve(optionOf(args, 'data-dir') ?? defaultDataDir(process.env, thisMachine()));
}
const segmentsOf = (args: Arguments): Segments =>
  new Segments(resolve(optionOf(args, 'archive-dir') ?? join(dataDirOf(args), SEGMENTS_DIR)));
export const checkpointFileOf = (args: Arguments): string =>
  resolve(args.one('checkpoint') ?? fromEnvironment('checkpoint-file') ?? join(dataDirOf(args), CHECKPOINT_FILE));

/** `create`: also starts an etcd that has no data yet. Throws an Error that says why the log cannot be opened. */
export async function openLog(args: Arguments, options: { readonly create?: boolean } = {}): Promise<OpenLog> {
  const segments = segmentsOf(args);
  const { endpoints, running, stop } = await endpointOf(args, options.create === true);
  const kv = connectEtcd({ endpoints });
  const log = new EtcdLog({ kv, clock: systemClock, ids: systemIds });
  try {
    await kv.status(); // fails at once when nothing answers; all other requests are repeated for ever
  } catch (error) {
    kv.close();
    await stop();
    throw new Error(`etcd at ${endpoints.join(', ')} does not answer: ${(error as Error).message}`);
  }
  return {
    kv,
    log,
    segments,
    history: new FullLog(log, segments, () => readMarker(kv)),
    running,
    embedded: optionOf(args, 'etcd') === undefined,
    close: async () => {
      log.close();
      kv.close();
      await stop();
    },
  };
}

interface Endpoint {
  readonly endpoints: readonly string[];
  readonly running: boolean;
  stop(): Promise<void>;
}

async function endpointOf(args: Arguments, create: boolean): Promise<Endpoint> {
  const stop = async (): Promise<void> => undefined;
  const named = optionOf(args, 'etcd');
  if (named !== undefined) return { endpoints: urls(named), running: true, stop };
  const dataDir = dataDirOf(args);
  if (!create && !isThere(join(dataDir, 'etcd'))) {
    throw new Error(`there is no log in ${dataDir}: name the server's --data-dir, or its --etcd`);
  }
  if (existsSync(dataDir)) {
    for (const socket of socketsOf(realpathSync(dataDir))) {
      if (await isHealthy(socket)) return { endpoints: [`unix:${socket}`], running: true, stop };
    }
  }
  const etcd = await startEmbeddedEtcd({ dataDir });
  return { endpoints: [etcd.endpoint], running: false, stop: () => etcd.stop() };
}

/** Throws where this user may not look: that is not to be taken for absence. */
const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

function urls(value: string): string[] {
  try {
    return etcdUrls(value);
  } catch (error) {
    throw new UsageError(`--etcd: "${value}" was given, but it must be ${(error as Error).message}`);
  }
}
