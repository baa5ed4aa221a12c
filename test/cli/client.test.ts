import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ApiError, createClient, dataOf } from '../../src/cli/client/client.ts';
import { start, type World } from '../http/client.ts';

const test = suite<{ world: World }>('client');

test.before.each(async (context) => {
  context.world = await start();
});
test.after.each(async ({ world }) => {
  await world.stop();
});

test('a read and a command have the types of the document', async ({ world }) => {
  const api = createClient({ server: world.url });
  const list = await api.GET('/api/v1/replicaSet');
  const [first] = list.data?.data.replicaSets ?? [];
  const containerName: string | undefined = first?.containerName;
  assert.is(containerName, 'foo-8');
  const run = await api.POST('/api/v1/replicaSet', { body: { imageName: 'ubuntu:22.04', replicaSetName: 'train', gpuCount: 2 } });
  const name: string | undefined = run.data?.data.name;
  assert.is(name, 'train-1');
});

test('a failure has code and message without a look at its content type', async ({ world }) => {
  const api = createClient({ server: `${world.url}/` });
  const { data, error, response } = await api.GET('/api/v1/replicaSet/{name}', { params: { path: { name: 'nobody' } } });
  assert.is(data, undefined);
  const code: number | undefined = error?.code;
  const message: string | undefined = error?.msg;
  assert.equal([response.status, code, message], [404, 1016, 'replicaSet nobody does not exist']);
});

test('a plan is asked for by the same path, and has a type of its own', async ({ world }) => {
  world.plan = () => ({ ok: true, plan: { stream: 'replicaSet/foo', etag: 10, events: [], steps: [] } });
  const api = createClient({ server: world.url });
  const { data } = await api.plan.PATCH('/api/v1/replicaSet/{name}/stop', { params: { path: { name: 'foo' } }, body: {} });
  const stream: string | undefined = data?.data.stream;
  assert.is(stream, 'replicaSet/foo');
  assert.equal(world.calls, [], 'nothing was ordered');
  // @ts-expect-error the outcome of a command in a container cannot be planned
  const never = api.plan.POST('/api/v1/replicaSet/{name}/execute', { params: { path: { name: 'foo' } }, body: { cmd: ['true'] } });
  assert.is((await never).response.status, 400);
});

test('key and headers go with every request', async ({ world }) => {
  const seen: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    seen.push(request);
    return globalThis.fetch(request);
  };
  const api = createClient({ server: world.url, key: 'gda_1', headers: { 'X-Actor': 'ann' }, fetch });
  await api.DELETE('/api/v1/volumes/{name}', { params: { path: { name: 'bar' } } });
  await api.plan.DELETE('/api/v1/volumes/{name}', { params: { path: { name: 'bar' } } });
  for (const { headers } of seen) assert.equal([headers.get('Authorization'), headers.get('X-Actor')], ['Bearer gda_1', 'ann']);
  assert.equal(
    seen.map(({ url }) => new URL(url).search),
    ['', '?dryRun=true'],
  );
});

test('dataOf gives the data, or throws what the server said', async ({ world }) => {
  const api = createClient({ server: world.url });
  const { replicaSets } = await dataOf(api.GET('/api/v1/replicaSet'));
  assert.is(replicaSets[0]?.name, 'foo');
  const error = await dataOf(api.GET('/api/v1/volumes/{name}', { params: { path: { name: 'none' } } })).catch((e: unknown) => e);
  assert.instance(error, ApiError);
  assert.equal([(error as ApiError).status, (error as ApiError).code], [404, 1033]);
});

test('with --compat-go a failure has status 200, and dataOf throws all the same', async () => {
  const world = await start({ compatGo: true });
  const api = createClient({ server: world.url });
  const error = await dataOf(api.GET('/api/v1/volumes/{name}', { params: { path: { name: 'none' } } })).catch((e: unknown) => e);
  assert.equal([(error as ApiError).status, (error as ApiError).code], [200, 1033]);
  await world.stop();
});

test('what is not a gpu-docker-api is named', async () => {
  const fetch = async (): Promise<Response> =>
    new Response('<h1>Bad Gateway</h1>', { status: 502, headers: { 'Content-Type': 'text/html' } });
  const error = await createClient({ fetch })
    .GET('/ping')
    .catch((e: unknown) => e);
  assert.instance(error, ApiError);
  assert.match((error as ApiError).message, /not a gpu-docker-api: .*\/ping answered 502/);
  const portal = async (): Promise<Response> => new Response('<h1>Log in</h1>', { headers: { 'Content-Type': 'text/html' } });
  const other = await dataOf(createClient({ fetch: portal }).GET('/api/v1/replicaSet')).catch((e: unknown) => e);
  assert.match((other as ApiError).message, /not a gpu-docker-api: .* answered 200/);
  const strange = async (): Promise<Response> => Response.json({ hello: 'world' });
  const coded = await dataOf(createClient({ fetch: strange }).GET('/api/v1/replicaSet')).catch((e: unknown) => e);
  assert.equal([(coded as ApiError).code, (coded as ApiError).status], [0, 200]);
  assert.throws(() => createClient({ server: 'ftp://x' }), TypeError);
});

test.run();
