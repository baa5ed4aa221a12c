// A process that holds a lease until it is killed: prints its fence's revision when it has it.
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import { acquireLease } from '../../../src/infra/etcd/lease.ts';
import { clock, holderOf } from './support.ts';

const [endpoint = '', key = '', ttlSeconds = '', dataDir = ''] = process.argv.slice(2);
const kv = connectEtcd({ endpoints: [endpoint] });
const signal = new AbortController().signal;
const term = await acquireLease({ kv, clock, key, holder: holderOf(dataDir), ttlSeconds: Number(ttlSeconds), signal, isGone: () => false });
process.stdout.write(`${term.fence.revision}\n`);
