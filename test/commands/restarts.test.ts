// The desired state: which containers that died are started again, when, and what stands in the way. The pure core alone.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Code } from '../../src/commands/api-codes.ts';
import type { Command } from '../../src/commands/command.ts';
import type { Facts } from '../../src/commands/decision.ts';
import { decideStart } from '../../src/commands/host/reconcile.ts';
import { nextTry } from '../../src/commands/host/restarts/next-try.ts';
import { decideStartAgain, needsOfStart, restartWarning } from '../../src/commands/host/restarts/start-again.ts';
import type { ContainerFacts } from '../../src/commands/outside/engine.ts';
import type { Event } from '../../src/events/catalogue.ts';
import { replicaSetList } from '../../src/projections/views/replica-set.ts';
import { type Answer, goodFacts, HOST, MACHINE, run, Scenario, settings, types } from '../support/scenario.ts';

const test = suite('restarts');
const NONE = new Set<string>();
const MINUTE = 60_000;

/** One GPU and one host port, with this policy. */
function running(restart: string, over: object = {}): Scenario {
  const s = new Scenario();
  s.run({ ...run('foo', { containerPorts: ['22'], ...over }), restart } as Command);
  return s;
}

const dies = (s: Scenario, exitCode: number, more: Partial<ContainerFacts> = {}): Event[] =>
  s.reconcile({ containers: [{ ...s.seen('foo', s.rs('foo').current, 'exited', exitCode), ...more }], volumes: NONE });

/** Time until the next try, ms; null: there is none. */
const wait = (s: Scenario, fallback = 'no'): number | null => {
  const next = nextTry(s.rs('foo'), fallback);
  return next === null ? null : next.at - s.now;
};

let tries = 0;
function startsAgain(s: Scenario, answer?: Answer, facts: Partial<Facts> = {}, now = s.now): Event[] {
  const events = decideStartAgain(s.state, 'foo', { settings, facts: goodFacts({ gpuUsers: [], ...facts }), now });
  const meta = { id: `again-${++tries}`, name: 'continue', actor: 'system:restart' };
  return [...s.append(events, meta), ...s.drive('replicaSet/foo', answer)];
}

const boots = (s: Scenario, bootId: string): Event[] => {
  const facts = { pid: 1, version: '0', engine: '20.10', storageDriver: 'overlay2', gpuMode: 'nvidia', machine: MACHINE };
  const portRange = { start: 40000, end: 40009 };
  return s.append(decideStart(s.state, HOST, '', { ...facts, gpus: null, portRange, bootId }), {
    id: `start-${bootId}`,
    name: 'start',
    actor: 'system:start',
  });
};

test('always: again after any exit, on what it holds, as an ordinary operation of the service', () => {
  const s = running('always');
  const held = [...s.rs('foo').gpus, ...s.rs('foo').ports];
  assert.is(wait(s), null, 'it runs');
  dies(s, 0);
  assert.is(wait(s), 1_000);
  s.pass(1_000);
  const events = startsAgain(s);
  assert.equal(types(events), ['OperationStarted', 'ContainerContinued', 'OperationCompleted']);
  assert.ok(events.every(({ command }) => command.actor === 'system:restart' && command.name === 'continue'));
  assert.equal(events[0]?.data, { kind: 'continue', from: 1, reason: 'it ended with exit code 0; restart: always' });
  assert.equal([...s.rs('foo').gpus, ...s.rs('foo').ports], held);
  assert.is(s.rs('foo').state, 'running');
});

test('a stop of a leftover, which the service orders itself, begins no new life', () => {
  const s = running('on-failure:2');
  dies(s, 1);
  const before = s.rs('foo').restarts;
  assert.ok(before);
  const stream = 'replicaSet/foo';
  const command = { id: 'left', name: 'reconcile', actor: 'system:reconcile' };
  s.append([{ type: 'OperationStarted', stream, data: { kind: 'stop', from: 1, reason: 'container foo-1 is left over' } }], command);
  assert.equal(s.rs('foo').restarts, before);
});

test('on-failure:2 gives two tries after a failure, none after a success; no gives none; the server has the last word where there is no policy', () => {
  const s = running('on-failure:2');
  dies(s, 1);
  for (const pause of [1_000, 2_000]) {
    assert.is(wait(s), pause);
    s.pass(pause);
    assert.equal(types(startsAgain(s)), ['OperationStarted', 'ContainerContinued', 'OperationCompleted']);
    dies(s, 1);
  }
  assert.is(wait(s), null, 'two tries were made');
  assert.equal(startsAgain(s, undefined, {}, s.now + 60 * MINUTE), []);
  assert.match(String(replicaSetList(s.state)[0]?.reason), /started again 2 times in a row/);

  const well = running('on-failure:2');
  dies(well, 0);
  assert.is(wait(well), null, 'it has done its work');
  const never = running('no');
  dies(never, 1);
  assert.is(wait(never, 'always'), null, 'its own policy comes first');
  never.run({ do: 'setPolicy', name: 'foo' });
  assert.is(wait(never, 'no'), null);
  assert.ok(wait(never, 'always') !== null);
});

test('out of memory is a failure', () => {
  const s = running('on-failure:1');
  dies(s, 137, { oomKilled: true });
  assert.is(wait(s), 1_000);
  assert.match(String(nextTry(s.rs('foo'), 'no')?.because), /^out of memory; restart: on-failure:1$/);
});

test('what a client stopped, paused or deleted is never started; neither is what is missing or was removed', () => {
  const paused = running('always');
  paused.run({ do: 'pause', name: 'foo' });
  assert.is(wait(paused), null);
  const stopped = running('always');
  dies(stopped, 1);
  stopped.run({ do: 'stop', name: 'foo' });
  assert.is(wait(stopped), null);
  assert.equal(startsAgain(stopped, undefined, {}, stopped.now + MINUTE), []);
  const missing = running('always');
  dies(missing, 1);
  missing.reconcile({ containers: [], volumes: NONE, missingMs: () => 0 });
  assert.is(wait(missing), null);
  missing.reconcile({ containers: [], volumes: NONE });
  assert.equal([missing.rs('foo').state, wait(missing)], ['failed', null]);
});

test('the pauses double up to five minutes, and begin again once it ran for ten', () => {
  const s = running('always');
  const pauses: (number | null)[] = [];
  for (let i = 0; i < 11; i++) {
    dies(s, 1);
    pauses.push(wait(s));
    s.pass(wait(s) ?? 0);
    startsAgain(s);
    s.pass(9 * MINUTE);
  }
  assert.equal(
    pauses,
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1_000),
  );
  s.pass(MINUTE);
  dies(s, 1);
  assert.is(wait(s), 1_000);
});

test('whatever a client does begins a new count, a commit does not', () => {
  for (const [command, pause] of [
    [{ do: 'continue', name: 'foo' }, 1_000],
    [{ do: 'restart', name: 'foo' }, 1_000],
    [{ do: 'commit', name: 'foo', newImageName: 'mine' }, 4_000],
  ] as const) {
    const s = running('always');
    for (let i = 0; i < 2; i++) {
      dies(s, 1);
      s.pass(wait(s) ?? 0);
      startsAgain(s);
    }
    s.run(command);
    dies(s, 1);
    assert.is(wait(s), pause, command.do);
  }
});

test('a new boot: what ran before ended with the machine, is none of its own, and is started again at once', () => {
  for (const restart of ['always', 'on-failure:1']) {
    const s = running(restart);
    boots(s, 'boot 1');
    dies(s, 1);
    assert.is(s.rs('foo').restarts?.withHost, undefined, 'the first boot that the log knows is no restart');
    s.pass(1_000);
    startsAgain(s);
    s.pass(10 * MINUTE);
    boots(s, 'boot 1');
    boots(s, 'boot 2');
    const died = dies(s, 0);
    assert.equal(died[0]?.data, { version: 1, exitCode: 0, cause: 'host' });
    assert.is((wait(s) ?? 1) <= 0, true);
    assert.match(String(replicaSetList(s.state)[0]?.reason), /ended when the machine or Docker was restarted/);
    startsAgain(s);
    dies(s, 1);
    assert.is(s.rs('foo').restarts?.withHost, undefined, 'it began in this boot');
    assert.is(s.rs('foo').restarts?.exits, 1, 'the first of its own');
  }
  const s = running('no');
  boots(s, 'boot 1');
  boots(s, 'boot 2');
  dies(s, 0);
  assert.is(wait(s), null);
});

test('deaths with the host: the first is none of its own, and those that follow too soon get pauses as well', () => {
  for (const restart of ['always', 'on-failure:1']) {
    const s = running(restart);
    boots(s, 'boot 0');
    const pauses: (number | null)[] = [];
    for (let i = 1; i <= 11; i++) {
      boots(s, `boot ${i}`);
      dies(s, 0);
      pauses.push(wait(s));
      assert.equal([s.rs('foo').restarts?.withHost, s.rs('foo').restarts?.exits], [true, 0]);
      s.pass(Math.max(0, wait(s) ?? 0));
      startsAgain(s);
    }
    assert.ok((pauses[0] ?? 1) <= 0, 'at once');
    assert.equal(
      pauses.slice(1),
      [2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1_000),
    );
    s.pass(10 * MINUTE);
    boots(s, 'the last boot');
    dies(s, 0);
    assert.ok((wait(s) ?? 1) <= 0, 'it ran well');
  }
});

test('a client that changes the policy, or gives up an old version, does not end the wait of what died with the host', () => {
  for (const command of [
    { do: 'setPolicy', name: 'foo', restart: 'on-failure:3', keepVersions: 5 },
    { do: 'removeVersion', name: 'foo', version: 1 },
  ] as const) {
    const s = running('on-failure:3');
    s.run({ do: 'restart', name: 'foo' });
    boots(s, 'boot 1');
    boots(s, 'boot 2');
    dies(s, 0);
    const before = s.rs('foo').restarts;
    assert.equal(types(s.run(command)).at(-1), 'OperationCompleted');
    assert.equal(s.rs('foo').restarts, before, command.do);
    assert.ok(wait(s) !== null);
  }
});

test('a new engine: what began before it and was over when it came up ended with it; its own deaths stay its own', () => {
  const at = 1_000_000;
  const look = (ran: { from: number; to: number }, stopped: ReadonlySet<string> = NONE): [Scenario, Event[]] => {
    const s = running('on-failure:1');
    const containers = [{ ...s.seen('foo', 1, 'exited', 137), ran }];
    return [s, s.reconcile({ containers, volumes: NONE, engine: { startedAt: at, stopped } })];
  };
  const causes = (events: Event[]): unknown[] => events.map(({ data }) => (data as { cause?: string }).cause);
  assert.equal(causes(look({ from: at - 50_000, to: at - 20_000 })[1]), ['host'], 'a clean stop');
  assert.equal(causes(look({ from: at - 50_000, to: at + 5_000 })[1]), ['host'], 'killed by the new one');
  assert.equal(causes(look({ from: at - 50_000, to: at + 50_000 })[1]), [undefined], 'it outlived the restart');
  assert.equal(causes(look({ from: at + 1, to: at + 2 })[1]), [undefined]);

  // The old engine still answered when it had stopped the container.
  const s = running('on-failure:1');
  const found = { ...s.seen('foo', 1, 'exited', 0), ran: { from: at - 50_000, to: at - 20_000 } };
  const engine = { startedAt: at - 80_000, stopped: NONE };
  assert.equal(causes(s.reconcile({ containers: [found], volumes: NONE, engine })), [undefined]);
  assert.is(wait(s), null, 'a success, as it seems');
  assert.equal(s.reconcile({ containers: [found], volumes: NONE, engine: { startedAt: at, stopped: NONE } }), [], 'long dead');
  const known = { startedAt: at, stopped: new Set(['replicaSet/foo']) };
  assert.equal(causes(s.reconcile({ containers: [found], volumes: NONE, engine: known })), ['host']);
  assert.equal(s.reconcile({ containers: [found], volumes: NONE, engine: known }), [], 'recorded once');
  assert.is((wait(s) ?? 1) <= 0, true);
  const after = (command: Command): unknown[] => {
    const changed = running('on-failure:1');
    dies(changed, 0, { ran: found.ran });
    changed.run(command);
    const containers = [{ ...changed.seen('foo', 1, 'exited'), ran: found.ran }];
    return causes(changed.reconcile({ containers, volumes: NONE, engine: known }));
  };
  assert.equal(after({ do: 'stop', name: 'foo' }), []);
  assert.equal(after({ do: 'setPolicy', name: 'foo' }), ['host'], 'the container is as it was');
});

test('a start that Docker refuses is tried again with pauses, and is no exit; a process that ends at once is one', () => {
  const s = running('on-failure:1');
  dies(s, 1);
  const refuses: Answer = (step) =>
    step.do === 'startContainer'
      ? { ok: true, do: step.do, start: { started: false, why: 'failed', message: 'could not select device driver' } }
      : undefined;
  for (const pause of [1_000, 2_000, 4_000]) {
    assert.ok(Math.abs((wait(s) ?? 0) - pause) <= 2, `${wait(s)}`);
    s.pass(pause);
    assert.equal(types(startsAgain(s, refuses)), ['OperationStarted', 'ContainerDied', 'OperationFailed']);
  }
  s.pass(8_000);
  const ends: Answer = (step) =>
    step.do === 'startContainer'
      ? { ok: true, do: step.do, start: { started: false, why: 'failed', exitCode: 2, message: 'it ended' } }
      : undefined;
  const events = startsAgain(s, ends);
  assert.equal(events[1]?.data, { version: 1, message: 'it ended', exitCode: 2 });
  assert.is(wait(s), null, 'the one try that ran');
});

test('what it needs is not there: the refusal is an event, once for each reason; it waits, and no try is counted', () => {
  const s = running('on-failure:1', { binds: [{ src: '/data/foo', dest: '/data' }] });
  const [gpu = ''] = s.rs('foo').gpus;
  const port = s.rs('foo').ports[0]?.hostPort ?? 0;
  dies(s, 1);
  s.pass(MINUTE);
  const refusal = (facts: Partial<Facts>): unknown => startsAgain(s, undefined, facts)[1]?.data;
  const message = `GPU ${gpu}, which it holds, is used by jupyter`;
  assert.equal(refusal({ gpuUsers: [{ containerName: 'jupyter', log: null, gpus: [gpu] }] }), {
    kind: 'continue',
    code: Code.continueFailed,
    message,
    refused: true,
  });
  assert.equal(
    startsAgain(s, undefined, { gpuUsers: [{ containerName: 'jupyter', log: null, gpus: [gpu] }] }),
    [],
    'it is in the log already',
  );
  assert.equal(startsAgain(s, undefined, { busyPorts: new Set([port]) }), [], 'another reason, too soon');
  s.pass(5 * MINUTE);
  assert.match(JSON.stringify(refusal({ busyPorts: new Set([port]) })), /host port 40000, which it holds, is used by another process/);
  s.pass(5 * MINUTE);
  assert.match(JSON.stringify(refusal({ absentPaths: new Set(['/data/foo']) })), /host path \/data\/foo, which it mounts, does not exist/);
  assert.match(String(replicaSetList(s.state)[0]?.reason), /waits to be started again: host path \/data\/foo/);
  assert.match(String(restartWarning([s.rs('foo')], 'no')), /^1 replicaSet waits to be started again: foo \(host path/);
  assert.equal([s.rs('foo').restarts?.tries, s.rs('foo').operation, s.rs('foo').gpus], [0, null, [gpu]]);
  s.append([{ type: 'GpuLost', stream: `host/${HOST}`, data: { gpu } }], { id: 'lost', name: 'inventory', actor: 'system:inventory' });
  s.pass(5 * MINUTE);
  assert.match(JSON.stringify(refusal({})), /is not in the machine/);
  s.append([{ type: 'GpuDiscovered', stream: `host/${HOST}`, data: { gpu, index: 0, name: 'A100', memoryMiB: 81920 } }], {
    id: 'found',
    name: 'inventory',
    actor: 'system:inventory',
  });
  assert.equal(types(startsAgain(s)), ['OperationStarted', 'ContainerContinued', 'OperationCompleted'], 'at once, when all is there');
  assert.is(s.rs('foo').restarts?.refused, undefined);
});

test('it is asked for all that it holds and mounts', () => {
  const s = running('always', { binds: [{ src: '/data/foo', dest: '/data' }] });
  const { hostPaths, presentPaths, ports, gpus } = needsOfStart(s.state, s.rs('foo'));
  assert.equal(
    { hostPaths, presentPaths, ports, gpus },
    { hostPaths: ['/data/foo'], presentPaths: ['/data/foo'], ports: true, gpus: true },
  );
});

test('a container from before the rules for its mounts is started again, as continue starts it', () => {
  const s = running('always', {
    binds: [
      { src: '/data/foo', dest: '/data' },
      { src: 'models', dest: '/models' },
    ],
  });
  const { decision, meta } = s.decide(run('bar', { binds: [{ src: '/srv', dest: '/data' }] }));
  if (decision.kind !== 'events') throw new Error('not accepted');
  s.append(JSON.parse(JSON.stringify(decision.events).replace('"/srv"', '"/data"')), meta);
  s.drive('replicaSet/bar');
  dies(s, 0);
  s.pass(MINUTE);
  const managed = { ...settings, allowVolumes: 'managed' } as const;
  const begins = (seen: 'other' | 'none'): unknown[] => {
    const facts = goodFacts({ gpuUsers: [], volumes: new Map([['models', seen]]) });
    return decideStartAgain(s.state, 'foo', { settings: managed, facts, now: s.now }).map(({ type }) => type);
  };
  assert.equal(begins('other'), ['OperationStarted']);
  assert.equal(begins('none'), ['OperationStarted', 'OperationFailed'], 'Docker would make the volume anew, and empty');
});

test('nothing is begun while an operation is open, before its time, or for another host', () => {
  const s = running('always');
  dies(s, 1);
  assert.equal(startsAgain(s, undefined, {}, s.now + 999), []);
  const facts = goodFacts({ gpuUsers: [] });
  const elsewhere = { settings: { ...settings, host: 'other' }, facts, now: s.now + MINUTE };
  assert.equal(decideStartAgain(s.state, 'foo', elsewhere), []);
  const { decision, meta } = s.decide({ do: 'restart', name: 'foo' });
  assert.is(decision.kind, 'events');
  if (decision.kind === 'events') s.append(decision.events, meta);
  assert.equal(decideStartAgain(s.state, 'foo', { settings, facts, now: s.now + MINUTE }), []);
});

test('a host port that was taken in between: a continue says so, and which way is left', () => {
  const s = running('no');
  s.run({ do: 'pause', name: 'foo' });
  const taken: Answer = (step) =>
    step.do === 'startContainer'
      ? { ok: true, do: step.do, start: { started: false, why: 'port-taken', hostPort: 40000, message: 'port is already allocated' } }
      : undefined;
  const failed = s.run({ do: 'continue', name: 'foo' }, taken).find(({ type }) => type === 'OperationFailed');
  assert.match(JSON.stringify(failed?.data), /a host port that it holds is used by somebody else: free it, or use restart/);
});

test.run();
