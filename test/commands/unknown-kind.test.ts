// A kind of operation that this program does not know, as a newer one may have written it, is neither done nor skipped.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { next } from '../../src/commands/operation/next.ts';
import { closing, decideOutcome } from '../../src/commands/operation/outcome.ts';
import type { NewEvent } from '../../src/events/catalogue.ts';
import { LogCorruptError } from '../../src/events/log.ts';
import type { ReplicaSet, State, Volume } from '../../src/projections/state.ts';
import { run, Scenario, settings } from '../support/scenario.ts';

const test = suite('unknown kind of operation');

const started = (stream: string, kind: string): NewEvent =>
  ({ type: 'OperationStarted', stream, data: { kind, from: 1 } }) as unknown as NewEvent;

/** A state in which an operation of that kind is open on foo and bar. */
function openWith(kind: string): { state: State; foo: ReplicaSet; bar: Volume } {
  const s = new Scenario();
  s.run(run('foo'));
  s.run({ do: 'createVolume', name: 'bar', size: '1GB' });
  const stopping = s.decide({ do: 'stop', name: 'foo' });
  if (stopping.decision.kind === 'events') s.append(stopping.decision.events, stopping.meta);
  const { operation } = s.rs('foo');
  if (operation === null) throw new Error('no operation is open');
  const unknown = { ...operation, kind } as unknown as typeof operation;
  const foo = { ...s.rs('foo'), operation: unknown };
  const bar = { ...s.volume('bar'), operation: unknown };
  return { state: { ...s.state, replicaSets: new Map([['foo', foo]]), volumes: new Map([['bar', bar]]) }, foo, bar };
}

test('no step comes next, and it is not closed as done: the error names the kind, the stream and the sequence', () => {
  const { state, foo, bar } = openWith('rename');
  const said = (stream: string, seq: number) => new RegExp(`kind "rename" is open on ${stream} \\(event ${seq}\\)`);
  assert.throws(() => next(state, foo, settings), said('replicaSet/foo', foo.seq));
  assert.throws(() => closing(state, 'replicaSet/foo', settings), said('replicaSet/foo', foo.seq));
  assert.throws(() => next(state, bar, settings), said('volume/bar', bar.seq));
  assert.throws(() => closing(state, 'volume/bar', settings), said('volume/bar', bar.seq));
  const outcome = {
    operation: foo.operation?.id ?? null,
    step: { do: 'removeDisks', owner: { log: '', name: '', uid: '' }, anonymousVolumes: [] },
    busyPorts: new Set<number>(),
  } as const;
  assert.throws(
    () => decideOutcome(state, 'replicaSet/foo', { ...outcome, result: { ok: true, do: 'removeDisks' } }, settings),
    said('replicaSet/foo', foo.seq),
  );
});

test('a known kind on the wrong thing is as unknown', () => {
  const { state, foo } = openWith('resizeVolume');
  assert.throws(() => next(state, foo, settings), /"resizeVolume" is open on replicaSet\/foo/);
  const { state: other, bar } = openWith('stop');
  assert.throws(() => next(other, bar, settings), /"stop" is open on volume\/bar/);
  for (const inherited of ['toString', 'execute']) {
    const { state: third, foo: rs } = openWith(inherited);
    assert.throws(() => next(third, rs, settings), /does not know its steps/);
  }
});

for (const kind of ['rename', 'toString']) {
  test(`a replay stops at an operation of kind ${kind}, with its sequence`, () => {
    const s = new Scenario();
    s.run(run('foo'));
    s.run({ do: 'createVolume', name: 'bar', size: '1GB' });
    const { seq } = s.state.head;
    for (const stream of ['replicaSet/foo', 'volume/bar', 'replicaSet/new']) {
      try {
        s.append([started(stream, kind)], { id: 'x', name: kind, actor: 'ann' });
        assert.unreachable();
      } catch (error) {
        assert.instance(error, LogCorruptError);
        assert.is((error as LogCorruptError).seq, seq + 1);
        assert.match((error as LogCorruptError).message, `an operation of kind "${kind}" on ${stream}`);
      }
    }
  });
}

test.run();
