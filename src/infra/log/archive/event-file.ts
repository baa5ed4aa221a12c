// Events as lines of text, one event a line: the format of `log export` and of the segments.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import type { Envelope } from '../../../events/envelope.ts';
import { canonical } from '../../../events/hash.ts';
import { LogCorruptError } from '../../../events/log.ts';
import { decompress, isCompressed } from './gzip.ts';

export const eventLine = (event: Envelope): string => `${canonical(event)}\n`;

/** Events per yielded array. */
const BATCH = 500;

/** `where` names the line in the error. Throws LogCorruptError with `seq` for a line that is not an event. */
export function parseLine(text: string, where: string, seq: number): Envelope {
  try {
    const event = JSON.parse(text) as Envelope | null;
    if (typeof event === 'object' && event !== null && typeof event.seq === 'number') return event;
  } catch {
    // Not JSON: reported below, like JSON of another shape.
  }
  throw new LogCorruptError(seq, `${where} is not an event: ${text.slice(0, 80)}`);
}

/** The lines of a text after the first `skip` lines, one at a time: a split would hold all of them at once. */
export function* lines(text: string, skip = 0): Generator<string, void, undefined> {
  let start = 0;
  for (let line = 0; start < text.length; line++) {
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    if (line >= skip && stop > start) yield text.slice(start, stop);
    start = stop + 1;
  }
}

/** The events of exported files, one file after the other, unchanged and unchecked. `-` is standard input. Throws LogCorruptError. */
export async function* readEventFiles(paths: readonly string[]): AsyncGenerator<readonly Envelope[], void, undefined> {
  let last = 0;
  for (const path of paths) {
    let batch: Envelope[] = [];
    let number = 0;
    for await (const line of linesOf(path)) {
      number++;
      if (line === '') continue;
      const event = parseLine(line, `line ${number} of ${path}`, last + 1);
      last = event.seq;
      batch.push(event);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
}

/** Size in bytes up to which a compressed file is read whole, which is faster: a segment. A compressed export may not fit into one string. */
const READ_WHOLE_MAX = 16 * 2 ** 20;

async function* linesOf(path: string): AsyncIterable<string> {
  if (!isCompressed(path)) yield* linesIn(path === '-' ? process.stdin : createReadStream(path));
  else if ((await stat(path)).size <= READ_WHOLE_MAX) yield* lines((await decompress(await readFile(path))).toString());
  else yield* linesIn(pipeline(createReadStream(path), createGunzip(), ignored));
}

/** The reader of the last stream is told of an error. */
const ignored = (): void => {};

/** Rejects when the input fails. An interface of node:readline would leave that error without a handler. */
async function* linesIn(input: NodeJS.ReadableStream): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder();
  let rest = '';
  for await (const chunk of input) {
    const parts = (rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk))).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}
