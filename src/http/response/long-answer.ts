// An answer with as many rows as there are names: rendered with turns of the event loop between them, and sent while it is rendered where
// it is very long.
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Code } from '../../commands/api-codes.ts';
import { JSON_TYPE } from './prepared-answers.ts';

/** Rows that are rendered in one turn of the event loop. */
export const ROWS_PER_TURN = 200;
/** Characters of an answer up to which it is sent in one piece. */
const SENT_WHOLE = 4 * 1024 * 1024;

/** The pieces of a text, each of which takes a short time to render; the last one is what it returns. */
type Pieces = Iterator<string, string>;

/** A text that is rendered while it is read: once. */
export class LongAnswer {
  readonly type: string;
  readonly #pieces: Pieces;

  constructor(type: string, pieces: Pieces) {
    this.type = type;
    this.#pieces = pieces;
  }

  /** Whole, or as a stream where it is too long for that. */
  async body(): Promise<Buffer | Readable> {
    for (let text = ''; ; await turn()) {
      const { value, done } = this.#pieces.next();
      text += value;
      if (done === true) return Buffer.from(text);
      if (text.length > SENT_WHOLE) return Readable.from(streamed(text, this.#pieces), { objectMode: false });
    }
  }
}

async function* streamed(first: string, others: Pieces): AsyncGenerator<string, void, undefined> {
  yield first;
  for (let next = others.next(); ; next = others.next()) {
    yield next.value;
    if (next.done === true) return;
    await turn();
  }
}

/** The rows' texts in pieces. Undefined: there is no row here, but there was work to do. */
export function* inPieces(head: string, rows: Iterable<string | undefined>, tail: string): Generator<string, string, undefined> {
  let piece = head;
  let looked = 0;
  for (const row of rows) {
    piece += row ?? '';
    if (++looked % ROWS_PER_TURN > 0) continue;
    yield piece;
    piece = '';
  }
  return piece + tail;
}

interface Parts {
  /** Fields of `data` before the list and after it. */
  readonly before?: object;
  readonly after?: object;
  /** The name of the list. */
  readonly list: string;
  /** The rows. Undefined: there is no row here, but there was work to do. */
  readonly rows: Iterable<unknown>;
}

/** A successful answer, one field of whose `data` is a list: the same text as of an object with these fields. */
export function longList({ before = {}, after = {}, list, rows }: Parts): LongAnswer {
  const [first, last] = [fieldsOf(before), fieldsOf(after)];
  const head = `{"code":${Code.success},"msg":"Success","data":{${first === '' ? '' : `${first},`}${JSON.stringify(list)}:[`;
  return new LongAnswer(JSON_TYPE, inPieces(head, separated(rows), `]${last === '' ? '' : `,${last}`}}}\n`));
}

function* separated(rows: Iterable<unknown>): Generator<string | undefined, void, undefined> {
  let isFirst = true;
  for (const row of rows) {
    if (row === undefined) yield undefined;
    else yield `${isFirst ? '' : ','}${JSON.stringify(row)}`;
    isFirst &&= row === undefined;
  }
}

export function* mapped<T, U>(items: Iterable<T>, of: (item: T) => U): Generator<U, void, undefined> {
  for (const item of items) yield of(item);
}

const fieldsOf = (fields: object): string => JSON.stringify(fields).slice(1, -1);
