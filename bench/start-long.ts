// Time from the start of the process to the first 200 of /readyz with a million events in the log: of the first start, which reads all of
// them, and of later starts from a snapshot, after the server has archived most of the log.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import { startEmbeddedEtcd } from '../src/infra/etcd/embedded.ts';
import type { EtcdKv } from '../src/infra/etcd/kv.ts';
import { HOST } from '../test/support/scenario.ts';
import type { TestServer } from '../test/support/server.ts';
import { GPUS, storeLong } from './event-log.ts';
import { type Budget, median, ms, perSecond, progress, type Row, spread, timed } from './figures.ts';
import { server } from './machines.ts';

const AIM_MS = 2_000;
const EVENTS = 1_000_000;
const PATIENCE_MS = 300_000;

/** Transactions between two of etcd's own snapshots: a start reads all of its raft log since the last one. */
const RAFT_SNAPSHOT = 5_000;

/**
 * Lets etcd take a snapshot. A server writes one transaction per record, storeLong one for 120 records: without this, etcd would read half
 * a gigabyte of raft log at its next start.
 */
async function settle(kv: EtcdKv): Promise<void> {
  for (let i = 0; i < RAFT_SNAPSHOT * 2; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => kv.txn({ if: [], write: [{ put: '/bench/settle', value: `${i + n}` }] })));
  }
}

/** Writes the log where the server finds it: to an etcd in its data directory. */
async function written<T>(dataDir: string, write: (kv: EtcdKv) => Promise<T>): Promise<T> {
  const etcd = await startEmbeddedEtcd({ dataDir });
  const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 30_000 });
  try {
    const result = await write(kv);
    await settle(kv);
    return result;
  } finally {
    kv.close();
    await etcd.stop();
  }
}

async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (const late = performance.now() + PATIENCE_MS; !(await is()); await sleep(20)) {
    if (performance.now() > late) throw new Error(`${what}: not within ${PATIENCE_MS / 1_000} s`);
  }
}

const isReady = async (on: TestServer): Promise<boolean> => (await on.request('GET', '/readyz')).status === 200;

async function times(count: number, on: TestServer, end: () => Promise<unknown>): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let i = 0; i < count; i++) {
    await end();
    samples.push(await timed(() => on.restart()));
  }
  return samples;
}

const row = (what: string, samples: readonly number[], aim: number | null = AIM_MS): Row => ({
  what,
  ours: samples.length === 1 ? `${ms(samples[0] ?? Number.NaN)} ms` : `${ms(median(samples))} ms (${spread(samples)})`,
  floor: '',
  ratio: '',
  aim: aim === null ? '' : `≤ ${aim} ms`,
  met: aim === null ? null : Math.max(...samples) <= aim,
});

export async function measureLongStarts({ quick, starts }: Budget): Promise<readonly Row[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bench-'));
  const args = ['--host-name', HOST, '--gpus', `simulated:${GPUS}`];
  const say = (line: string): unknown => progress(`${line} stored`);
  try {
    const long = await written(dataDir, (kv) => storeLong(kv, quick ? 150_000 : EVENTS, say));
    const began = performance.now();
    const on = await server({ dataDir, args, until: 'answering' });
    await until('ready', () => isReady(on));
    const first = performance.now() - began;
    await until('archived', () => on.output().includes('were moved from etcd'));
    const clean = await times(starts, on, () => on.stop());
    await on.stop();
    // After a crash the snapshot is up to 10,000 events behind (--snapshot-every). Here it is one round of the log behind.
    const longer = await written(dataDir, (kv) => storeLong(kv, long.head.seq + 1, say, long));
    const killed = await times(starts, on, () => on.kill());
    await on.stop();
    const size = `${perSecond(longer.head.seq)} events`;
    return [
      row(`${size}: the first start, which replays them all from etcd`, [first], null),
      row(`${size}: after a clean stop`, clean),
      row(`${size}: after a SIGKILL, the snapshot ${perSecond(longer.head.seq - long.head.seq)} events behind`, killed),
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
