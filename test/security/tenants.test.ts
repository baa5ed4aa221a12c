// timeout: 400
// Tenants with keys against the real server and a real Docker: whose image runs, whose directory is mounted, and how much of the server one of them gets.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { type Envelope, RS, VOLUMES, World } from '../e2e/world.ts';
import { docker, IMAGES } from '../support/docker.ts';
import type { Answer } from '../support/server.ts';

const test = suite('tenants');
const base = realpathSync(mkdtempSync(join(tmpdir(), 'gda-tenants-')));
const lab = join(base, 'lab');
let world: World;
let root = '';
const keys = new Map<string, string>();

const as = (
  name: string,
  method: string,
  path: string,
  body?: unknown,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer<Envelope>> => world.send(method, path, body, { authorization: `Bearer ${keys.get(name) ?? root}`, ...more });

async function key(name: string, role: string): Promise<string> {
  const headers = root === '' ? {} : { authorization: `Bearer ${root}` };
  const answer = await world.send<{ readonly key: string }>('POST', '/api/v1/keys', { name, role }, headers);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.data.key;
}

const body = (suffix: string, more: object = {}): object => ({
  imageName: IMAGES.sleep,
  replicaSetName: world.name(suffix),
  gpuCount: 0,
  ...more,
});
const said = ({ status, body: { msg } }: Answer<Envelope>): string => `${status} ${msg}`;
async function done(answer: Promise<Answer<Envelope>>): Promise<void> {
  assert.match(said(await answer), /^200 /);
}

test.before(async () => {
  for (const name of ['ann', 'bob']) mkdirSync(join(lab, name), { recursive: true });
  writeFileSync(join(lab, 'bob', 'private'), 'private');
  world = await World.start([
    '--gpus',
    'simulated:4',
    '--stop-timeout',
    '0s',
    '--replace-grace',
    '0s',
    '--allow-bind',
    join(lab, '{owner}'),
  ]);
  root = await key('root', 'admin');
  for (const name of ['ann', 'bob']) keys.set(name, await key(name, 'operator'));
});
test.after(async () => {
  const listed = await as('root', 'GET', RS);
  const { replicaSets } = listed.body.data as { readonly replicaSets: readonly { readonly name: string }[] };
  for (const { name } of replicaSets) await as('root', 'DELETE', `${RS}/${name}`);
  await done(as('root', 'DELETE', '/api/v1/keys/ann'));
  await done(as('root', 'DELETE', '/api/v1/keys/bob'));
  await done(as('root', 'DELETE', '/api/v1/keys/root?open=true'));
  await world.stop();
  rmSync(base, { recursive: true, force: true });
});

test("a public image's name that the host has not pulled: what an operator of scope own commits under it is run by him alone", async () => {
  await done(as('ann', 'POST', RS, body('src')));
  await done(as('ann', 'POST', `${RS}/${world.name('src')}/execute`, { cmd: ['sh', '-c', 'echo poison > /.poison'] }));
  const image = `docker.io/library/${world.prefix}-ubuntu:22.04`;
  await done(as('ann', 'POST', `${RS}/${world.name('src')}/commit`, { newImageName: image }));
  const { Id: id } = await docker().getImage(image).inspect();
  const short = `${world.prefix}-ubuntu:22.04`;
  for (const who of ['bob', 'root'])
    for (const imageName of [image, short])
      assert.match(
        said(await as(who, 'POST', RS, body('x', { imageName }))),
        /^403 image \S+ was committed by somebody else, whose key has scope own.*docker pull/,
      );
  assert.match(said(await as('bob', 'POST', RS, body('x', { imageName: id }))), /^403 /);
  await done(as('ann', 'POST', RS, body('hers', { imageName: short })));
  await done(as('root', 'POST', RS, body('looked', { imageName: id })));
  await done(as('ann', 'PATCH', `${RS}/${world.name('hers')}`, {}));
  // What who sees all commits is everybody's, and an operator's own commit takes no part in it.
  const shared = `${world.prefix}/shared:1`;
  await done(as('root', 'POST', `${RS}/${world.name('hers')}/commit`, { newImageName: shared }));
  await done(as('bob', 'POST', RS, body('his', { imageName: shared })));
  assert.match(said(await as('bob', 'POST', `${RS}/${world.name('his')}/commit`, { newImageName: shared })), /^409 /);
  for (const name of ['src', 'hers', 'looked', 'his']) await done(as('root', 'DELETE', `${RS}/${world.name(name)}`));
  for (const name of [image, shared]) await docker().getImage(name).remove();
});

test('below {owner} of an allowed root each mounts his own directory, and nobody keeps another from it', async () => {
  const bind = (src: string) => ({ binds: [{ src, dest: '/h' }] });
  await done(as('ann', 'POST', RS, body('mine', bind(join(lab, 'ann')))));
  for (const src of [lab, join(lab, 'bob'), join(lab, 'ann', '..', 'bob'), base, join(lab, '{owner}')])
    assert.match(said(await as('ann', 'POST', RS, body('x', bind(src)))), /^422 host path \S+ is outside of what --allow-bind allows/, src);
  assert.match(
    said(await as('root', 'POST', RS, body('x', bind(join(lab, 'bob'))))),
    /^422 /,
    'an admin has a directory of his own as well',
  );
  await done(as('bob', 'POST', RS, body('bobs', bind(join(lab, 'bob')))));
  await done(as('ann', 'POST', `${RS}/${world.name('mine')}/execute`, { cmd: ['sh', '-c', `ln -s ${lab}/bob /h/link; mkdir /h/sub`] }));
  assert.match(said(await as('ann', 'POST', RS, body('x', bind(join(lab, 'ann', 'link'))))), /^422 host path \S+ leads outside/);
  // By the owner's name, whoever orders it; and again at each start.
  for (const path of ['', '/restart', '/pause', '/continue']) await done(as('root', 'PATCH', `${RS}/${world.name('mine')}${path}`, {}));
  assert.ok(existsSync(join(lab, 'ann', 'sub')));
  for (const name of ['mine', 'bobs']) await done(as('root', 'DELETE', `${RS}/${world.name(name)}`));
});

test('Idempotency-Keys of two actors do not meet', async () => {
  const volume = (name: string): object => ({ name: world.name(name), size: '20MB' });
  const one = { 'idempotency-key': '1' };
  await done(as('ann', 'POST', VOLUMES, volume('anns'), one));
  await done(as('bob', 'POST', VOLUMES, volume('bobs'), one));
  assert.match(said(await as('ann', 'POST', VOLUMES, volume('more'), one)), /^422 /, 'of one actor they do');
  for (const name of ['anns', 'bobs']) await done(as('root', 'DELETE', `${VOLUMES}/${world.name(name)}`));
});

test('64 commands of one tenant leave room for another’s', async () => {
  for (const who of ['ann', 'bob']) await done(as(who, 'POST', RS, body(who)));
  const slow = Array.from({ length: 64 }, () => as('ann', 'POST', `${RS}/${world.name('ann')}/execute`, { cmd: ['sleep', '3'] }));
  await Promise.race(slow);
  const again = Array.from({ length: 64 }, () => as('ann', 'POST', `${RS}/${world.name('ann')}/execute`, { cmd: ['sleep', '2'] }));
  await done(as('bob', 'POST', `${RS}/${world.name('bob')}/execute`, { cmd: ['true'] }));
  const statuses = (await Promise.all([...slow, ...again])).map(({ status }) => status);
  assert.ok(statuses.includes(429), 'some were told to wait');
  assert.deepEqual([...new Set(statuses)].sort(), [200, 429]);
  for (const who of ['ann', 'bob']) await done(as('root', 'DELETE', `${RS}/${world.name(who)}`));
});

test('a stop that takes its time does not hold up a start of the server, nor anybody else, and a delete overtakes it', async () => {
  const stubborn = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'];
  assert.match(
    said(await as('ann', 'POST', RS, body('day', { cmd: stubborn, stopTimeout: 86_400 }))),
    /^400 stopTimeout is 86400 s: at most 600 s/,
  );
  await done(as('ann', 'POST', RS, body('slow', { cmd: stubborn, stopTimeout: 600 })));
  const stopping = as('ann', 'PATCH', `${RS}/${world.name('slow')}/stop`, {}).then(said, String);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  // Ready within the time that a start may take in tests, which is far less than the stop's.
  await world.server.restart();
  await stopping;
  await done(as('bob', 'POST', RS, body('quick')));
  await done(as('ann', 'DELETE', `${RS}/${world.name('slow')}`));
  await done(as('bob', 'DELETE', `${RS}/${world.name('quick')}`));
});

test.run();
