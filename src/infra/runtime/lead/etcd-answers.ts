// The first word with etcd: nothing else can begin before, and an address that is wrong has to be named at once.
import type { Clock } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { retry } from '../../async/retry.ts';
import { pause } from '../../async/time.ts';
import { type EtcdKv, EtcdUnavailableError } from '../../etcd/kv.ts';
import { checkEtcdVersion } from '../../etcd/version.ts';

/** Pause between two questions for etcd's version, ms. */
const RETRY_MS = 200;
/** Silence, ms, from which it is told: nobody listens at an address that swallows what is sent to it, and a call takes seconds to fail. */
const LATE_MS = 800;

interface EtcdAnswersDeps {
  readonly kv: Pick<EtcdKv, 'status'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Names it in a sentence: `etcd at http://10.0.0.7:2379`. */
  readonly etcd: string;
  /** Called with a sentence whenever there is a new reason. */
  readonly waitFor: (reason: string) => void;
}

/** Resolves when etcd answers and its version is safe. Throws UnsafeEtcdError, and what a retry does not get past. */
export async function untilEtcdAnswers({ kv, clock, logger, signal, etcd, waitFor }: EtcdAnswersDeps): Promise<void> {
  let told = '';
  const tell = (why: string): void => {
    const reason = `${etcd} ${why}; trying again`;
    if (reason === told) return;
    told = reason;
    waitFor(reason);
    logger.warn({}, reason);
  };
  const answered = new AbortController();
  const either = AbortSignal.any([signal, answered.signal]);
  void pause(clock, LATE_MS, either).then(() => {
    if (!either.aborted && told === '') tell('does not answer');
  });
  try {
    await retry(async () => checkEtcdVersion((await kv.status()).version), {
      clock,
      signal,
      firstMs: RETRY_MS,
      maxMs: RETRY_MS,
      isPassing: (error) => error instanceof EtcdUnavailableError,
      onPause: (error) => tell(whyOf(messageOf(error))),
    });
  } finally {
    answered.abort();
  }
  if (told !== '') logger.info({}, `${etcd} answers`);
}

/** gRPC says it in many words, among them the system's. */
function whyOf(message: string): string {
  const code = /\bE[A-Z]{4,}\b/.exec(message)?.[0];
  if (code !== undefined) return `cannot be reached (${code})`;
  return /deadline exceeded/i.test(message) ? 'does not answer' : `cannot be reached (${message})`;
}
