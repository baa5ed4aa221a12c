// The senders that are accepted, as far as headers tell. The service trusts whoever reaches its port, and a browser on the operator's desk reaches
// it for every page that is open there: a page of another site can send requests without being able to read the answers, and one that has its
// own name resolve to this address (DNS rebinding) can read them too. Programs such as curl send none of these headers but Host.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { Code } from '../../commands/api-codes.ts';
import { cut, quoted } from '../../commands/request/quoted.ts';
import { Failure } from '../response/failure.ts';

const malformed = (message: string): Failure => new Failure('bad-request', Code.invalidBody, message);
const forbidden = (message: string): Failure => new Failure('forbidden', 403, message);

/** The name or address in a Host header, in lower case and without its port; null where it is neither. */
function hostOf(header: string): string | null {
  const [, address, name] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header) ?? [];
  return (address ?? name)?.toLowerCase() ?? null;
}

/** Addresses cannot be rebound, nor can localhost, which browsers resolve themselves. */
function isOurs(host: string, allowHosts: readonly string[]): boolean {
  return host === 'localhost' || isIP(host) !== 0 || allowHosts.includes(host);
}

function hostProblem(header: string, allowHosts: readonly string[]): Failure | null {
  const host = hostOf(header);
  if (host === null) return malformed(`the header Host is ${quoted(header)}: it must be a host name or an address, with or without a port`);
  if (isOurs(host, allowHosts)) return null;
  return forbidden(
    `this service is not known as ${cut(host)}: send the request to its address, or let the operator start it with --allow-host ${cut(host)}`,
  );
}

/** The names and the scheme of the service. */
export interface OwnNames {
  /** In lower case. */
  readonly allowHosts?: readonly string[];
  /** It speaks TLS itself: no page of its own has come over http. */
  readonly tls?: boolean;
}

/** Whether a page of this origin is one of the service itself: of the host and port that the request goes to, or of a named proxy before it. */
function isOwnOrigin(origin: string, host: string, { allowHosts = [], tls = false }: OwnNames): boolean {
  if (!/^https?:\/\/[^/?#]+$/i.test(origin) || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (tls && page.protocol !== 'https:') return false;
  const target = `${page.protocol}//${host}`;
  if (URL.canParse(target) && new URL(target).host === page.host) return true;
  // On other ports of the same name anybody's containers may serve pages.
  return page.protocol === 'https:' && page.port === '' && allowHosts.includes(page.hostname);
}

const countOf = ({ rawHeaders }: IncomingMessage, name: string): number =>
  rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length;

/** Why a request is refused before anything else of it is looked at; null when it is not. */
export function strangerFailure(request: IncomingMessage, names: OwnNames): Failure | null {
  const { allowHosts = [] } = names;
  const { headers, httpVersion, url = '' } = request;
  const { host, origin } = headers;
  if (countOf(request, 'host') > 1) return malformed('the header Host is given twice');
  // Health checks of load balancers speak HTTP/1.0 without it. No browser does.
  if (host === undefined && httpVersion !== '1.0') return malformed('the header Host is missing');
  const problem = host === undefined ? null : hostProblem(host, allowHosts);
  if (problem !== null) return problem;
  // A request line with a whole URL names the host once more.
  if (!url.startsWith('/') && url !== '*') {
    if (!URL.canParse(url)) return malformed(`the target ${quoted(url)} is neither a path nor a URL`);
    const named = hostProblem(new URL(url).host, allowHosts);
    if (named !== null) return named;
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return forbidden(
      `a page of another site sent this, says the browser (Sec-Fetch-Site: ${cut(String(site))}): only pages of the service itself may, and programs`,
    );
  }
  if (origin !== undefined && (host === undefined || !isOwnOrigin(origin, host, names))) {
    return forbidden(
      `a page of ${quoted(origin)} sent this: only pages of the service itself may, and programs; a proxy in front of it must pass on the Host, or be named with --allow-host`,
    );
  }
  return null;
}

/** The names of the service: those that the operator gave, and that of the address where it listens. */
export const namesOf = (allowHosts: readonly string[], listensOn: string): readonly string[] =>
  [...allowHosts, ...(listensOn === '' || isIP(listensOn) !== 0 ? [] : [listensOn])].map((name) => name.toLowerCase());
