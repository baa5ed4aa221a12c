// The TLS certificate and its key, read again when the files change: whoever renews them need not restart the server.
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';

/** PEM. */
export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Interval, ms, at which the files are looked at. A watch would not see a link that is changed above them. */
const EVERY_MS = 5_000;

/** Throws an Error that says which file cannot be used, and why. */
export function readTlsPair({ certFile, keyFile }: TlsFiles): TlsPair {
  const read = (option: string, file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new Error(`${option} ${file} cannot be read: ${messageOf(error)}`);
    }
  };
  const pair = { cert: read('--tls-cert', certFile), key: read('--tls-key', keyFile) };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new Error(`--tls-cert ${certFile} and --tls-key ${keyFile} are not a certificate and its key in PEM: ${messageOf(error)}`);
  }
  return pair;
}

function stampOf({ certFile, keyFile }: TlsFiles): string {
  return [certFile, keyFile]
    .map((file) => {
      try {
        const { ino, size, mtimeMs } = statSync(file);
        return `${ino} ${size} ${mtimeMs}`;
      } catch {
        return 'none';
      }
    })
    .join(' ');
}

/**
 * Calls `use` with each new pair until the signal aborts. A pair that cannot be used is warned of once and looked at again: the one before goes on
 * being used, also while one of the two files is new already and the other is not.
 */
export function watchTlsPair(
  files: TlsFiles,
  { use, logger, everyMs = EVERY_MS }: { use: (pair: TlsPair) => void; logger: Logger; everyMs?: number },
  signal: AbortSignal,
): void {
  let used = stampOf(files);
  let said = '';
  const timer = setInterval(() => {
    const stamp = stampOf(files);
    if (stamp === used) return;
    try {
      use(readTlsPair(files));
      used = stamp;
      said = '';
      logger.info({}, 'the TLS certificate was renewed');
    } catch (error) {
      const message = messageOf(error);
      if (message !== said) logger.warn({ err: message }, 'the new TLS certificate cannot be used: the one before goes on being used');
      said = message;
    }
  }, everyMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
