// A start in front of years: ten million events by a hundred thousand short-lived names in the archive, and what it takes to look back at
// them. The whole server as a process of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST } from '../test/support/scenario.ts';
import type { TestServer } from '../test/support/server.ts';
import { type Budget, ms, perSecond, progress, type Row, timed } from './figures.ts';
import { residentBytes, server } from './machines.ts';
import { GPUS, type PastLog, writePast } from './past-log.ts';

const AIM_READY_MS = 2_000;
const AIM_MB = 300;
const EVENTS = 1_000_000;
const NAMES = 100_000;
const PATIENCE_MS = 1_800_000;

const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** Time in ms from now until the path answers 200. */
async function answered(on: TestServer, path: string): Promise<number> {
  const began = performance.now();
  for (const late = began + PATIENCE_MS; (await on.request('GET', path)).status !== 200; await sleep(10)) {
    if (performance.now() > late) throw new Error(`${path}: not within ${PATIENCE_MS / 1_000} s`);
  }
  return performance.now() - began;
}

const row = (what: string, took: number, aim: number | null = AIM_READY_MS): Row => ({
  what,
  ours: `${ms(took)} ms`,
  floor: '',
  ratio: '',
  aim: aim === null ? '' : `≤ ${aim} ms`,
  met: aim === null ? null : took <= aim,
});

const PAGES = '/api/v1/events';
const LEDGER = '/api/v1/ledger/gpus';

/** Each path is asked once, right after the start: nothing of it is in memory. */
function questions({ names, began, ended }: PastLog, gpu: string): readonly (readonly [what: string, path: string])[] {
  const middle = new Date(began + (ended - began) / 2).toISOString();
  return [
    ['first page', PAGES],
    ['a page at a time in the middle', `${PAGES}?since=${middle}&order=asc`],
    ['a page of a name in the middle', `${PAGES}?replicaSet=job${Math.floor(names / 2)}&until=${middle}`],
    ['a page of a name', `${PAGES}?replicaSet=job${Math.floor(names / 3)}`],
    ['a page of an actor’s deletions', `${PAGES}?actor=user3&type=ReplicaSetDeleted`],
    ['a page of nothing, every part is looked at', `${PAGES}?gpu=0&type=ReplicaSetDeleted`],
    ['the holders of a GPU', `${LEDGER}/${gpu}`],
    ['who held it in the middle', `${LEDGER}/${gpu}?to=${middle}&limit=1`],
    ['GPU time by actor', `${LEDGER}?by=actor`],
    ['GPU time by day', `${LEDGER}?by=day`],
  ];
}

export async function measurePast({ quick, pastEvents }: Budget): Promise<readonly Row[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bench-'));
  try {
    const count = quick ? 60_000 : (pastEvents ?? EVENTS);
    const log = await writePast(dataDir, count, NAMES, (line) => progress(`${line} written`));
    return await measured(dataDir, log);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function measured(dataDir: string, log: PastLog): Promise<readonly Row[]> {
  const on = await server({ dataDir, args: ['--host-name', HOST, '--gpus', `simulated:${GPUS}`] });
  const healed = await answered(on, PAGES);
  await on.kill();
  const ready = await timed(() => on.restart());
  const size = `${perSecond(log.head.seq)} events`;
  const rows = [
    row(`${size}: the index made once, in the background`, healed, null),
    row(`${size}: start to ready`, ready),
    row('ready to the first page', await answered(on, PAGES)),
  ];
  const asked = async (path: string): Promise<number> =>
    timed(async () => {
      const { status, body } = await on.request('GET', path);
      if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body).slice(0, 200)}`);
    });
  const memory = (what: string, aim: number | null): Row => {
    const bytes = residentBytes(on.pid);
    return {
      ...row(what, 0, null),
      ours: mb(bytes),
      aim: aim === null ? '' : `≤ ${aim} MB`,
      met: aim === null ? null : bytes <= aim * 1e6,
    };
  };
  for (const [what, path] of questions(log, 'GPU-0')) rows.push(row(what, await asked(path)));
  rows.push(memory('memory after that', AIM_MB));
  rows.push(row('GPU time by replicaSet, a row for each name', await asked(`${LEDGER}?by=replicaSet`)), memory('memory after that', null));
  await on.stop();
  return rows;
}
