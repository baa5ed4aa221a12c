// Runs sub-commands in this process, as main.ts does, and collects their output.
import { writeFileSync } from 'node:fs';
import { runSubCommand } from '../../src/cli/run.ts';
import type { ExitCode, Terminal } from '../../src/cli/subcommand.ts';
import type { Envelope } from '../../src/events/envelope.ts';
import { canonical } from '../../src/events/hash.ts';

export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

export function terminal(over: Partial<Terminal> = {}): Terminal & { readonly said: { out: string; err: string } } {
  const said = { out: '', err: '' };
  return {
    said,
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    drained: async () => undefined,
    colours: false,
    width: null,
    progress: false,
    live: false,
    signal: new AbortController().signal,
    ...over,
  };
}

export async function run(...argv: readonly string[]): Promise<Ran> {
  const io = terminal();
  const code = await runSubCommand(argv, io);
  return { code, ...io.said };
}

export const json = <T>(text: string): T => JSON.parse(text) as T;

export function eventsFile(path: string, events: readonly Envelope[]): string {
  writeFileSync(path, events.map((event) => `${canonical(event)}\n`).join(''));
  return path;
}
