// What a client writes in a container is there in the next version, and after a rollback as it was.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { IMAGES } from '../support/docker.ts';
import { RS, World } from './world.ts';

const test = suite('the system disk');
let world: World;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(() => world.stop());

const FILL = `
  mkdir -p /.dotdir /home/u/a /opaque /emptydir /gone && chmod 2750 /emptydir
  echo dot > /.dotfile; echo in > /.dotdir/.in; echo one > /opaque/old; echo x > /gone/x
  echo linked > /home/hard1; ln /home/hard1 /home/u/hard2
  ln -s /nowhere /dangling; ln -s ../etc/passwd /home/rel; chown -h 1234:5678 /dangling
  echo s > /setuid; chown 1000:2000000000 /setuid; chmod 6755 /setuid
  echo 'sp ace' > '/home/sp ace'; echo star > '/home/*?[x]'; echo utf > /home/ünï; echo dash > /home/-dash
  mkfifo /fifo; touch -d '2001-02-03 04:05:06' /home/rel.old /emptydir
  rm -r /bin/yes /gone /opaque; mkdir /opaque; echo new > /opaque/new
  chmod 700 /srv; chown 7:8 /tmp; :`;

/** Type and mode, owner, links, size, seconds, name and link target of everything, and what is in it; / and what Docker itself touches left out. */
const DESCRIBE = `find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /.dockerenv -o -path /etc \\) -prune -o -path / -o -print | sort |
  while IFS= read -r f; do if [ -d "$f" ]; then stat -c '%f %u %g %Y %N' "$f"; else stat -c '%f %u %g %h %s %Y %N' "$f"; fi
  [ -f "$f" ] && [ ! -L "$f" ] && case "$f" in /bin/*) ;; *) md5sum < "$f" ;; esac; done; :`;

/** Brings a replicaSet into a state, from running. */
async function bring(name: string, state: string): Promise<void> {
  if (state === 'paused') await world.order(name, 'pause');
  if (state === 'stopped') await world.order(name, 'stop');
  if (state === 'exited') await world.ok('POST', `${RS}/${name}/execute`, { cmd: ['sh', '-c', 'kill -TERM 1'] });
  await world.untilState(name, state);
}

for (const state of ['running', 'stopped', 'paused', 'exited']) {
  test(`of a ${state} replicaSet patch, restart and rollback carry everything`, async () => {
    const name = await world.run(state, IMAGES.sleep, { gpuCount: 1 });
    await world.sh(name, 'echo v1 > /.v1');
    await world.patch(name);
    await world.sh(name, FILL);
    const second = await world.sh(name, DESCRIBE);
    assert.match(second, /dotfile/);
    await bring(name, state);
    await world.patch(name, { gpuPatch: { gpuCount: 2 } });
    assert.equal(await world.sh(name, DESCRIBE), second, 'after the patch');
    assert.equal(await world.sh(name, '[ /home/hard1 -ef /home/u/hard2 ] && ls -A /opaque'), 'new\n');

    await world.sh(name, 'rm -r /.dotdir /home/u; echo later > /.later; echo changed > /.dotfile');
    const third = await world.sh(name, DESCRIBE);
    await bring(name, state);
    await world.order(name, 'restart');
    assert.equal(await world.sh(name, DESCRIBE), third, 'after the restart');

    await bring(name, state);
    await world.rollback(name, 2);
    assert.equal(await world.sh(name, DESCRIBE), second, 'after the rollback to version 2');
    await bring(name, state);
    await world.rollback(name, 1);
    assert.equal(await world.sh(name, 'cat /.v1; ls -A / | grep -E "later|dot|setuid"; ls /bin/yes'), 'v1\n/bin/yes\n');
    await world.rollback(name, 3);
    assert.equal(await world.sh(name, DESCRIBE), third, 'forward again to version 3');
    await world.assertTrue();
    await world.delete(name);
    assert.deepEqual(await world.disks(), []);
  });
}

test.run();
