import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';

export const IMAGES = {
  /** A shell: stays alive with a tty and an open stdin. */
  busybox: 'gda/busybox:latest',
  /** Runs until SIGTERM, then ends at once with 0. */
  sleep: 'gda/sleep:latest',
  /** Ends at once with 3. */
  fails: 'gda/fails:latest',
  /** Brings an anonymous volume, environment and a label, which a new version must not duplicate or lose. */
  volume: 'gda/volume:latest',
  /** Brings an entrypoint and a working directory; as PID 1 its shell ignores SIGTERM. */
  entry: 'gda/entry:latest',
} as const;

const json = JSON.stringify;

const CHANGES: Readonly<Record<string, readonly string[]>> = {
  [IMAGES.busybox]: [`CMD ${json(['sh'])}`],
  [IMAGES.sleep]: [`CMD ${json(['sh', '-c', "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"])}`],
  [IMAGES.fails]: [`CMD ${json(['sh', '-c', 'exit 3'])}`],
  [IMAGES.volume]: ['VOLUME /anon', 'ENV BASE=1', 'ENV NVIDIA_VISIBLE_DEVICES=all', 'LABEL a=b', `CMD ${json(['sh'])}`],
  [IMAGES.entry]: [
    `ENTRYPOINT ${json(['/bin/sh', '-c'])}`,
    `CMD ${json(['while true; do sleep 1; done'])}`,
    'WORKDIR /srv',
    'ENV FROM_IMAGE=yes',
  ],
};

function busyboxPath(): string {
  const found = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim();
  // A dynamic busybox names its loader in the first page; its containers would end with "no such file or directory".
  if (found === '' || readFileSync(found).subarray(0, 4_096).includes('/ld-')) {
    throw new Error('a static busybox is needed to make the test images: install the package busybox-static');
  }
  return found;
}

/** A root file system of one static busybox, all its applets as links. */
function makeRootFs(directory: string): void {
  const busybox = busyboxPath();
  for (const name of ['bin', 'etc', 'home', 'proc', 'root', 'srv', 'sys', 'tmp', 'usr', 'var']) mkdirSync(join(directory, name));
  chmodSync(join(directory, 'tmp'), 0o1777);
  copyFileSync(busybox, join(directory, 'bin', 'busybox'));
  chmodSync(join(directory, 'bin', 'busybox'), 0o755);
  for (const applet of spawnSync(busybox, ['--list'], { encoding: 'utf8' }).stdout.split('\n')) {
    if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(directory, 'bin', applet));
  }
  writeFileSync(join(directory, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n');
  writeFileSync(join(directory, 'etc', 'group'), 'root:x:0:\nnogroup:x:65534:\n');
}

/** Puts the test images into an engine; no registry is asked. */
export async function importImages(socketPath: string): Promise<void> {
  const docker = new Docker({ socketPath, timeout: 60_000 });
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-rootfs-'));
  try {
    const rootFs = join(directory, 'root');
    const tar = join(directory, 'root.tar');
    mkdirSync(rootFs);
    makeRootFs(rootFs);
    const packed = spawnSync('tar', ['-C', rootFs, '--numeric-owner', '-cf', tar, '.'], { encoding: 'utf8' });
    if (packed.status !== 0) throw new Error(`tar failed: ${packed.stderr}`);
    for (const [name, changes] of Object.entries(CHANGES)) {
      const [repo, tag] = name.split(':');
      await drain(await docker.importImage(tar, { repo, tag, changes }));
    }
    for (const name of Object.keys(CHANGES)) await docker.getImage(name).inspect();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function drain(stream: NodeJS.ReadableStream): Promise<void> {
  for await (const _ of stream) {
    // The engine answers with progress lines; only the end matters.
  }
}
