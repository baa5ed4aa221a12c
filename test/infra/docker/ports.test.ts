// Host ports on the real engine and of this host.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerEngine } from '../../../src/commands/outside/engine.ts';
import { busyPorts, canBind, isFree, listeningPorts } from '../../../src/infra/host/host-ports.ts';
import { portRange } from '../../support/docker.ts';
import { base, connectEngine, docker, IMAGES, refOf, removeAll, requestFor, run, uniqueName } from './support.ts';

const test = suite<{ engine: ContainerEngine }>('host ports');
const FIRST = portRange().from + 20;

test.before(async (context) => {
  context.engine = await connectEngine();
});
test.after(({ engine }) => removeAll(engine));

async function listen(port: number, host: string): Promise<Server> {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

test('a port that another program listens on is told, and a later start works', async ({ engine }) => {
  const server = await listen(FIRST, '0.0.0.0');
  const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('p'), { ports: [{ containerPort: '80', hostPort: FIRST }] });
  await engine.createContainer(request);
  try {
    const result = await engine.startContainer(refOf(request), 0);
    assert.is(result.started === false && result.why === 'port-taken' && result.hostPort, FIRST);
    assert.ok((await busyPorts()).has(FIRST));
  } finally {
    server.close();
    await once(server, 'close');
  }
  assert.equal(await engine.startContainer(refOf(request), 0), { started: true });
});

test('several ports, tcp and udp, are published on all addresses', async ({ engine }) => {
  const ports = [
    { containerPort: '80', hostPort: FIRST + 1 },
    { containerPort: '53/udp', hostPort: FIRST + 2 },
  ];
  const ref = await run(engine, requestFor(await base(engine, IMAGES.sleep), uniqueName('p'), { ports }));
  const { HostConfig } = await docker().getContainer(ref.id).inspect();
  assert.equal(HostConfig.PortBindings, {
    '80/tcp': [{ HostIp: '', HostPort: String(FIRST + 1) }],
    '53/udp': [{ HostIp: '', HostPort: String(FIRST + 2) }],
  });
  assert.ok((await busyPorts()).has(FIRST + 1), 'docker-proxy listens');
});

test('listeners on any address, IPv4 or IPv6, are seen', async () => {
  for (const host of ['127.0.0.1', '0.0.0.0', '::1', '::']) {
    const port = FIRST + 3;
    assert.is(await isFree(port), true);
    const server = await listen(port, host).catch(() => null);
    if (server === null) continue;
    assert.ok((await busyPorts()).has(port), host);
    assert.is(await isFree(port), false);
    server.close();
    await once(server, 'close');
  }
});

test('without /proc a port is tried by binding it', async () => {
  const server = await listen(FIRST + 4, '0.0.0.0');
  assert.is(await canBind(FIRST + 4), false);
  server.close();
  await once(server, 'close');
  assert.is(await canBind(FIRST + 4), true);
});

test('only sockets that listen count', () => {
  const table = `  sl  local_address rem_address   st
   0: 00000000:0016 00000000:0000 0A 00000000:00000000
   1: 0100007F:9C40 0100007F:D431 01 00000000:00000000
   2: 00000000000000000000000000000000:9C41 00000000000000000000000000000000:0000 0A
`;
  assert.equal(listeningPorts(table), [22, 40_001]);
  assert.equal(listeningPorts(''), []);
});

test.run();
