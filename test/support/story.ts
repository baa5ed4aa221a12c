// A story that leaves every event type in the log: the real service over a fake engine, with what goes wrong on a host. Each release plays it
// once and keeps its log (scripts/freeze-log.ts), so that every later release can be tested on what that one wrote.

import type { Command, KeyCommand, Mutation } from '../../src/commands/command.ts';
import { seenCode } from '../../src/commands/host/identity.ts';
import { EngineError } from '../../src/commands/outside/engine-error.ts';
import type { Gpu } from '../../src/commands/outside/host.ts';
import { silent } from '../../src/commands/outside/logger.ts';
import { Secret } from '../../src/commands/outside/secrets.ts';
import type { Origin } from '../../src/commands/service.ts';
import type { Envelope } from '../../src/events/envelope.ts';
import { Rejections } from '../../src/infra/observe/rejections.ts';
import { MemoryLog } from '../doubles/memory-log.ts';
import { realClock, TestCore } from './core.ts';
import { HOST, MACHINE, run } from './scenario.ts';
import { logCreated, sealAll, storeOf } from './stored-log.ts';

/** Without a key, for as long as there is none. */
const ANYBODY: Origin = { actor: 'ann', requestId: 'req-1', address: '10.0.0.7' };
const ANN: Origin = { ...ANYBODY, key: 'ann' };
const ADMIN: Origin = { actor: 'root', key: 'root' };
const KEYED: Origin = {
  ...ANN,
  idempotencyKey: 'k-1',
  bodyHash: 'b'.repeat(64),
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

const until = async (what: string, isSo: () => boolean): Promise<void> => {
  for (let i = 0; i < 500; i++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the story does not get to: ${what}`);
};

/** Plays it as this release; the events as they stand in the log. */
export async function playStory(version: string): Promise<readonly Envelope[]> {
  // Created by a release that knows no levels, and raised.
  const store = await storeOf(sealAll([logCreated]));
  const first = await new TestCore({ store, gpus: 6, reconcileEveryMs: 30, version }).start();
  let second: TestCore | undefined;
  try {
    await first.core.raiseLogLevel({ do: 'raiseLogLevel' }, ANYBODY, false);
    await keysOf(first);
    await ordinaryDays(first);
    await surprises(first);
    await refusals(first);
    second = await crash(first, version);
    await lastDays(second);
  } finally {
    // One that lived on would hold up the end of a test that has failed.
    first.die();
    second?.die();
  }
  const events: Envelope[] = [];
  for await (const record of new MemoryLog({ store: second.store }).read(1)) events.push(...record);
  return events;
}

/** Ann has a key, so what she holds is counted; Bob had one. */
async function keysOf({ core }: TestCore): Promise<void> {
  const key = (id: string) => ({ id, salt: '00'.repeat(16), hash: 'ab'.repeat(32) });
  const change = async (command: KeyCommand, origin = ADMIN): Promise<void> => {
    const outcome = await core.changeKey(command, origin, false);
    if (!outcome.ok) throw new Error(`${command.do} was refused: ${outcome.rejection.message}`);
  };
  await change({ do: 'createKey', name: 'root', role: 'admin', ...key('0123456789abcdec') }, ANYBODY);
  await change({ do: 'createKey', name: 'ann', role: 'operator', quota: { gpuHoursMonth: 1_000 }, ...key('0123456789abcdef') });
  await change({ do: 'createKey', name: 'bob', role: 'viewer', expires: '2999-01-01', ...key('0123456789abcdee') });
  await change({ do: 'setKey', name: 'ann', scope: 'all', quota: { gpus: 8 } });
  await change({ do: 'revokeKey', name: 'bob', open: false });
}

async function ok(t: TestCore, command: Mutation, origin: Origin = ANN): Promise<void> {
  const outcome = await t.core.queue.submit(command, origin);
  if (!outcome.ok) throw new Error(`${command.do} was refused: ${outcome.rejection.message}`);
}

async function fails(t: TestCore, command: Mutation): Promise<void> {
  if ((await t.core.queue.submit(command, ANN)).ok) throw new Error(`${command.do} was not refused`);
}

const runOf = (name: string, over: Partial<Extract<Command, { do: 'run' }>> = {}): Mutation => run(name, over) as Mutation;
const stateOf = (t: TestCore, name: string): string | undefined => t.core.state().replicaSets.get(name)?.state;

/** Runs, patches, rollbacks and volumes that go well. */
async function ordinaryDays(t: TestCore): Promise<void> {
  t.engine.addImage('cuda:12', {
    env: ['PATH=/usr/bin', 'LANG=C.UTF-8'],
    cmd: ['sh'],
    entrypoint: ['/bin/sh'],
    workingDir: '/work',
    user: '1000',
    stopSignal: 'SIGINT',
    volumes: ['/scratch'],
  });
  await ok(t, { do: 'createVolume', name: 'data', size: '20GB' });
  const bind = { src: 'data-1', dest: '/data' };
  await ok(
    t,
    runOf('train', {
      imageName: 'cuda:12',
      gpuCount: 2,
      binds: [bind, { src: '/srv/sets', dest: '/sets' }, { src: 'made-by-docker', dest: '/cache' }],
      env: ['USER=ann', 'GREETING=dé ñ "quoted" \u{1F680}'],
      secretEnv: [{ name: 'HF_TOKEN', value: new Secret('dé ñ "quoted" \u{1F680}') }],
      containerPorts: ['22', '8888'],
      cmd: ['-c', 'sleep infinity'],
      stopTimeout: 30,
    }),
    KEYED,
  );
  await ok(t, { do: 'patch', name: 'train', gpuPatch: { gpuCount: 3 } });
  await ok(t, { do: 'patch', name: 'train', gpuPatch: { gpuCount: 1 } });
  await ok(t, { do: 'rollback', name: 'train', version: 1 });
  await ok(t, { do: 'restart', name: 'train' });
  await ok(t, { do: 'pause', name: 'train' });
  await ok(t, { do: 'continue', name: 'train' });
  await ok(t, { do: 'commit', name: 'train', newImageName: 'ann/trained:1' });
  const executed = await t.core.execRunner.run(
    { do: 'execute', name: 'train', cmd: ['echo', 'hello'], workDir: '/tmp' },
    ANN,
    new AbortController().signal,
  );
  if (!executed.ok) throw new Error(executed.rejection.message);
  // A stopped container goes on naming the volume's old version: it is retired, and removed with that container.
  await ok(t, runOf('keeper', { gpuCount: 0, binds: [bind] }));
  await ok(t, { do: 'stop', name: 'keeper' });
  await ok(t, { do: 'stop', name: 'train' });
  await ok(t, { do: 'resizeVolume', name: 'data', size: '40GB' });
  await ok(t, { do: 'restart', name: 'train' });
  await ok(t, { do: 'delete', name: 'keeper' });
}

/** What others do to the host, and steps that fail. */
async function surprises(t: TestCore): Promise<void> {
  t.engine.host.foreignPorts.add(40_002);
  await ok(t, runOf('web', { containerPorts: ['80'] }));
  await fails(t, runOf('broken', { cmd: ['/no/such/program'] }));
  t.engine.before = async (call, [ref]) => {
    const { containerName = '' } = (ref ?? {}) as { readonly containerName?: string };
    if (call === 'startContainer' && containerName === 'web-2') throw new EngineError('refused', 'the device is lost');
  };
  await fails(t, { do: 'patch', name: 'web', gpuPatch: { gpuCount: 2 } });
  t.engine.before = undefined;
  t.engine.addForeignVolume('taken-1');
  await fails(t, { do: 'createVolume', name: 'taken', size: '1GB' });
  await ok(t, runOf('dies'));
  t.engine.die('dies-1', 137, true);
  await until('a death', () => stateOf(t, 'dies') === 'exited');
  t.engine.startByHand('dies-1');
  await until('a start from outside', () => stateOf(t, 'dies') === 'running');
  await ok(t, { do: 'stop', name: 'dies' });
  t.engine.startByHand('dies-1');
  const stops = (): boolean =>
    t.engine.host.containerBy('dies-1')?.state === 'exited' && t.core.state().replicaSets.get('dies')?.operation === null;
  await until('a stop of what has no lease', stops);
  await ok(t, runOf('gone', { containerPorts: ['22'] }));
  t.engine.vanish('gone-1');
  await until('a container that vanished', () => stateOf(t, 'gone') === 'failed');
  await ok(t, { do: 'createVolume', name: 'lost', size: '512MB' });
  t.engine.host.volumes.delete('lost-1');
  await until('a volume that vanished', () => t.core.state().volumes.get('lost')?.versions[0]?.state === 'vanished');
  const known = t.gpus;
  t.gpus = known.filter(({ index }) => index !== 5);
  const present = (): boolean | undefined =>
    t.core
      .state()
      .hosts.get(HOST)
      ?.gpus.find((gpu) => gpu.index === 5)?.present;
  await until('a lost GPU', () => present() === false);
  t.gpus = known.map((gpu): Gpu => ({ ...gpu, memoryMiB: 81_559 }));
  await until('the GPU that is back', () => present() === true);
}

/** Refused commands as events, as --audit-rejections writes them. */
async function refusals(t: TestCore): Promise<void> {
  const { committer } = t;
  let ids = 0;
  const audit = { committer, ids: { next: () => `refusal-${++ids}` }, host: HOST, logger: silent, perSecond: 1 };
  const rejections = new Rejections({ clock: { ...realClock, now: () => now }, audit });
  let now = Date.now();
  const rejection = { code: 1013, kind: 'exhausted', message: 'not enough GPUs: 99 wanted, 2 free' } as const;
  const refused = { command: 'patch', stream: 'replicaSet/train', origin: ANN, rejection };
  rejections.note(refused);
  rejections.note(refused);
  now += 1_000;
  rejections.note(refused);
  await until('noted refusals', () => ids === 2);
  await committer.submit({ id: 'after', name: 'after', actor: 'ann' }, () => ({ kind: 'events', events: [] }));
}

/** The server is killed in the middle of an execute and of a patch; the next one, on new hardware that has another name, finds both. */
async function crash(t: TestCore, version: string): Promise<TestCore> {
  let stuck = 0;
  t.engine.before = async (call) => {
    if (call !== 'exec' && call !== 'createContainer') return;
    stuck++;
    await new Promise(() => {});
  };
  void t.core.execRunner.run({ do: 'execute', name: 'web', cmd: ['sleep', '1'] }, ANN, new AbortController().signal);
  void t.core.queue.submit({ do: 'patch', name: 'train', gpuPatch: { gpuCount: 3 } }, ANN);
  await until('a crash', () => stuck === 2);
  t.die();
  t.engine.before = undefined;
  const ids = { name: 'box-2', hostId: 'new-hardware', machineId: 'machine-2' };
  const seen = seenCode(t.core.state(), { ...MACHINE, ...ids }, HOST);
  const machine = { ...ids, adoption: () => ({ by: 'ann', seen }), adopted: () => undefined };
  return new TestCore({ store: t.store, engine: t.engine, gpus: 6, reconcileEveryMs: 30, version, machine }).start();
}

/** Deletes, and a log that ends in the middle of an operation. */
async function lastDays(t: TestCore): Promise<void> {
  const { engine } = t;
  await ok(t, { do: 'delete', name: 'gone' });
  await ok(t, { do: 'createVolume', name: 'brief', size: '1TB' });
  await ok(t, { do: 'deleteVolume', name: 'brief' });
  await ok(t, runOf('idle', { gpuCount: 0 }));
  await ok(t, { do: 'pause', name: 'idle' });
  let stuck = false;
  engine.before = async (call) => {
    if (call !== 'createContainer') return;
    stuck = true;
    await new Promise(() => {});
  };
  void t.core.queue.submit({ do: 'restart', name: 'web' }, ANN);
  await until('an open operation', () => stuck);
}
