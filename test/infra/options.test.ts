import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isClosed, noKeySentence } from '../../src/infra/options/exposure.ts';
import { envName } from '../../src/infra/options/given-values.ts';
import { type Machine, thisMachine } from '../../src/infra/options/machine.ts';
import { type Parsed, parseOptions } from '../../src/infra/options/parse.ts';
import type { ServeOptions } from '../../src/infra/options/serve-options.ts';
import { OPTIONS } from '../../src/infra/options/table.ts';
import { UsageError } from '../../src/infra/options/usage-error.ts';

const test = suite('options');

const machine: Machine = {
  isRoot: true,
  homeDir: '/home/ann',
  hostName: 'gpu-box-1',
  workingDir: '/lab',
};
type Env = Record<string, string>;

const parse = (args: string[], env: Env = {}, on: Machine = machine): Parsed => parseOptions(args, env, on);
function serve(args: string[], env: Env = {}, on: Machine = machine): ServeOptions {
  const parsed = parse(args, env, on);
  if (parsed.command !== 'serve') throw new Error(`${parsed.command}, not serve`);
  return parsed.options;
}
function warnings(args: string[], env: Env = {}): readonly string[] {
  const parsed = parse(args, env);
  return parsed.command === 'serve' ? parsed.warnings : [];
}
function refused(args: string[], message: string | RegExp, env: Env = {}): void {
  try {
    parse(args, env);
  } catch (error) {
    assert.instance(error, UsageError);
    assert.is((error as UsageError).exitCode, 2);
    if (typeof message === 'string') assert.is((error as Error).message, message);
    else assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable(`${args.join(' ')} was accepted`);
}

test('the defaults are the documented ones, with nothing to warn of', () => {
  assert.equal(serve([]), {
    addr: { host: '127.0.0.1', port: 2378 },
    allowHost: [],
    etcd: [],
    dockerHost: 'unix:///var/run/docker.sock',
    dockerHostGiven: false,
    portRange: { start: 40000, end: 65535 },
    gpus: { mode: 'auto' },
    gpuMonitors: [],
    hostName: 'gpu-box-1',
    dataDir: '/var/lib/gpu-docker-api',
    replaceGraceSeconds: 1,
    stopTimeoutSeconds: 10,
    maxStopTimeoutSeconds: 600,
    settleMs: 0,
    restart: 'no',
    pull: 'never',
    allowRegistry: ['docker.io', 'ghcr.io', 'nvcr.io', 'quay.io'],
    pullTimeoutMs: 120_000,
    volumeSize: 'auto',
    keepVersions: 0,
    maxBody: 512 * 1024,
    maxSaves: 4,
    maxStarts: 8,
    maxExecOutput: 8 * 1024 * 1024,
    requestTimeoutMs: 1_800_000,
    execTimeoutMs: 600_000,
    limits: {
      noNewPrivileges: true,
      pids: 32_768,
      capDrop: ['MKNOD', 'NET_RAW'],
      logBytes: 50 * 1024 ** 2,
      logFiles: 3,
      publishAddr: '',
      network: 'isolated',
    },
    maxLogs: 64,
    maxSse: 256,
    auditRejections: false,
    acceptLoss: false,
    acceptRestore: false,
    snapshotEvery: 10_000,
    checkpointEveryMs: 60_000,
    archiveAt: 0.25,
    ignoreOtherLogs: false,
    allowBind: [],
    createBinds: false,
    allowVolumes: 'managed',
    logLevel: 'info',
    logFormat: 'auto',
    acceptClock: false,
    compatGo: false,
    insecure: false,
    trustProxy: [],
    openMetrics: false,
  });
  assert.equal(warnings([]), []);
});

test('every option by flag', () => {
  const args = [
    ...['--addr', '0.0.0.0:80', '--etcd', 'http://a:2379,https://b', '--docker-host', 'tcp://box:2375', '--port-range', '1000-2000'],
    ...[
      '--gpus',
      'simulated:8',
      '--gpu-monitors',
      'exporter, dcgm-1',
      '--host-name',
      'box',
      '--data-dir',
      'data',
      '--replace-grace',
      '3s',
      '--stop-timeout',
      '1m',
    ],
    ...[
      '--settle',
      '250ms',
      '--restart',
      'on-failure:3',
      '--pull',
      'missing',
      '--allow-registry',
      'index.docker.io/lab/, Registry:5000',
      '--allow-registry=[fd00::1]:5000',
      '--volume-size',
      'strict',
      '--keep-versions',
      '7',
      '--max-body',
      '512kb',
      '--max-exec-output',
      '1.5mb',
      '--max-stop-timeout',
      '1h',
      '--max-saves=2',
      '--max-starts=16',
    ],
    ...[
      '--request-timeout',
      '90s',
      '--exec-timeout',
      '1h',
      '--max-logs=5',
      '--pull-timeout=30s',
      '--max-sse',
      '7',
      '--audit-rejections',
      '--ignore-other-logs',
      '--accept-loss',
      '--accept-restore',
      '--allow-bind',
      '/a',
      '--allow-bind=/b/',
      '--create-binds',
      '--allow-volumes',
      'any',
      '--log-level',
      'debug',
      '--log-format=json',
      '--accept-clock',
      '--compat-go',
    ],
    ...['--snapshot-every', '500', '--checkpoint-every', '10s', '--checkpoint-file', 'notes', '--checkpoint-key', '/k.pem'],
    ...['--tls-cert', 'cert.pem', '--tls-key', '/key.pem', '--trust-proxy', '10.0.0.7, fd00::/8', '--open-metrics'],
    ...['--archive-at', '10%', '--archive-dir', '/mnt/archive', '--etcd-quota', '512mb'],
    ...['--allow-host', 'Box.lab', '--allow-host=b'],
    ...['--pids-limit', '0', '--cap-drop', 'net_raw,CAP_CHOWN', '--allow-new-privileges', '--log-max-size', 'off', '--log-max-files=1'],
    ...['--publish-addr', '::1', '--network', 'bridge'],
  ];
  assert.equal(serve(args), {
    addr: { host: '0.0.0.0', port: 80 },
    allowHost: ['box.lab', 'b'],
    etcd: ['http://a:2379', 'https://b'],
    dockerHost: 'tcp://box:2375',
    dockerHostGiven: true,
    portRange: { start: 1000, end: 2000 },
    gpus: { mode: 'simulated', count: 8 },
    gpuMonitors: ['exporter', 'dcgm-1'],
    hostName: 'box',
    dataDir: '/lab/data',
    replaceGraceSeconds: 3,
    stopTimeoutSeconds: 60,
    maxStopTimeoutSeconds: 3600,
    settleMs: 250,
    restart: 'on-failure:3',
    pull: 'missing',
    allowRegistry: ['docker.io/lab', 'registry:5000', '[fd00::1]:5000'],
    pullTimeoutMs: 30_000,
    volumeSize: 'strict',
    keepVersions: 7,
    maxBody: 512 * 1024,
    maxSaves: 2,
    maxStarts: 16,
    maxExecOutput: 1.5 * 1024 * 1024,
    requestTimeoutMs: 90_000,
    execTimeoutMs: 3_600_000,
    limits: {
      noNewPrivileges: false,
      pids: 0,
      capDrop: ['CHOWN', 'NET_RAW'],
      logBytes: 0,
      logFiles: 1,
      publishAddr: '::1',
      network: 'bridge',
    },
    maxLogs: 5,
    maxSse: 7,
    auditRejections: true,
    acceptLoss: true,
    acceptRestore: true,
    snapshotEvery: 500,
    checkpointEveryMs: 10_000,
    checkpointFile: '/lab/notes',
    checkpointKey: '/k.pem',
    archiveAt: 0.1,
    archiveDir: '/mnt/archive',
    etcdQuota: 512 * 1024 * 1024,
    ignoreOtherLogs: true,
    allowBind: ['/a', '/b'],
    createBinds: true,
    allowVolumes: 'any',
    logLevel: 'debug',
    logFormat: 'json',
    acceptClock: true,
    compatGo: true,
    insecure: false,
    trustProxy: ['10.0.0.7', 'fd00::/8'],
    tls: { certFile: '/lab/cert.pem', keyFile: '/key.pem' },
    openMetrics: true,
  });
});

test('every option by environment variable gives the same as by flag', () => {
  const values: Env = {
    addr: '0.0.0.0:80',
    etcd: 'a:2379',
    'docker-host': '/run/d.sock',
    'port-range': '1000-2000',
    gpus: 'none',
    'gpu-monitors': 'exporter',
    'host-name': 'box',
    'data-dir': '/data',
    'replace-grace': '3s',
    'stop-timeout': '4s',
    settle: '5ms',
    restart: 'always',
    pull: 'missing',
    'allow-registry': 'registry.lab:5000/a/b,docker.io',
    'volume-size': 'strict',
    'keep-versions': '7',
    'max-body': '256kb',
    'max-exec-output': '3mb',
    'max-stop-timeout': '1h',
    'max-saves': '2',
    'max-starts': '3',
    'request-timeout': '5m',
    'exec-timeout': '6m',
    'pids-limit': '100',
    'cap-drop': 'none',
    'allow-new-privileges': 'true',
    'log-max-size': '1mb',
    'log-max-files': '2',
    'publish-addr': '10.0.0.1',
    network: 'lab',
    'max-logs': '8',
    'pull-timeout': '31s',
    'max-sse': '9',
    'audit-rejections': 'true',
    'accept-loss': 'true',
    'accept-restore': 'true',
    'allow-bind': '/a',
    'allow-host': 'box.lab',
    'snapshot-every': '0',
    'checkpoint-every': '0',
    'checkpoint-file': '/notes',
    'checkpoint-key': '/key',
    'archive-at': 'off',
    'archive-dir': '/archive',
    'etcd-quota': '2gb',
    'log-level': 'warn',
    'log-format': 'pretty',
    'accept-clock': 'true',
    'compat-go': 'true',
    'ignore-other-logs': 'true',
    'create-binds': 'true',
    'allow-volumes': 'any',
    insecure: 'true',
    'tls-cert': '/cert.pem',
    'tls-key': '/key.pem',
    'trust-proxy': '10.0.0.0/8,::1',
    'open-metrics': 'true',
  };
  assert.equal(Object.keys(values).sort(), Object.keys(OPTIONS).sort(), 'this test knows every option');
  const flags = Object.entries(values).flatMap(([name, value]) => (value === 'true' ? [`--${name}`] : [`--${name}`, value]));
  const env = Object.fromEntries(Object.entries(values).map(([name, value]) => [envName(name), value]));
  assert.is(envName('port-range'), 'GPU_DOCKER_API_PORT_RANGE');
  assert.equal(serve([], env), serve(flags));
  assert.equal(serve(flags).etcd, ['http://a:2379']);
  assert.is(serve(flags).dockerHost, 'unix:///run/d.sock');
});

test('a flag comes before the environment, the environment before the default', () => {
  const env = { GPU_DOCKER_API_GPUS: 'none', GPU_DOCKER_API_SETTLE: '' };
  assert.equal(serve([], env).gpus, { mode: 'none' });
  assert.equal(serve(['--gpus', 'simulated:0'], env).gpus, { mode: 'simulated', count: 0 });
  assert.is(serve([], env).settleMs, 0, 'an empty variable is not set');
  assert.is(serve(['--settle', '1s', '--settle=2s']).settleMs, 2000, 'the last one counts');
  assert.is(serve([], { GPU_DOCKER_API_COMPAT_GO: 'no' }).compatGo, false);
});

test('DOCKER_HOST is read too, and counts as given', () => {
  const env = { DOCKER_HOST: 'unix:///run/user/1000/docker.sock' };
  assert.is(serve([], env).dockerHost, env.DOCKER_HOST);
  assert.is(serve([], env).dockerHostGiven, true);
  assert.is(serve(['--docker-host', '/x.sock'], env).dockerHost, 'unix:///x.sock');
  assert.is(serve([], { DOCKER_HOST: '' }).dockerHostGiven, false);
  assert.is(serve([], { GPU_DOCKER_API_DOCKER_HOST: 'https://box' }).dockerHostGiven, true);
});

test('the data directory of root, and of anybody else', () => {
  const user = { ...machine, isRoot: false };
  assert.is(serve([], {}, user).dataDir, '/home/ann/.local/state/gpu-docker-api');
  assert.is(serve([], { XDG_STATE_HOME: '/state' }, user).dataDir, '/state/gpu-docker-api');
  assert.is(serve([], { XDG_STATE_HOME: 'relative' }, user).dataDir, '/home/ann/.local/state/gpu-docker-api');
});

test('--portRange as the Go program spells it; addresses of every form', () => {
  assert.equal(serve(['--portRange', '5000-5001']).portRange, { start: 5000, end: 5001 });
  assert.equal(serve(['--addr', ':8080']).addr, { host: '', port: 8080 });
  assert.equal(serve(['--addr', '[::1]:0']).addr, { host: '::1', port: 0 });
});

test('paths of --allow-bind in the environment are separated by colons', () => {
  assert.equal(serve([], { GPU_DOCKER_API_ALLOW_BIND: '/a:/b::' }).allowBind, ['/a', '/b']);
  assert.equal(serve(['--allow-bind', '/srv/{owner}/']).allowBind, ['/srv/{owner}']);
});

test('--help names every option, also after others', () => {
  for (const args of [['--help'], ['-h'], ['--gpus', 'none', '--help'], ['--frobnicate', '--help']]) {
    const parsed = parse(args);
    assert.is(parsed.command, 'help');
    const { text } = parsed as { text: string };
    for (const name of Object.keys(OPTIONS)) assert.ok(text.includes(`--${name}`), name);
    assert.not.match(text, /[<>]/);
    assert.equal(
      text.split('\n').filter((line) => line.length > 100),
      [],
    );
  }
});

test('a wrong value: the option, what was given and an example', () => {
  refused(
    ['--addr', 'foo'],
    '--addr: "foo" was given, but it must be host:port with a port from 0 to 65535; for example --addr 127.0.0.1:2378',
  );
  refused([], /^GPU_DOCKER_API_ADDR: "x" was given, .*; for example GPU_DOCKER_API_ADDR=127\.0\.0\.1:2378$/, { GPU_DOCKER_API_ADDR: 'x' });
  const wrong: [string, string[]][] = [
    ['addr', ['', '1.2.3.4', 'a:65536', 'a:-1', 'a b:1', '::1:80']],
    ['etcd', ['', 'ftp://a', 'http://', 'http://a/path', 'a,,b']],
    ['docker-host', ['', 'docker', 'unix://relative', 'ssh://box', 'tcp://']],
    ['port-range', ['', '5', '5-4', '0-5', '1-65536', 'a-b', '1-2-3']],
    ['gpus', ['', 'all', 'simulated', 'simulated:', 'simulated:-1', 'simulated:1025', 'simulated:1.5']],
    ['gpu-monitors', ['', ',', 'a b', 'a/b', '-a', 'a,,b']],
    ['host-name', ['', 'a b', 'a/b', '-a']],
    ['data-dir', ['', ' ']],
    ['replace-grace', ['', '5', '500ms', '-1s', '1 day', '25h']],
    ['stop-timeout', ['1.5s', 'x']],
    ['settle', ['1', 's']],
    ['restart', ['', 'yes', 'on-failure', 'on-failure:0', 'on-failure:10000', 'Always']],
    ['pull', ['always', 'Never']],
    ['allow-registry', ['', 'lab', 'a b.io', 'https://a.io', 'a.io/..', 'a.io//b']],
    ['volume-size', ['on']],
    ['keep-versions', ['-1', '1.5', 'all']],
    ['max-body', ['', '5', '1b', '2gb', '1mib', '-1mb', '1mb', '513kb']],
    ['pids-limit', ['', '-1', 'many']],
    ['cap-drop', ['', 'ALL', 'MKNOD,', 'SYS_ADMIN']],
    ['log-max-size', ['', '0', '50', '2gb']],
    ['log-max-files', ['0', '']],
    ['publish-addr', ['', 'localhost', '10.0.0', '10.0.0.1:80']],
    ['network', ['', 'host', 'none', 'container:x', 'a b']],
    ['max-exec-output', ['0mb']],
    ['max-saves', ['0', 'many']],
    ['request-timeout', ['0', '0s', '2 h']],
    ['exec-timeout', ['0', '0s', '2 h']],
    ['pull-timeout', ['0', '0s', '2 h']],
    ['max-logs', ['', '-1', '1.5', 'many']],
    ['max-sse', ['', '-1', '1.5', 'many']],
    ['allow-bind', ['', 'relative', '/srv/{user}', '/srv/x-{owner}']],
    ['log-level', ['trace']],
    ['log-format', ['text']],
  ];
  for (const [name, values] of wrong) {
    for (const value of values)
      refused(
        [`--${name}=${value}`],
        new RegExp(`^--${name}: "${value.replace(/[.]/g, '\\.')}" was given, but it must be .*; for example --${name} .`),
      );
  }
  refused([], 'GPU_DOCKER_API_COMPAT_GO: "maybe" was given, but it must be true or false; for example GPU_DOCKER_API_COMPAT_GO=true', {
    GPU_DOCKER_API_COMPAT_GO: 'maybe',
  });
});

test('what is no option', () => {
  const see = 'see gpu-docker-api serve --help';
  const all = 'gpu-docker-api serve --help lists all';
  refused(['--port-rang', '1-2'], `serve has no option --port-rang: did you mean --port-range? ${all}`);
  refused(['--port-rang=1-2'], `serve has no option --port-rang: did you mean --port-range? ${all}`);
  refused(['--comapt-go'], `serve has no option --comapt-go: did you mean --compat-go? ${all}`);
  refused(['--logLevel', 'info'], `serve has no option --logLevel: did you mean --log-level? ${all}`);
  refused(['--frobnicate'], `serve has no option --frobnicate; ${see}`);
  refused(['--constructor'], `serve has no option --constructor; ${see}`);
  refused(['-x'], `serve has no option -x; ${see}`);
  refused(['now'], `"now" is not expected; ${see}`);
  refused(['--gpus', 'none', '--', '--gpus'], `"--gpus" is not expected; ${see}`);
  refused(['--addr'], `--addr needs a value: for example --addr 127.0.0.1:2378; ${see}`);
  refused(['--addr', '--gpus', 'none'], `--addr needs a value: for example --addr 127.0.0.1:2378; ${see}`);
  refused(['--portRange'], `--port-range needs a value: for example --port-range 40000-65535; ${see}`);
  refused(['--compat-go=true'], '--compat-go takes no value, "true" was given: write --compat-go alone');
});

test('warnings: the API’s own port, an open address, a misspelt variable; none for a range that overlaps the kernel’s, as the default does', () => {
  for (const args of [[], ['--port-range', '40000-65535'], ['--port-range', '60000-61000']]) assert.equal(warnings(args), []);
  assert.match(warnings(['--port-range', '61000-62000', '--addr', '127.0.0.1:61500'])[0] ?? '', /contains 61500, the port of the API/);
  assert.match(warnings(['--addr', '0.0.0.0:2378'])[0] ?? '', /open to other machines without TLS/);
  assert.match(warnings(['--addr', '0.0.0.0:2378', '--insecure'])[0] ?? '', /controls Docker on this one \(--insecure\)/);
  for (const args of [
    ['--addr', '127.9.9.9:1'],
    ['--addr', '0.0.0.0:1', '--tls-cert', 'a', '--tls-key', 'b'],
    ['--addr', ':1', '--trust-proxy', '::1'],
  ])
    assert.equal(warnings(args), [], args.join(' '));
  assert.equal(warnings([], { GPU_DOCKER_API_PORTRANGE: '1-2' }), [
    'the environment variable GPU_DOCKER_API_PORTRANGE is not one of ours: did you mean GPU_DOCKER_API_PORT_RANGE?',
  ]);
});

test('other machines need a key, unless --insecure; a name other than localhost counts as one of the network', () => {
  for (const addr of ['127.0.0.1:1', '127.3.4.5:1', 'localhost:1', '[::1]:1']) assert.is(isClosed(serve(['--addr', addr])), false, addr);
  for (const addr of ['0.0.0.0:1', ':1', '10.0.0.7:1', 'gpu-box:1', '[::]:1', '127.gpu-box:1']) {
    assert.is(isClosed(serve(['--addr', addr])), true, addr);
    assert.is(isClosed(serve(['--addr', addr, '--insecure'])), false, addr);
  }
  assert.match(noKeySentence(serve(['--addr', ':1']), '/d'), /keys create NAME --role admin --data-dir \/d\n/);
  const shared = serve(['--addr', ':1', '--etcd', 'etcd-1:2379,etcd-2:2379']);
  assert.match(noKeySentence(shared, '/d'), /--role admin --etcd http:\/\/etcd-1:2379,http:\/\/etcd-2:2379 --data-dir \/d\n/);
  assert.throws(() => serve(['--tls-cert', '/a']), /--tls-cert and --tls-key are given together/);
  for (const bad of ['', 'proxy', '10.0.0.0/33', '::1/129', '10.0.0.1,', '10.0.0.1:80'])
    assert.throws(() => serve([`--trust-proxy=${bad}`]), /addresses or networks/, bad);
});

test('this machine has a name and a home', () => {
  const found = thisMachine();
  assert.ok(found.hostName.length > 0);
  assert.ok(found.homeDir.startsWith('/'));
});

test.run();
