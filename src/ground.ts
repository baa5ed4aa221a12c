// The beginning of a start: the data directory, the certificate, and the server's own etcd, which starts while the rest of the program is loaded.
// So this file, and all that it imports but by `import()`, must load in a few ms: no package, and none of the big rooms.
import { mkdirSync, realpathSync } from 'node:fs';
import type { Logger } from './commands/outside/logger.ts';
import { deferred } from './infra/async/deferred.ts';
import { type EmbeddedEtcd, startEmbeddedEtcd } from './infra/etcd/embedded.ts';
import { type HostFile, hostFileOf } from './infra/host/machine-identity.ts';
import type { TlsPair } from './infra/host/tls-pair.ts';
import type { ServeOptions } from './infra/options/serve-options.ts';

export interface Ground {
  readonly options: ServeOptions;
  readonly logger: Logger;
  /** The data directory, with all links followed. */
  readonly dataDir: string;
  /** The host's id, and its name in the log. */
  readonly hostFile: HostFile;
  /** Absent: plain HTTP. */
  readonly tls?: TlsPair;
  /** Null where the options name an etcd. Rejects when there is no etcd program, when it does not start, or when its data directory is in use. */
  readonly embedded: Promise<EmbeddedEtcd> | null;
  /** Rejects when that etcd cannot go on; it counts as handled. */
  readonly failed: Promise<never>;
}

/** Throws when the data directory or the certificate cannot be used; nothing runs then. An etcd that was begun ends with this process. */
export async function layGround(options: ServeOptions, logger: Logger): Promise<Ground> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = realpathSync(options.dataDir);
  const hostFile = hostFileOf(dataDir, options.hostName);
  const tls = options.tls === undefined ? undefined : (await import('./infra/host/tls-pair.ts')).readTlsPair(options.tls);
  const failed = deferred<never>();
  const embedded = options.etcd.length > 0 ? null : ownEtcd(options, dataDir, logger, failed.reject);
  // It is waited for once the program is loaded.
  embedded?.catch(() => undefined);
  return { options, logger, dataDir, hostFile, ...(tls !== undefined && { tls }), embedded, failed: failed.promise };
}

async function ownEtcd(
  { etcdQuota }: ServeOptions,
  dataDir: string,
  logger: Logger,
  onFailed: (error: unknown) => void,
): Promise<EmbeddedEtcd> {
  return startEmbeddedEtcd({
    dataDir,
    ...(etcdQuota !== undefined && { quotaBytes: etcdQuota }),
    onRestart: (ms, reason) => logger.warn({ ms, reason }, 'etcd had ended and runs again'),
    onFailed,
  });
}
