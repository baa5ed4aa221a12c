// Writes docs/audit.md: questions of operators and auditors, each with the commands that answer it and their real output. Imports a log of
// last month, starts the built server on it, lets several people order changes, and asks.
// npm run build && node --import tsx scripts/audit-transcript.ts
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gpuInventory } from '../src/infra/host/gpu-inventory.ts';
import { servicePort } from '../test/support/ports.ts';
import { lastMonth } from './audit-month.ts';
import { dist, root } from './setup.mjs';
import { sharedDocker } from './test-docker.ts';

const HOST = 'gpu-box-1';
const IMAGE = 'gda/sleep:latest';

/** A paragraph, and the commands typed after it. */
interface Section {
  readonly title: string;
  readonly text: string;
  readonly commands: readonly string[];
}

class Shell {
  readonly #env: NodeJS.ProcessEnv;
  readonly #dir: string;
  constructor(dir: string, env: NodeJS.ProcessEnv) {
    this.#dir = dir;
    this.#env = env;
  }

  run(command: string): { readonly output: string; readonly code: number | null } {
    const { stdout, status } = spawnSync('bash', ['-c', `exec 2>&1; ${command}`], {
      cwd: this.#dir,
      env: this.#env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { output: stdout, code: status };
  }

  /** Runs a command. Throws where it fails. */
  must(command: string): string {
    const { output, code } = this.run(command);
    if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output}`);
    return output.trim();
  }

  /** As Markdown. */
  shown({ title, text, commands }: Section): string {
    const lines = commands.map((command) => {
      const { output, code } = this.run(command);
      const exit = code === 0 ? '' : `(exit code ${code})\n`;
      return `$ ${command}\n${output.replaceAll('\r\n', '\n')}${output === '' || output.endsWith('\n') ? '' : '\n'}${exit}`;
    });
    return `${title === '' ? '' : `## ${title}\n\n`}${text === '' ? '' : `${text}\n\n`}\`\`\`console\n${lines.join('\n')}\`\`\`\n`;
  }
}

async function main(): Promise<void> {
  const docker = await sharedDocker(root);
  const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-audit-'));
  const dataDir = join(dir, 'data');
  const addr = `127.0.0.1:${await servicePort()}`;
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'gpu-docker-api'), `#!/bin/sh\nexec '${process.execPath}' '${dist}' "$@"\n`);
  chmodSync(join(bin, 'gpu-docker-api'), 0o755);
  const env = {
    ...process.env,
    PATH: `${bin}:${docker.env['TEST_BIN_DIR'] ?? ''}:${process.env['PATH'] ?? ''}`,
    API: `http://${addr}/api/v1`,
    GPU_DOCKER_API_SERVER: `http://${addr}`,
    GPU_DOCKER_API_DATA_DIR: dataDir,
    NO_COLOR: '1',
  };
  const shell = new Shell(dir, env);
  const { gpus } = await gpuInventory('simulated:4', HOST).list();
  const month = lastMonth(HOST, gpus, new Date());
  writeFileSync(join(dir, 'month.jsonl'), month.text);
  shell.must('gpu-docker-api log import month.jsonl');
  const server = spawn(
    process.execPath,
    [
      dist,
      'serve',
      '--addr',
      addr,
      '--docker-host',
      `unix://${docker.env['TEST_DOCKER_SOCKET']}`,
      '--gpus',
      'simulated:4',
      '--host-name',
      HOST,
      '--port-range',
      '40000-40099',
      '--network',
      'bridge',
      '--checkpoint-every',
      '2s',
      '--log-level',
      'error',
    ],
    { env: { ...env, GPU_DOCKER_API_SERVER: '' }, stdio: 'inherit' },
  );
  try {
    // The imported log is another machine's: the server says which command makes this one its host.
    shell.must(
      'for i in $(seq 300); do c=$(curl -s $GPU_DOCKER_API_SERVER/readyz | grep -o "hosts adopt [^ ]* --seen [0-9a-f]*" | head -n 1); [ -n "$c" ] && exec gpu-docker-api $c --by root; sleep 0.1; done; exit 1',
    );
    shell.must('for i in $(seq 300); do curl -sf $GPU_DOCKER_API_SERVER/readyz > ready && exit; sleep 0.1; done; exit 1');
    const parts = await tell(shell, month, gpus[0]?.gpu ?? '');
    writeFileSync(join(root, 'docs', 'audit.md'), parts.join('\n'));
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true, force: true });
    await docker.stop();
  }
}

const order = (actor: string, method: string, path: string, body?: object): string =>
  `curl -s -X ${method} -H 'X-Actor: ${actor}' $API/${path}${body === undefined ? '' : ` -d '${JSON.stringify(body)}'`}`;

async function tell(shell: Shell, month: { readonly from: string; readonly to: string }, gpu: string): Promise<string[]> {
  const parts: string[] = [INTRODUCTION];
  const section = (title: string, text: string, ...commands: string[]): void => {
    parts.push(shell.shown({ title, text, commands }));
  };
  const pause = (): Promise<void> => sleep(1_200); // so that the times that are printed differ

  section(
    'A day with the service',
    'Three people and a pipeline order changes. `X-Actor` says who; every event keeps it.',
    order('alice', 'POST', 'replicaSet', { replicaSetName: 'foo', imageName: IMAGE, gpuCount: 1, containerPorts: ['22'] }),
    order('pipeline', 'POST', 'replicaSet', { replicaSetName: 'train', imageName: IMAGE, gpuCount: 2 }),
  );
  await pause();
  const quiet = new Date().toISOString();
  section('', 'Bob gives `foo` a second GPU.', order('bob', 'PATCH', 'replicaSet/foo', { gpuPatch: { gpuCount: 2 } }));
  await pause();
  section(
    '',
    'The incident: mallory deletes the training run. Alice takes `foo` back to what it was.',
    order('mallory', 'DELETE', 'replicaSet/train'),
    order('alice', 'PATCH', 'replicaSet/foo/rollback', { version: 1 }),
  );
  await pause();
  section('What is there now?', '', 'gpu-docker-api ps', 'gpu-docker-api gpus');
  section(
    'Who held a GPU at a given time, and who says so?',
    'A GPU is named by its UUID, or by its index on the host. `--at` takes a time or a sequence number. Without it, every holder is listed, newest first, with the command that gave the GPU, the command that took it, and who ordered each.',
    `gpu-docker-api ledger ${gpu} --at ${quiet}`,
    'gpu-docker-api ledger 0',
    `curl -s "$API/ledger/gpus/1?at=${quiet}" | jq -c .data`,
  );
  section(
    'Every change of `foo`, and who made it',
    '`history` lists the versions. `--changes` lists every command, also those that made no version or failed. The events themselves say more.',
    'gpu-docker-api history foo',
    'gpu-docker-api history foo --changes',
    'curl -s "$API/events?replicaSet=foo&order=asc&limit=6" | jq -r \'.data.events[] | [.seq, .time, .command.actor, .command.name, .type] | @tsv\'',
  );
  section(
    'GPU-hours of last month, by replicaSet, as CSV',
    'Times are to the millisecond, from `GpuAllocated` to `GpuReleased`. The span is half open, so months add up. A row is the replicaSet that held the GPUs; with `--by actor` it is the one who ordered the allocation. `--by day` splits at midnight UTC.',
    `gpu-docker-api ledger --from ${month.from} --to ${month.to} --csv`,
    `gpu-docker-api ledger --from ${month.from} --to ${month.to} --by actor`,
    `gpu-docker-api ledger --from ${month.from} --to ${month.to} --by gpu`,
    `curl -s -H 'Accept: text/csv' "$API/ledger/gpus?from=${month.from}&to=${month.to}&by=day" | head -4`,
  );
  section(
    'Is the log untouched?',
    'Each event holds the hash of the event before it. One changed byte, here in an exported copy, breaks the chain from there on, and the exit code is 3.',
    'gpu-docker-api log verify',
    'gpu-docker-api log export > copy.jsonl',
    'sed -i \'s/"actor":"mallory"/"actor":"alice"/\' copy.jsonl',
    'gpu-docker-api log verify --events copy.jsonl',
  );
  section(
    'What would this patch do?',
    '`?dryRun=true` decides as the real command would and appends nothing. The answer holds the events that would begin it, and the steps in Docker after them.',
    `${order('bob', 'PATCH', 'replicaSet/foo?dryRun=true', { gpuPatch: { gpuCount: 3 } })} | jq -c '.data.events[] | [.type, .data.kind // .data.gpus]'`,
    `${order('bob', 'PATCH', 'replicaSet/foo?dryRun=true', { gpuPatch: { gpuCount: 3 } })} | jq -c '.data.steps[] | [.step.do, .step.version, (.events | map(.type))]'`,
    order('bob', 'PATCH', 'replicaSet/foo?dryRun=true', { gpuPatch: { gpuCount: 9 } }),
  );
  const began = shell.must(`curl -s "$API/events?replicaSet=train&type=OperationStarted&limit=1" | jq '.data.events[0].seq'`);
  const before = Number(began) - 1;
  section(
    'What did the world look like before the incident?',
    'Find the event that began it, and show every view as it was just before, also of a name that no longer exists.',
    'curl -s "$API/events?replicaSet=train&type=OperationStarted&limit=1" | jq -c \'.data.events[0] | {seq, time, actor: .command.actor, command: .command.name}\'',
    `gpu-docker-api ps --at ${before}`,
    `gpu-docker-api gpus --at ${before}`,
    `curl -si "$API/replicaSet/train?at=${before}" | grep -i -e ^HTTP -e ^X-At`,
    'curl -s $API/replicaSet/train',
    `gpu-docker-api replay --at ${before}`,
  );
  shell.must(order('alice', 'DELETE', 'replicaSet/foo'));
  return parts;
}

const INTRODUCTION = `# Asking the log

Written by \`scripts/audit-transcript.ts\`, which ran every command below against a real server and copied what it printed.
\`$API\` is \`http://<server>/api/v1\`; \`GPU_DOCKER_API_SERVER\` and \`GPU_DOCKER_API_DATA_DIR\` name the server and its data.
The events of last month were imported beforehand (\`gpu-docker-api log import\`); four GPUs are simulated.

Times are UTC. Wherever a time is expected, a sequence number will do: digits alone are a sequence (12 digits and more:
milliseconds since 1970), a date is its midnight.
`;

await main();
