// A comparison costs one list, and one inspect for each container that is not as the log has it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asKnown } from '../../../src/commands/host/as-known.ts';
import type { ContainerFacts } from '../../../src/commands/outside/engine.ts';
import { replicaSetStream } from '../../../src/events/stream.ts';
import { dockerEngine } from '../../../src/infra/docker/engine.ts';
import { TestCore } from '../../support/core.ts';
import { HOST, runs } from '../../support/scenario.ts';
import { startStubDocker } from '../../support/stub-docker.ts';

const test = suite('the cost of a comparison with Docker');

const MANY = 500;

/** A daemon that has these containers, with what it was asked. */
async function daemonWith(log: string, containers: readonly ContainerFacts[]) {
  const asked: string[] = [];
  const labels = ({ name, uid, version }: ContainerFacts): object => ({
    'gpu-docker-api.kind': 'container',
    'gpu-docker-api.log': log,
    'gpu-docker-api.name': name,
    'gpu-docker-api.uid': uid,
    'gpu-docker-api.version': String(version),
  });
  const stub = await startStubDocker((url) => {
    if (url.includes('/_ping')) return [200, null];
    if (url.endsWith('/version')) return [200, { ApiVersion: '1.41', MinAPIVersion: '1.12' }];
    asked.push(url);
    if (url.includes('/containers/json')) {
      return [200, containers.map((c) => ({ Id: c.id, Names: [`/${c.containerName}`], State: c.state, Labels: labels(c) }))];
    }
    const found = containers.find(({ id }) => url.includes(`/containers/${id}/json`));
    if (found === undefined) return [404, { message: 'No such container' }];
    const State = { Status: found.state, Running: found.state === 'running', ExitCode: found.exitCode, OOMKilled: false };
    return [200, { Id: found.id, Name: `/${found.containerName}`, Image: 'i', State, Config: { Labels: labels(found) }, HostConfig: {} }];
  });
  return { asked, stub, engine: dockerEngine({ dockerHost: stub.host }) };
}

test(`${MANY} containers that are as the log has them cost one request, and each other one costs one more`, async () => {
  const core = await new TestCore({ gpus: 0 }).start();
  const names = Array.from({ length: MANY }, (_, i) => `n${i}`);
  for (let i = 0; i < MANY; i += 50) await Promise.all(names.slice(i, i + 50).map((name) => core.submit(runs(name, { gpuCount: 0 }))));
  assert.is((await core.submit({ do: 'stop', name: 'n7' })).ok, true);
  core.die();
  const { state } = core.committer;
  const known = asKnown.bind(null, state, HOST, new Set<string>());
  const containers = await core.engine.listContainers(state.logId);
  assert.is(containers.length, MANY);

  const equal = await daemonWith(state.logId, containers);
  const facts = await equal.engine.listContainers(state.logId, known);
  assert.is(equal.asked.length, 1);
  assert.equal(facts.map(({ id, state: its }) => [id, its]).sort(), containers.map(({ id, state: its }) => [id, its]).sort());
  equal.stub.close();

  // One died, one was started by hand, one is another container of the name, one is nobody's.
  const changed = containers.map((c): ContainerFacts => {
    if (c.name === 'n1') return { ...c, state: 'exited', exitCode: 3 };
    if (c.name === 'n7') return { ...c, state: 'running' };
    if (c.name === 'n2') return { ...c, id: 'another' };
    return c;
  });
  const stray: ContainerFacts = { ...changed[0], id: 'stray', containerName: 's-1', name: 's', uid: 'u' } as ContainerFacts;
  const other = await daemonWith(state.logId, [...changed, stray]);
  const found = await other.engine.listContainers(state.logId, known);
  assert.is(other.asked.length, 5);
  assert.is(found.length, MANY + 1);
  assert.is(found.find(({ name }) => name === 'n1')?.exitCode, 3);
  other.stub.close();
});

test('what does not run is asked for where it may have ended with the engine, or the log has it running', async () => {
  const core = await new TestCore({ gpus: 0 }).start();
  await core.submit(runs('foo', { gpuCount: 0 }));
  await core.submit({ do: 'pause', name: 'foo' });
  core.die();
  const { state } = core.committer;
  const [seen] = await core.engine.listContainers(state.logId);
  assert.ok(seen);
  assert.is(asKnown(state, HOST, new Set(), seen)?.id, seen.id);
  assert.is(asKnown(state, HOST, new Set([replicaSetStream('foo')]), seen), undefined);
  assert.is(asKnown(state, 'elsewhere', new Set(), seen), undefined);
  assert.is(asKnown(state, HOST, new Set(), { ...seen, uid: 'another life' }), undefined);
  assert.is(asKnown(state, HOST, new Set(), { ...seen, version: 2 }), undefined);
});

test.run();
