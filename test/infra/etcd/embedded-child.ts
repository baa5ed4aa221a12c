// A process that runs an embedded etcd until it is killed: prints etcd's pid when it is healthy.
import { startEmbeddedEtcd } from '../../../src/infra/etcd/embedded.ts';

const [dataDir = ''] = process.argv.slice(2);
try {
  const etcd = await startEmbeddedEtcd({ dataDir });
  process.stdout.write(`${etcd.pid}\n`);
} catch (error) {
  process.stdout.write(`${String(error)}\n`);
}
