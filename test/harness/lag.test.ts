// The crash run's judgement of a held event loop: a busy machine excuses what it took, and nothing more.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blameOf, lagSeen } from '../support/lag.ts';

const test = suite('the blame for a held event loop');

test('on a machine with room, all of it', () => {
  assert.is(blameOf(lagSeen(250, { ran: 30, waited: 10 }, false)), 250, 'it may have waited for a disk as well as computed');
});

test('on a busy one, the part that the main thread computed for', () => {
  assert.is(blameOf(lagSeen(400, { ran: 390, waited: 20 }, true)), 380);
  assert.is(blameOf(lagSeen(400, { ran: 30, waited: 370 }, true)), 30);
  assert.is(blameOf(lagSeen(100, { ran: 250, waited: 120 }, true)), 0, 'it may have waited all of it');
});

test('a main thread that waited for a processor makes the machine a busy one', () => {
  assert.is(blameOf(lagSeen(400, { ran: 250, waited: 60 }, false)), 250);
});

test('without a reading before, nobody is blamed', () => {
  assert.is(blameOf(lagSeen(900, null, false)), 0);
});

test.run();
