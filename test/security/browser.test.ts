// timeout: 300
// A page of another site, open in a real browser on the operator's desk, cannot reach the service: not by fetch, form, image or event stream,
// and not by a name of its own that resolves to this address. A page of the service itself can.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { suite } from 'uvu';
import { eventually, RS, VOLUMES, World } from '../e2e/world.ts';
import { startBrowser } from '../support/browser.ts';
import { IMAGES } from '../support/docker.ts';

const test = suite('browser');

const EVIL = 'evil.example';
const REBOUND = 'rebound.example';

let world: World;
let browser: Browser;
let evil: { readonly url: string; readonly close: () => void };

/** A site of a stranger, which serves an empty page. */
async function startSite(): Promise<typeof evil> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><p>A page</p>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${EVIL}:${port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

test.before(async () => {
  browser = await startBrowser([EVIL, REBOUND]);
  evil = await startSite();
  world = await World.start();
  await world.ok('POST', VOLUMES, { name: world.name('v'), size: '1GB' });
});
test.after(async () => {
  await browser?.close();
  evil?.close();
  await world?.stop();
});

const bodyOf = (suffix: string): string => JSON.stringify({ imageName: IMAGES.sleep, replicaSetName: world.name(suffix) });

/** Requests that the server has refused as a stranger's. */
async function refusals(): Promise<number> {
  const { body } = await world.server.request<string>('GET', '/metrics');
  const counts = body.matchAll(/^gpu_docker_api_http_requests_total\{[^}]*status="403"\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Acts on a page that this URL opens, and waits until the server has refused at least so many requests. Nothing may come of any. */
async function attack(least: number, act: (page: Page) => Promise<void>, url = evil.url): Promise<void> {
  const before = (await world.events()).length;
  const refused = await refusals();
  const page = await browser.newPage();
  const statuses: number[] = [];
  page.on('response', (response) => {
    if (new URL(response.url()).port === new URL(world.server.url).port) statuses.push(response.status());
  });
  try {
    await page.goto(url);
    await act(page);
    await eventually(`${least} refusals`, async () => (await refusals()) >= refused + least);
  } finally {
    await page.close();
  }
  assert.ok(
    statuses.every((status) => status === 403),
    String(statuses),
  );
  assert.equal((await world.events()).length, before, 'events that the page caused');
  assert.deepEqual(await world.containers(), []);
}

/** JavaScript that a page runs, with these values in the place of `args`. */
const script = (code: string, ...args: readonly unknown[]): string => `(async () => { const args = ${JSON.stringify(args)}; ${code} })()`;

test('a POST that needs no preflight', () => {
  const post = "await fetch(args[0], { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: args[1] })";
  const target = `${world.server.url}${RS}`;
  return attack(2, async (page) => {
    await page.evaluate(script(post, target, bodyOf('fetch')));
    await page.evaluate(script('navigator.sendBeacon(args[0], args[1])', target, bodyOf('beacon')));
  });
});

test('a form, whose body is made to be JSON', () => {
  const [start = '', end = ''] = JSON.stringify({ ...JSON.parse(bodyOf('form')), env: ['A=B'] }).split('=');
  const form = `<form method="post" enctype="text/plain" action="${world.server.url}${RS}"><input name='${start}' value='${end}'></form>`;
  return attack(1, async (page) => {
    await page.setContent(form);
    await Promise.all([page.waitForURL(`${world.server.url}/**`), page.evaluate('document.forms[0].submit()')]);
    assert.match((await page.textContent('body')) ?? '', /only pages of the service itself/);
  });
});

test('an image, a script, a frame, an event stream, a link: reads too', () =>
  attack(5, async (page) => {
    const { url } = world.server;
    const events = `${url}/api/v1/events`;
    await page.setContent(
      `<img src="${events}"><script src="${events}?format=jsonl"></script><iframe src="${url}/metrics"></iframe><a href="${url}/readyz">x</a>`,
    );
    await page.evaluate(script('new EventSource(args[0]); await new Promise((resolve) => setTimeout(resolve, 500))', events));
    await Promise.all([page.waitForURL(`${url}/**`), page.click('a')]);
  }));

test('methods that need a preflight', () => {
  const order = 'await fetch(args[0], { method: args[1] }).catch(() => {})';
  return attack(2, async (page) => {
    await page.evaluate(script(order, `${world.server.url}${RS}/x/stop`, 'PATCH'));
    await page.evaluate(script(order, `${world.server.url}${VOLUMES}/${world.name('v')}`, 'DELETE'));
  });
});

/** A page at this URL of the server, as its own site would serve it, and the statuses of what it asks for. */
async function statusesAt(url: string, suffix: string): Promise<{ readonly statuses: unknown; readonly said: unknown }> {
  const page = await browser.newPage();
  await page.route(url, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><p>A page</p>' }));
  await page.goto(url);
  const ask = `const got = [await fetch(args[0]), await fetch(args[0], { method: 'POST', body: args[1] }), await fetch(args[2], { method: 'DELETE' })];
    return { statuses: got.map(({ status }) => status), said: await got[0].text() }`;
  const found = await page.evaluate<{ statuses: unknown; said: unknown }>(script(ask, RS, bodyOf(suffix), `${VOLUMES}/${world.name('v')}`));
  await page.close();
  return found;
}

test('a name that was rebound to this address', async () => {
  const before = (await world.events()).length;
  const { statuses, said } = await statusesAt(`http://${REBOUND}:${new URL(world.server.url).port}/start`, 'rebound');
  assert.deepEqual(statuses, [403, 403, 403]);
  assert.match(String(said), /not known as rebound\.example: .*--allow-host rebound\.example/);
  assert.equal((await world.events()).length, before);
});

test('the operator himself: an address typed in, and a page of the service', async () => {
  const page = await browser.newPage();
  assert.equal((await page.goto(`${world.server.url}${RS}`))?.status(), 200);
  await page.close();
  const { statuses } = await statusesAt(`${world.server.url}/start`, 'own');
  assert.deepEqual(statuses, [200, 200, 200]);
});

test.run();
