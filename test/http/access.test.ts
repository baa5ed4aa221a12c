// The client's address behind proxies, and the count of those who have no key.
import type { IncomingMessage } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Attempts } from '../../src/http/access/attempts.ts';
import { clientAddress, isLoopbackAddress, Peers } from '../../src/http/access/proxies.ts';

const test = suite('access');

const from = (peer: string | undefined, forwarded?: string): IncomingMessage =>
  ({
    socket: { remoteAddress: peer },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

test('X-Forwarded-For is read from its end, as far as proxies that are trusted wrote it', () => {
  const proxies = new Peers(['10.0.0.0/8', '192.168.1.1', 'fd00::/8']);
  const cases: [string | undefined, string | undefined, string][] = [
    ['1.2.3.4', undefined, '1.2.3.4'],
    ['1.2.3.4', '9.9.9.9', '1.2.3.4'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '9.9.9.9', '9.9.9.9'],
    ['10.0.0.1', '6.6.6.6, 9.9.9.9', '9.9.9.9'],
    ['10.0.0.1', '6.6.6.6, 9.9.9.9, 192.168.1.1', '9.9.9.9'],
    ['10.0.0.1', '6.6.6.6, 10.1.1.1 , fd00::7', '6.6.6.6'],
    ['10.0.0.1', '9.9.9.9:4711', '9.9.9.9'],
    ['10.0.0.1', '[2001:db8::1]:443', '2001:db8::1'],
    ['10.0.0.1', '6.6.6.6, nonsense', '10.0.0.1'],
    ['10.0.0.1', '6.6.6.6, unknown, 10.0.0.9', '10.0.0.9'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['::ffff:10.0.0.1', '9.9.9.9', '9.9.9.9'],
    ['::ffff:1.2.3.4', '9.9.9.9', '::ffff:1.2.3.4'],
    ['fd12::1', '9.9.9.9', '9.9.9.9'],
    [undefined, '9.9.9.9', ''],
  ];
  for (const [peer, forwarded, client] of cases) assert.is(clientAddress(from(peer, forwarded), proxies), client, `${peer} ${forwarded}`);
  assert.is(clientAddress(from('127.0.0.1', '9.9.9.9'), new Peers([])), '127.0.0.1', 'nobody is trusted unless named');
});

test('this machine, in every form of its address', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) assert.ok(isLoopbackAddress(address), address);
  for (let i = 0; i < 600; i++) {
    const peers = `10.0.${i % 3}.${i % 251}`;
    assert.not.ok(isLoopbackAddress(peers), peers);
  }
  for (const address of ['', '128.0.0.1', '::ffff:10.0.0.1', '::2', 'localhost']) assert.not.ok(isLoopbackAddress(address), address);
});

test('failures are counted for each client and minute, in a table that does not grow', () => {
  const attempts = new Attempts();
  const fail = (address: string, now: number, times: number): number | null => {
    let last: number | null = null;
    for (let i = 0; i < times; i++) last = attempts.note(address, now);
    return last;
  };
  assert.is(fail('1.1.1.1', 0, 30), null);
  assert.is(fail('1.1.1.1', 1_000, 1), 59);
  assert.is(fail('1.1.1.2', 1_000, 30), null, 'another client');
  assert.is(fail('1.1.1.1', 60_000, 1), null, 'another minute');
  assert.is(fail('1.1.1.1', 120_000, 31), 60);
  assert.is(fail('1.1.1.1', 30_000, 1), null, 'a clock that was set back');
  assert.is(fail('2001:db8::1', 0, 30), null);
  assert.is(fail('2001:db8:0:0:ffff::2', 0, 1), 60, 'the same network');
  assert.is(fail('2001:db8:0:1::1', 0, 1), null);
  assert.is(fail('::ffff:3.3.3.3', 0, 30), null);
  assert.is(fail('::ffff:3.3.3.4', 0, 1), null, 'IPv4 in IPv6 is one address each');
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 200_000; i++) attempts.note(`7.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`, 0);
  assert.ok(process.memoryUsage().heapUsed - before < 32 * 1024 ** 2);
  assert.is(fail('1.1.1.2', 1_000, 1), null, 'the oldest is forgotten');
});

test.run();
