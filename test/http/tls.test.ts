// TLS of the server's own, and the renewal of its certificate.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silent } from '../../src/commands/outside/logger.ts';
import { type Listening, listen } from '../../src/http/listen.ts';
import { readTlsPair, type TlsPair, watchTlsPair } from '../../src/infra/host/tls-pair.ts';
import { until } from '../support/until.ts';

const test = suite('TLS');

const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-tls-'));
const file = (name: string): string => join(dir, name);
const files = { certFile: file('cert.pem'), keyFile: file('key.pem') };

function make(name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const out = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', ...subject, ...out],
    {
      stdio: 'ignore',
    },
  );
}
const use = (name: string): void => {
  for (const [from, to] of [
    [`${name}.crt`, files.certFile],
    [`${name}.key`, files.keyFile],
  ] as const) {
    copyFileSync(file(from), `${to}.new`);
    renameSync(`${to}.new`, to);
  }
};

let server: Listening;
let stop: AbortController;
const said: string[] = [];

test.before(async () => {
  for (const name of ['one', 'two']) make(name);
  use('one');
  const tls = readTlsPair(files);
  server = await listen(
    (incoming, response) => {
      incoming.resume();
      if (incoming.url === '/never') return;
      response.end(`hello over ${incoming.socket.constructor.name}`);
    },
    { host: '127.0.0.1', port: 0, tls, maxConnections: 4 },
  );
  stop = new AbortController();
  const logger = { ...silent, warn: (fields: object, text: string) => void said.push(`${text} ${JSON.stringify(fields)}`) };
  watchTlsPair(files, { use: (pair: TlsPair) => server.useCertificate(pair), logger, everyMs: 20 }, stop.signal);
});
test.after(async () => {
  stop.abort();
  await server.stop(0);
  rmSync(dir, { recursive: true, force: true });
});

function subject(versions: { readonly minVersion?: SecureVersion; readonly maxVersion?: SecureVersion } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false, ...versions }, () => {
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      resolve(String(CN));
    });
    socket.once('error', reject);
  });
}

const get = (path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const call = request({ port: server.port, host: '127.0.0.1', path, ca: readFileSync(files.certFile), agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.once('end', () => resolve(text));
    });
    call.once('error', reject).end();
  });

test('answers over https, TLS 1.2 at least; the URL says so', async () => {
  assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.is(await get('/'), 'hello over TLSSocket');
  assert.is(await subject({ maxVersion: 'TLSv1.2' }), 'one');
  let refused = '';
  await subject({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }).catch((error: Error) => {
    refused = error.message;
  });
  assert.ok(refused !== '', 'TLS 1.1 is refused');
});

test('plain HTTP to it ends, and the server goes on', async () => {
  const socket = connectPlain(server.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  assert.is(await get('/'), 'hello over TLSSocket');
});

test('a new pair is used for new connections; a broken or a half one leaves the old in place, with one warning', async () => {
  writeFileSync(files.certFile, 'not a certificate');
  await until('a warning', () => said.length > 0);
  assert.match(said[0] ?? '', /cannot be used: the one before goes on being used.*--tls-cert/);
  assert.is(await subject(), 'one');
  copyFileSync(file('two.crt'), files.certFile);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.is(await subject(), 'one', 'the certificate is new, its key is not yet');
  copyFileSync(file('two.key'), files.keyFile);
  for (let i = 0; i < 100 && (await subject()) !== 'two'; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(await subject(), 'two');
  assert.is(await get('/'), 'hello over TLSSocket');
  assert.ok(said.length <= 3, said.join('\n'));
  use('one');
  for (let i = 0; i < 100 && (await subject()) !== 'one'; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(await subject(), 'one');
});

test('connections are counted once each, and those that ask for nothing are cut first', async () => {
  const idle = Array.from({ length: 8 }, () => connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false }));
  const closed = idle.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
  for (const socket of idle) socket.on('error', () => {});
  await Promise.all(closed.slice(0, 4));
  assert.is(await get('/'), 'hello over TLSSocket');
  for (const socket of idle) socket.destroy();
  await Promise.all(closed);
  for (let i = 0; i < 12; i++) assert.is(await get('/'), 'hello over TLSSocket');
});

test('what is not a pair is named', () => {
  assert.throws(() => readTlsPair({ ...files, certFile: file('none') }), /--tls-cert .*none cannot be read/);
  assert.throws(() => readTlsPair({ ...files, keyFile: file('two.key') }), /are not a certificate and its key in PEM/);
});

test.run();
