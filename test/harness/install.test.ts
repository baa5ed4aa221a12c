import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { aptInstall } from '../../scripts/install/apt.ts';
import { startDockerd } from '../../scripts/install/dockerd.ts';
import { type DockerFacts, type EtcdFacts, type Plan, planDocker, planEtcd } from '../../scripts/install/plan.ts';
import { ensureDocker, ensureEtcd, isDebianLike, PrerequisiteError } from '../../scripts/install/prepare.ts';
import { findProgram, run } from '../../scripts/install/programs.ts';
import { dockerProblem, probeDocker } from '../../src/infra/host/docker-check.ts';
import { isAlive, processRef } from '../support/processes.ts';

const test = suite('installing');

const SOCKET = '/var/run/docker.sock';
const bare: DockerFacts = {
  isDebian: true,
  isRoot: true,
  hasAptGet: true,
  hasSystemd: false,
  mayInstall: true,
  socket: SOCKET,
  given: false,
  problem: 'absent',
  detail: 'ENOENT',
  hasDockerd: false,
  hasIptables: false,
};
const bareEtcd: EtcdFacts = {
  isDebian: true,
  isRoot: true,
  hasAptGet: true,
  hasSystemd: false,
  mayInstall: true,
  given: false,
  hasEtcd: false,
};

const steps = (plan: Plan): string[] => {
  if (!plan.ok) throw new Error(plan.message);
  return plan.actions.map((action) => (action.do === 'install' ? `install ${action.packages.join(' ')}` : action.do));
};
const refusal = (plan: Plan): string => {
  if (plan.ok) throw new Error(`planned ${steps(plan).join(', ')}`);
  return plan.message;
};

let directory = '';
test.before(() => {
  directory = mkdtempSync(join(tmpdir(), 'gda-pre-'));
});
test.after(() => rmSync(directory, { recursive: true, force: true }));

function script(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

test('Docker that answers needs nothing', () => {
  assert.equal(steps(planDocker({ ...bare, problem: null })), []);
  assert.equal(steps(planDocker({ ...bare, problem: null, given: true, mayInstall: false })), []);
});

test('Debian as root: what is missing is installed and started', () => {
  assert.equal(steps(planDocker(bare)), ['install docker.io iptables', 'startDockerd', 'awaitDocker']);
  assert.equal(steps(planDocker({ ...bare, hasSystemd: true, hasIptables: true })), ['install docker.io', 'startService', 'awaitDocker']);
  assert.equal(steps(planDocker({ ...bare, hasDockerd: true })), ['install iptables', 'startDockerd', 'awaitDocker']);
  assert.equal(steps(planDocker({ ...bare, hasDockerd: true, hasIptables: true })), ['startDockerd', 'awaitDocker']);
});

test('another system as root: an installed Docker is started, none is installed', () => {
  const fedora = { ...bare, isDebian: false, hasAptGet: false };
  assert.equal(steps(planDocker({ ...fedora, hasDockerd: true, hasIptables: true, hasSystemd: true })), ['startService', 'awaitDocker']);
  assert.match(
    refusal(planDocker(fedora)),
    /^No Docker is on this machine\. Install it with this system's package manager \(Debian and Ubuntu call it docker\.io\)/,
  );
});

test('a Docker that somebody named is never installed or started', () => {
  const message = refusal(planDocker({ ...bare, given: true, socket: 'tcp://box:2375', detail: 'ECONNREFUSED' }));
  assert.is(message, 'No Docker answers at tcp://box:2375 (ECONNREFUSED). Start it there, or name another with --docker-host.');
});

test('--no-install: one clear message with the command', () => {
  assert.is(
    refusal(planDocker({ ...bare, mayInstall: false })),
    'No Docker is on this machine. Install it: apt-get install docker.io (--no-install forbids doing that here) and start it, or name a running one with --docker-host.',
  );
  assert.match(
    refusal(planDocker({ ...bare, mayInstall: false, hasDockerd: true, hasIptables: true })),
    /Start it: dockerd & \(--no-install forbids doing that here\)/,
  );
  assert.match(refusal(planEtcd({ ...bareEtcd, mayInstall: false })), /apt-get install etcd-server \(--no-install forbids/);
});

test('without root: one clear message with the command', () => {
  const user = { ...bare, isRoot: false };
  assert.match(refusal(planDocker(user)), /Install it: sudo apt-get install docker\.io and start it/);
  assert.match(refusal(planDocker({ ...user, hasDockerd: true, hasSystemd: true })), /Start it: sudo systemctl start docker,/);
  assert.match(
    refusal(planEtcd({ ...bareEtcd, isRoot: false })),
    /sudo apt-get install etcd-server.*apt-get download etcd-server && dpkg-deb -x/,
  );
});

test('a socket that this user may not use, and a Docker that hangs', () => {
  assert.match(
    refusal(planDocker({ ...bare, problem: 'denied', detail: 'EACCES' })),
    /may not use Docker's socket \/var\/run\/docker\.sock/,
  );
  assert.match(
    refusal(planDocker({ ...bare, problem: 'silent', detail: 'no answer within 3000 ms' })),
    /does not answer \(no answer within 3000 ms\)/,
  );
});

test('etcd', () => {
  assert.equal(steps(planEtcd({ ...bareEtcd, hasEtcd: true })), []);
  assert.equal(steps(planEtcd({ ...bareEtcd, given: true, mayInstall: false })), []);
  assert.equal(steps(planEtcd(bareEtcd)), ['install etcd-server', 'disableService']);
  assert.match(
    refusal(planEtcd({ ...bareEtcd, isDebian: false })),
    /^No etcd program is on this machine\..*or name a running one with --etcd\.$/,
  );
});

test('which systems are like Debian', () => {
  assert.is(isDebianLike('PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n'), true);
  assert.is(isDebianLike('ID=ubuntu\nID_LIKE=debian\n'), true);
  assert.is(isDebianLike('NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n'), true);
  assert.is(isDebianLike('ID="fedora"\n'), false);
  assert.is(isDebianLike('ID=rhel\nID_LIKE="fedora"\nHOME_URL="https://debian.example"\n'), false);
  assert.is(isDebianLike(''), false);
});

test('programs are found on the PATH and where only administrators look', () => {
  const program = script('some-program', '#!/bin/sh\n');
  assert.is(findProgram('some-program', `/nowhere:${directory}`), program);
  assert.is(findProgram('sh', ''), '/usr/bin/sh');
  assert.is(findProgram('no-such-program'), null);
});

test('a program that fails says what it printed', async () => {
  await run('sh', ['-c', 'exit 0']);
  await run('sh', ['-c', 'echo out; echo err >&2; exit 3']).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /^sh -c .* ended with 3:\n(out\nerr|err\nout)$/),
  );
});

test('apt: services are forbidden to start meanwhile, the lists are fetched when it fails, the policy is taken away again', async () => {
  const policy = join(directory, 'policy-rc.d');
  const calls = join(directory, 'calls');
  // This apt-get fails until the lists were fetched, and records whether the policy was there.
  script(
    'apt-get',
    `#!/bin/sh\necho "$*" "$(sh ${policy}; echo $?)" >> ${calls}\ncase "$*" in *update*) touch ${directory}/lists;; *) test -e ${directory}/lists;; esac\n`,
  );
  const path = process.env['PATH'];
  process.env['PATH'] = `${directory}:${path}`;
  try {
    await aptInstall(['etcd-server'], policy);
  } finally {
    process.env['PATH'] = path;
  }
  const lines = readFileSync(calls, 'utf8').trim().split('\n');
  assert.equal(
    lines.map((line) => [/install|update/.exec(line)?.[0], line.endsWith(' 101')]),
    [
      ['install', true],
      ['update', true],
      ['install', true],
    ],
  );
  assert.match(lines[0] ?? '', /--no-install-recommends etcd-server/);
  assert.is(existsSync(policy), false);
});

test('apt: a policy that a killed start left behind goes, an operator’s stays', async () => {
  const policy = join(directory, 'policy-rc.d');
  const left = join(directory, 'left');
  script('apt-get', `#!/bin/sh\ncp ${policy} ${left}\n`);
  const path = process.env['PATH'];
  process.env['PATH'] = `${directory}:${path}`;
  try {
    await aptInstall(['etcd-server'], policy);
    writeFileSync(policy, readFileSync(left));
    await aptInstall(['etcd-server'], policy);
    assert.is(existsSync(policy), false);
    writeFileSync(policy, '#!/bin/sh\nexit 0\n');
    await aptInstall(['etcd-server'], policy);
    assert.is(readFileSync(policy, 'utf8'), '#!/bin/sh\nexit 0\n');
  } finally {
    process.env['PATH'] = path;
    rmSync(policy, { force: true });
  }
});

test('whether Docker answers', async () => {
  const socket = join(directory, 'probe.sock');
  assert.equal(await probeDocker(`unix://${socket}`), { problem: 'absent', detail: 'ENOENT' });
  let status = 200;
  const server = createServer((_request, response) => {
    if (status === 0) return;
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  assert.is((await probeDocker(`unix://${socket}`)).problem, null);
  status = 500;
  assert.is((await probeDocker(`unix://${socket}`)).problem, 'silent');
  status = 0;
  assert.equal(await probeDocker(`unix://${socket}`, 100), { problem: 'silent', detail: 'no answer within 100 ms' });
  server.closeAllConnections();
  server.close();
  assert.equal(await probeDocker('tcp://127.0.0.1:1'), { problem: 'absent', detail: 'ECONNREFUSED' });
});

const options = (socket: string) => ({
  dockerHost: `unix://${socket}`,
  dockerHostGiven: true,
  etcd: [],
  dataDir: directory,
  install: false,
});

test('ensureDocker: nothing to do, or one clear error', async () => {
  const socket = join(directory, 'ensure.sock');
  const said: string[] = [];
  await ensureDocker(options(socket), (line) => said.push(line)).then(
    () => assert.unreachable(),
    (error: Error) => {
      assert.instance(error, PrerequisiteError);
      assert.is(error.message, `No Docker answers at unix://${socket} (ENOENT). Start it there, or name another with --docker-host.`);
    },
  );
  const server = createServer((_request, response) => response.end('OK'));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  await ensureDocker(options(socket), (line) => said.push(line));
  server.close();
  await ensureEtcd({ ...options(socket), etcd: ['http://127.0.0.1:2379'] }, (line) => said.push(line));
  assert.equal(said, []);
});

test('the daemon names a Docker that does not answer, and how to mend it', async () => {
  const docker = (dockerHost: string, dockerHostGiven: boolean) => dockerProblem({ dockerHost, dockerHostGiven });
  const missing = join(directory, 'missing.sock');
  assert.is(
    await docker(`unix://${missing}`, false),
    `No Docker answers at ${missing} (ENOENT). Start it (systemctl start docker), after installing it where this machine has none (Debian, Ubuntu: apt-get install docker.io), or name a running one with --docker-host.`,
  );
  assert.is(
    await docker(`unix://${missing}`, true),
    `No Docker answers at unix://${missing} (ENOENT). Start it there, or name another with --docker-host.`,
  );
  const answering = join(directory, 'answering.sock');
  const server = createServer((_request, response) => response.end('OK'));
  await new Promise<void>((resolve) => server.listen(answering, resolve));
  assert.is(await docker(`unix://${answering}`, false), null);
  server.close();
});

test('a dockerd that ends at once: the end of its log is in the error', async () => {
  const program = script('bad-dockerd', '#!/bin/sh\necho "failed to start: no space" >&2\nexit 1\n');
  const started = startDockerd({ program, socket: join(directory, 'bad.sock'), directory: join(directory, 'bad'), waitMs: 5_000 });
  await started.then(
    () => assert.unreachable(),
    (error: Error) =>
      assert.match(error.message, /^dockerd did not start: it ended with 1\. The end of .*dockerd\.log:\nfailed to start: no space$/),
  );
});

test('a dockerd that never answers is stopped again', async () => {
  const pidFile = join(directory, 'mute.pid');
  const program = script('mute-dockerd', `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 60\n`);
  const started = startDockerd({ program, socket: join(directory, 'mute.sock'), directory: join(directory, 'mute'), waitMs: 300 });
  await started.then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /does not answer at .*mute\.sock within 0\.3 s/),
  );
  const mute = processRef(Number(readFileSync(pidFile, 'utf8')));
  for (let tries = 0; isAlive(mute) && tries < 100; tries++) await sleep(10);
  assert.is(isAlive(mute), false);
});

test.run();
