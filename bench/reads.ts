// Reads per second that the server answers from memory, and the time of one, over keep-alive connections, beside bare koa with its router.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import { initialState } from '../src/projections/state.ts';
import { replicaSetHistory } from '../src/projections/views/replica-set.ts';
import { startEtcd } from '../test/support/etcd.ts';
import { HOST } from '../test/support/scenario.ts';
import { type Budget, inPairs, median, ms, pairRatio, percentile, perSecond, type Row } from './figures.ts';
import { load } from './load.ts';
import { server } from './machines.ts';
import { GPUS, type SyntheticLog, store, synthesize } from './synthetic-log.ts';

const CONNECTIONS = 16;
const VERSIONS = 200;
const NAME = 'long';
const HISTORY_MS = 5;

const AIM = 0.8;

/** Turns of ours and the floor: a slow moment of the machine meets both. */
const TURNS = 4;

/** Answers per second beside those of bare koa with the same bytes, from the same client. */
async function rowOf(what: string, url: URL, floor: URL, seconds: number): Promise<Row> {
  await load(url, CONNECTIONS, seconds / 4);
  await load(floor, CONNECTIONS, seconds / 4);
  const times: number[] = [];
  const rate = async (from: URL): Promise<number> => {
    const found = await load(from, CONNECTIONS, seconds / TURNS);
    if (from === url) times.push(...found);
    return found.length / (seconds / TURNS);
  };
  const { a, b } = await inPairs(
    TURNS,
    () => rate(url),
    () => rate(floor),
  );
  const ratio = pairRatio(a, b);
  return {
    what: `${what}, ${CONNECTIONS} connections`,
    ours: `${perSecond(median(a))} /s, p50 ${ms(median(times))} ms, p99 ${ms(percentile(times, 0.99))} ms`,
    floor: `${perSecond(median(b))} /s`,
    ratio: ratio.toFixed(2),
    aim: `≥ ${AIM}`,
    met: ratio >= AIM,
  };
}

async function oneByOne(what: string, url: URL, seconds: number): Promise<Row> {
  await load(url, 1, seconds / 4);
  const times = await load(url, 1, seconds);
  const p50 = median(times);
  const ours = `p50 ${ms(p50)} ms, p99 ${ms(percentile(times, 0.99))} ms`;
  return { what: `${what}, one connection`, ours, floor: '', ratio: '', aim: `≤ ${HISTORY_MS} ms`, met: p50 <= HISTORY_MS };
}

/** Bare koa, with routes that answer what these URLs answer now. */
async function bareKoa(urls: readonly URL[]): Promise<{ readonly port: number; stop(): void }> {
  const routes = await Promise.all(urls.map(async (url) => ({ path: url.pathname, body: await (await fetch(url)).text() })));
  const script = fileURLToPath(new URL('./bare-koa.ts', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', '--import', 'tsx', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  child.stdin.end(JSON.stringify(routes));
  const [port] = await once(child.stdout, 'data');
  return { port: Number(String(port)), stop: () => child.kill() };
}

function rendered({ state }: SyntheticLog, rounds: number): Row {
  const replicaSet = (state ?? initialState).replicaSets.get(NAME);
  if (replicaSet === undefined) throw new Error(`${NAME} is not in the log`);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const text = JSON.stringify(replicaSetHistory(replicaSet));
    times.push(performance.now() - began);
    if (text.length < VERSIONS) throw new Error('the history is not all there');
  }
  const p50 = median(times);
  return {
    what: `history of ${VERSIONS} versions, rendered in the process`,
    ours: `p50 ${ms(p50)} ms, p99 ${ms(percentile(times, 0.99))} ms`,
    floor: '',
    ratio: '',
    aim: `≤ ${HISTORY_MS} ms`,
    met: p50 <= HISTORY_MS,
  };
}

export async function measureReads({ seconds, quick }: Budget): Promise<readonly Row[]> {
  const log = synthesize(1, 1, { name: NAME, versions: VERSIONS });
  const etcd = await startEtcd();
  const kv = connectEtcd({ endpoints: [etcd.endpoint] });
  await store(kv, log);
  kv.close();
  // Its container is not here, which is noted once and changes no answer's size.
  const on = await server({ etcd: etcd.endpoint, args: ['--host-name', HOST, '--gpus', `simulated:${GPUS}`] });
  try {
    const history = `GET history of ${VERSIONS} versions`;
    const reads = [
      ['GET ping', '/ping'],
      ['GET gpus', '/api/v1/resources/gpus'],
      ['GET ports', '/api/v1/resources/ports'],
      ['GET info', `/api/v1/replicaSet/${NAME}`],
      ['GET all replicaSets', '/api/v1/replicaSet'],
      [history, `/api/v1/replicaSet/${NAME}/history`],
    ] as const;
    const url = (path: string): URL => new URL(path, on.url);
    const floor = await bareKoa(reads.map(([, path]) => url(path)));
    const rows: Row[] = [];
    try {
      for (const [what, path] of reads) rows.push(await rowOf(what, url(path), new URL(path, `http://127.0.0.1:${floor.port}`), seconds));
    } finally {
      floor.stop();
    }
    return [...rows, await oneByOne(history, url(`/api/v1/replicaSet/${NAME}/history`), seconds), rendered(log, quick ? 50 : 500)];
  } finally {
    await on.stop();
    await etcd.kill();
  }
}
