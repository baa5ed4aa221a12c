// `log secrets`: names what old events hold in clear, and never the value.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Envelope, GENESIS } from '../../src/events/envelope.ts';
import { seal } from '../../src/events/hash.ts';
import { filled } from '../infra/log/support.ts';
import { eventsFile, run } from './support.ts';

const test = suite('log secrets');
let dir: string;
test.before(() => {
  dir = mkdtempSync(join(tmpdir(), 'log-secrets-'));
});
test.after(() => rmSync(dir, { recursive: true }));

function chain(...events: readonly (readonly [string, unknown])[]): Envelope[] {
  const made: Envelope[] = [];
  for (const [type, data] of events) {
    const prev = made.at(-1)?.hash ?? GENESIS;
    const command = { id: 'c', name: 'run', actor: 'ann' };
    const rest = { schema: 1, stream: 'replicaSet/foo', time: '2026-01-31T12:00:00.000Z', host: 'box', command };
    made.push(seal({ seq: made.length + 1, type, data, prev, ...rest }));
  }
  return made;
}

const version = (spec: object, more: object = {}): readonly [string, unknown] => [
  'ContainerVersionCreated',
  {
    uid: 'u',
    version: 1,
    reason: 'run',
    spec: { imageName: 'x', gpuCount: 0, binds: [], env: [], containerPorts: [], ...spec },
    gpus: [],
    ports: [],
    ...more,
  },
];

const OLD = chain(
  version(
    { env: ['USER=ann', 'HF_TOKEN=hunter2', 'EMPTY_PASSWORD='], cmd: ['sh', '-c', 'train --api-key=hunter2 --steps=5'] },
    { image: { id: 'i', env: ['PATH=/bin', 'BASE_SECRET=hunter2'] } },
  ),
  version({ secretEnv: [{ name: 'DB_PASSWORD', key: 'k', sealed: 'hunter2' }] }),
  ['CommandRequested', { version: 1, cmd: ['env', 'PGPASSWORD=hunter2', 'psql', '-h=x'] }],
);

test('an old log: the sequence, the time, the replicaSet and the variable', async () => {
  const file = eventsFile(join(dir, 'old.jsonl'), OLD);
  const shown = await run('log', 'secrets', '--events', file);
  assert.is(shown.code, 3, shown.err);
  assert.match(shown.out, /^ +1 {2}2026-01-31T12:00:00\.000Z {2}foo +env +HF_TOKEN$/m);
  assert.match(shown.out, /4 found\.$/m);
  const lines = (await run('log', 'secrets', '--json', '--events', file)).out.trim().split('\n');
  assert.equal(
    lines
      .map((line) => JSON.parse(line) as { seq: number; where: string; variable: string })
      .map(({ seq, where, variable }) => `${seq} ${where} ${variable}`),
    ['1 env HF_TOKEN', '1 image BASE_SECRET', '1 cmd api-key', '3 execute PGPASSWORD'],
  );
  assert.not.match(shown.out + lines.join(), /hunter2/);
});

test('a log in etcd without any', async () => {
  const w = await filled(200);
  const shown = await run('log', 'secrets', '--etcd', w.etcd.endpoint, '--data-dir', w.dir);
  assert.equal([shown.code, shown.out], [0, 'No event holds what looks like a secret in clear.\n']);
  await w.end();
});

test.run();
