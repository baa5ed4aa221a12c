// The program: `gpu-docker-api serve`, the sub-commands, --help, --version.
import packageJson from '../package.json' with { type: 'json' };
import { messageOf } from './commands/outside/message-of.ts';
import type { Voice } from './infra/observe/voice.ts';
import type { ServeOptions } from './infra/options/serve-options.ts';
import { UsageError } from './infra/options/usage-error.ts';
import type { Server } from './serve.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const printError = (line: string): void => void process.stderr.write(`gpu-docker-api: ${line}\n`);

/** Resolves with the exit code when the server has stopped. */
async function serve(options: ServeOptions, warnings: readonly string[]): Promise<number> {
  const [{ voiceOf }, { startServer }] = await Promise.all([import('./infra/observe/voice.ts'), import('./serve.ts')]);
  const voice = voiceOf(options);
  const { logger } = voice;
  for (const warning of warnings) logger.warn({}, warning);
  const startedAt = performance.now();
  const server = await startServer(options, logger, packageJson.version).catch((error: unknown) => {
    voice.fail(messageOf(error));
    return null;
  });
  if (server === null) return 1;
  voice.say(`gpu-docker-api ${packageJson.version} listens on ${server.url}`, { url: server.url });
  let stopping: Promise<void> | null = null;
  const stopped = new Promise<number>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        stopping ??= server.stop().then(() => resolve(0));
      });
    }
  });
  server.ready.then(
    () => {
      if (stopping !== null) return;
      logger.info({ ms: Math.round(performance.now() - startedAt), url: server.url }, 'ready');
      greet(server, options, voice);
    },
    () => {}, // `failed` below rejects with the same reason
  );
  return Promise.race([stopped, server.failed]).catch(async (error: unknown) => {
    voice.fail(messageOf(error));
    await server.stop();
    return 1;
  });
}

function greet(server: Server, options: ServeOptions, { say }: Voice): void {
  const host = server.state().hosts.get(server.hostName);
  const { start, end } = options.portRange;
  const gpus = host?.gpus.filter(({ present }) => present).length ?? 0;
  const ports = end - start + 1;
  say(`It leases ${gpuLine(gpus, options)} and ${ports} host ports (${start}-${end}) on ${options.hostName}.`, { gpus, ports });
  const key = server.state().keys.size > 0 ? ' -H "Authorization: Bearer $GPU_DOCKER_API_KEY"' : '';
  say(`Try: curl -s ${server.url}/api/v1/resources/gpus${key}`);
}

function gpuLine(count: number, { gpus }: ServeOptions): string {
  if (gpus.mode === 'simulated') return `${count} simulated GPUs`;
  if (count > 0) return `${count} GPU${count === 1 ? '' : 's'}`;
  return gpus.mode === 'none' ? 'no GPUs (--gpus none)' : 'no GPUs (nvidia-smi found none; --gpus simulated:8 shows how it would look)';
}

async function main(): Promise<number> {
  const [first, ...others] = process.argv.slice(2);
  if (first === '--version' || first === '-v' || first === 'version') {
    print(packageJson.version);
    return 0;
  }
  if (first !== 'serve') {
    // Loaded only here: the server starts without the sub-commands, and they without the server.
    const { runSubCommand, thisTerminal } = await import('./cli/run.ts');
    const io = thisTerminal();
    const code = await runSubCommand(process.argv.slice(2), io);
    await io.drained();
    return code;
  }
  const { parseOptions } = await import('./infra/options/parse.ts');
  const parsed = parseOptions(others);
  if (parsed.command === 'serve') return serve(parsed.options, parsed.warnings);
  process.stdout.write(parsed.text);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    printError(messageOf(error));
    process.exit(error instanceof UsageError ? error.exitCode : 1);
  },
);
