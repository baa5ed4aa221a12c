// timeout: 600
// That the simulation bites is shown by `npm run simulate -- --mutations` for every rule; here each mutation must still fit the program,
// and one for each of the rules that are about safety must be caught.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MUTATIONS } from './mutations.ts';
import { tryMutation } from './try-mutation.ts';

const test = suite('mutations');

test('every rule of the design has a mutation, and every mutation fits the program as it is', () => {
  assert.equal(
    [...new Set(MUTATIONS.map(({ rule }) => rule))].sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  );
  for (const { edits } of MUTATIONS) {
    for (const { file, find } of edits) {
      const text = readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
      assert.is(text.split(find).length, 2, `${file} does not hold exactly once: ${find}`);
    }
  }
});

for (const what of [
  'an append does not compare the head',
  'the old container is removed before the new one runs',
  'unknown events are skipped',
  'a key is forgotten when its command has ended',
  'a snapshot loses the keys',
  'a GPU that is not in the machine any more is given out',
  'an undo discards the saved disk before it has seen the old container again',
  'a key that is forgotten costs a copy of all others',
]) {
  test(`caught: ${what}`, async () => {
    const mutation = MUTATIONS.find((m) => m.what === what);
    if (mutation === undefined) throw new Error(`no mutation: ${what}`);
    const { by, said } = await tryMutation(mutation, 20);
    assert.ok(by !== null, said);
  });
}

test.run();
