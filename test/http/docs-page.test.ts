import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startBrowser } from '../support/browser.ts';
import { send, start, type World } from './client.ts';

const test = suite<{ world: World }>('the page of the document');

test.before.each(async (context) => {
  context.world = await start();
});
test.after.each(async ({ world }) => {
  await world.stop();
});

test('the document is served, compressed for who takes that', async ({ world }) => {
  const plain = await send(world, 'GET', '/openapi.json');
  assert.is(plain.headers['content-type'], 'application/json; charset=utf-8');
  assert.ok(plain.text.endsWith('}\n'));
  assert.is((plain.body as unknown as { openapi: string }).openapi, '3.1.0');
  const packed = await fetch(`${world.url}/openapi.json`, { headers: { 'Accept-Encoding': 'gzip' } });
  assert.is(packed.headers.get('content-encoding'), 'gzip');
  assert.equal(await packed.json(), plain.body);
});

test('in a browser it loads nothing from elsewhere, and can send requests', async ({ world }) => {
  const browser = await startBrowser([]);
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${world.url}/docs`);
    const block = page.locator('#operations-gpus-listGpus');
    await block.waitFor({ timeout: 60_000 });
    await block.locator('.opblock-summary-control').click();
    await block.locator('.try-out__btn').click();
    await block.locator('.execute').click();
    const body = block.locator('.live-responses-table .response-col_description code').first();
    await body.waitFor({ timeout: 30_000 });
    assert.match((await body.textContent()) ?? '', /GPU-bc85a406-0357-185f-a56c-afb49572bdbe/);
    const screenshot = process.env['TEST_SCREENSHOT'];
    if (screenshot !== undefined) await page.screenshot({ path: screenshot });
    const elsewhere = asked.filter((url) => !url.startsWith(`${world.url}/`) && !/^(data|blob):/.test(url));
    assert.equal(elsewhere, [], 'no request leaves the origin');
    assert.ok(asked.includes(`${world.url}/api/v1/gpus`));
    assert.equal(complaints, []);
  } finally {
    await browser.close();
  }
});

test.run();
