// What the tests of the log's upkeep share: an etcd with a log in it, a folder of their own, and all of a log in one list.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Envelope, Head } from '../../../src/events/envelope.ts';
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import type { EtcdKv } from '../../../src/infra/etcd/kv.ts';
import { EtcdLog } from '../../../src/infra/etcd/log.ts';
import { readMarker } from '../../../src/infra/log/archive/marker.ts';
import { Segments } from '../../../src/infra/log/archive/segments.ts';
import { FullLog } from '../../../src/infra/log/full-log.ts';
import { startEtcd, type TestEtcd } from '../../support/etcd.ts';
import { clock, ids } from '../etcd/support.ts';
import { events, fill } from './synthetic.ts';

export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-log-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export interface World {
  readonly etcd: TestEtcd;
  readonly kv: EtcdKv;
  readonly log: EtcdLog;
  readonly dir: string;
  readonly segments: Segments;
  readonly history: FullLog;
  end(): Promise<void>;
}

/** A log on `etcd`, or on one of its own; each with a folder for its segments. */
export async function world(options: { readonly etcd?: TestEtcd; readonly quotaBytes?: number } = {}): Promise<World> {
  const etcd = options.etcd ?? (await startEtcd(options.quotaBytes === undefined ? {} : { quotaBytes: options.quotaBytes }));
  const kv = connectEtcd({ endpoints: [etcd.endpoint] });
  const log = new EtcdLog({ kv, clock, ids });
  const dir = folder();
  const segments = new Segments(join(dir, 'segments'));
  return {
    etcd,
    kv,
    log,
    dir,
    segments,
    history: new FullLog(log, segments, () => readMarker(kv)),
    async end() {
      log.close();
      kv.close();
      await etcd.stop();
    },
  };
}

/** A world whose log has `count` events in records of ten. */
export async function filled(count: number): Promise<World & { readonly all: readonly Envelope[]; readonly head: Head }> {
  const made = await world();
  const all = events(count);
  const head = await fill(
    made.log,
    all.map((event) => [event]),
    10,
  );
  return { ...made, all, head };
}

export async function whole(
  log: { read(from: number, to?: number): AsyncIterable<readonly Envelope[]> },
  from = 1,
  to?: number,
): Promise<Envelope[]> {
  const found: Envelope[] = [];
  for await (const part of log.read(from, to)) found.push(...part);
  return found;
}

export async function* inParts(all: readonly Envelope[], size = 100): AsyncGenerator<readonly Envelope[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
