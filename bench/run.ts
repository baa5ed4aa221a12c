// `npm run bench`: the cost of the service, each figure beside the cost of the same work without it.
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { ensurePrograms, FOR_DOCKER, FOR_ETCD } from '../scripts/prerequisites.ts';
import { distIsStale } from '../scripts/setup.mjs';
import { measureAppends } from './appends.ts';
import { measureContainers } from './containers.ts';
import { measureEvents } from './events.ts';
import { type Budget, type Measure, type Row, table } from './figures.ts';
import { measureHistory } from './history.ts';
import { measureImageSize } from './image-size.ts';
import { stopAll } from './machines.ts';
import { measurePast } from './past.ts';
import { measureReads } from './reads.ts';
import { measureReplay } from './replay.ts';
import { measureScale } from './scale.ts';
import { measureStarts } from './start.ts';
import { measureLongStarts } from './start-long.ts';
import { measureVerify } from './verify.ts';

const MEASURES: readonly Measure[] = [
  { name: 'containers', about: 'through the API of the server / by bare Docker calls from the same process', run: measureContainers },
  { name: 'image-size', about: 'a patch of a 500 MB image / of a 5 MB image, both through the API', run: measureImageSize },
  { name: 'appends', about: 'commands through the committer / etcd transactions with the same bytes, one in flight', run: measureAppends },
  { name: 'replay', about: 'the log into the state / reading and parsing the same pages and nothing else', run: measureReplay },
  {
    name: 'history',
    about: 'any moment of a long log, and the sums of the ledger; CPU is what this process spent itself',
    run: measureHistory,
  },
  {
    name: 'reads',
    about: 'reads over keep-alive connections / bare koa and its router sending the same bytes; load and server share the machine',
    run: measureReads,
  },
  {
    name: 'events',
    about: 'filtered pages of up to 100 events over HTTP, and live followers, with a million events in the log',
    run: measureEvents,
  },
  { name: 'verify', about: 'every hash computed again / the same events read and nothing else', run: measureVerify },
  { name: 'start', about: 'from spawn to the first 200 of /readyz', run: measureStarts },
  { name: 'start-long', about: 'the same with a million events in the log', run: measureLongStarts },
  { name: 'scale', about: 'many containers with many versions each / the same with five containers', run: measureScale },
  { name: 'past', about: 'a start in front of a long archive of 100,000 short-lived names, and looking back at it', run: measurePast },
];

const FULL: Budget = { quick: false, pairs: 20, events: 200_000, seconds: 3, starts: 10 };
const QUICK: Budget = { quick: true, pairs: 3, events: 10_000, seconds: 0.5, starts: 2 };

const USAGE = `npm run bench -- [--only NAME] [--past N] [--quick]
  --only NAME   one of ${MEASURES.map(({ name }) => name).join(', ')}; several with commas between
  --past N      events in the measure past, 1000000 by default; 10000000 take long to be written
  --quick       little of everything: shows that it works, not how fast it is`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      past: { type: 'string' },
      quick: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const only = values.only?.flatMap((names) => names.split(','));
  const unknown = only?.find((name) => !MEASURES.some((measure) => measure.name === name));
  if (unknown !== undefined || values.help === true) {
    console.log(unknown === undefined ? USAGE : `there is no measure ${unknown}\n${USAGE}`);
    process.exitCode = unknown === undefined ? 0 : 2;
    return;
  }
  await ensurePrograms([...FOR_DOCKER, ...FOR_ETCD]);
  if (distIsStale()) await (await import('../scripts/build.mjs')).buildDist();
  // The server is measured from the bundle, as it ships.
  process.env['TEST_DIST'] = '1';
  const budget = {
    ...(values.quick === true ? QUICK : FULL),
    ...(values.past !== undefined && { pastEvents: Number(values.past) }),
  };
  const load = (): string => (loadavg()[0] ?? 0).toFixed(2);
  console.log(`Node ${process.version}, ${availableParallelism()} cores, load ${load()}${budget.quick ? ', --quick' : ''}\n`);
  const rows: Row[] = [];
  for (const { name, about, run } of MEASURES) {
    if (only !== undefined && !only.includes(name)) continue;
    const found = await run(budget);
    rows.push(...found);
    console.log(`${name}: ${about} (load ${load()})\n\n${table(found)}\n`);
  }
  const missed = rows.filter(({ met }) => met === false).map(({ what }) => what);
  console.log(missed.length === 0 ? 'Every aim was met.' : `Missed: ${missed.join('; ')}.`);
}

try {
  await main();
} finally {
  await stopAll();
}
// Idle keep-alive sockets would hold the process.
process.exit();
