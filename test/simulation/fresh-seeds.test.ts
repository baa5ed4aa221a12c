// timeout: 600
// Seeds that nobody has run yet: other ones with each `npm test`, printed whether they fail or not.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from './simulation.ts';

const STEPS = 4_000;
const SEEDS = 50;
/** Given by the runner, so that a second try of this file meets the same seeds; TEST_SEED=N repeats a run. */
const FIRST = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

console.log(`note: seeds ${FIRST} to ${FIRST + SEEDS - 1} (npm run simulate -- --seed ${FIRST} --seeds ${SEEDS})`);

const test = suite('fresh seeds');

test(`${SEEDS} fresh seeds keep every promise`, async () => {
  const failures: string[] = [];
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const { violation } = await simulate({ seed, steps: STEPS });
    if (violation !== null) failures.push(`${violation.message}\nnpm run simulate -- --seed ${seed} --steps ${STEPS}`);
  }
  assert.is(failures.join('\n\n'), '');
});

test.run();
