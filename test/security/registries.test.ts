// timeout: 300
// Images are pulled from the registries that an operator allows: any other one is not asked, so that nobody learns from answers or their time what is in
// the network around the host.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { RS, World } from '../e2e/world.ts';
import { type Registry, startRegistry } from '../support/registry.ts';

const test = suite('registries');
const ARGS = ['--pull', 'missing', '--replace-grace', '0s', '--stop-timeout', '0s'];
let world: World;
let registry: Registry;
/** `127.0.0.1:PORT` */
let host: string;

test.before(async () => {
  registry = await startRegistry(10_000);
  host = registry.image.split('/', 1)[0] ?? '';
  world = await World.start(ARGS);
});
test.after(async () => {
  await world.stop();
  await world.docker
    .getImage(`${registry.image}:latest`)
    .remove({ force: true })
    .catch(() => {});
  registry.stop();
});

const run = (imageName: string) => world.send('POST', RS, { imageName, replicaSetName: world.name('x'), gpuCount: 0 });

async function refused(imageName: string, from: string): Promise<void> {
  const { status, body } = await run(imageName);
  assert.deepEqual([status, body.code], [422, 1004], `${imageName}: ${JSON.stringify(body)}`);
  assert.ok(body.msg.includes(`is not pulled from ${from}: `) && body.msg.includes(`(--allow-registry ${from})`), body.msg);
}

test('by default no registry of the host or its network, nor one of anybody’s, is asked', async () => {
  const port = host.split(':')[1];
  for (const name of [host, `localhost:${port}`, '10.0.0.5:5000', '169.254.169.254', '192.168.0.1', 'registry.lab', 'evil.example:443'])
    await refused(`${name}/lab/slow`, name);
  await refused(`${registry.image}@sha256:${'0'.repeat(64)}`, host);
  await refused('docker.io:443/library/busybox', 'docker.io:443');
  assert.equal(registry.requests, 0);
});

test('what is allowed is a registry, or what lies below a path in it', async () => {
  await world.server.restart({ args: ['--log-level', 'warn', ...ARGS, '--allow-registry', `other.lab,${host}/la`] });
  await refused(registry.image, host);
  assert.equal(registry.requests, 0);
  await world.server.restart({
    args: ['--log-level', 'warn', ...ARGS, '--allow-registry', 'other.lab', '--allow-registry', `${host}/lab`],
  });
  await refused(`${host}/other/slow`, host);
  await refused('ghcr.io/lab/slow', 'ghcr.io');
  assert.equal(registry.requests, 0);
  assert.equal((await run(registry.image)).status, 200);
});

test.run();
