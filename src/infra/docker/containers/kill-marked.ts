// Ends the processes of an exec'd command, as Docker has no call that does. They carry a marker in their environment, which children inherit;
// one that cleared its environment is known by the command's session, by its output, or as a child of another.
import { readdir, readFile, readlink } from 'node:fs/promises';
import { sleep } from '../../async/time.ts';
import type { DockerApi } from '../connection/api.ts';

/** Rounds of looking for processes and killing them. */
const MAX_ROUNDS = 50;
/** Processes that are looked at together: each of them is an open file, and a container may have any number of them. */
const LOOKS_AT_ONCE = 32;

/** The traces of a command in a container of this machine, beside the marker. Nothing outside the container's pid namespace is ever one. */
export interface Traces {
  /** As the links in /proc/PID/ns name it. */
  readonly pidNamespace: string;
  /** The process id of the command, which Docker makes the leader of a session of its own. */
  readonly session: number;
  /** The pipes of its output, as the links in /proc/PID/fd name them. */
  readonly pipes: ReadonlySet<string>;
}

const linkOf = (path: string): Promise<string> => readlink(path).catch(() => '');

/** The pid namespace of a container, by its main process; null where that is not one of this machine's, or the container has none of its own. */
export async function pidNamespaceOf(mainPid: number): Promise<string | null> {
  const [its, ours] = await Promise.all([linkOf(`/proc/${mainPid}/ns/pid`), linkOf('/proc/self/ns/pid')]);
  return mainPid > 0 && its !== '' && its !== ours ? its : null;
}

/** The pipes that a process writes its output to. */
export async function pipesOf(pid: number): Promise<readonly string[]> {
  const links = await Promise.all([linkOf(`/proc/${pid}/fd/1`), linkOf(`/proc/${pid}/fd/2`)]);
  return links.filter((link) => link.startsWith('pipe:'));
}

interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly marked: boolean;
}

/** A process of this machine; null where it is gone, or cannot be looked at. */
async function look(pid: number, marker: string, traces: Traces | null): Promise<Seen | null> {
  const environ = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  if (environ.split('\0').includes(marker)) return { pid, parent: 0, marked: true };
  if (traces === null || (await linkOf(`/proc/${pid}/ns/pid`)) !== traces.pidNamespace) return null;
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name of the program, in parentheses, may have any character in it.
  const [, parent = '', , session = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const marked = Number(session) === traces.session || (await pipesOf(pid)).some((pipe) => traces.pipes.has(pipe));
  return { pid, parent: Number(parent), marked };
}

/** Ids of the processes of this machine with the marker, or with one of the traces, and of what they started. */
async function markedProcesses(marker: string, traces: Traces | null): Promise<readonly number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const seen: Seen[] = [];
  for (let i = 0; i < pids.length; i += LOOKS_AT_ONCE) {
    const some = await Promise.all(pids.slice(i, i + LOOKS_AT_ONCE).map((pid) => look(pid, marker, traces)));
    seen.push(...some.filter((process) => process !== null));
  }
  const found = new Set(seen.filter(({ marked }) => marked).map(({ pid }) => pid));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of seen) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** Kills the marked processes until none is left, as they may fork. False when none was found: they may be in another pid namespace. */
export async function killHere(marker: string, traces: Traces | null = null): Promise<boolean> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const pids = (await markedProcesses(marker, traces)).filter((pid) => pid !== process.pid);
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

/** Kills them from inside the container, by its own shell and the marker alone. In an image without sh, tr and grep they go on running. */
export async function killInside(api: DockerApi, containerId: string, marker: string): Promise<void> {
  const script = `n=0; while [ $n -lt 20 ]; do n=$((n+1)); found=; for p in /proc/[0-9]*; do if tr '\\0' '\\n' <$p/environ 2>/dev/null | grep -q '^${marker}$'; then kill -9 \${p#/proc/} && found=1; fi; done; [ -z "$found" ] && break; done; true`;
  const what = 'end of a command';
  const body = { Cmd: ['sh', '-c', script], User: '0', AttachStdout: true, AttachStderr: true };
  const { Id } = await api.call<{ Id: string }>(what, { method: 'POST', path: `/containers/${containerId}/exec`, body });
  const signal = AbortSignal.timeout(10_000);
  const stream = await api.stream(what, { method: 'POST', path: `/exec/${Id}/start`, body: { Detach: false, Tty: false }, signal });
  for await (const _ of stream) signal.throwIfAborted();
}
