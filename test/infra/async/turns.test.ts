// Work on many things gives the event loop back: how much of it lies between two chances to, by count and not by time.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Breather } from '../../../src/infra/async/breather.ts';
import { inTurns } from '../../../src/infra/async/in-turns.ts';
import { sortedInTurns } from '../../../src/infra/async/sorted.ts';
import { realTimer } from '../../../src/infra/async/time.ts';
import { countedTurns } from '../../support/turns.ts';

const test = suite('turns');
const byNumber = (a: number, b: number): number => a - b;

test('a loop over names', async () => {
  const names = Array.from({ length: 5_000 }, (_, i) => `set${i}`);
  let between = 0;
  let most = 0;
  const onTurn = (): void => {
    most = Math.max(most, between);
    between = 0;
  };
  await countedTurns(async () => {
    for await (const _ of inTurns(names, realTimer, new AbortController().signal)) between++;
  }, onTurn);
  onTurn();
  assert.ok(most <= 200, `${most} in one turn`);
});

test('many rows are sorted a few thousand at a time', async () => {
  const rows = Array.from({ length: 50_000 }, (_, i) => (i * 7_919) % 50_021);
  let compared = 0;
  let most = 0;
  const onTurn = (): void => {
    most = Math.max(most, compared);
    compared = 0;
  };
  const compare = (a: number, b: number): number => {
    compared++;
    return byNumber(a, b);
  };
  const { turns, result } = await countedTurns(() => sortedInTurns(rows, compare, new Breather()), onTurn);
  onTurn();
  assert.ok(turns >= 12, `${turns} turns`);
  assert.ok(most < 4_000 * 16, `${most} comparisons in one turn`);
  // What is read of it costs a few comparisons a row.
  assert.equal([...result], [...rows].sort(byNumber));
  assert.ok(compared < rows.length * 5, `${compared} comparisons`);
});

test('few are in order, too', async () => {
  for (const length of [0, 1, 2, 4_000, 4_001]) {
    const rows = Array.from({ length }, (_, i) => -i);
    assert.equal([...(await sortedInTurns(rows, byNumber, new Breather()))], rows.reverse());
  }
});

test.run();
