// /openapi.json and /docs: the API's document, and a page that shows it and can send requests. The page asks nothing of any other server.
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import Type from 'typebox';
import { RawAnswer, textAnswer } from '../response/raw-answer.ts';
import type { ApiRoute, Route } from '../route.ts';
import { type Asset, packed } from './assets.ts';

/** All paths are relative: a proxy may put something in front of them. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>gpu-docker-api</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript. The document itself is at <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#page',
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // By default the document would be shown to a server of swagger.io.
  validatorUrl: null,
});
`;

/** The page may load and ask what comes from the service itself, and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Time that a browser may use a file of the page again, s. */
const FRESH_S = 600;

type Encoding = 'gzip' | 'identity';

/** The files in the forms in which they were asked for: one copy of each, for all clients together. No key is needed here. */
const copies: Record<Encoding, Map<Asset, Buffer>> = { gzip: new Map(), identity: new Map() };

function bytesOf(asset: Asset, encoding: Encoding): Buffer {
  let bytes = copies[encoding].get(asset);
  if (bytes === undefined) {
    bytes = encoding === 'gzip' ? packed(asset) : gunzipSync(packed(asset));
    copies[encoding].set(asset, bytes);
  }
  return bytes;
}

/** Bytes that are handed over at once: with TLS each client has a copy of these. */
const PIECE = 64 * 1024;

function* inPieces(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

const file = (asset: Asset, type: string): RawAnswer =>
  new RawAnswer((ctx) => {
    ctx.set({ 'Content-Type': type, Vary: 'Accept-Encoding', 'Cache-Control': `max-age=${FRESH_S}` });
    const encoding = ctx.acceptsEncodings('gzip', 'identity') === 'gzip' ? 'gzip' : 'identity';
    if (encoding === 'gzip') ctx.set('Content-Encoding', 'gzip');
    const bytes = bytesOf(asset, encoding);
    ctx.body = Readable.from(inPieces(bytes), { objectMode: false });
    ctx.length = bytes.length;
  });

const open = { method: 'GET', right: 'open' } as const;

export const pageRoutes: readonly ApiRoute[] = [
  {
    ...open,
    path: '/openapi.json',
    id: 'getDocument',
    summary: 'Get this document',
    alsoAs: { 'application/json': Type.Object({}, { additionalProperties: true, description: 'OpenAPI 3.1.' }) },
    handle: async () => file('openapi.json', 'application/json; charset=utf-8'),
  },
  {
    ...open,
    path: '/docs',
    id: 'getDocsPage',
    summary: 'Read this document as a page',
    alsoAs: { 'text/html': Type.String() },
    handle: async () => textAnswer('text/html; charset=utf-8', PAGE, { 'Content-Security-Policy': PAGE_POLICY }),
  },
];

/** What the page is made of. */
export const pageFileRoutes: readonly Route[] = [
  { ...open, path: '/docs/start.js', summary: '', handle: async () => textAnswer('text/javascript; charset=utf-8', START) },
  {
    ...open,
    path: '/docs/swagger-ui.css',
    summary: '',
    handle: async () => file('swagger-ui.css', 'text/css; charset=utf-8'),
  },
  {
    ...open,
    path: '/docs/swagger-ui-bundle.js',
    summary: '',
    handle: async () => file('swagger-ui-bundle.js', 'text/javascript; charset=utf-8'),
  },
];
