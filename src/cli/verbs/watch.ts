// Shows the operation that a command waits for, step by step: on standard error, and only on a terminal.
import { wholeName } from '../../commands/request/image-name.ts';
import { apiOf, resultOf } from '../ask.ts';
import type { Schemas } from '../client/client.ts';
import { cut, paint, plain } from '../output/table.ts';
import type { Arguments, Terminal } from '../subcommand.ts';
import { eventWords, type Pull, stepUnderWay, withProgress } from './words.ts';

/** Delay before the first look, ms: most operations end sooner, and nothing is printed. */
const FIRST_MS = 700;
/** Pause between two looks, ms. */
const EVERY_MS = 500;

export interface Watched {
  readonly stream: string;
  /** The image that may have to be pulled first. */
  readonly image?: string;
}

export interface Watch {
  /** Shows this operation, and looks for no other one any more: its caller follows it. */
  show(operation: Schemas['Operation']): void;
  /** Prints a sentence in place of the line of what is under way. */
  tell(sentence: string): void;
  /** Ends it, and takes the line of what is under way away. */
  end(): void;
}

/**
 * Looks for what is under way on a stream until `show` or `end`: what the command has begun, or has to wait for. What cannot be asked is not shown:
 * the answer to the command itself tells how it went.
 */
export function watch(args: Arguments, io: Terminal, { stream, image }: Watched): Watch {
  const [, name = stream] = stream.split('/');
  const told = new Set<string>();
  let drawn = false;
  let isLooking = io.progress;
  let timer = isLooking ? setTimeout(look, FIRST_MS) : undefined;
  const clear = (): void => {
    if (drawn) io.err('\r\u001b[K');
    drawn = false;
  };
  const draw = (now: string, since: string, trouble = ''): void => {
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1_000));
    io.err(cut(plain(`${name}: ${now}, ${seconds} s${trouble}`), (process.stderr.columns || 80) - 1));
    drawn = true;
  };
  function look(): void {
    void resultOf(apiOf(args, io).GET('/api/v1/operations'))
      .then(({ operations, pulls }) => {
        const operation = operations.find((one) => one.stream === stream);
        const pull = image === undefined ? undefined : pulls.find((one) => one.image === wholeName(image));
        if (!isLooking) return;
        if (operation !== undefined) drawOperation(operation);
        else if (pull !== undefined) drawPull(pull);
      })
      .catch(() => undefined)
      .finally(() => {
        if (isLooking) timer = setTimeout(look, EVERY_MS);
      });
  }
  function drawPull({ since, progress }: Pull): void {
    clear();
    draw(withProgress('pulling the image', progress), since);
  }
  function drawOperation({ id, kind, phase, done, step, since, progress, waiting, stalled }: Schemas['Operation']): void {
    clear();
    const colour = paint(io.progress);
    for (const [i, type] of done.entries()) {
      const key = `${id} ${i}`;
      if (told.has(key)) continue;
      told.add(key);
      io.err(`${colour('dim', `${plain(name)}: ${eventWords(type)}`)}\n`);
    }
    const now = [
      ...(phase === 'undo' ? ['undoing it'] : []),
      ...(waiting === undefined ? [] : ['waiting for its turn']),
      step === null ? kind : withProgress(stepUnderWay(step), progress),
    ].join(', ');
    const trouble = stalled === undefined ? '' : `; tried ${stalled.attempts} times: ${stalled.reason}`;
    draw(now, since, trouble);
  }
  const stop = (): void => {
    isLooking = false;
    clearTimeout(timer);
  };
  return {
    show: (operation) => {
      stop();
      if (io.progress) drawOperation(operation);
    },
    tell: (sentence) => {
      clear();
      io.err(sentence);
    },
    end: () => {
      stop();
      clear();
    },
  };
}
