// Events per second of verifying a chain, hash by hash: from etcd, from an exported file, and from the segments of an archive. And the cost
// of archiving.
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Envelope } from '../src/events/envelope.ts';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import type { EtcdKv } from '../src/infra/etcd/kv.ts';
import { archive } from '../src/infra/log/archive/archive.ts';
import { eventLine, readEventFiles } from '../src/infra/log/archive/event-file.ts';
import { readRecords } from '../src/infra/log/archive/raw-records.ts';
import { Segments } from '../src/infra/log/archive/segments.ts';
import { verifyChain } from '../src/infra/log/verify/verify.ts';
import { startEtcd } from '../test/support/etcd.ts';
import { storeLong } from './event-log.ts';
import { type Budget, median, perSecond, type Row, timed } from './figures.ts';

const AIM = 100_000;
const EVENTS = 500_000;
const ROUNDS = 3;

type Source = () => AsyncIterable<readonly Envelope[]>;

async function* ofEtcd(kv: EtcdKv, to: number): AsyncGenerator<readonly Envelope[]> {
  for await (const { events } of readRecords(kv, 1, to)) yield events;
}

/** Events per second, the median of ROUNDS. */
async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < ROUNDS; i++) samples.push(await timed(work));
  return (count / median(samples)) * 1_000;
}

async function verified(what: string, count: number, source: Source): Promise<Row> {
  const verify = async (): Promise<void> => {
    const verdict = await verifyChain(source());
    if (!verdict.ok || verdict.events !== count) throw new Error(`${what}: ${JSON.stringify(verdict)}`);
  };
  const readOnly = async (): Promise<void> => {
    for await (const _ of source());
  };
  const [ours, floor] = [await rate(count, verify), await rate(count, readOnly)];
  return {
    what: `${what}, ${perSecond(count)} events`,
    ours: `${perSecond(ours)} events/s`,
    floor: `${perSecond(floor)} events/s`,
    ratio: `${(ours / floor).toFixed(2)} ×`,
    aim: `≥ ${perSecond(AIM)}`,
    met: ours >= AIM,
  };
}

export async function measureVerify({ quick }: Budget): Promise<readonly Row[]> {
  const etcd = await startEtcd({ quotaBytes: 8 * 1024 ** 3 });
  const kv = connectEtcd({ endpoints: [etcd.endpoint], timeoutMs: 30_000 });
  const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bench-'));
  try {
    const { head, records } = await storeLong(kv, quick ? 20_000 : EVENTS);
    const file = join(dir, 'events.jsonl');
    await pipeline(async function* () {
      for await (const events of ofEtcd(kv, head.seq)) yield events.map(eventLine).join('');
    }, createWriteStream(file));
    const rows = [
      await verified(`from etcd, ${(head.seq / records).toFixed(1)} events a record`, head.seq, () => ofEtcd(kv, head.seq)),
      await verified('from an exported file', head.seq, () => readEventFiles([file])),
    ];
    const segments = new Segments(join(dir, 'segments'));
    const ms = await timed(() => archive({ kv, segments, before: head.seq + 1 }));
    const through = segments.head.seq;
    rows.push(await verified('from the segments of an archive', through, () => segments.read(1)), {
      what: `archiving ${perSecond(through)} events: written, read back twice, deleted from etcd`,
      ours: `${perSecond((through / ms) * 1_000)} events/s`,
      floor: '',
      ratio: '',
      aim: '',
      met: null,
    });
    return rows;
  } finally {
    kv.close();
    await etcd.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}
