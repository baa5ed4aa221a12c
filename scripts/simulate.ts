// npm run simulate -- [--seed S] [--steps N] [--seeds K] [--minutes M] [--trace] [--mutations]
import { parseArgs } from 'node:util';
import { type Fault, Plan, swarmOf } from '../test/simulation/plan.ts';
import { shrink } from '../test/simulation/shrink.ts';
import { type Outcome, type Settings, simulate } from '../test/simulation/simulation.ts';

const USAGE = `npm run simulate -- [options]
  --seed S      the first seed; 1 unless told, for --mutations each one's own
  --seeds K     how many seeds, one after another; 1 unless told, 100 for --mutations
  --steps N     steps of each run before it settles; 4000 unless told
  --minutes M   goes on with the next seeds for so long
  --actions A   only these actions, by number: 3,7,12 (what shrinking prints)
  --without F   switches fault classes off: crash,cut
  --with F      only seeds that have the fault class F on
  --trace       prints every step
  --first       ends with the first failure
  --no-shrink   prints a failure as it is
  --mutations   breaks each rule in turn and names the seed, or the test, that catches it
  --only TEXT   only the mutations whose name holds TEXT`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    with: { type: 'string' },
    seeds: { type: 'string' },
    steps: { type: 'string', default: '4000' },
    minutes: { type: 'string' },
    actions: { type: 'string' },
    without: { type: 'string' },
    trace: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
    mutations: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});

/** Every action but those that are named. */
function allBut(text: string): ReadonlySet<number> {
  const kept = new Set(text.split(',').map(Number));
  return { has: (i: number) => !kept.has(i) } as ReadonlySet<number>;
}

function settingsOf(seed: number): Settings {
  return {
    seed,
    steps: Number(values.steps),
    ...(values.actions !== undefined && { skip: allBut(values.actions), until: Math.max(...values.actions.split(',').map(Number)) + 1 }),
    ...(values.without !== undefined && { without: new Set(values.without.split(',') as Fault[]) }),
    ...(values.trace && { trace: (line: string) => console.log(line) }),
  };
}

async function report(settings: Settings, outcome: Outcome): Promise<void> {
  console.log(
    `\nseed ${settings.seed}: ${outcome.violation?.message}\n  after ${outcome.steps} steps, ${outcome.actions} actions; the last events:`,
  );
  let { tail } = outcome;
  if (!values['no-shrink'] && values.actions === undefined) {
    const { trace: _, ...quiet } = settings;
    const least = await shrink(quiet, outcome, 30_000);
    tail = least.outcome.tail;
    const plan = new Plan(settings.seed, swarmOf(settings.seed, least.settings.without));
    const without = [...(least.settings.without ?? [])].join();
    for (const line of tail) console.log(`  ${line}`);
    console.log(`\nshrunk in ${least.tries} tries to ${least.actions.length} actions: ${least.outcome.violation?.message}`);
    for (const i of least.actions) console.log(`  ${i}: ${JSON.stringify(plan.action(i).action)}`);
    const actions = least.actions.length === 0 ? '' : ` --actions ${least.actions}`;
    console.log(
      `\nagain: npm run simulate -- --seed ${settings.seed} --steps ${least.settings.steps}${without === '' ? '' : ` --without ${without}`}${actions}`,
    );
    return;
  }
  for (const line of tail) console.log(`  ${line}`);
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.mutations) {
    const { tryMutations } = await import('../test/simulation/try-mutation.ts');
    const from = values.seed === undefined ? undefined : Number(values.seed);
    return tryMutations(Number(values.seeds ?? '100'), values.only, (line) => console.log(line), from);
  }
  const first = Number(values.seed ?? '1');
  const deadline = values.minutes === undefined ? null : performance.now() + Number(values.minutes) * 60_000;
  const total = { steps: 0, commands: 0, events: 0, virtualMs: 0, failed: 0, seeds: 0 };
  const struck = new Map<string, number>();
  const worlds = new Map<string, number>();
  const most = { names: 0, versions: 0 };
  const began = performance.now();
  const seeds = (): number => (deadline === null ? Number(values.seeds ?? '1') : Number.POSITIVE_INFINITY);
  const more = (): boolean => (deadline === null ? total.seeds < seeds() : performance.now() < deadline);
  for (let seed = first; more(); seed++) {
    const settings = settingsOf(seed);
    if (values.with !== undefined && swarmOf(seed, settings.without).rates[values.with as Fault] === 0) continue;
    const outcome = await simulate(settings);
    total.seeds++;
    total.steps += outcome.steps;
    total.commands += outcome.commands;
    total.events += outcome.events;
    total.virtualMs += outcome.virtualMs;
    for (const [fault, times] of outcome.struck) struck.set(fault, (struck.get(fault) ?? 0) + times);
    const { hosts, clones, names, versions } = outcome.world;
    const world = `${hosts} ${hosts === 1 ? 'host' : 'hosts'}${clones > 0 ? ' and clones' : ''}${names > 50 ? ', many names' : ''}`;
    worlds.set(world, (worlds.get(world) ?? 0) + 1);
    most.names = Math.max(most.names, names);
    most.versions = Math.max(most.versions, versions);
    if (seeds() === 1) console.log(`world of seed ${seed}: ${world}; ${names} names, at most ${versions} versions of one`);
    if (outcome.violation === null) continue;
    total.failed++;
    await report(settings, outcome);
    if (deadline !== null || values.first) break;
  }
  const seconds = (performance.now() - began) / 1_000;
  const faults = [...struck].sort(([a], [b]) => (a < b ? -1 : 1)).map(([fault, times]) => `${fault} ${times}`);
  console.log(
    `${total.seeds} seeds from ${first}: ${total.failed} failed; ${total.steps} steps (${Math.round(total.steps / seconds)}/s), ` +
      `${total.commands} commands, ${total.events} events, ${(total.virtualMs / 3_600_000).toFixed(1)} h of virtual time in ${seconds.toFixed(1)} s\n` +
      `worlds: ${[...worlds]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([world, times]) => `${times} of ${world}`)
        .join('; ')}; at most ${most.names} names and ${most.versions} versions of one\n` +
      `faults: ${[...struck.values()].reduce((a, b) => a + b, 0)} (${faults.join(', ')})`,
  );
  return total.failed > 0 ? 1 : 0;
}

process.exitCode = await main();
