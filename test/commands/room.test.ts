// Docker's data root without room: nothing new is made, and what gives room back goes on.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Command, needsOf } from '../../src/commands/command.ts';
import { roomProblem, roomWarning } from '../../src/commands/host/room.ts';
import type { Room } from '../../src/commands/outside/disk-usage.ts';
import { goodFacts, run, Scenario } from '../support/scenario.ts';

const GIB = 1024 ** 3;
const room = (total: number, usedRatio: number): Room => ({
  path: '/var/lib/docker',
  total: total * GIB,
  free: total * GIB * (1 - usedRatio),
  usedRatio,
});

const test = suite('room in Docker’s data root');

test('a warning, then a reason; a large disk is not full while there is much room', () => {
  const said = (r: Room | null): unknown[] => [roomWarning(r) !== null, roomProblem(r) !== null];
  assert.equal(said(null), [false, false]);
  assert.equal(said(room(100, 0.84)), [false, false]);
  assert.equal(said(room(100, 0.94)), [true, false]);
  assert.equal(said(room(100, 0.95)), [false, true]);
  assert.equal(said(room(10_000, 0.97)), [true, false], '300 GiB are free');
  assert.equal(said(room(10_000, 0.9991)), [false, true]);
  assert.match(roomProblem(room(10, 0.98)) ?? '', /is 98 % full, 204 MiB are free/);
  assert.match(
    roomProblem(room(100, 0.97)) ?? '',
    /is 97 % full, 3\.0 GiB are free: no container, version or image is made until there is/,
  );
});

test('where it is full, nothing new is made', () => {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'patch', name: 'foo' });
  s.run({ do: 'createVolume', name: 'bar', size: '1GB' });
  const facts = { ...goodFacts(), room: room(100, 0.97) };
  const refused: Command[] = [
    run('more'),
    { do: 'patch', name: 'foo' },
    { do: 'rollback', name: 'foo', version: 1 },
    { do: 'restart', name: 'foo' },
    { do: 'commit', name: 'foo', newImageName: 'lab/foo:1' },
    { do: 'resizeVolume', name: 'bar', size: '2GB' },
  ];
  for (const command of refused) {
    const { kind, message } = s.rejected(command, facts);
    assert.is(kind, 'exhausted', command.do);
    assert.match(message, /97 % full.*stop, delete and DELETE …\/versions\/\{version\} go on/, command.do);
    assert.is(needsOf(s.state, command).room, true, command.do);
  }
  const accepted: Command[] = [
    { do: 'execute', name: 'foo', cmd: ['df'], workDir: '' },
    { do: 'removeVersion', name: 'foo', version: 1 },
    { do: 'pause', name: 'foo' },
    { do: 'stop', name: 'foo' },
    { do: 'delete', name: 'foo' },
    { do: 'deleteVolume', name: 'bar' },
  ];
  for (const command of accepted) assert.is(s.decide(command, facts).decision.kind, 'events', command.do);
});

test('of a name that does not exist, Docker is asked nothing', () => {
  const { state } = new Scenario();
  const name = 'nobody';
  const commands: Command[] = [
    { do: 'patch', name },
    { do: 'rollback', name, version: 1 },
    { do: 'restart', name },
    { do: 'stop', name },
    { do: 'pause', name },
    { do: 'continue', name },
    { do: 'commit', name, newImageName: 'lab/foo:1' },
    { do: 'delete', name },
    { do: 'setPolicy', name, keepVersions: 1 },
    { do: 'removeVersion', name, version: 1 },
    { do: 'execute', name, cmd: ['df'], workDir: '' },
    { do: 'resizeVolume', name, size: '2GB' },
    { do: 'deleteVolume', name },
  ];
  for (const command of commands) {
    const asked = Object.values(needsOf(state, command)).filter((need) => need !== false && !(Array.isArray(need) && need.length === 0));
    assert.equal(asked, [], command.do);
  }
});

test.run();
