// The real server on an etcd of its own, with a log that has a past.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { eventsFile, json, run } from '../../cli/support.ts';
import { docker, dockerSocket, IMAGES, uniqueName } from '../../support/docker.ts';
import { serve, type TestServer } from '../../support/server.ts';
import { folder } from './support.ts';
import { events } from './synthetic.ts';

const test = suite('server and log');
const HOST = 'other';
// The shared Docker holds other tests' containers, which a common log id would make this one's.
const past = events(3_000, 8, uniqueName('log'));

type Envelope = { code: number; data: unknown };
const list = async (server: TestServer): Promise<unknown> => (await server.request<Envelope>('GET', '/api/v1/replicaSet')).body.data;

test('imported, archived while it serves, restarted with and without snapshots: the same views; replay --check sees what is missing', async () => {
  const dataDir = folder();
  const where = ['--data-dir', dataDir];
  const imported = await run('log', 'import', eventsFile(join(folder(), 'events.jsonl'), past), ...where);
  assert.is(imported.code, 0, imported.err);

  const name = uniqueName('log');
  const server = await serve({
    docker: dockerSocket(),
    dataDir,
    args: ['--gpus', 'simulated:4', '--host-name', HOST, '--checkpoint-every', '100ms', '--snapshot-every', '50'],
  });
  try {
    const ran = await server.request('POST', '/api/v1/replicaSet', {
      imageName: IMAGES.sleep,
      replicaSetName: name,
      gpuCount: 1,
    });
    assert.is(ran.status, 200, JSON.stringify(ran.body));
    const before = await list(server);

    const archived = await run('log', 'archive', '--before', '2001', '--json', ...where);
    assert.is(archived.code, 0, archived.err);
    assert.is(json<{ through: number }>(archived.out).through, 2_000);
    assert.equal(await list(server), before);

    assert.is(await server.stop(), 0);
    assert.ok(readdirSync(join(dataDir, 'snapshots')).length > 0);
    assert.ok(existsSync(join(dataDir, 'checkpoints.jsonl')));
    const verified = await run('log', 'verify', '--json', ...where);
    assert.is(verified.code, 0, verified.out);
    assert.ok(json<{ checkpoints: { compared: number } }>(verified.out).checkpoints.compared > 0);

    await server.restart();
    assert.match(server.output(), 'the views were read from a snapshot');
    assert.equal(await list(server), before);

    await server.kill();
    rmSync(join(dataDir, 'snapshots'), { recursive: true });
    await server.restart();
    assert.equal(await list(server), before);

    const check = ['replay', '--check', '--json', '--host-name', HOST, '--docker-host', `unix://${dockerSocket()}`, ...where];
    const same = await run(...check);
    assert.is(same.code, 0, same.out + same.err);
    await server.stop();
    await docker().getContainer(`${name}-1`).remove({ force: true });
    const missing = await run(...check);
    assert.is(missing.code, 3, missing.err);
    assert.equal(
      json<{ differences: { kind: string; what: string }[] }>(missing.out).differences.map(({ kind, what }) => `${kind} ${what}`),
      [`missing ${name}-1`],
    );
  } finally {
    await docker()
      .getContainer(`${name}-1`)
      .remove({ force: true })
      .catch(() => undefined);
    await server.stop();
  }
});

test.run();
