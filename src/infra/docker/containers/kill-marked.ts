// Ends processes that carry a marker in their environment, which children inherit: Docker has no call that ends an exec'd command.
import { readdir, readFile } from 'node:fs/promises';
import { sleep } from '../../async/time.ts';
import type { DockerApi } from '../connection/api.ts';

/** Rounds of looking for processes and killing them. */
const MAX_ROUNDS = 50;

/** Ids of the processes of this machine with `KEY=value` in their environment. A process whose environment cannot be read is left out. */
async function markedProcesses(marker: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const checks = pids.map(async (pid) => {
    const environ = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    return environ.split('\0').includes(marker) ? [Number(pid)] : [];
  });
  return (await Promise.all(checks)).flat();
}

/** Kills the marked processes until none is left, as they may fork. False when none was found: they may be in another pid namespace. */
export async function killHere(marker: string): Promise<boolean> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const pids = (await markedProcesses(marker)).filter((pid) => pid !== process.pid);
    if (pids.length === 0) return round > 0;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    await sleep(5);
  }
  return true;
}

/** Kills them from inside the container, by its own shell. In an image without sh, tr and grep they go on running. */
export async function killInside(api: DockerApi, containerId: string, marker: string): Promise<void> {
  const script = `n=0; while [ $n -lt 20 ]; do n=$((n+1)); found=; for p in /proc/[0-9]*; do if tr '\\0' '\\n' <$p/environ 2>/dev/null | grep -q '^${marker}$'; then kill -9 \${p#/proc/} && found=1; fi; done; [ -z "$found" ] && break; done; true`;
  const what = 'end of a command';
  const body = { Cmd: ['sh', '-c', script], User: '0', AttachStdout: true, AttachStderr: true };
  const { Id } = await api.call<{ Id: string }>(what, { method: 'POST', path: `/containers/${containerId}/exec`, body });
  const signal = AbortSignal.timeout(10_000);
  const stream = await api.stream(what, { method: 'POST', path: `/exec/${Id}/start`, body: { Detach: false, Tty: false }, signal });
  for await (const _ of stream) signal.throwIfAborted();
}
