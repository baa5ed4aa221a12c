// Time from the start of the process to the first 200 of /readyz: with its own etcd on an empty log, and again after a SIGKILL.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Budget, median, ms, type Row, spread, timed } from './figures.ts';
import { server } from './machines.ts';

const AIM_MS = 500;

function row(what: string, times: readonly number[]): Row {
  const p50 = median(times);
  return {
    what: `${what}, ${times.length} times`,
    ours: `${ms(p50)} ms (${spread(times)})`,
    floor: '',
    ratio: '',
    aim: `≤ ${AIM_MS} ms`,
    met: p50 <= AIM_MS,
  };
}

export async function measureStarts({ starts }: Budget): Promise<readonly Row[]> {
  // test/support adds an exit listener per server.
  process.setMaxListeners(0);
  const fresh: number[] = [];
  const killed: number[] = [];
  for (let round = 0; round < starts; round++) {
    const dataDir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bench-'));
    const began = performance.now();
    const on = await server({ dataDir });
    fresh.push(performance.now() - began);
    await on.kill();
    killed.push(await timed(() => on.restart()));
    await on.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
  return [row('start to ready, fresh', fresh), row('start to ready, after SIGKILL', killed)];
}
