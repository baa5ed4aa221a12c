// Reads another program's keys, past values included, and can do nothing else.
import { noop } from 'cockatiel';
import { Etcd3, type IKeyValue } from 'etcd3';
import { messageOf } from '../../commands/outside/message-of.ts';

/** A value as it was written: the revision of the write, and of the first write since the key was last deleted. */
export interface PastValue {
  readonly key: string;
  readonly value: string;
  readonly modRevision: string;
  readonly createRevision: string;
}

export interface EtcdReader {
  /** All keys that begin with it, in order, read at one moment. */
  all(prefix: string): Promise<readonly PastValue[]>;
  /** The value before that one, of the same life of the key; null where there is none, `compacted` where etcd has dropped it. */
  before(value: PastValue): Promise<PastValue | 'compacted' | null>;
  close(): void;
}

/** Deadline of a call, ms. */
const CALL_MS = 10_000;
/** Keys of one call: a value has some kilobytes. */
const PAGE = 200;

/** gRPC's words, without its code and what it says of the name's resolution. */
const whyNot = (error: unknown): string =>
  messageOf(error)
    .replace(/^(?:\d+ )?[A-Z_]+: /, '')
    .replace(/^No connection established\. Last error: (?:Error: )?/, '')
    .replace(/(?: \([\dT:.Z-]+\))?\.? *Resolution note:.*$/s, '');

/** Every promise rejects with an Error that names the etcd. */
export function readEtcd(endpoints: readonly string[]): EtcdReader {
  const etcd = new Etcd3({
    hosts: [...endpoints],
    faultHandling: { host: () => noop, global: noop },
    defaultCallOptions: (call) => (call.isStream ? {} : { deadline: Date.now() + CALL_MS }),
    grpcOptions: { 'grpc.max_receive_message_length': -1 },
  });
  const where = `etcd at ${endpoints.join(', ')}`;
  const range = async (from: string, more: { readonly to?: string; readonly revision?: string }) => {
    const { to, revision } = more;
    const request = {
      key: Buffer.from(from),
      ...(to !== undefined && { range_end: Buffer.from(to), limit: PAGE }),
      ...(revision !== undefined && { revision }),
    };
    return etcd.kv.range(request);
  };
  return {
    async all(prefix) {
      const found: PastValue[] = [];
      const to = after(prefix);
      let revision: string | undefined;
      for (let from = prefix; ; ) {
        const answer = await range(from, { to, ...(revision !== undefined && { revision }) }).catch((error: unknown) => {
          throw new Error(`${where} cannot be read (${whyNot(error)}): is it an etcd, does it run, and does it need no password?`, {
            cause: error,
          });
        });
        revision ??= answer.header.revision;
        found.push(...answer.kvs.map(pastValue));
        const last = found.at(-1);
        if (!answer.more || last === undefined) return found;
        from = `${last.key}\0`;
      }
    },
    async before({ key, modRevision, createRevision }) {
      if (modRevision === createRevision) return null;
      try {
        const [found] = (await range(key, { revision: String(BigInt(modRevision) - 1n) })).kvs;
        return found === undefined || found.create_revision !== createRevision ? null : pastValue(found);
      } catch (error) {
        if (messageOf(error).includes('compacted')) return 'compacted';
        throw new Error(`${where} cannot be read: ${key}: ${whyNot(error)}`, { cause: error });
      }
    },
    close: () => etcd.close(),
  };
}

const pastValue = ({ key, value, mod_revision, create_revision }: IKeyValue): PastValue => ({
  key: key.toString(),
  value: value.toString(),
  modRevision: mod_revision,
  createRevision: create_revision,
});

/** The first key behind all that begin with it. */
const after = (prefix: string): string => prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
