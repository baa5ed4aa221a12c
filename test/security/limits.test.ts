// timeout: 300
// The limits that containers get from the server, on a real dockerd with a firewall of its own, which lies in a network namespace of its own.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { suite } from 'uvu';
import { UNLIMITED } from '../../src/commands/outside/limits.ts';
import type { Event } from '../../src/events/catalogue.ts';
import { eventually, RS, World } from '../e2e/world.ts';
import { connectEngine } from '../infra/docker/support.ts';
import { type Dockerd, IMAGES, startDockerd } from '../support/docker.ts';

const NETWORK = 'gpu-docker-api';
const test = suite('limits of containers');
let daemon: Dockerd;
let world: World;

/** Options of each start: logs and processes small enough to see their ends. */
const SMALL = ['--log-max-size', '64kb', '--log-max-files', '2', '--pids-limit', '40'];

test.before(async () => {
  daemon = await startDockerd({ ownNetwork: true });
  world = await World.start(['--network', 'isolated', '--replace-grace', '0s', '--stop-timeout', '0s', ...SMALL], {
    socket: daemon.socket,
  });
});
test.after(async () => {
  await world.stop();
  await daemon.dispose();
});

const inspected = (containerName: string): Promise<Docker.ContainerInspectInfo> => world.docker.getContainer(containerName).inspect();

async function addressOf(containerName: string): Promise<string> {
  return (await inspected(containerName)).NetworkSettings.Networks[NETWORK]?.IPAddress ?? '';
}

/** The body that answers on a published port, asked for from the daemon's own network namespace; null: nobody answers. */
async function published(port: number | undefined): Promise<string | null> {
  const ask = `fetch('http://127.0.0.1:${port}/',{signal:AbortSignal.timeout(3000)}).then(async(a)=>process.stdout.write(await a.text()))`;
  const asked = promisify(execFile)('nsenter', ['-t', String(daemon.pid), '-n', process.execPath, '-e', ask]);
  return asked.then(
    ({ stdout }) => stdout,
    () => null,
  );
}

const SERVES = ['sh', '-c', 'mkdir -p /w; echo hi > /w/index.html; exec httpd -f -h /w -p 80'];

test('each limit is there, in Docker and in the log', async () => {
  const name = await world.run('a', IMAGES.sleep);
  const { HostConfig } = await inspected(`${name}-1`);
  assert.deepEqual(
    {
      security: HostConfig.SecurityOpt,
      pids: HostConfig.PidsLimit,
      drop: HostConfig.CapDrop,
      log: HostConfig.LogConfig,
      network: HostConfig.NetworkMode,
    },
    {
      security: ['no-new-privileges'],
      pids: 40,
      drop: ['MKNOD', 'NET_RAW'],
      log: { Type: 'json-file', Config: { 'max-size': '65536', 'max-file': '2' } },
      network: NETWORK,
    },
  );
  assert.match(await world.sh(name, 'grep -E "NoNewPrivs|CapBnd" /proc/self/status'), /CapBnd:\t00000000a00405fb\nNoNewPrivs:\t1\n/);
  const { events } = await world.ok<{ events: readonly Event[] }>('GET', '/api/v1/events?type=HostStarted');
  const [started] = events;
  assert.deepEqual(started?.type === 'HostStarted' && started.data.limits, {
    ...{ noNewPrivileges: true, pids: 40, capDrop: ['MKNOD', 'NET_RAW'], logBytes: 65_536, logFiles: 2 },
    ...{ publishAddr: '', network: 'isolated' },
  });
});

test('containers do not reach each other, and what they publish answers', async () => {
  const server = await world.run('web', IMAGES.sleep, { cmd: SERVES, containerPorts: ['80'] });
  const other = await world.run('other', IMAGES.sleep);
  const { ports } = await world.entry(server);
  await eventually('the published port answers', async () => (await published(ports['80'])) === 'hi\n');
  const address = await addressOf(`${server}-1`);
  assert.match(address, /^\d+\.\d+\.\d+\.\d+$/);
  const ask = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${address} 80 2>&1 | tail -n 1`;
  assert.equal(await world.sh(server, ask), 'hi\n', 'it reaches itself');
  assert.match(await world.sh(other, ask), /timed out/);
});

test('processes are counted, and a log has an end', async () => {
  const name = await world.run('loud', IMAGES.sleep, {
    cmd: [
      'sh',
      '-c',
      'i=0; while [ $i -lt 3000 ]; do echo $i aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; i=$((i+1)); done; exec sleep 9999',
    ],
  });
  const { LogPath } = await inspected(`${name}-1`);
  const folder = join(LogPath, '..');
  const sizes = async (): Promise<number[]> => {
    const files = (await readdir(folder)).filter((file) => file.includes('-json.log'));
    return Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  };
  await eventually('the log was rotated', async () => (await sizes()).length === 2);
  // 3,000 lines of some 130 bytes as Docker writes them: six times what may stay.
  await eventually('all was said', async () => (await world.sh(name, 'cat /proc/1/cmdline')).includes('9999'));
  assert.ok((await sizes()).reduce((a, b) => a + b, 0) < 150_000, String(await sizes()));
  const forks = 'n=0; while [ $n -lt 60 ]; do sleep 5 & n=$((n+1)); done; wait';
  const refused = await world.sh(name, `(${forks}) 2>&1 | grep -c "an.t fork" || true`);
  assert.match(refused, /^[1-9]/, 'the limit of 40 processes was met');
});

test('a network that was removed while a container was stopped is made anew, and the container put on it', async () => {
  const name = await world.run('back', IMAGES.sleep, { cmd: SERVES, containerPorts: ['80'] });
  const { ports } = await world.entry(name);
  const all = await world.replicaSets();
  await Promise.all(all.map((rs) => world.ok('PATCH', `${RS}/${rs.name}/pause`)));
  await world.docker.pruneNetworks({});
  assert.deepEqual(await world.docker.listNetworks({ filters: { name: [NETWORK] } }), []);
  await Promise.all(['n1', 'n2', 'n3', 'n4'].map((suffix) => world.run(suffix, IMAGES.sleep)));
  assert.equal((await world.docker.listNetworks({ filters: { name: [NETWORK] } })).length, 1, 'made once for all');
  await world.ok('PATCH', `${RS}/${name}/continue`);
  assert.match(await addressOf(`${name}-1`), /\d/);
  await eventually('it answers again', async () => (await published(ports['80'])) === 'hi\n');
  // An attachment that was cut off between its two calls: Docker would start the container without a network, and say nothing.
  await world.ok('PATCH', `${RS}/${name}/pause`);
  await world.docker.getNetwork(NETWORK).disconnect({ Container: `${name}-1`, Force: true });
  await world.ok('PATCH', `${RS}/${name}/continue`);
  await eventually('it answers once more', async () => (await published(ports['80'])) === 'hi\n');
});

test('a container from before keeps what it was made with, until a new version is made; options are as told', async () => {
  const name = await world.run('old', IMAGES.sleep, { containerPorts: ['80'] });
  await world.server.restart({
    args: [
      ...['--network', 'bridge', '--publish-addr', '127.0.0.1', '--pids-limit', '0', '--cap-drop', 'none', '--allow-new-privileges'],
      ...['--log-max-size', 'off', '--replace-grace', '0s', '--stop-timeout', '0s'],
    ],
  });
  await world.ok('PATCH', `${RS}/${name}/pause`);
  await world.ok('PATCH', `${RS}/${name}/continue`);
  assert.equal((await inspected(`${name}-1`)).HostConfig.PidsLimit, 40);
  await world.patch(name);
  const { HostConfig, NetworkSettings } = await inspected(`${name}-2`);
  assert.deepEqual(
    [HostConfig.PidsLimit, HostConfig.CapDrop, HostConfig.SecurityOpt, HostConfig.LogConfig?.Config],
    [null, null, null, {}],
  );
  assert.deepEqual(Object.keys(NetworkSettings.Networks), ['bridge']);
  assert.deepEqual(
    Object.values(HostConfig.PortBindings as Record<string, { HostIp: string }[]>).map(([first]) => first?.HostIp),
    ['127.0.0.1'],
  );
  await world.rollback(name, 1);
  await world.server.restart({ args: ['--publish-addr', '203.0.113.9', '--replace-grace', '0s', '--stop-timeout', '0s'] });
  const nowhere = await world.send('PATCH', `${RS}/${name}`, {});
  assert.match(nowhere.body.msg, /203\.0\.113\.9.*cannot assign requested address; the old version runs again/s);
  await world.server.restart({ args: ['--network', 'nobodys', '--replace-grace', '0s', '--stop-timeout', '0s'] });
  const warned = async (): Promise<boolean> =>
    JSON.stringify((await world.send('GET', '/readyz')).body).includes('network nobodys (--network)');
  await eventually('readyz names the network that is not there', warned);
  const failed = await world.send('PATCH', `${RS}/${name}`, {});
  assert.match(failed.body.msg, /network nobodys not found; the old version runs again \(\w+-3\)/);
});

test('the network is made once; one of that name that keeps nobody apart is refused, and readyz says so', async () => {
  await Promise.all((await world.replicaSets()).map((rs) => world.ok('PATCH', `${RS}/${rs.name}/stop`)));
  await world.docker.getNetwork(NETWORK).remove();
  // Three servers in the same moment: before Docker 25 each gets a network of that name, until one of them looks again.
  const limits = { ...UNLIMITED, network: 'isolated' };
  for (let round = 0; round < 5; round++) {
    const engines = await Promise.all([1, 2, 3].map(() => connectEngine({ limits }, daemon.socket)));
    await Promise.allSettled(engines.map((engine) => engine.limitProblems()));
    assert.deepEqual(await engines[0]?.limitProblems(), []);
    assert.equal((await world.docker.listNetworks({ filters: { name: [NETWORK] } })).length, 1, `round ${round}`);
    await world.docker.getNetwork(NETWORK).remove();
  }
  await world.docker.createNetwork({ Name: NETWORK });
  await world.server.restart({ args: ['--network', 'isolated', '--replace-grace', '0s', '--stop-timeout', '0s'] });
  const said = /lets containers reach each other: remove it \(docker network rm gpu-docker-api\)/;
  await eventually('readyz says so', async () => said.test(JSON.stringify((await world.send('GET', '/readyz')).body)));
  const failed = await world.send('POST', RS, { replicaSetName: world.name('x'), imageName: IMAGES.sleep });
  assert.match(failed.body.msg, said);
  await world.docker.getNetwork(NETWORK).remove();
  await world.run('y', IMAGES.sleep);
});

test.run();
