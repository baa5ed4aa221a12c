// Whether the Go program still runs: it would give GPUs and ports, and write over its keys, beside this service.
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** The binary's name as the program's own build makes it; releases append the platform. */
const BINARY = /^gpu-docker-api/;
/** Patience for its answer, ms. */
const PATIENCE_MS = 1_500;

/** The sentence that says what was seen of it; null where nothing was. It may run on another machine, or under another name. */
export async function whereGoRuns(address: string): Promise<string | null> {
  const found = pids().filter(isGo);
  const seen = [
    ...(found.length > 0 ? [`the Go program runs as process ${found.join(', ')}`] : []),
    ...((await saysPong(address)) ? [`the Go program answers at ${address}`] : []),
  ];
  return seen.length === 0 ? null : seen.join(', and ');
}

/** Ours is a script: its first word is node. */
function isGo(pid: number): boolean {
  const [command = ''] = read(`/proc/${pid}/cmdline`).split('\0');
  return BINARY.test(basename(command));
}

function pids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** This service answers to a ping in another form. */
async function saysPong(address: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${address}/ping`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && 'message' in body && body.message === 'pong';
  } catch {
    return false;
  }
}
