// The floor of the reads: koa and its router, and nothing else. Each route sends a text that was made beforehand, so that it costs less than
// any program that does something. Reads the routes as JSON from its standard input; prints its port.
import { readFileSync } from 'node:fs';
import Router from '@koa/router';
import Koa from 'koa';

const routes: readonly { readonly path: string; readonly body: string }[] = JSON.parse(readFileSync(0, 'utf8'));
const router = new Router();
for (const { path, body } of routes) {
  router.get(path, async (ctx) => {
    ctx.type = 'application/json';
    ctx.body = body;
  });
}
const app = new Koa();
app.use(router.routes());
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : 0);
});
