// The HTTP server around the application: its time limits, its answer to anything that is not HTTP, and its end.
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { isIPv6, type Socket } from 'node:net';
import { Code } from '../commands/api-codes.ts';
import { quoted } from '../commands/request/quoted.ts';

/** Time limits, ms, for a client to send its headers and its whole request. A command's answer has no limit. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
const KEEP_ALIVE_MS = 65_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MIN_TLS = 'TLSv1.2';
const STOP_POLL_MS = 25;
/**
 * Connections at once. Beyond that the oldest one without a whole request is cut, else the oldest whose answer is ready and not taken, or the
 * new one where all wait for an answer.
 */
const MAX_CONNECTIONS = 1_024;
/** Time limit, ms: a client that was told what is wrong has so long to read it, then its connection is cut, whether it hangs up or not. */
const LINGER_MS = 1_000;
/** Time limit, ms: a client that takes nothing of an answer that is ready for so long is cut off. */
const TAKE_MS = 30_000;

export interface Address {
  /** '' listens on every address of the machine. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Connections at once; 1,024 when absent. */
  readonly maxConnections?: number;
  /** Absent: plain HTTP. */
  readonly tls?: Certificate;
}

/** PEM. */
interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Listening {
  /** For a client on this machine. */
  readonly url: string;
  readonly port: number;
  /** New connections get this certificate. Only of a server that began with one. */
  useCertificate(tls: Certificate): void;
  /** Accepts nothing new, waits up to `graceMs` for the answers under way, then cuts the rest off. */
  stop(graceMs: number): Promise<void>;
}

export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already; choose another with --addr host:port',
  EACCES: 'this user may not use that port; choose one above 1023 with --addr host:port',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'that host name is not known',
};

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Throws ListenError when the address cannot be had. */
export async function listen(handler: Handler, { host, port, maxConnections = MAX_CONNECTIONS, tls }: Address): Promise<Listening> {
  const server = serverFor(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The application refuses it itself, with the envelope.
      requireHostHeader: false,
    },
    handler,
    tls,
  );
  const open = trackConnections(server, maxConnections);
  answerClientErrors(server, open);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const name = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
      reject(new ListenError(`cannot listen on ${name}: ${WHY[error.code ?? ''] ?? error.message}`, { cause: error }));
    });
    server.listen(host === '' ? { port } : { port, host }, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const anywhere = host === '' || host === '0.0.0.0' || host === '::';
  const shown = anywhere ? 'localhost' : isIPv6(host) ? `[${host}]` : host;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${shown}:${bound}`,
    port: bound,
    useCertificate: (renewed) => {
      if ('setSecureContext' in server) server.setSecureContext({ ...renewed, minVersion: MIN_TLS });
    },
    stop: (graceMs) => stop(server, open, graceMs),
  };
}

/** Either kind: they differ in what a connection is. */
type AnyServer = Server | SecureServer;

function serverFor(options: ServerOptions, handler: Handler, tls: Certificate | undefined): AnyServer {
  if (tls === undefined) return createServer(options, handler);
  return createSecureServer({ ...options, ...tls, minVersion: MIN_TLS, handshakeTimeout: HEADERS_MS }, handler);
}

interface Open {
  /** By the address and port of the peer. With TLS, the raw connection until its handshake, then the one in it. */
  readonly sockets: Map<string, Socket>;
  /** The answers that are under way, by their connection. */
  readonly responses: Map<Socket, ServerResponse>;
  /** Answers that are sent as fast as they are taken, by a pipe: they are ready, though they have not ended. */
  readonly piped: WeakSet<ServerResponse>;
}

/** Whether the connection can be cut without taking an answer from anybody: no request has arrived in whole. */
const isWaiting = (socket: Socket, responses: Open['responses']): boolean => responses.get(socket)?.req.complete !== true;

/** Whether all that is left of an answer is that its client takes it. */
const isReady = (response: ServerResponse | undefined, piped: Open['piped']): boolean =>
  response !== undefined && (response.writableEnded || piped.has(response));

function makeRoom(newest: Socket, { sockets, responses, piped }: Open): void {
  let untaken: Socket | undefined;
  let cut = newest;
  for (const socket of sockets.values()) {
    if (socket === newest) cut = untaken ?? newest;
    else if (isWaiting(socket, responses)) {
      cut = socket;
      break;
    } else if (isReady(responses.get(socket), piped)) untaken ??= socket;
  }
  cut.destroy();
  forget(sockets, cut);
}

const peerOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`;

/** The peer of a closed connection is not known any more, so it is looked for where it was not told before. */
function forget(sockets: Open['sockets'], socket: Socket, peer = [...sockets].find(([, other]) => other === socket)?.[0]): void {
  if (peer !== undefined && sockets.get(peer) === socket) sockets.delete(peer);
}

/**
 * A connection that nothing is taken from would last for ever, with the answer in memory. The time ends with the answer; Node sets its own then.
 * An answer that the kernel has taken whole needs none, and most are that short.
 */
function limitTaking(socket: Socket, response: ServerResponse, isLast: () => boolean): void {
  const limit = (): void => {
    socket.setTimeout(TAKE_MS);
    response.once('finish', () => {
      if (!isLast()) socket.setTimeout(0);
    });
  };
  // A piped answer comes to its end only when its client has taken all but the last of it.
  response.once('pipe', limit);
  response.on('prefinish', () => {
    if (socket.writableLength > 0) limit();
  });
}

function trackConnections(server: AnyServer, most: number): Open {
  const sockets: Open['sockets'] = new Map();
  const responses: Open['responses'] = new Map();
  const open: Open = { sockets, responses, piped: new WeakSet() };
  const track = (socket: Socket): void => {
    const peer = peerOf(socket);
    sockets.set(peer, socket);
    socket.once('close', () => forget(sockets, socket, peer));
    if (sockets.size > most) makeRoom(socket, open);
  };
  server.on('connection', track);
  server.on('secureConnection', track);
  server.prependListener('request', ({ socket }, response) => {
    responses.set(socket, response);
    response.once('pipe', () => open.piped.add(response));
    limitTaking(socket, response, () => responses.get(socket) === response);
    if (!server.listening) response.shouldKeepAlive = false;
    response.on('close', () => {
      if (responses.get(socket) === response) responses.delete(socket);
    });
  });
  return open;
}

/**
 * Even bytes that are not HTTP get an answer as {code, msg, data}, unless another answer is on its way over the same connection. Node's own
 * answers, which have no body, are replaced.
 */
function answerClientErrors(server: AnyServer, { responses }: Open): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || responses.has(socket) || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const [status, msg] =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', `the headers are larger than ${MAX_HEADER_BYTES} bytes`]
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? ['408 Request Timeout', 'the request did not arrive in time']
          : ['400 Bad Request', 'this is not HTTP/1.1'];
    const body = envelope(msg);
    const head = ['Content-Type: application/json; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close'];
    socket.end(`HTTP/1.1 ${status}\r\n${head.join('\r\n')}\r\n\r\n${body}`);
    // Ending is only our half: a client that does not end its own would hold the connection for ever.
    const cut = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(cut));
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const body = envelope(`Expect is ${quoted(request.headers.expect ?? '')}: only 100-continue can be expected here`);
    const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(body), Connection: 'close' };
    response.writeHead(417, headers).end(body);
  });
}

const envelope = (msg: string): string => `${JSON.stringify({ code: Code.invalidBody, msg, data: null })}\n`;

async function stop(server: AnyServer, { sockets, responses }: Open, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const response of responses.values()) if (!response.headersSent) response.shouldKeepAlive = false;
  // Not closeIdleConnections: a connection that has not sent its first request yet does not count as idle there.
  const cutIdle = (): void => {
    for (const socket of sockets.values()) if (!responses.has(socket)) socket.destroy();
  };
  cutIdle();
  const poll = setInterval(cutIdle, STOP_POLL_MS);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(poll);
  clearTimeout(cut);
}
