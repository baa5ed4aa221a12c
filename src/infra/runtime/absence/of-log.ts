// Whether an error says something of the log, or of one name alone.
import { FencedError, LogClosedError, LogCorruptError, LogHeldError } from '../../../events/log.ts';
import { EtcdRefusedError, EtcdUnavailableError } from '../../etcd/kv.ts';

/** Whether the error is the log's, and so the same for every name. */
export const isOfLog = (error: unknown): boolean =>
  [EtcdUnavailableError, EtcdRefusedError, LogHeldError, LogClosedError, LogCorruptError, FencedError].some(
    (kind) => error instanceof kind,
  );
