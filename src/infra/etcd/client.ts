// The real etcd, through the typed calls and connections of etcd3. Its retries, circuit breaker, watcher and lease are not used: each of
// them loses or doubles something when a connection breaks at the wrong moment.
import { noop } from 'cockatiel';
import {
  ClientClosedError,
  castGrpcError,
  Etcd3,
  EtcdInvalidAuthTokenError,
  EtcdLeaseInvalidError,
  GRPCResourceExhastedError,
  GRPCUnauthenticatedError,
  type ICompare,
  type IKeyValue,
  type IOptions,
  type IRequestOp,
  isRecoverableError,
} from 'etcd3';
import { retry } from '../async/retry.ts';
import { realTime } from '../async/time.ts';
import {
  type Compare,
  type EtcdAlarm,
  type EtcdKv,
  EtcdLeaseGoneError,
  EtcdNoSpaceError,
  EtcdRefusedError,
  EtcdUnavailableError,
  type KeyValue,
  type Write,
} from './kv.ts';
import { decodeRange, encodeRange, RANGE_PATH } from './raw-range.ts';

interface EtcdClientOptions {
  /** `http://host:port`, `https://host:port` or `unix:/path`; several are members of one cluster. */
  readonly endpoints: readonly string[];
  /** Timeout of a call in ms, after which its outcome counts as unknown; 3000 by default. */
  readonly timeoutMs?: number;
  readonly auth?: { readonly username: string; readonly password: string };
  readonly tls?: { readonly rootCertificate: Buffer; readonly privateKey?: Buffer; readonly certChain?: Buffer };
}

/** Pause in ms before a reconnect; doubled up to `most`. */
const RECONNECT_MS = { first: 50, most: 500 };
/** Flow control window in bytes: etcd may send a page of the log ahead, which arrives while the page before it is processed. */
const WINDOW_BYTES = 2 ** 22;
/** Timeout in ms of compaction and defragmentation. They take about 5 s for 1 GB, and a full store holds 8 GB. */
const MAINTENANCE_MS = 120_000;

/** Reads ranges past the generated decoder, over the same connections and with the same credentials. */
class Client extends Etcd3 {
  readRange(from: string, to: string, deadline: number): Promise<readonly KeyValue[]> {
    return this.pool.withConnection('KV', ({ client, metadata }) => {
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(RANGE_PATH, encodeRange, decodeRange, { from, to }, metadata, { deadline }, (error, found) => {
          if (found !== undefined) resolve(found);
          else reject(castGrpcError(error ?? new EtcdUnavailableError('etcd ended the call without an answer')));
        });
      });
    });
  }
}

export function connectEtcd(options: EtcdClientOptions): EtcdKv {
  const { timeoutMs = 3_000 } = options;
  const extra: Partial<IOptions> = {
    ...(options.auth === undefined ? {} : { auth: options.auth }),
    ...(options.tls === undefined ? {} : { credentials: options.tls }),
  };
  const etcd = new Client({
    hosts: [...options.endpoints],
    faultHandling: { host: () => noop, global: noop },
    defaultCallOptions: (call) => (call.isStream ? {} : { deadline: Date.now() + timeoutMs }),
    grpcOptions: {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_time_ms': 10_000, // etcd closes connections that ping more often than every 5 s
      'grpc.keepalive_timeout_ms': 3_000,
      'grpc-node.flow_control_window': WINDOW_BYTES,
      'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.first,
      'grpc.max_reconnect_backoff_ms': RECONNECT_MS.most,
    },
    ...extra,
  });
  const closed = new AbortController();
  const slow = (): { deadline: number } => ({ deadline: Date.now() + MAINTENANCE_MS });

  return {
    async get(key) {
      const answer = await own(etcd.kv.range({ key: Buffer.from(key) }));
      return keyValue(answer.kvs[0]);
    },
    async range(from, to) {
      try {
        return await own(etcd.readRange(from, to, Date.now() + timeoutMs));
      } catch (error) {
        // Only etcd3's own call fetches a new token.
        if (!(error instanceof Error && error.cause instanceof EtcdInvalidAuthTokenError)) throw error;
        const answer = await own(etcd.kv.range({ key: Buffer.from(from), range_end: Buffer.from(to) }));
        return answer.kvs.map(present);
      }
    },
    async count(from, to) {
      const answer = await own(etcd.kv.range({ key: Buffer.from(from), range_end: Buffer.from(to), count_only: true }));
      return Number(answer.count);
    },
    async txn(txn) {
      const answer = await own(
        etcd.kv.txn({
          compare: txn.if.map(compare),
          success: txn.write.map(write),
          failure: (txn.orGet ?? []).map((key) => ({ request_range: { key: Buffer.from(key) } })),
        }),
      );
      const found = answer.succeeded ? [] : answer.responses.map((one) => keyValue(one.response_range.kvs[0]));
      return { succeeded: answer.succeeded, revision: answer.header.revision, found };
    },
    async deleteRange(from, to) {
      const answer = await own(etcd.kv.deleteRange({ key: Buffer.from(from), range_end: Buffer.from(to) }));
      return Number(answer.deleted);
    },
    watch(key, ring, signal) {
      void doorbell(etcd, key, ring, AbortSignal.any([signal, closed.signal]));
    },
    async leaseGrant(ttlSeconds) {
      return (await own(etcd.leaseClient.leaseGrant({ TTL: ttlSeconds }))).ID;
    },
    leaseKeepAlive: (lease, withinMs) => own(keepAliveOnce(etcd, lease, withinMs)),
    async leaseRevoke(lease) {
      await own(etcd.leaseClient.leaseRevoke({ ID: lease })).catch((error: unknown) => {
        if (!(error instanceof EtcdLeaseGoneError)) throw error;
      });
    },
    async status() {
      const answer = await own(etcd.maintenance.status());
      return {
        version: answer.version,
        revision: answer.header.revision,
        dbSize: Number(answer.dbSize),
        dbSizeInUse: Number(answer.dbSizeInUse),
      };
    },
    async alarms() {
      const answer = await own(etcd.maintenance.alarm({ action: 'Get', memberID: '0', alarm: 'None' }));
      return answer.alarms.map((one): EtcdAlarm => ({ memberId: one.memberID, alarm: one.alarm }));
    },
    async disarm(alarm) {
      // The member must be named: 0 answers without an error and does nothing.
      const kind = alarm.alarm === 'Corrupt' ? 'Corrupt' : 'Nospace';
      await own(etcd.maintenance.alarm({ action: 'Deactivate', memberID: alarm.memberId, alarm: kind }));
    },
    async compact(revision) {
      await own(etcd.kv.compact({ revision, physical: true }, slow()));
    },
    async defragment() {
      await own(etcd.maintenance.defragment(slow()));
    },
    close() {
      closed.abort();
      etcd.close();
    },
  };
}

const present = (kv: IKeyValue): KeyValue => ({
  key: kv.key.toString(),
  value: kv.value.toString(),
  createRevision: kv.create_revision,
  modRevision: kv.mod_revision,
  lease: kv.lease,
});
const keyValue = (kv: IKeyValue | undefined): KeyValue | null => (kv === undefined ? null : present(kv));

function compare(one: Compare): ICompare {
  const key = Buffer.from(one.key);
  if ('value' in one) return { key, result: 'Equal', target: 'Value', value: Buffer.from(one.value) };
  if ('createRevision' in one) return { key, result: 'Equal', target: 'Create', create_revision: one.createRevision };
  return { key, result: 'Equal', target: 'Version', version: 0 };
}

function write(one: Write): IRequestOp {
  if ('delete' in one) return { request_delete_range: { key: Buffer.from(one.delete) } };
  const lease = one.lease === undefined ? {} : { lease: one.lease };
  return { request_put: { key: Buffer.from(one.put), value: Buffer.from(one.value), ...lease } };
}

/** One renewal on a stream of its own, with one deadline. */
async function keepAliveOnce(etcd: Etcd3, lease: string, timeoutMs: number): Promise<number> {
  const stream = await etcd.leaseClient.leaseKeepAlive({ deadline: Date.now() + timeoutMs });
  return new Promise((resolve, reject) => {
    stream.on('error', reject); // after the answer it has no effect
    stream.on('data', (answer) => {
      resolve(Number(answer.TTL));
      stream.end();
    });
    stream.on('end', () => reject(new EtcdUnavailableError('etcd ended the lease stream without an answer')));
    stream.write({ ID: lease });
  });
}

/**
 * Opens a watch stream again whenever it ends, for whatever reason. Each stream starts at "now": changes before it are covered by the ring
 * that follows the connection.
 */
async function doorbell(etcd: Etcd3, key: string, ring: (value?: string) => void, signal: AbortSignal): Promise<void> {
  const listen = async (recovered: () => void): Promise<never> => {
    const stream = await etcd.watchClient.watch();
    await new Promise<void>((resolve) => {
      const hangUp = (): void => stream.cancel();
      const over = (): void => {
        signal.removeEventListener('abort', hangUp);
        resolve();
      };
      stream.on('error', over);
      stream.on('end', over);
      stream.on('data', (answer) => {
        if (answer.canceled) return stream.cancel();
        recovered();
        if (!signal.aborted) ring(answer.events.at(-1)?.kv.value.toString());
      });
      signal.addEventListener('abort', hangUp);
      if (signal.aborted) return hangUp();
      stream.write({ create_request: { key: Buffer.from(key) } });
    });
    throw new EtcdUnavailableError('the watch has ended');
  };
  const options = { clock: realTime, signal, firstMs: RECONNECT_MS.first, maxMs: RECONNECT_MS.most, isPassing: () => true };
  await retry(listen, options).catch(() => undefined); // the signal has aborted
}

async function own<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw classified(error);
  }
}

/** The path of a unix socket in gRPC's words. Clients are told what etcd says, and who can reach its socket can do everything. */
const SOCKET_PATH = /(?<![\w:/.])(?:unix:)?\/[^\s,;"')]+/g;

/** Only a call that etcd certainly did not carry out may become a refusal; every other failure is "unavailable". */
function classified(thrown: unknown): Error {
  if (thrown instanceof EtcdUnavailableError) return thrown;
  const error = thrown instanceof Error ? castGrpcError(thrown) : new Error(String(thrown));
  const message = error.message.replace(SOCKET_PATH, 'its socket');
  if (error instanceof EtcdLeaseInvalidError) return new EtcdLeaseGoneError(message, { cause: error });
  if (message.includes('database space exceeded')) return new EtcdNoSpaceError(message, { cause: error });
  if (error instanceof ClientClosedError) return new EtcdRefusedError(message, { cause: error });
  // Over 2 MiB etcd's gRPC layer refuses with the same code as for overload, which etcd3 counts as worth a repeat.
  if (error instanceof GRPCResourceExhastedError && message.includes('larger than max')) {
    return new EtcdRefusedError(message, { cause: error });
  }
  // Unauthenticated: the token is older than etcd's restart, and the next call fetches a new one.
  if (error instanceof GRPCUnauthenticatedError || isRecoverableError(error)) return new EtcdUnavailableError(message, { cause: error });
  return new EtcdRefusedError(message, { cause: error });
}
