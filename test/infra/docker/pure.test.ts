// The parts that need no engine: addresses, versions, names, frames, the create body, nvidia-smi's output.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CreateContainer } from '../../../src/commands/outside/engine.ts';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { Secret } from '../../../src/commands/outside/secrets.ts';
import { DockerApi } from '../../../src/infra/docker/connection/api.ts';
import { chooseVersion, connectionOptions } from '../../../src/infra/docker/connection/connect.ts';
import type { Line } from '../../../src/infra/docker/connection/line.ts';
import { notBegun } from '../../../src/infra/docker/connection/runc-text.ts';
import { cleanPath, createBody } from '../../../src/infra/docker/containers/container-body.ts';
import { portIn } from '../../../src/infra/docker/containers/containers.ts';
import { Images, parseImageName } from '../../../src/infra/docker/containers/images.ts';
import { Demultiplexer } from '../../../src/infra/docker/containers/output/demux.ts';
import { removeDisks } from '../../../src/infra/docker/storage/disks.ts';
import { gpuInventory, parseNvidiaSmi } from '../../../src/infra/host/gpu-inventory.ts';

const test = suite('docker, without an engine');

test('addresses, whatever the environment says', () => {
  const pick = (host: string, env = {}): object => {
    const { socketPath, host: name, port, protocol, timeout } = connectionOptions(host, env);
    assert.is(timeout, undefined);
    return { socketPath, host: name, port, protocol };
  };
  const unix = { socketPath: '/run/d.sock', host: undefined, port: undefined, protocol: 'http' };
  assert.equal(pick('unix:///run/d.sock'), unix);
  assert.equal(pick('/run/d.sock'), unix);
  assert.equal(pick('tcp://box:2375'), { socketPath: undefined, host: 'box', port: 2375, protocol: 'http' });
  assert.equal(pick('http://[::1]'), { socketPath: undefined, host: '::1', port: 2375, protocol: 'http' });
  for (const bad of ['ssh://box', 'box:2375', 'npipe:////./pipe/docker', '', 'tcp://', 'tcp://a b']) {
    assert.throws(
      () => connectionOptions(bad, {}),
      (error: unknown) => error instanceof EngineError && error.kind === 'refused',
      bad,
    );
  }
  assert.throws(() => connectionOptions('https://box', {}), /DOCKER_CERT_PATH/);
});

test('the API version that both know', () => {
  assert.is(chooseVersion({ ApiVersion: '1.41', MinAPIVersion: '1.12' }), '1.41');
  assert.is(chooseVersion({ ApiVersion: '1.9' }), '1.9');
  assert.is(chooseVersion({ ApiVersion: '1.52', MinAPIVersion: '1.44' }), '1.44');
  assert.is(chooseVersion({ ApiVersion: '1.60', MinAPIVersion: '1.50' }), '1.50');
});

test('an image that somebody prunes at the same moment is gone, and the others go too', async () => {
  const disk = (id: string, version: number): object => ({
    Id: id,
    Created: version,
    RepoTags: [`gpu-docker-api/disk:foo-${version}`],
    Labels: { 'gpu-docker-api.kind': 'disk' },
  });
  let left = [disk('sha256:1', 1), disk('sha256:2', 2)];
  const asked: string[] = [];
  const dial: Line['modem']['dial'] = ({ method, path }, done) => {
    if (method === 'GET') return done?.(null, left);
    asked.push(path.replace('?', ''));
    left = left.slice(0, -1);
    // What dockerd 20.10 says when the image goes between its two looks.
    if (asked.length === 1)
      return done?.(Object.assign(new Error(), { statusCode: 500, json: { message: 'unrecognized image ID sha256:2' } }), null);
    return done?.(null, []);
  };
  const api = new DockerApi(async () => ({ modem: { dial }, close: () => {} }), { quickMs: 1_000, slowMs: 1_000, silenceMs: 1_000 });
  await removeDisks(api, new Images(api), { log: 'l', name: 'foo', uid: 'u' });
  assert.equal(asked, ['/images/gpu-docker-api/disk:foo-2', '/images/gpu-docker-api/disk:foo-1']);
});

test('names of images', () => {
  assert.equal(parseImageName('busybox'), { repo: 'busybox', tag: '' });
  assert.equal(parseImageName('a/b:1'), { repo: 'a/b', tag: '1' });
  assert.equal(parseImageName('registry:5000/a/b'), { repo: 'registry:5000/a/b', tag: '' });
  assert.equal(parseImageName('registry:5000/a/b:v1'), { repo: 'registry:5000/a/b', tag: 'v1' });
});

test('the port in the wordings of 20.10 to 29', () => {
  const texts = [
    'driver failed programming external connectivity on endpoint foo-1 (abc): Bind for 0.0.0.0:41090 failed: port is already allocated',
    'driver failed programming external connectivity on endpoint foo-1 (abc): Error starting userland proxy: listen tcp4 127.0.0.1:41090: bind: address already in use',
    'driver failed …: Error starting userland proxy: listen tcp6 [::]:41090: bind: address already in use',
    'Bind for :::41090 failed: port is already allocated',
    'failed to set up container networking: … failed to bind host port for 0.0.0.0:41090:172.17.0.2:80/tcp: address already in use',
    'failed to bind host port 0.0.0.0:41090/tcp: address already in use',
    'failed to bind host port for [::]:41090:172.17.0.2:80/tcp: address already in use',
  ];
  for (const text of texts) assert.is(portIn(text), 41_090, text);
  assert.is(portIn('address already in use'), undefined);
});

test('frames cut anywhere come out whole and in order', () => {
  const frame = fc.record({ stream: fc.constantFrom(1, 2), data: fc.uint8Array({ maxLength: 40 }) });
  fc.assert(
    fc.property(fc.array(frame), fc.integer({ min: 1, max: 50 }), (frames, size) => {
      const bytes = Buffer.concat(
        frames.map(({ stream, data }) => {
          const header = Buffer.alloc(8);
          header.writeUInt8(stream, 0);
          header.writeUInt32BE(data.length, 4);
          return Buffer.concat([header, data]);
        }),
      );
      const seen: Record<number, number[]> = { 1: [], 2: [] };
      const demultiplexer = new Demultiplexer((stream, piece) => seen[stream]?.push(...piece));
      for (let at = 0; at < bytes.length; at += size) demultiplexer.write(bytes.subarray(at, at + size));
      for (const stream of [1, 2])
        assert.equal(
          seen[stream],
          frames.flatMap((sent) => (sent.stream === stream ? [...sent.data] : [])),
        );
    }),
  );
});

const REQUEST: CreateContainer = {
  containerName: 'foo-2',
  owner: { log: 'l', name: 'foo', uid: 'u', version: 2, operation: 'o' },
  image: 'sha256:disk',
  fromDisk: true,
  base: { id: 'sha256:base', env: ['PATH=/bin', 'A=1', 'NVIDIA_IMEX_CHANNELS=0'] },
  spec: { env: ['A=2', 'A=3', 'BARE', 'E=x=y'], binds: [{ src: 'vol', dest: '/data/' }] },
  anonymousVolumes: [
    { name: 'a1', dest: '/data' },
    { name: 'a2', dest: '/anon' },
  ],
  gpus: [],
  requestDevices: true,
  ports: [],
};

test('the body of a create from a disk', () => {
  const image = {
    env: ['PATH=/old', 'SECRET=1', 'NVIDIA_VISIBLE_DEVICES=all', 'LEFT', 'NVIDIA_IMEX_CHANNELS=0'],
    volumes: [],
    layers: 2,
    hasHealthcheck: true,
  };
  const body = createBody(REQUEST, image) as {
    Env: string[];
    Healthcheck: object;
    HostConfig: { Binds: string[]; DeviceRequests?: object };
  };
  assert.equal(body.Env, ['PATH=/bin', 'A=3', 'E=x=y', 'NVIDIA_VISIBLE_DEVICES=void', 'NVIDIA_IMEX_CHANNELS', 'SECRET', 'LEFT']);
  assert.equal(body.Healthcheck, { Test: ['NONE'] });
  assert.equal(body.HostConfig.Binds, ['vol:/data/', 'a2:/anon:nocopy']);
  assert.is('DeviceRequests' in body.HostConfig, false);
  const withGpu = createBody({ ...REQUEST, gpus: ['GPU-1'] }, image) as typeof body;
  assert.equal(withGpu.Env, ['PATH=/bin', 'A=3', 'E=x=y', 'NVIDIA_IMEX_CHANNELS', 'SECRET', 'NVIDIA_VISIBLE_DEVICES', 'LEFT']);
  assert.equal(withGpu.HostConfig.DeviceRequests, [{ Driver: 'nvidia', DeviceIDs: ['GPU-1'], Capabilities: [['gpu']] }]);
  for (const path of ['//a//b/', '/a/./b', '/x/../a/b/.']) assert.is(cleanPath(path), '/a/b', path);
  assert.is(cleanPath('/..'), '/');
});

test('secret variables in the body of a create: the value in the environment alone, and the fingerprint is of the ciphertext', () => {
  const image = { env: [], volumes: [], layers: 1, hasHealthcheck: false };
  type Body = { Env: string[]; Labels: Record<string, string> };
  const secretEnv = [{ name: 'TOKEN', key: 'k', sealed: 'c' }];
  const request = { ...REQUEST, spec: { ...REQUEST.spec, env: ['A=1'], secretEnv } };
  const bodyWith = (value: string) => createBody(request, image, undefined, new Map([['TOKEN', new Secret(value)]])) as Body;
  const body = bodyWith('hunter2');
  assert.ok(body.Env.includes('TOKEN=hunter2'));
  assert.not.match(JSON.stringify({ ...body, Env: [] }), /hunter2/);
  assert.is(body.Labels['gpu-docker-api.secret-env'], '["TOKEN"]');
  assert.is(bodyWith('another').Labels['gpu-docker-api.request'], body.Labels['gpu-docker-api.request']);
  assert.throws(() => createBody(request, image), /TOKEN/);
});

test('the limits in the body of a create', () => {
  const image = { env: [], volumes: [], layers: 1, hasHealthcheck: false };
  const request = { ...REQUEST, ports: [{ containerPort: '80', hostPort: 41_000 }] };
  const usual = {
    ...{ noNewPrivileges: true, pids: 32_768, capDrop: ['MKNOD', 'NET_RAW'], logBytes: 52_428_800, logFiles: 3 },
    ...{ publishAddr: '127.0.0.1', network: 'isolated' },
  };
  const made = (limits: object, logDriver: string): Record<string, unknown> => {
    const body = createBody(request, image, { limits: { ...usual, ...limits }, logDriver }) as { HostConfig: Record<string, unknown> };
    const { Binds: _, ...rest } = body.HostConfig;
    return rest;
  };
  const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '41000' }] };
  const same = { PortBindings, SecurityOpt: ['no-new-privileges'], PidsLimit: 32_768, CapDrop: ['MKNOD', 'NET_RAW'] };
  const Config = { 'max-size': '52428800', 'max-file': '3' };
  assert.equal(made({}, 'json-file'), { ...same, LogConfig: { Type: 'json-file', Config }, NetworkMode: 'gpu-docker-api' });
  assert.equal(made({ logFiles: 1, network: 'lab' }, 'local'), {
    ...{ ...same, NetworkMode: 'lab' },
    LogConfig: { Type: 'local', Config: { ...Config, 'max-file': '1', compress: 'false' } },
  });
  for (const driver of ['journald', 'none', '']) assert.equal(made({ network: 'bridge' }, driver), same, driver);
  const none = { noNewPrivileges: false, pids: 0, capDrop: [], logBytes: 0, publishAddr: '', network: 'bridge' };
  assert.equal(made(none, 'json-file'), { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '41000' }] } });
});

const GPU_A = { gpu: 'GPU-a', index: 0, name: 'NVIDIA A100', memoryMiB: 81_920 };
const LINE_A = '0, GPU-a, NVIDIA A100, 81920';

test('nvidia-smi: its lines; an odd one hides one GPU and no other', () => {
  assert.equal(parseNvidiaSmi('1, GPU-b, NVIDIA A100, 80GB, 81920\n0, GPU-a, Orin, [N/A]\n').gpus, [
    { gpu: 'GPU-a', index: 0, name: 'Orin', memoryMiB: 0 },
    { gpu: 'GPU-b', index: 1, name: 'NVIDIA A100, 80GB', memoryMiB: 81_920 },
  ]);
  const lost = 'Unable to determine the device handle for GPU0000:3B:00.0: GPU is lost.  Reboot the system to recover this GPU';
  for (const [line, gpu] of [
    ['1, GPU-b, [Unknown Error], [Unknown Error]', 'GPU-b'],
    ['1, GPU-b, NVIDIA A100, [GPU requires reset]', 'GPU-b'],
    [lost, null],
    ['what is this', null],
  ] as const)
    assert.equal(parseNvidiaSmi(`${line}\n${LINE_A}\n`), { gpus: [GPU_A], unreadable: [{ gpu, line }] });
});

test('nvidia-smi: a missing program, no devices, a broken driver, one broken GPU; each look asks anew', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-smi-'));
  const path = process.env['PATH'];
  const says = (script: string): void => {
    writeFileSync(join(directory, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(directory, 'nvidia-smi'), 0o755);
  };
  const none = { gpus: [], unreadable: [] };
  try {
    process.env['PATH'] = directory;
    const inventory = gpuInventory('auto', 'box');
    assert.is(inventory.mode, 'nvidia');
    assert.equal(await inventory.list(), none);
    process.env['PATH'] = `${directory}:${path ?? ''}`;
    says('echo "No devices were found"; exit 6');
    assert.equal(await inventory.list(), none);
    says(`echo "${LINE_A}"`);
    assert.equal(await inventory.list(), { gpus: [GPU_A], unreadable: [] });
    says(`echo "${LINE_A}"; echo "GPU is lost" >&2; exit 15`);
    assert.equal(await inventory.list(), { gpus: [GPU_A], unreadable: [{ gpu: null, line: 'GPU is lost' }] });
    const failure = (): Promise<Error | null> =>
      inventory.list().then(
        () => null,
        (error: unknown) => error as Error,
      );
    says('echo "NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver."; exit 9');
    assert.match((await failure())?.message ?? '', /could not communicate with the NVIDIA driver/);
    rmSync(join(directory, 'nvidia-smi'));
    process.env['PATH'] = directory;
    assert.match((await failure())?.message ?? '', /no longer there/);
  } finally {
    process.env['PATH'] = path;
    rmSync(directory, { recursive: true });
  }
});

test('simulated GPUs are the same at every start and differ by host', async () => {
  const list = async (host: string): Promise<readonly string[]> =>
    (await gpuInventory('simulated:3', host).list()).gpus.map(({ gpu }) => gpu);
  const first = await list('a');
  assert.is(new Set(first).size, 3);
  for (const gpu of first) assert.match(gpu, /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(await list('a'), first);
  assert.is.not((await list('b'))[0], first[0]);
  assert.equal((await gpuInventory('none', 'a').list()).gpus, []);
  assert.throws(() => gpuInventory('simulated', 'a'), /simulated:N/);
});

test('the runtime’s words about a process that could not be begun become a sentence; others stay', () => {
  const exec = 'OCI runtime exec failed: exec failed: unable to start container process: ';
  const create = 'failed to create task for container: OCI runtime create failed: runc create failed: unable to start container process: ';
  const old = 'OCI runtime create failed: container_linux.go:380: starting container process caused: ';
  const said: readonly (readonly [string, string])[] = [
    [`${exec}exec: "nope": executable file not found in $PATH: unknown`, 'there is no program "nope" in its PATH'],
    [`${create}exec: "/a b": stat /a b: no such file or directory: unknown`, 'there is no file "/a b" in it'],
    [`${old}exec: "/etc": permission denied: unknown`, '"/etc" is not an executable file'],
    [`${exec}chdir to cwd ("/nope") set in config.json failed: no such file or directory`, 'there is no directory "/nope" in it'],
  ];
  for (const [text, sentence] of said)
    assert.is(notBegun('the command', 'foo-1', text), `the command cannot be started in container foo-1: ${sentence}`);
  assert.is(notBegun('the command', 'foo-1', 'something else'), 'something else');
});

test.run();
