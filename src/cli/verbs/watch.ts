// Shows the operations that a command waits for, step by step: on standard error, and only on a terminal.
import type { OperationInfo } from '../../commands/service.ts';
import { ask } from '../ask.ts';
import { cut, paint, plain } from '../output/table.ts';
import type { Arguments, Terminal } from '../subcommand.ts';
import { eventWords, stepUnderWay } from './words.ts';

/** Delay before the first look, ms: most operations end sooner, and nothing is printed. */
const FIRST_MS = 700;
/** Pause between two looks, ms. */
const EVERY_MS = 500;

export interface Watch {
  /** Ends it, and takes the line of what is under way away. */
  end(): void;
}

/** Follows the operation of a stream until `end`. What cannot be asked is not shown: the answer to the command itself tells how it went. */
export function watch(args: Arguments, io: Terminal, stream: string): Watch {
  if (!io.progress) return { end: () => {} };
  const [, name = stream] = stream.split('/');
  const told = new Set<string>();
  let drawn = false;
  let ended = false;
  let timer = setTimeout(look, FIRST_MS);
  const clear = (): void => {
    if (drawn) io.err('\r\u001b[K');
    drawn = false;
  };
  function look(): void {
    void ask<{ readonly operations: readonly OperationInfo[] }>(args, io, '/api/v1/operations')
      .then(({ data: { operations } }) => {
        const operation = operations.find((one) => one.stream === stream);
        if (operation !== undefined && !ended) show(operation);
      })
      .catch(() => undefined)
      .finally(() => {
        if (!ended) timer = setTimeout(look, EVERY_MS);
      });
  }
  function show({ id, kind, phase, done, step, since, waiting, stalled }: OperationInfo): void {
    clear();
    const colour = paint(io.progress);
    for (const [i, type] of done.entries()) {
      const key = `${id} ${i}`;
      if (told.has(key)) continue;
      told.add(key);
      io.err(`${colour('dim', `${plain(name)}: ${eventWords(type)}`)}\n`);
    }
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1_000));
    const now = [
      ...(phase === 'undo' ? ['undoing it'] : []),
      ...(waiting === undefined ? [] : ['waiting for its turn']),
      step === null ? kind : stepUnderWay(step),
    ].join(', ');
    const trouble = stalled === undefined ? '' : `; tried ${stalled.attempts} times: ${stalled.reason}`;
    io.err(cut(plain(`${name}: ${now}, ${seconds} s${trouble}`), (process.stderr.columns || 80) - 1));
    drawn = true;
  }
  return {
    end: () => {
      ended = true;
      clearTimeout(timer);
      clear();
    },
  };
}
