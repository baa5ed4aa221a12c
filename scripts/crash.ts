// npm run crash -- --rounds 100 --seed 1: puts the real server under load, and kills it and its dependencies at random moments. After each
// round it compares the views, the log and Docker, and the disks with the bytes written to them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { disagreements, type Subject } from '../test/crash/agree.ts';
import { Load, randomFrom } from '../test/crash/load.ts';
import { readLog } from '../test/crash/log.ts';
import { untilReady } from '../test/crash/world.ts';
import { docker } from '../test/support/docker.ts';
import { Dockerd } from '../test/support/dockerd.ts';
import { startEtcd, type TestEtcd } from '../test/support/etcd.ts';
import { importImages } from '../test/support/images.ts';
import { serve, type TestServer } from '../test/support/server.ts';
import { buildDist } from './build.mjs';
import { completePath, ensurePrograms, FOR_DOCKER, FOR_ETCD } from './prerequisites.ts';
import { distIsStale } from './setup.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, seed: { type: 'string' }, clients: { type: 'string', default: '6' } },
});
const rounds = Number(values.rounds);
const clients = Number(values.clients);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const random = randomFrom(seed);
const chance = (p: number): boolean => random() < p;

type Victim = 'server' | 'server and etcd' | 'etcd' | 'dockerd' | 'dockerd with live-restore' | 'dockerd and server';
const VICTIMS: readonly Victim[] = [
  ...Array<Victim>(9).fill('server'),
  ...Array<Victim>(3).fill('server and etcd'),
  ...Array<Victim>(3).fill('etcd'),
  ...(['dockerd', 'dockerd with live-restore', 'dockerd and server'] as const),
];

interface Machine {
  readonly daemon: Dockerd;
  readonly etcd: TestEtcd;
  readonly server: TestServer;
}

/** Kills the victim and starts it again. `started` gets the ms that a killed server took to be ready. */
async function strike(victim: Victim, { daemon, etcd, server }: Machine, load: Load, started: (ms: number) => void): Promise<void> {
  const serverToo = victim.includes('server');
  const etcdToo = victim.includes('etcd');
  if (victim.startsWith('dockerd')) {
    // Live-restore is read from the file when the daemon starts or is told to look again.
    await (chance(0.5) ? daemon.kill() : daemon.stop());
    if (serverToo) await server.kill();
    await sleep(random() * 500);
    await daemon.start();
  } else {
    const etcdFirst = chance(0.5);
    if (etcdToo && etcdFirst) await etcd.kill();
    if (serverToo) await server.kill();
    if (etcdToo && !etcdFirst) await etcd.kill();
    if (etcdToo) {
      await sleep(random() * (chance(0.3) ? 6_000 : 500));
      await etcd.start();
    }
  }
  load.end();
  if (serverToo) {
    const began = performance.now();
    await server.restart();
    started(performance.now() - began);
  }
}

const setLiveRestore = (daemon: Dockerd, on: boolean): void => {
  writeFileSync(join(daemon.directory, 'daemon.json'), JSON.stringify({ 'live-restore': on }));
  process.kill(daemon.pid, 'SIGHUP');
};

/** A save whose answer was lost left this image; the reconciler removes it at its next slow look. */
const passes = (text: string): boolean => /^the saved disk .* is a stray$/.test(text);

/** Lists the disagreements after a round. Looks again for a while, because Docker's events and the slow look may still come. */
async function violations(subject: Subject, load: Load): Promise<readonly string[]> {
  let found: readonly string[] = [];
  for (const began = Date.now(); ; await sleep(200)) {
    found = await disagreements(subject);
    if (found.length === 0 || Date.now() > began + (found.every(passes) ? 60_000 : 5_000)) break;
  }
  const { state } = await readLog(subject.etcd);
  return [...found, ...(await load.losses(subject.docker, state)), ...load.lostMarks(state), ...load.odd.map((odd) => `an answer: ${odd}`)];
}

const middle = (of: readonly number[]): number => Math.round([...of].sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0);

async function main(machine: Machine): Promise<number> {
  const { daemon, etcd, server } = machine;
  const subject: Subject = { server, docker: docker(daemon.socket), etcd: etcd.endpoint };
  const load = new Load(server, random, daemon.root);
  const kills = new Map<Victim, number>();
  const starts: number[] = [];
  let found: readonly string[] = [];
  let round = 0;
  for (; round < rounds && found.length === 0; round++) {
    const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? 'server';
    kills.set(victim, (kills.get(victim) ?? 0) + 1);
    if (victim.startsWith('dockerd')) setLiveRestore(daemon, victim === 'dockerd with live-restore');
    const working = load.run(clients);
    await sleep(300 + random() * 3_500);
    await strike(victim, machine, load, (ms) => starts.push(ms));
    await untilReady(server, 60_000);
    await working;
    await untilReady(server, 60_000);
    found = await violations(subject, load);
    console.log(`round ${round + 1}: ${victim}; ${load.counts.sent} requests so far${found.length === 0 ? '' : '; VIOLATED'}`);
  }
  const { events, state } = await readLog(etcd.endpoint);
  for (const text of found) console.log(`VIOLATION ${text}`);
  if (found.length > 0) {
    const about = [...state.replicaSets.keys(), ...state.volumes.keys()].filter((name) => found.some((text) => text.includes(name)));
    for (const { seq, type, stream, time, data } of events.slice(-400)) {
      if (about.some((name) => stream.endsWith(`/${name}`))) console.log(seq, time, stream, type, JSON.stringify(data).slice(0, 300));
    }
    console.log(server.output().slice(-6_000));
  }
  const { sent, done, refused, unavailable, unanswered } = load.counts;
  console.log(`\nseed ${seed}, ${round} rounds, ${clients} clients`);
  for (const [victim, count] of kills) console.log(`killed: ${victim}: ${count}`);
  console.log(`requests ${sent}: ${done} done, ${refused} refused, ${unavailable} answered 503, ${unanswered} without an answer`);
  console.log(`events in the log: ${events.length}`);
  console.log(`ready after a SIGKILL with operations open: median ${middle(starts)} ms, most ${Math.round(Math.max(0, ...starts))} ms`);
  console.log(`violations: ${found.length}`);
  return found.length === 0 ? 0 : 1;
}

completePath();
await ensurePrograms([...FOR_DOCKER, ...FOR_ETCD]);
if (distIsStale()) await buildDist();
process.env['TEST_DIST'] = '1';
const daemon = new Dockerd();
try {
  await daemon.start();
  await importImages(daemon.socket);
  process.env['TEST_BIN_DIR'] = daemon.binDir;
  const etcd = await startEtcd();
  const server = await serve({ docker: daemon.socket, etcd: etcd.endpoint });
  process.exitCode = await main({ daemon, etcd, server });
  await server.stop();
  await etcd.stop();
} finally {
  await daemon.dispose();
}
process.exit();
