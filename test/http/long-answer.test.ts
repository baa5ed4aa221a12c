// Answers with a row for each name.
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { success } from '../../src/http/response/answer.ts';
import { longCsv } from '../../src/http/response/csv.ts';
import { longList, ROWS_PER_TURN } from '../../src/http/response/long-answer.ts';
import { countedTurns } from '../support/turns.ts';

const test = suite('long answers');
const rowsOf = (count: number): object[] => Array.from({ length: count }, (_, i) => ({ name: `set${i}`, ports: {} }));

test('is the text that the whole would be', async () => {
  for (const count of [0, 1, ROWS_PER_TURN - 1, ROWS_PER_TURN, ROWS_PER_TURN * 3 + 1]) {
    const rows = rowsOf(count);
    for (const [before, after] of [
      [{}, {}],
      [{ from: 'a', by: 'x' }, {}],
      [{}, { total: { ms: 1 } }],
      [{ from: 'a' }, { total: 1, gpus: [] }],
    ]) {
      const body = await longList({ ...(before && { before }), ...(after && { after }), list: 'rows', rows }).body();
      assert.is(String(body), `${JSON.stringify(success({ ...before, rows, ...after }))}\n`);
    }
  }
});

test('rows that are none leave no gap', async () => {
  const rows = [undefined, undefined, { a: 1 }, undefined, { a: 2 }, undefined];
  assert.is(String(await longList({ list: 'rows', rows }).body()), `${JSON.stringify(success({ rows: [{ a: 1 }, { a: 2 }] }))}\n`);
});

test('no more than a few rows are rendered in one turn', async () => {
  let rendered = 0;
  let most = 0;
  const rows = rowsOf(5_000).map((row) => ({
    toJSON: () => {
      rendered++;
      return row;
    },
  }));
  const onTurn = (): void => {
    most = Math.max(most, rendered);
    rendered = 0;
  };
  await countedTurns(() => longList({ list: 'rows', rows }).body(), onTurn);
  onTurn();
  assert.ok(most > 0 && most <= ROWS_PER_TURN, `${most} rows in one turn`);
});

test('a very long one is sent while it is rendered', async () => {
  let rendered = 0;
  const all = rowsOf(200_000);
  function* rows(): Generator<object> {
    for (const row of all) {
      rendered++;
      yield row;
    }
  }
  const body = await longList({ list: 'rows', rows: rows() }).body();
  assert.instance(body, Readable);
  assert.ok(rendered < all.length * 0.7, `${rendered} rows before the first is sent`);
  assert.is(await text(body as Readable), `${JSON.stringify(success({ rows: all }))}\n`);
});

test('comma-separated as well', async () => {
  const rows = Array.from({ length: 450 }, (_, i) => [`=${i}`, i] as const);
  const body = String(await longCsv(['a', 'b'], rows).body());
  assert.is(body, `a,b\r\n${rows.map(([a, b]) => `'${a},${b}\r\n`).join('')}`);
});

test.run();
