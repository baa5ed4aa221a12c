import { readdirSync, readFileSync } from 'node:fs';

/** A process id with its start time, so that a reused id is not taken for the old process. */
export interface ProcessRef {
  readonly pid: number;
  readonly started: string;
}

function stat(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may itself hold spaces or parentheses.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

export function processRef(pid: number): ProcessRef {
  return { pid, started: stat(pid)[19] ?? '' };
}

export function isAlive({ pid, started }: ProcessRef): boolean {
  const fields = stat(pid);
  return fields[0] !== undefined && fields[0] !== 'Z' && fields[19] === started;
}

/** Ids of the processes whose command line names something below `directory`. */
export function processesNaming(directory: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${directory}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

export function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((child) => child !== '')
        .map(Number),
    );
  } catch {
    return [];
  }
}

/** Sends a signal; false when the process is gone already. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
