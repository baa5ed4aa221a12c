// timeout: 300
// One round each of some faults of the crash run (npm run crash), which kills and misleads real processes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Arena, openArena } from './run/arena.ts';
import { FAULTS } from './run/faults/all.ts';
import { Rounds } from './run/rounds.ts';

const PLAYED = [
  'another host name',
  'another Docker',
  'reboot',
  'a standby takes over',
  'a foreign container on GPUs',
  'docker rm',
] as const;
const seed = Number(process.env['TEST_SEED'] ?? 1);

const test = suite('rounds of the crash run');
let arena: Arena;
let rounds: Rounds;

test.before(async () => {
  arena = await openArena({ clients: 4 });
  rounds = new Rounds(arena);
});
test.after(() => arena.close());

for (const [round, name] of PLAYED.entries()) {
  test(`${name} (seed ${seed})`, async () => {
    const fault = FAULTS.find((one) => one.name === name);
    assert.ok(fault, `no fault is called ${name}`);
    if (fault === undefined) return;
    const { violations } = await rounds.play(fault, seed, round);
    assert.equal(violations, []);
  });
}

test.run();
