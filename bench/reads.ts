// Reads per second that the server answers from memory, and the time of one, over keep-alive connections.
import { Agent, request } from 'node:http';
import { connectEtcd } from '../src/infra/etcd/client.ts';
import { initialState } from '../src/projections/state.ts';
import { replicaSetHistory } from '../src/projections/views/replica-set.ts';
import { startEtcd } from '../test/support/etcd.ts';
import { type Budget, median, ms, percentile, perSecond, type Row } from './figures.ts';
import { server } from './machines.ts';
import { type SyntheticLog, store, synthesize } from './synthetic-log.ts';

const CONNECTIONS = 16;
const VERSIONS = 200;
const NAME = 'long';
const HISTORY_MS = 5;

function get(url: URL, agent: Agent): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const call = request(url, { agent }, (answer) => {
      answer.resume();
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - began);
        else reject(new Error(`GET ${url.pathname}: ${answer.statusCode}`));
      });
      answer.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}

/** Closed-loop load: `connections` clients for `seconds`; the time of each request in ms. */
async function load(url: URL, connections: number, seconds: number): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const until = performance.now() + seconds * 1_000;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until) times.push(await get(url, agent));
    }),
  );
  agent.destroy();
  return times;
}

async function rowOf(what: string, url: URL, seconds: number): Promise<Row> {
  await load(url, CONNECTIONS, seconds / 4);
  const times = await load(url, CONNECTIONS, seconds);
  const ours = `${perSecond(times.length / seconds)} /s, p50 ${ms(median(times))} ms, p99 ${ms(percentile(times, 0.99))} ms`;
  return { what: `${what}, ${CONNECTIONS} connections`, ours, floor: '', ratio: '', aim: '', met: null };
}

async function oneByOne(what: string, url: URL, seconds: number): Promise<Row> {
  await load(url, 1, seconds / 4);
  const times = await load(url, 1, seconds);
  const p50 = median(times);
  const ours = `p50 ${ms(p50)} ms, p99 ${ms(percentile(times, 0.99))} ms`;
  return { what: `${what}, one connection`, ours, floor: '', ratio: '', aim: `≤ ${HISTORY_MS} ms`, met: p50 <= HISTORY_MS };
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
  // The log is about another host, so the server does not look for its containers here.
  const on = await server({ etcd: etcd.endpoint, args: ['--host-name', 'bench'] });
  try {
    const url = (path: string): URL => new URL(`/api/v1${path}`, on.url);
    const history = `GET history of ${VERSIONS} versions`;
    return [
      await rowOf('GET info', url(`/replicaSet/${NAME}`), seconds),
      await rowOf('GET gpus', url('/resources/gpus'), seconds),
      await rowOf(history, url(`/replicaSet/${NAME}/history`), seconds),
      await oneByOne(history, url(`/replicaSet/${NAME}/history`), seconds),
      rendered(log, quick ? 50 : 500),
    ];
  } finally {
    await on.stop();
    await etcd.kill();
  }
}
