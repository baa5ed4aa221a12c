// Secret variables on real Docker and etcd: only the container sees their values, and nothing can read them once it is deleted.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { verifyChain } from '../../src/infra/log/verify/verify.ts';
import { IMAGES } from '../support/docker.ts';
import { eventually, RS, World } from './world.ts';

const test = suite('secrets');
let world: World;
test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--settle', '200ms', '--log-level', 'debug']);
});
test.after(() => world.stop());

const VALUE = 'hunter2 "quoted" ö';
const TOKEN = 'hf_0123456789abcdef';
const OTHER = 'another-long-value';
const VALUES = [VALUE, TOKEN, OTHER];
const SECRETS = { secretEnv: [`DB_LOGIN=${VALUE}`], env: ['USER=foo', `HF_TOKEN=${TOKEN}`] };

function assertHides(text: string, what: string): void {
  for (const value of VALUES)
    for (const form of [value, JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64'), encodeURIComponent(value)])
      assert.ok(!text.includes(form), `${what} holds ${form}: ${text.slice(0, 300)}`);
}

const keyFiles = (): string[] => {
  const dir = join(world.server.dataDir, 'secret-keys');
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => /\.[0-9a-f]{16}\.key$/.test(name));
};

/** The image's configuration, and its whole archive as it would be handed on. */
async function imageTexts(name: string): Promise<string> {
  const image = world.docker.getImage(name);
  const chunks: Buffer[] = [];
  for await (const chunk of await image.get()) chunks.push(Buffer.from(chunk));
  return `${JSON.stringify(await image.inspect())}${Buffer.concat(chunks).toString('latin1')}`;
}

async function assertAllHide(name: string): Promise<void> {
  const paths = [RS, `${RS}/${name}`, `${RS}/${name}/history`, '/api/v1/events?limit=1000', '/api/v1/events?format=jsonl&limit=1000'];
  for (const path of [...paths, '/api/v1/rejections', '/api/v1/operations', '/readyz', '/metrics'])
    assertHides(JSON.stringify((await world.send('GET', path)).body), path);
  assertHides(JSON.stringify(await world.events()), 'the log in etcd');
  assertHides(world.server.output(), 'the log of the server');
}

test('the container sees the values; no view, event, log line or image does', async () => {
  const name = await world.run('a', IMAGES.sleep, SECRETS);
  assert.equal(await world.sh(name, 'printf %s "$DB_LOGIN"'), VALUE);
  assert.equal(await world.sh(name, 'printf %s "$HF_TOKEN$USER"'), `${TOKEN}foo`);
  const { info } = await world.ok<{ info: { config: { Env: string[] } } }>('GET', `${RS}/${name}`);
  assert.deepEqual(info.config.Env, ['USER=foo', 'DB_LOGIN=***', 'HF_TOKEN=***', 'CONTAINER_VERSION=1']);
  const [file = ''] = keyFiles();
  assert.equal(statSync(join(world.server.dataDir, 'secret-keys', file)).mode & 0o777, 0o600);

  await world.sh(name, 'echo kept > /kept');
  await world.ok('POST', `${RS}/${name}/commit`, { newImageName: `${name}:user` });
  assertHides(await imageTexts(`${name}:user`), 'the image of a user');
  await world.patch(name, { secretEnv: [`DB_LOGIN=${OTHER}`] });
  assert.equal(await world.sh(name, 'printf %s "$DB_LOGIN$HF_TOKEN"; cat /kept'), `${OTHER}${TOKEN}kept\n`);
  assertHides(await imageTexts(`gpu-docker-api/disk:${name}-1`), 'the saved disk');
  await world.order(name, 'restart');
  assert.equal(await world.sh(name, 'printf %s "$DB_LOGIN$HF_TOKEN"; cat /kept'), `${OTHER}${TOKEN}kept\n`);
  await world.rollback(name, 1);
  assert.equal(await world.sh(name, 'printf %s "$DB_LOGIN"; cat /kept'), `${VALUE}kept\n`);
  const { data: plan } = (await world.send('PATCH', `${RS}/${name}?dryRun=true`, { secretEnv: [`NEW=${OTHER}`] })).body;
  assert.match(JSON.stringify(plan), /"name":"NEW","key":"\*\*\*","sealed":"\*\*\*"/);
  await assertAllHide(name);
  // An image of ours on the way is gone.
  const images = await world.docker.listImages({ filters: { label: [`gpu-docker-api.name=${name}`] } });
  assert.deepEqual(
    images.filter(({ RepoTags }) => RepoTags?.[0] === undefined || RepoTags[0] === '<none>:<none>'),
    [],
  );

  // The user's image runs as any other, without the variables.
  const copy = await world.run('copy', `${name}:user`);
  assert.equal(await world.sh(copy, 'printf %s "$DB_LOGIN"; cat /kept'), 'kept\n');
  await world.delete(copy);

  await world.delete(name);
  await eventually('the key is gone', async () => keyFiles().length === 0);
  const events = await world.events();
  const verdict = await verifyChain(
    (async function* () {
      yield events;
    })(),
  );
  assert.equal(verdict.ok, true);
  assert.ok(events.some((e) => e.type === 'ContainerVersionCreated' && e.data.spec.secretEnv !== undefined));
  await world.docker.getImage(`${name}:user`).remove();
});

test('a retry under the same key is the same request, and another value is another; the hash is no oracle', async () => {
  const name = world.name('b');
  const body = { imageName: IMAGES.sleep, replicaSetName: name, ...SECRETS };
  const keyed = { 'Idempotency-Key': 'secret-run' };
  const first = await world.send('POST', RS, body, keyed);
  assert.equal(first.status, 200);
  await world.server.kill();
  await world.server.restart();
  assert.deepEqual((await world.send('POST', RS, body, keyed)).body, first.body);
  assert.equal((await world.send('POST', RS, { ...body, secretEnv: ['DB_LOGIN=guess'] }, keyed)).status, 422);
  assert.equal(await world.sh(name, 'printf %s "$DB_LOGIN"'), VALUE);
});

test('a lost key: what needs it is refused before anything is stopped, readyz says so, and a patch gives the value anew', async () => {
  const name = world.name('b');
  for (const file of keyFiles()) rmSync(join(world.server.dataDir, 'secret-keys', file));
  await world.server.restart();
  assert.equal(await world.sh(name, 'printf %s "$DB_LOGIN"'), VALUE);
  const refusal = { status: 422, says: [/DB_LOGIN, HF_TOKEN/, /secretEnv/] };
  const restart = await world.send('PATCH', `${RS}/${name}/restart`);
  assert.equal(restart.status, refusal.status);
  for (const said of refusal.says) assert.match(restart.body.msg, said);
  const ready = await world.send<{ warnings?: string[] }>('GET', '/readyz');
  assert.equal(ready.status, 200);
  assert.match(
    JSON.stringify(ready.body.data.warnings),
    new RegExp(`replicaSet ${name}: the key of the secret variables DB_LOGIN, HF_TOKEN`),
  );
  assert.match((await world.send('PATCH', `${RS}/${name}`, { secretEnv: [`DB_LOGIN=${OTHER}`] })).body.msg, /variable HF_TOKEN/);
  await world.patch(name, { secretEnv: [`DB_LOGIN=${OTHER}`, `HF_TOKEN=${TOKEN}`] });
  assert.equal(await world.sh(name, 'printf %s "$DB_LOGIN$HF_TOKEN"'), `${OTHER}${TOKEN}`);
  await assertAllHide(name);
});

test('a container that prints its environment and ends does not bring it into the log', async () => {
  const name = world.name('c');
  const script = 'env; printf %s "$DB_LOGIN" | base64; printf "\\033[1m%s\\033[0m%s\\n" "$HF_TOKEN" "$DB_LOGIN"; exit 3';
  const body = { imageName: IMAGES.sleep, replicaSetName: name, cmd: ['sh', '-c', script], ...SECRETS };
  const run = await world.send<{ output: string[] } | null>('POST', RS, body);
  assert.match(run.body.msg, /exit code 3; its last output: /);
  assert.ok(run.body.data?.output.includes('HF_TOKEN=***'));
  assert.equal(run.body.data?.output.at(-1), '******');
  assertHides(JSON.stringify(run.body), 'the answer');
  await assertAllHide(name);
  const short = await world.send('POST', RS, { ...body, secretEnv: ['PIN=123'] });
  assert.match(short.body.msg, /exit code 3; its output is not shown, as a secret variable/);
  assert.equal(short.body.data, null);
  await eventually('its key is gone', async () => keyFiles().length === 1);
});

test('a deletion whose key outlived a crash is made good at the next start', async () => {
  const name = await world.run('d', IMAGES.sleep, SECRETS);
  const before = keyFiles();
  const dir = join(world.server.dataDir, 'secret-keys');
  const copies = before.map((file) => [file, readFileSync(join(dir, file))] as const);
  await world.delete(name);
  await eventually('its key is gone', async () => keyFiles().length === 1);
  await world.server.kill();
  for (const [file, content] of copies) writeFileSync(join(dir, file), content, { mode: 0o600 });
  assert.equal(keyFiles().length, 2);
  await world.server.restart();
  await eventually('its key is gone again', async () => keyFiles().length === 1);
});

test.run();
