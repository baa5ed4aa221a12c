// Ranges are decoded by hand: against bytes made by hand, and against the generated decoder of a real etcd's answers.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectEtcd } from '../../../src/infra/etcd/client.ts';
import { decodeRange } from '../../../src/infra/etcd/raw-range.ts';
import { startEtcd } from '../../support/etcd.ts';

const test = suite('raw range');

const varint = (value: bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
};
const bytes = (field: number, of: readonly number[]): number[] => [
  ...varint(BigInt((field << 3) | 2)),
  ...varint(BigInt(of.length)),
  ...of,
];
const number = (field: number, of: bigint): number[] => [...varint(BigInt(field << 3)), ...varint(of)];
const text = (field: number, of: string): number[] => bytes(field, [...Buffer.from(of)]);

test('every number of 64 bits is read, and fields that it does not know are passed over', () => {
  for (const revision of [0n, 1n, 127n, 128n, 2n ** 32n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n + 1n, 2n ** 63n - 1n, -1n, -(2n ** 63n)]) {
    const kv = [
      ...text(1, 'schlüssel'),
      ...number(2, revision),
      ...number(3, revision),
      ...number(4, 7n),
      ...text(5, '{"ü":1}'),
      ...number(6, revision),
      ...bytes(900, [1, 2, 3]),
      ...varint(BigInt((901 << 3) | 5)),
      ...[0, 0, 0, 0],
      ...varint(BigInt((902 << 3) | 1)),
      ...[0, 0, 0, 0, 0, 0, 0, 0],
    ];
    const answer = Buffer.from([...bytes(1, number(2, 5n)), ...bytes(2, kv), ...bytes(2, text(1, 'bare')), ...number(4, 2n)]);
    const shown = String(revision);
    assert.equal(decodeRange(answer), [
      { key: 'schlüssel', value: '{"ü":1}', createRevision: shown, modRevision: shown, lease: shown },
      { key: 'bare', value: '', createRevision: '0', modRevision: '0', lease: '0' },
    ]);
  }
});

test('an answer that is cut off is an error, wherever', () => {
  const answer = Buffer.from(bytes(2, [...text(1, 'key'), ...number(2, 300n), ...text(5, 'value')]));
  for (let length = 1; length < answer.length; length++) assert.throws(() => decodeRange(answer.subarray(0, length)), /cut off/);
});

test('of a real etcd it gives what a single get gives', async () => {
  const etcd = await startEtcd();
  const kv = connectEtcd({ endpoints: [etcd.endpoint] });
  try {
    const lease = await kv.leaseGrant(60);
    await kv.txn({ if: [], write: [{ put: 'a/1', value: 'x'.repeat(300_000) }] });
    await kv.txn({ if: [], write: [{ put: 'a/2', value: 'ü', lease }] });
    await kv.txn({ if: [], write: [{ put: 'a/1', value: 'ß'.repeat(100) }] });
    assert.equal(await kv.range('a/', 'a0'), [await kv.get('a/1'), await kv.get('a/2')]);
    assert.equal(await kv.range('b/', 'b0'), []);
  } finally {
    kv.close();
    await etcd.kill();
  }
});

test.run();
