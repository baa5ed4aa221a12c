// npm run crash -- --rounds 100 --seed 1: puts the real server under load, and harms it and its dependencies at random moments. After
// each round it compares the views, the log and Docker, and the disks with the bytes written to them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Arena, openArena } from '../test/crash/run/arena.ts';
import { FAULTS, faultAt } from '../test/crash/run/faults/all.ts';
import { randomFrom } from '../test/crash/run/load.ts';
import { Rounds } from '../test/crash/run/rounds.ts';
import { blameOf } from '../test/support/lag.ts';
import { buildDist } from './build.mjs';
import { completePath, ensurePrograms, FOR_DOCKER, FOR_ETCD } from './prerequisites.ts';
import { distIsStale, root } from './setup.mjs';

const HELP = `npm run crash -- [options]

  --rounds N      rounds to play (20)
  --seed S        chance of faults and moments (by chance)
  --from N        the first round to play (1): as in a run with this seed from the beginning, on a new log
  --fault NAME    only this fault; may be repeated. Names: ${FAULTS.map(({ name }) => name).join('; ')}
  --without NAME  every fault but this; may be repeated
  --clients N     (6)
  --max-lag MS    longest time that the server's event loop may be held, but for what an overloaded machine adds (200)
  (Ctrl-C)        the round that is played becomes the last one
  --restarts      the server has --restart always: what ran before a reboot must come back
`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    fault: { type: 'string', multiple: true },
    without: { type: 'string', multiple: true },
    clients: { type: 'string', default: '6' },
    'max-lag': { type: 'string', default: '200' },
    restarts: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** A number, or the end of the program. */
function numberOf(text: string, option: string): number {
  const number = Number(text);
  if (!Number.isFinite(number)) fail(`--${option} ${text} is not a number`);
  return number;
}

function fail(text: string): never {
  console.error(text);
  process.exit(2);
}

const rounds = numberOf(values.rounds, 'rounds');
const from = numberOf(values.from, 'from');
const maxLag = numberOf(values['max-lag'], 'max-lag');
const clients = numberOf(values.clients, 'clients');
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : numberOf(values.seed, 'seed');
const wanted = values.fault ?? [];
const unwanted = values.without ?? [];
for (const name of [...wanted, ...unwanted])
  if (!FAULTS.some((fault) => fault.name === name)) fail(`no fault is called ${name}\n\n${HELP}`);

const middle = (of: readonly number[]): number => Math.round([...of].sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0);
const most = (of: readonly number[]): number => Math.round(Math.max(0, ...of));

/** The events of what the violations name, and the end of the server's output. All of both, and what Docker has, goes into files. */
async function explain(arena: Arena, violations: readonly string[]): Promise<void> {
  const { events, state } = await arena.log.read();
  const about = [...state.replicaSets.keys(), ...state.volumes.keys()].filter((name) => violations.some((text) => text.includes(name)));
  for (const { seq, type, stream, time, command, data } of events.slice(-400)) {
    const isAbout = about.length === 0 || about.some((name) => stream.endsWith(`/${name}`));
    if (isAbout) console.log(seq, time, stream, type, command.actor, JSON.stringify(data).slice(0, 300));
  }
  console.log(arena.server.output().slice(-8_000));
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-crash-'));
  const files = {
    'events.jsonl': () => events.map((event) => `${JSON.stringify(event)}\n`).join(''),
    'server.log': () => arena.server.output(),
    'leader.log': () => arena.leader.output(),
    'dockerd.log': () => arena.daemon.log(Number.POSITIVE_INFINITY),
    'docker.json': async () => JSON.stringify(await inDocker(arena), null, 1),
  };
  for (const [name, content] of Object.entries(files)) {
    try {
      writeFileSync(join(directory, name), await content());
    } catch (error) {
      console.log(`${name} could not be written: ${error}`);
    }
  }
  console.log(`the whole log, the output of server and dockerd, and what Docker has: ${directory}`);
}

/** Containers as Docker inspects them, images and volumes as it lists them. */
async function inDocker({ docker }: Arena): Promise<object> {
  const list = await docker.listContainers({ all: true });
  const containers = await Promise.all(list.map(({ Id }) => docker.getContainer(Id).inspect()));
  return { containers, images: await docker.listImages({ all: true }), ...(await docker.listVolumes()) };
}

/** The service's own look at its whole log. */
function verify(arena: Arena): readonly string[] {
  const program = ['dist/main.js', 'log', 'verify', '--etcd', arena.etcd.endpoint, '--data-dir', arena.server.dataDir];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: root, encoding: 'utf8' });
  return status === 0 ? [] : [`log verify ends with ${status}: ${stdout}${stderr}`];
}

async function main(arena: Arena): Promise<number> {
  const faults = FAULTS.filter(({ name, pretends }) => {
    const isWanted = (wanted.length === 0 || wanted.includes(name)) && !unwanted.includes(name);
    return isWanted && (pretends !== true || arena.machine.canPretend);
  });
  const played = new Map<string, number[]>();
  const checks = new Rounds(arena);
  let violations: readonly string[] = [];
  const lagBreaks = (): readonly string[] =>
    arena.lags
      .filter((seen) => blameOf(seen) > maxLag)
      .map((seen) => `the event loop was held for ${blameOf(seen)} ms (${JSON.stringify(seen)})`);
  let isEnough = false;
  process.once('SIGINT', () => {
    console.log('this is the last round; once more ends it at once');
    isEnough = true;
  });
  for (let round = from; round < from + rounds && violations.length === 0 && !isEnough; round++) {
    const fault = faultAt(faults, randomFrom(seed * 7_919 + round)());
    const result = await checks.play(fault, seed, round);
    played.set(fault.name, [...(played.get(fault.name) ?? []), result.ms]);
    violations = [...result.violations, ...lagBreaks()];
    const verdict = violations.length === 0 ? '' : '; VIOLATED';
    console.log(`round ${round}: ${fault.name}; ${(result.ms / 1_000).toFixed(1)} s; ${arena.load.counts.sent} requests so far${verdict}`);
  }
  if (violations.length === 0) violations = [...(await checks.leftOver()), ...verify(arena)];
  for (const text of violations) console.log(`VIOLATION ${text}`);
  if (violations.length > 0) await explain(arena, violations);
  const { sent, done, refused, unavailable, unanswered, repeated } = arena.load.counts;
  const times = [...played.values()].flat();
  console.log(`\nseed ${seed}, rounds ${from} to ${from + times.length - 1}, ${clients} clients`);
  for (const [name, ms] of played) console.log(`${name}: ${ms.length} rounds, on average ${(middle(ms) / 1_000).toFixed(1)} s`);
  console.log(`time of a round: on average ${(times.reduce((sum, ms) => sum + ms, 0) / times.length / 1_000).toFixed(1)} s`);
  console.log(
    `requests ${sent}: ${done} done, ${refused} refused, ${unavailable} answered 503, ${unanswered} without an answer, ${repeated} repeated`,
  );
  for (const [outcome, times] of [...arena.load.outcomes].sort((a, b) => b[1] - a[1])) console.log(`  ${outcome} × ${times}`);
  console.log(`events in the log: ${await arena.head()}`);
  console.log(`ready after a start with operations open: median ${middle(arena.starts)} ms, most ${most(arena.starts)} ms`);
  const calm = arena.lags.filter(({ overloaded }) => !overloaded);
  const busy = arena.lags.filter(({ overloaded }) => overloaded);
  const others = most(busy.map(({ lagMs }) => lagMs));
  console.log(`event loop held: at most ${most(calm.map(blameOf))} ms in ${calm.length} readings`);
  console.log(
    `on an overloaded machine: at most ${most(busy.map(blameOf))} ms by the server itself (${others} ms in all) in ${busy.length} readings`,
  );
  if (arena.unmounted > 0) console.log(`file systems that Docker left mounted after a crash, unmounted by hand: ${arena.unmounted}`);
  if (!arena.machine.canPretend) console.log('left out: faults that need mounts of their own');
  console.log(`violations: ${violations.length}`);
  return violations.length === 0 ? 0 : 1;
}

if (values.help) {
  console.log(HELP);
  process.exit();
}
completePath();
await ensurePrograms([...FOR_DOCKER, ...FOR_ETCD]);
if (distIsStale()) await buildDist();
process.env['TEST_DIST'] = '1';
const arena = await openArena({ clients, restarts: values.restarts });
try {
  process.exitCode = await main(arena);
} finally {
  await arena.close();
}
process.exit();
