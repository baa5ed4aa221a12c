// timeout: 600
// A fixed budget of the simulation: `npm run simulate` goes on from here.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FAULTS } from './plan.ts';
import { shrink } from './shrink.ts';
import { type Outcome, type Settings, simulate } from './simulation.ts';
import { Violation } from './violation.ts';

const STEPS = 4_000;
const SEEDS = 150;
/** Beyond the first SEEDS: each once broke a promise, of the program (docs/reliability.md) or of the simulation itself. */
const ONCE_FAILED = [
  413, 246, 311, 376, 92, 175, 504, 544, 574, 560, 2861, 920_375, 920_400, 921_509, 921_776, 1_001_520, 1_001_632, 1_002_402, 1_006_108,
  1_006_801, 1_007_352, 5_000_223, 31_000_807, 40_000_061, 300_003_113, 310_002_887, 390_749_085, 390_749_117, 1_104_228_459, 1_104_228_654,
  772_578_400, 781_773_708,
];

const again = ({ seed, steps }: Settings): string => `npm run simulate -- --seed ${seed} --steps ${steps}`;
const told = (settings: Settings, { violation }: Outcome): string => `${violation?.message}\n${again(settings)}`;

/** On a machine so busy that its clock goes on by a second from one look to the next. */
async function onSlowMachine<T>(run: () => Promise<T>): Promise<T> {
  const now = performance.now;
  let time = now.call(performance);
  performance.now = () => (time += 1_000);
  try {
    return await run();
  } finally {
    performance.now = now;
  }
}

const test = suite('simulation');

test('the same seed is the same run, to the last step; another seed is another', async () => {
  const [first, second, other] = [
    await simulate({ seed: 11, steps: 2_000 }),
    await simulate({ seed: 11, steps: 2_000 }),
    await simulate({ seed: 12, steps: 2_000 }),
  ];
  for (const [seed, faults] of [
    [66, ['retry', 'snapshot', 'gpus']],
    [18, ['archive', 'swapped', 'busy']],
  ] as const) {
    const [rich, again] = [await simulate({ seed, steps: 2_000 }), await onSlowMachine(() => simulate({ seed, steps: 2_000 }))];
    assert.is(rich.trace, again.trace);
    assert.ok(
      faults.every((fault) => rich.struck.has(fault)),
      `seed ${seed} has other faults by now: ${[...rich.struck.keys()]}`,
    );
  }
  assert.is(first.trace, second.trace);
  assert.is(first.steps, second.steps);
  assert.is(first.events, second.events);
  assert.is.not(first.trace, other.trace);
});

test('leaving an action out leaves the others as they are', async () => {
  const whole = await simulate({ seed: 5, steps: 500 });
  const less = await simulate({
    seed: 5,
    steps: 500,
    until: whole.actions,
    skip: new Set(Array.from({ length: whole.actions }, (_, i) => i)),
  });
  assert.is(less.commands, 0);
  assert.is(less.violation, null);
});

for (const seed of ONCE_FAILED) {
  test(`seed ${seed}, which once failed`, async () => {
    const outcome = await simulate({ seed, steps: STEPS });
    assert.is(outcome.violation, null, told({ seed, steps: STEPS }, outcome));
  });
}

test(`${SEEDS} seeds keep every promise, through all faults`, async () => {
  const struck = new Set<string>();
  let commands = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await simulate({ seed, steps: STEPS });
    assert.is(outcome.violation, null, told({ seed, steps: STEPS }, outcome));
    for (const fault of outcome.struck.keys()) struck.add(fault);
    commands += outcome.commands;
  }
  assert.is(struck.size, FAULTS.length);
  assert.ok(commands > SEEDS * 100, `${commands} commands`);
});

test('a failure is shrunk to what it needs', async () => {
  // Fails whenever action 30 is taken, whatever else is.
  const run = async (settings: Settings): Promise<Outcome> => {
    const outcome = await simulate({ ...settings, steps: 150 });
    return settings.skip?.has(30) === true ? outcome : { ...outcome, actions: 60, violation: new Violation('test', 'as asked') };
  };
  const settings: Settings = { seed: 5, steps: 150 };
  const least = await shrink(settings, await run(settings), 30_000, run);
  assert.equal(least.actions, [30]);
});

test.run();
