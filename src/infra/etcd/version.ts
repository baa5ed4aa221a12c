// Which versions of etcd may be trusted with the log.

export class UnsafeEtcdError extends Error {
  override readonly name = 'UnsafeEtcdError';
  readonly version: string;
  constructor(version: string, message: string) {
    super(message);
    this.version = version;
  }
}

/**
 * The first patch releases in which an etcd of one member answers a write only once it is safe on disk. Before, a crash could lose an
 * answered write: https://github.com/etcd-io/etcd/issues/14370, fixed by pull 14423 in 3.4.21 and by pull 14424 in 3.5.5.
 */
const FIXED: Readonly<Record<string, number>> = { '3.4': 21, '3.5': 5 };

/** Throws UnsafeEtcdError for a release that can lose answered writes, unless `allowUnsafe`. */
export function checkEtcdVersion(version: string, options: { readonly allowUnsafe?: boolean } = {}): void {
  if (options.allowUnsafe === true) return;
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version.trim());
  if (found === null) throw new UnsafeEtcdError(version, `cannot tell the version of etcd from "${version}"`);
  const [major = 0, minor = 0, patch = 0] = found.slice(1).map(Number);
  const fixed = FIXED[`${major}.${minor}`];
  const safe = fixed === undefined ? major > 3 || (major === 3 && minor > 5) : patch >= fixed;
  if (safe) return;
  throw new UnsafeEtcdError(
    version,
    `etcd ${version} can lose writes that it has answered when it runs as a single member and crashes (etcd issue 14370). ` +
      'Use 3.4.21, 3.5.5 or later.',
  );
}
