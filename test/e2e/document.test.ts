// The examples of the API document against the answers of a real server about real containers: same keys, same JSON types.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { ALLOW_LABEL } from '../../src/commands/outside/engine.ts';
import { example } from '../http/document.ts';
import { docker, IMAGES, readPid1Env } from '../support/docker.ts';
import { hostPorts, RS, shapeOf, VOLUMES, World } from './world.ts';

interface Info {
  readonly version: number;
  readonly createTime: string;
  readonly containerName: string;
  readonly config: { readonly Env: string[]; readonly Image: string; readonly ExposedPorts: object };
  readonly hostConfig: {
    readonly Binds: string[];
    readonly PortBindings: object;
    readonly DeviceRequests: { readonly DeviceIDs: string[] }[] | null;
  };
}

const test = suite('the document’s examples');
let world: World;
let name: string;
let volume: string;
const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bind-'));

/** Keys in the document's order too: what a person compares by eye. */
const same = (actual: unknown, documented: unknown): void => assert.equal(JSON.stringify(actual), JSON.stringify(documented));
const documented = <T>(of: string): T => example(of).response.data as T;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
  volume = world.name('vol');
  await docker().createVolume({ Name: volume, Labels: { [ALLOW_LABEL]: 'true' } });
});
test.after(async () => {
  await world.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('run, with the body of the document', async () => {
  const { request, response } = example('replica-set-run');
  name = world.name('foo');
  const binds = [
    { src: volume, dest: '/root/veil-0' },
    { src: directory, dest: '/root/data/ctr-knock' },
  ];
  const answer = await world.send('POST', RS, { ...request, imageName: IMAGES.sleep, replicaSetName: name, binds });
  same(shapeOf(answer.body), shapeOf(response));
  assert.deepEqual(answer.body.data, { name: `${name}-1` });
});

test('info: each value is the document’s own where it is not about this container', async () => {
  const { info } = await world.ok<{ info: Info }>('GET', `${RS}/${name}`);
  const theirs = documented<{ info: Info }>('replica-set-info').info;
  same(shapeOf(info), shapeOf(theirs));
  const [uuids, ports] = [await world.usedGpus(), (await world.usedPorts()).map(String)];
  assert.equal(uuids.length, 3);
  assert.match(info.createTime, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.ok(Math.abs(new Date(info.createTime.replace(' ', 'T')).getTime() - Date.now()) < 60_000, 'local time');
  const expected = JSON.parse(
    JSON.stringify({
      ...theirs,
      version: 1,
      createTime: info.createTime,
      config: { ...theirs.config, Env: ['USER=foo', 'CONTAINER_VERSION=1'], Image: IMAGES.sleep },
      hostConfig: {
        ...theirs.hostConfig,
        Binds: [`${volume}:/root/veil-0`, `${directory}:/root/data/ctr-knock`],
        PortBindings: { '22/tcp': [{ HostIp: '', HostPort: ports[0] }], '443/tcp': [{ HostIp: '', HostPort: ports[1] }] },
        DeviceRequests: [{ ...theirs.hostConfig.DeviceRequests?.[0], DeviceIDs: uuids }],
      },
      containerName: `${name}-1`,
    }),
  );
  assert.deepEqual(info, expected);
});

test('what info shows is what Docker has, and what the process sees', async () => {
  const { info } = await world.ok<{ info: Info }>('GET', `${RS}/${name}`);
  const { Config, HostConfig } = await docker().getContainer(info.containerName).inspect();
  assert.deepEqual(HostConfig.Binds, info.hostConfig.Binds);
  assert.deepEqual(HostConfig.PortBindings, info.hostConfig.PortBindings);
  assert.deepEqual(hostPorts(HostConfig.PortBindings), hostPorts(info.hostConfig.PortBindings));
  const requests = (HostConfig.DeviceRequests ?? []).map(({ Driver, Count, DeviceIDs, Capabilities }) => ({
    Driver,
    Count,
    DeviceIDs,
    Capabilities,
  }));
  assert.deepEqual(
    requests,
    (info.hostConfig.DeviceRequests ?? []).map((r) => ({ Driver: 'nvidia', Count: 0, DeviceIDs: r.DeviceIDs, Capabilities: [['gpu']] })),
  );
  assert.deepEqual(Config.ExposedPorts, info.config.ExposedPorts);
  for (const entry of info.config.Env) assert.ok(Config.Env.includes(entry), entry);
  const { Tty, OpenStdin, AttachStdin, AttachStdout, AttachStderr } = Config;
  assert.deepEqual([Tty, OpenStdin, AttachStdin, AttachStdout, AttachStderr], [true, true, false, false, false]);
  const pid1 = await readPid1Env(info.containerName);
  assert.equal(pid1['NVIDIA_VISIBLE_DEVICES'], info.hostConfig.DeviceRequests?.[0]?.DeviceIDs.join(','));
  assert.equal(pid1['CONTAINER_VERSION'], '1');
});

test('gpus and ports', async () => {
  const gpus = await world.ok<{ gpus: Record<string, number> }>('GET', '/api/v1/resources/gpus');
  const theirs = documented<{ gpus: Record<string, number> }>('gpus');
  assert.deepEqual(Object.keys(gpus), Object.keys(theirs));
  assert.equal(Object.keys(gpus.gpus).length, Object.keys(theirs.gpus).length);
  for (const [uuid, used] of Object.entries(gpus.gpus)) {
    assert.match(uuid, /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.ok(used === 0 || used === 1);
  }
  assert.equal(
    Object.values(gpus.gpus).reduce((sum, used) => sum + used, 0),
    3,
  );
  const { ports } = await world.ok<{ ports: { UsedPortSet: object; AvailableCount: number; StartPort: number; EndPort: number } }>(
    'GET',
    '/api/v1/resources/ports',
  );
  const example = documented<{ ports: { UsedPortSet: object } }>('ports').ports;
  same(shapeOf({ ...ports, UsedPortSet: {} }), shapeOf({ ...example, UsedPortSet: {} }));
  assert.deepEqual(Object.values(ports.UsedPortSet), [{}, {}]);
  assert.equal(ports.AvailableCount, ports.EndPort - ports.StartPort + 1 - 2);
});

test('execute: stdout as in the document; exitCode and truncated beside it', async () => {
  const { response } = example('replica-set-execute');
  const answer = await world.send<{ stdout: string }>('POST', `${RS}/${name}/execute`, { cmd: ['echo', 'x'] });
  same(shapeOf({ ...answer.body, data: { stdout: answer.body.data.stdout } }), shapeOf(response));
  assert.deepEqual(answer.body.data, { stdout: 'x\n', exitCode: 0, truncated: false });
});

test('commit', async () => {
  const image = `${world.prefix}/image`;
  const answer = await world.send('POST', `${RS}/${name}/commit`, { newImageName: image });
  same(shapeOf(answer.body), shapeOf(example('replica-set-commit').response));
  await docker().getImage(image).remove();
});

test('patch, rollback, restart, stop, pause and continue', async () => {
  const other = world.name('other');
  await docker().createVolume({ Name: other, Labels: { [ALLOW_LABEL]: 'true' } });
  const { request } = example('replica-set-patch');
  const oldBind = { src: volume, dest: '/root/veil-0' };
  const body = { ...request, volumePatch: { oldBind, newBind: { src: other, dest: '/root/veil-1' } } };
  for (const [of, path, order] of [
    ['replica-set-patch', '', body],
    ['replica-set-rollback', '/rollback', { version: 1 }],
    ['replica-set-restart', '/restart', undefined],
    ['replica-set-pause', '/pause', undefined],
    ['replica-set-continue', '/continue', undefined],
    ['replica-set-stop', '/stop', undefined],
  ] as const) {
    const answer = await world.send('PATCH', `${RS}/${name}${path}`, order);
    same(shapeOf(answer.body), shapeOf(example(of).response));
  }
});

test('history: newest first, each entry as in the document', async () => {
  const { history } = await world.ok<{ history: { version: number; createTime: string; status: Info }[] }>('GET', `${RS}/${name}/history`);
  const theirs = documented<{ history: { status: Info }[] }>('replica-set-history').history;
  const shapes = new Set(theirs.map((entry) => JSON.stringify(shapeOf(entry))));
  assert.deepEqual(
    history.map((h) => h.version),
    [4, 3, 2, 1],
  );
  for (const entry of history) {
    assert.ok(shapes.has(JSON.stringify(shapeOf(entry))), `version ${entry.version}: ${JSON.stringify(shapeOf(entry))}`);
    assert.deepEqual([entry.status.version, entry.status.createTime], [entry.version, entry.createTime]);
    assert.equal(entry.status.containerName, `${name}-${entry.version}`);
    assert.deepEqual(entry.status.config.Env, ['USER=foo', `CONTAINER_VERSION=${entry.version}`]);
  }
  assert.deepEqual(
    history.map((h) => h.status.hostConfig.DeviceRequests?.[0]?.DeviceIDs.length),
    [3, 3, 1, 3],
  );
});

test('volumes: create, info, size, history, delete; `enforced` beside what the document has', async () => {
  const bar = world.name('bar');
  const created = await world.send('POST', VOLUMES, { name: bar, size: '20GB' });
  same(shapeOf(created.body), shapeOf(example('volume-create').response));
  const { Info } = await world.ok<{ Info: { enforced: boolean; opt: object } }>('GET', `${VOLUMES}/${bar}`);
  const { enforced, ...rest } = Info;
  same(shapeOf({ Info: rest }), shapeOf(documented('volume-info')));
  assert.deepEqual(rest.opt, { Driver: 'local', DriverOpts: { size: '20GB' }, Name: `${bar}-1` });
  assert.equal(enforced, false, 'this engine has no quota');
  const sized = await world.send('PATCH', `${VOLUMES}/${bar}/size`, { size: '50GB' });
  same(shapeOf(sized.body), shapeOf(example('volume-size').response));
  assert.deepEqual(sized.body.data, { name: `${bar}-2`, size: '50GB' });
  const { history } = await world.ok<{ history: { version: number; createTime: string; status: { enforced: boolean } }[] }>(
    'GET',
    `${VOLUMES}/${bar}/history`,
  );
  const plain = history.map(({ status: { enforced: _, ...status }, ...entry }) => ({ ...entry, status }));
  same(shapeOf({ history: plain }), shapeOf(documented('volume-history')));
  assert.deepEqual(
    history.map((h) => h.version),
    [2, 1],
  );
  const deleted = await world.send('DELETE', `${VOLUMES}/${bar}`);
  same(shapeOf(deleted.body), shapeOf(example('volume-delete').response));
});

test('delete', async () => {
  const answer = await world.send('DELETE', `${RS}/${name}`);
  assert.deepEqual(answer.body, example('replica-set-delete').response);
});

test.run();
