// Copies of volumes on the real engine: exact in every attribute, checked, and refused where they would do harm.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerEngine } from '../../../src/commands/outside/engine.ts';
import type { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { compareTrees } from '../../../src/infra/docker/storage/compare.ts';
import { copyTree } from '../../../src/infra/docker/storage/copy.ts';
import { bytesOnDisk } from '../../../src/infra/docker/storage/tree.ts';
import { base, connectEngine, docker, IMAGES, owner, refOf, refusal, removeAll, requestFor, run, sh, uniqueName } from './support.ts';
import { CAP_NET_RAW, capabilityIn, read, tarWithCapability } from './tar.ts';

const test = suite<{ engine: ContainerEngine; directory: string }>('volumes');

test.before(async (context) => {
  context.engine = await connectEngine();
  context.directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-tree-'));
});
test.after(async ({ engine, directory }) => {
  rmSync(directory, { recursive: true, force: true });
  await removeAll(engine);
});

/** One of everything. Times are set last, as making an entry changes its directory's. */
function fill(top: string): void {
  const at = (name: string): string => join(top, name);
  mkdirSync(at('dir/sub'), { recursive: true });
  mkdirSync(at('empty'));
  writeFileSync(at('.hidden'), 'dot');
  mkdirSync(at('.hidden-dir'));
  writeFileSync(at('.hidden-dir/.file'), 'in');
  writeFileSync(at('dir/file'), 'x'.repeat(3_000_000));
  linkSync(at('dir/file'), at('dir/sub/link'));
  linkSync(at('dir/file'), at('hard'));
  symlinkSync('/nowhere', at('dangling'));
  symlinkSync('dir', at('to-dir'));
  writeFileSync(at('sparse'), 'begin');
  truncateSync(at('sparse'), 60_000_000);
  writeFileSync(at('setuid'), '#!');
  chownSync(at('setuid'), 1_000, 2_000_000_000);
  chmodSync(at('setuid'), 0o6755);
  writeFileSync(at('new\nline'), '');
  writeFileSync(at('-dash *?'), '');
  writeFileSync(Buffer.concat([Buffer.from(`${top}/bad-`), Buffer.from([0xff, 0xfe])]), 'not UTF-8');
  execFileSync('mkfifo', [at('fifo')]);
  execFileSync('mknod', [at('device'), 'c', '1', '3']);
  chmodSync(at('empty'), 0o2750);
  utimesSync(at('.hidden'), 1e9, 1e9 + 0.123456);
  lutimesSync(at('dangling'), 1e9, 1e9);
  utimesSync(at('dir/sub'), 1e9, 1e9);
  chownSync(top, 33, 44);
  chmodSync(top, 0o1771);
  utimesSync(top, 1.1e9, 1.1e9);
}

const trees = (directory: string): readonly [string, string] => {
  const name = uniqueName('t');
  const both = [join(directory, `${name}-from`), join(directory, `${name}-to`)] as const;
  for (const path of both) mkdirSync(path);
  return both;
};

const allowed = (): void => {};
const lost = (): never => {
  throw new Error('the lease is lost');
};
const allowedTimes = (times: number): (() => void) => {
  let left = times;
  return () => {
    if (left-- <= 0) lost();
  };
};
const markOf = (to: string): string => `${to}.unfinished-copy`;

test('a late copy, when its successor has finished and removed the source, leaves everything as it is', async ({ directory }) => {
  const [from, to] = trees(directory);
  writeFileSync(join(to, 'model.bin'), 'precious');
  writeFileSync(join(to, 'new.bin'), 'written since');
  await refusal(copyTree(from, to, 'resize', allowed), 'conflict');
  rmSync(from, { recursive: true });
  await refusal(copyTree(from, to, 'resize', allowed), 'not-found');
  assert.equal(readdirSync(to), ['model.bin', 'new.bin']);
});

test('a copy that another operation began is left alone; what this one has finished already is done', async ({ directory }) => {
  const [from, to] = trees(directory);
  writeFileSync(join(from, 'a'), 'a');
  writeFileSync(join(to, 'b'), 'b');
  writeFileSync(markOf(to), 'another');
  await refusal(copyTree(from, to, 'resize', allowed), 'conflict');
  assert.equal(readdirSync(to), ['b']);
  assert.equal(await copyTree(from, to, 'another', allowed), { entries: 2, bytes: 1 });
  assert.is(existsSync(markOf(to)), false);
  // The answer was lost: the repetition changes nothing.
  assert.equal(await copyTree(from, to, 'another', allowedTimes(0)), { entries: 2, bytes: 1 });
});

test('what is in a volume: an unfinished copy, nothing, or something', async ({ engine }) => {
  const name = uniqueName('content');
  const [from, to] = [`${name}-1`, `${name}-2`];
  for (const [i, volume] of [from, to].entries()) await engine.createVolume(volume, owner(name, i + 1), '10MB', 10 * 1024 ** 2, false);
  const top = async (volume: string): Promise<string> => (await engine.inspectVolume(volume))?.mountpoint ?? '';
  const contents = async () => [await engine.volumeContent(from), await engine.volumeContent(to)];
  assert.equal(await contents(), ['empty', 'empty']);
  writeFileSync(join(await top(from), '.hidden'), 'x');
  writeFileSync(markOf(await top(to)), 'resize');
  assert.equal(await contents(), ['filled', 'unfinished']);
  await engine.copyVolume(from, to, 'resize');
  assert.equal(await contents(), ['filled', 'filled']);
});

test('the lease is asked about before every act: from where it is lost nothing is changed, and the next try goes on', async ({
  directory,
}) => {
  const seen: string[] = [];
  for (let times = 0; ; times++) {
    const [from, to] = trees(directory);
    writeFileSync(join(from, 'a'), 'a');
    mkdirSync(join(to, 'deep/er'), { recursive: true });
    writeFileSync(join(to, 'deep/er/old'), 'x');
    writeFileSync(markOf(to), 'resize');
    const done = await copyTree(from, to, 'resize', allowedTimes(times)).catch((error: unknown) => error as EngineError);
    assert.is(existsSync(markOf(to)), done instanceof Error);
    if (!(done instanceof Error)) break;
    assert.is(done.kind, 'unavailable', done.message);
    assert.match(done.message, /the lease is lost/);
    const left = execFileSync('find', ['.', '-mindepth', '1'], { cwd: to, encoding: 'utf8' });
    seen.push(left.trim().split('\n').sort().join(' '));
    assert.equal(await copyTree(from, to, 'resize', allowed), { entries: 2, bytes: 1 });
  }
  assert.equal(seen, [
    './deep ./deep/er ./deep/er/old', // what an earlier process left running may not be ended
    './deep ./deep/er ./deep/er/old',
    './deep ./deep/er',
    './deep',
    '', // the mode of the top
    '', // cp
    './a', // the mark
  ]);
});

test('a cp that is under way is ended when the lease is lost', async ({ directory }) => {
  const [from, to] = trees(directory);
  execFileSync('dd', ['if=/dev/zero', `of=${join(from, 'large')}`, 'bs=1M', 'count=600', 'status=none']);
  const begun = (): boolean => (statSync(join(to, 'large'), { throwIfNoEntry: false })?.size ?? 0) > 0;
  const error = await refusal(
    copyTree(from, to, 'resize', () => {
      if (begun()) lost();
    }),
    'unavailable',
  );
  assert.match(error.message, /the lease is lost/);
  assert.is(readFileSync(markOf(to), 'utf8'), 'resize');
  const { size } = statSync(join(to, 'large'));
  await sleep(100);
  assert.is(statSync(join(to, 'large')).size, size);
});

test('a volume that is marked goes whole when it is removed', async ({ engine }) => {
  const name = uniqueName('v');
  const whose = owner(name);
  await engine.createVolume(name, whose, '1GB', 1e9, false);
  const at = (await engine.inspectVolume(name))?.mountpoint ?? '';
  writeFileSync(markOf(at), 'resize');
  await engine.removeVolume(name, whose);
  assert.is(existsSync(dirname(at)), false);
});

test('a copy has everything: dotfiles, links, holes, owners, modes, times, capabilities', async ({ engine }) => {
  const [from, to] = [uniqueName('v'), uniqueName('v')];
  await engine.createVolume(from, owner(from), '1GB', 1e9, false);
  await engine.createVolume(to, owner(to), '2GB', 2e9, false);
  const image = await base(engine, IMAGES.sleep);
  const writer = requestFor(image, uniqueName('w'), { binds: [{ src: from, dest: '/v' }] });
  const ref = await run(engine, writer);
  await docker().getContainer(ref.id).putArchive(tarWithCapability('capable', 'program'), { path: '/v' });
  await engine.stopContainer(ref, 5);
  const [source, target] = [await engine.inspectVolume(from), await engine.inspectVolume(to)];
  fill(source?.mountpoint ?? '');
  // What an earlier try left goes.
  writeFileSync(`${target?.mountpoint}.unfinished-copy`, 'resize');
  writeFileSync(join(target?.mountpoint ?? '', '.old'), 'x');
  mkdirSync(join(target?.mountpoint ?? '', 'dir'));
  const { entries, bytes } = await engine.copyVolume(from, to, 'resize');
  assert.is(entries, 20);
  assert.ok(bytes > 63_000_000 && bytes < 63_001_000, 'hard links count once');
  assert.ok((await engine.volumeUsage(to)) < 20_000_000, 'holes stay holes');
  assert.is(execFileSync('ls', ['-A', target?.mountpoint ?? '']).includes('.old'), false);

  const reader = requestFor(image, uniqueName('r'), { binds: [{ src: to, dest: '/v' }] });
  const { id } = await run(engine, reader);
  assert.is(capabilityIn(await read(await docker().getContainer(id).getArchive({ path: '/v/capable' }))), CAP_NET_RAW.toString('hex'));
  assert.is(
    await sh(engine, refOf(reader), 'stat -c "%a %u:%g %Y" /v /v/setuid | head -1; [ /v/hard -ef /v/dir/sub/link ] && stat -c %h /v/hard'),
    '1771 33:44 1100000000\n3\n',
  );
});

test('every difference is found', async ({ directory }) => {
  const changes: Readonly<Record<string, (top: string) => void>> = {
    'type or mode': (top) => chmodSync(join(top, 'dir/file'), 0o600),
    owner: (top) => {
      chownSync(join(top, 'setuid'), 1_001, 2_000_000_000);
      chmodSync(join(top, 'setuid'), 0o6755);
    },
    group: (top) => chownSync(top, 33, 45),
    time: (top) => utimesSync(join(top, '.hidden'), 1e9, 1e9),
    'only one of the two has it': (top) => writeFileSync(join(top, 'extra'), ''),
    'number of links': (top) => {
      rmSync(join(top, 'hard'));
      writeFileSync(join(top, 'hard'), 'x'.repeat(3_000_000));
    },
    'link target': (top) => {
      rmSync(join(top, 'dangling'));
      symlinkSync('/no.here', join(top, 'dangling'));
      lutimesSync(join(top, 'dangling'), 1e9, 1e9);
    },
    'device number': (top) => {
      const { mtime } = statSync(join(top, 'device'));
      rmSync(join(top, 'device'));
      execFileSync('mknod', [join(top, 'device'), 'c', '1', '5']);
      utimesSync(join(top, 'device'), mtime, mtime);
    },
    content: (top) => {
      const path = join(top, 'sparse');
      const { mtime } = statSync(path);
      const file = openSync(path, 'r+');
      writeSync(file, 'x', 50_000_000);
      closeSync(file);
      utimesSync(path, mtime, mtime);
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    const [from, to] = trees(directory);
    fill(from);
    // Times to the millisecond, so that the changes here can set them back.
    for (const name of ['sparse', 'device']) utimesSync(join(from, name), 1.2e9, 1.2e9);
    await copyTree(from, to, 'resize', allowed);
    change(to);
    utimesSync(to, 1.1e9, 1.1e9);
    if (what === 'number of links') utimesSync(join(to, 'hard'), statSync(join(from, 'hard')).mtime, statSync(join(from, 'hard')).mtime);
    const error = await compareTrees(from, to).then(
      () => null,
      (reason: unknown) => reason as Error,
    );
    assert.ok(
      error?.message.includes(what) === true || (what === 'number of links' && /time|number of links/.test(error?.message ?? '')),
      `${what}: ${error?.message}`,
    );
    rmSync(to, { recursive: true });
    rmSync(from, { recursive: true });
  }
});

test('10,000 small files are copied, compared and counted without holding up the event loop', async ({ directory }) => {
  const [from, to] = trees(directory);
  for (let d = 0; d < 100; d++) {
    mkdirSync(join(from, String(d)));
    for (let f = 0; f < 100; f++) writeFileSync(join(from, String(d), String(f)), `${d}.${f}`);
  }
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const { entries } = await copyTree(from, to, 'resize', allowed);
  const used = await bytesOnDisk(to);
  clearInterval(timer);
  assert.is(entries, 10_101);
  assert.ok(used >= 10_000 * 512);
  assert.ok(longest < 500, `the event loop stood still for ${longest} ms`);
});

test('a copy that does not fit says so', async () => {
  const small = mkdtempSync(join(tmpdir(), 'gpu-docker-api-small-'));
  const from = mkdtempSync(join(tmpdir(), 'gpu-docker-api-large-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
  try {
    writeFileSync(join(from, 'large'), 'x'.repeat(5_000_000));
    const { message } = await refusal(copyTree(from, small, 'resize', allowed), 'no-space');
    assert.match(message, /No space left on device/);
    writeFileSync(join(from, 'large'), 'x');
    assert.equal(await copyTree(from, small, 'resize', allowed), { entries: 2, bytes: 1 });
  } finally {
    execFileSync('umount', [small]);
    rmSync(small, { recursive: true });
    rmSync(from, { recursive: true });
  }
});

test('a symbolic link in the target is removed, not followed', async ({ directory }) => {
  const [from, to] = trees(directory);
  const outside = join(directory, uniqueName('outside'));
  mkdirSync(outside);
  writeFileSync(join(outside, 'precious'), 'x');
  symlinkSync(outside, join(to, 'link'));
  writeFileSync(markOf(to), 'resize');
  await copyTree(from, to, 'resize', allowed);
  assert.equal(readdirSync(outside), ['precious']);
  assert.equal(readdirSync(to), []);
});

test('strict without quota is refused with how to get it, and nothing is left behind', async ({ engine }) => {
  const name = uniqueName('v');
  const { message } = await refusal(engine.createVolume(name, owner(name), '1GB', 1e9, true), 'refused');
  assert.match(message, /prjquota/);
  assert.is(await engine.inspectVolume(name), null);
});

test('a size that Docker does not understand is refused in its words', async ({ engine }) => {
  const name = uniqueName('v');
  await refusal(engine.createVolume(name, owner(name), 'abc', 1, false), 'refused');
});

test.run();
