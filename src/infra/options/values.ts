// One function for each form that an option's value can have. Each throws an Error whose message says what was expected.
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { OWNER } from '../../commands/outside/host.ts';
import { registryIn } from '../../commands/request/image-name.ts';

export function text(value: string): string {
  if (value.trim() === '' || value.includes('\0')) throw new Error('not empty');
  return value;
}

export const oneOf =
  <const T extends readonly string[]>(...choices: T): ((value: string) => T[number]) =>
  (value) => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw new Error(`one of ${choices.join(', ')}`);
    return found;
  };

const port = (digits: string, lowest: number): number | null => {
  const number = /^\d{1,5}$/.test(digits) ? Number(digits) : -1;
  return number >= lowest && number <= 65535 ? number : null;
};

/** `host:port`, `[::1]:port` or `:port`, which is every address. */
export function hostPort(value: string): { host: string; port: number } {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/]*)):(\d+)$/.exec(value);
  const number = port(match?.[3] ?? '', 0);
  if (match === null || number === null) throw new Error('host:port with a port from 0 to 65535');
  return { host: match[1] ?? match[2] ?? '', port: number };
}

/** A host name without a port, in lower case. */
export function dnsName(value: string): string {
  if (!/^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(value)) throw new Error('a host name, without a scheme or a port');
  return value.toLowerCase();
}

/** `a-b`, both ends included. */
export function portRange(value: string): { start: number; end: number } {
  const match = /^\s*(\d+)\s*-\s*(\d+)\s*$/.exec(value);
  const start = port(match?.[1] ?? '', 1);
  const end = port(match?.[2] ?? '', 1);
  if (start === null || end === null) throw new Error('first-last with ports from 1 to 65535');
  if (start > end) throw new Error('first-last with the lower port first');
  return { start, end };
}

const MOST_SIMULATED = 1024;

export function gpuSource(value: string): { mode: 'auto' } | { mode: 'none' } | { mode: 'simulated'; count: number } {
  if (value === 'auto' || value === 'none') return { mode: value };
  const match = /^simulated:(\d{1,4})$/.exec(value);
  const count = Number(match?.[1] ?? Number.NaN);
  if (!(count <= MOST_SIMULATED)) throw new Error(`auto, none or simulated:N with N from 0 to ${MOST_SIMULATED}`);
  return { mode: 'simulated', count };
}

const DURATION = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const LONGEST_MS = 24 * DURATION.h;

/** `500ms`, `1s`, `1.5s`, `10m`, `1h`; at most a day. 0 needs no unit. */
export function milliseconds(value: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value === '0' ? '0s' : value);
  const ms = match === null ? Number.NaN : Math.round(Number(match[1]) * DURATION[match[2] as keyof typeof DURATION]);
  if (!(ms <= LONGEST_MS)) throw new Error('a time such as 500ms, 10s, 5m or 1h, at most 24h');
  return ms;
}

/** A duration that is not zero. */
export function someMilliseconds(value: string): number {
  const ms = milliseconds(value);
  if (ms === 0) throw new Error('longer than nothing');
  return ms;
}

/** Docker counts whole seconds. */
export function seconds(value: string): number {
  const ms = milliseconds(value);
  if (ms % 1_000 !== 0) throw new Error('whole seconds, which is how Docker counts');
  return ms / 1_000;
}

const SIZE = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 } as const;

/** `512kb`, `1mb`, `1.5gb`; units of 1024, from 1kb to 1gb. */
export function bytes(value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)$/i.exec(value);
  const size = match === null ? Number.NaN : Math.floor(Number(match[1]) * SIZE[(match[2] ?? 'b').toLowerCase() as keyof typeof SIZE]);
  if (!(size >= SIZE.kb && size <= SIZE.gb)) throw new Error('a size such as 512kb or 8mb, from 1kb to 1gb');
  return size;
}

/** As `bytes`; `off` is 0. */
export const bytesOrOff = (value: string): number => (value === 'off' ? 0 : bytes(value));

/** Bytes, at most, of a request's body: one event of the log can hold no more. */
const MOST_BODY = 512 * SIZE.kb;

export function bodySize(value: string): number {
  const size = bytes(value);
  if (size > MOST_BODY) throw new Error('a size from 1kb to 512kb: an event of the log holds no more');
  return size;
}

/** The capabilities that Docker gives to a container which nothing is said of. */
const USUAL_CAPABILITIES = [
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE'],
  ...['NET_RAW', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
];

/** Names of Docker's usual capabilities, with or without CAP_, separated by commas; or `none`. */
export function capabilities(value: string): string[] {
  if (value === 'none') return [];
  const names = value.split(',').map((part) => part.trim().toUpperCase().replace(/^CAP_/, ''));
  if (!names.every((name) => USUAL_CAPABILITIES.includes(name))) throw new Error(`none, or some of ${USUAL_CAPABILITIES.join(',')}`);
  return [...new Set(names)].sort();
}

/** An IP address of the host. */
export function address(value: string): string {
  if (isIP(value) === 0) throw new Error('an IP address of this host');
  return value;
}

/** Names of containers, as Docker has them. */
export function containerNames(value: string): readonly string[] {
  const names = value.split(',').map((name) => name.trim());
  if (names.some((name) => !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)))
    throw new Error('names of containers, such as dcgm-exporter,node-exporter');
  return names;
}

/** A registry as the names of images have it. */
export function registry(value: string): string {
  const found = registryIn(value);
  if (found === null)
    throw new Error(
      'a registry as in the names of images (a host with a dot, a port, or localhost), with or without the beginning of a path, or any',
    );
  return found;
}

/** A Docker network on which ports can be published. */
export function networkName(value: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(value) || ['host', 'none', 'default'].includes(value))
    throw new Error('isolated, bridge, or the name of a Docker network (not host or none: no port of a container is published there)');
  return value;
}

/** Bytes of a store on disk: from 16mb to 64gb. */
export function storeSize(value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(mb|gb)$/i.exec(value);
  const size = match === null ? Number.NaN : Math.floor(Number(match[1]) * SIZE[(match[2] ?? 'mb').toLowerCase() as keyof typeof SIZE]);
  if (!(size >= 16 * SIZE.mb && size <= 64 * SIZE.gb)) throw new Error('a size such as 512mb or 8gb, from 16mb to 64gb');
  return size;
}

export function count(value: string): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new Error('a whole number');
  return number;
}

/** A whole number that is not zero. */
export function someCount(value: string): number {
  const number = count(value);
  if (number === 0) throw new Error('a whole number, at least 1');
  return number;
}

/** A share of something, 0 to 1: `25%` is 0.25, and `off` is 0. */
export function share(value: string): number {
  if (value === 'off') return 0;
  const percent = Number(/^(\d{1,2}(?:\.\d+)?)%$/.exec(value)?.[1] ?? Number.NaN);
  if (!(percent >= 1 && percent <= 75)) throw new Error('a part such as 25%, from 1% to 75%, or off');
  return percent / 100;
}

/** Addresses and networks separated by commas: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`. */
export function peers(value: string): string[] {
  const entries = value.split(',').map((part) => part.trim());
  for (const entry of entries) {
    const [, address = '', , bits = '0'] = /^([0-9A-Fa-f:.]+)(\/(\d{1,3}))?$/.exec(entry) ?? [];
    const version = isIP(address);
    if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) throw new Error('addresses or networks, separated by commas');
  }
  return entries;
}

/** URLs separated by commas; `host:port` is http. */
export function etcdUrls(value: string): string[] {
  const urls = value.split(',').map((part) => part.trim());
  return urls.map((url) => {
    if (/^unix:(\/\/)?\/[^\s]+$/.test(url)) return url;
    const full = url.includes('://') ? url : `http://${url}`;
    const parsed = /^https?:\/\//.test(full) && URL.canParse(full) ? new URL(full) : null;
    if (parsed === null || parsed.hostname === '' || parsed.pathname !== '/' || parsed.search !== '') {
      throw new Error('URLs of one etcd cluster, separated by commas');
    }
    return `${parsed.protocol}//${parsed.host}`;
  });
}

/** `unix:///path`, `/path`, `tcp://host:port`, `http://…` or `https://…`. */
export function dockerHost(value: string): string {
  if (/^\/[^\0]+$/.test(value)) return `unix://${value}`;
  const usable =
    /^unix:\/\/\/[^\0]+$/.test(value) || (/^(tcp|https?):\/\/[^/\s]+\/?$/.test(value) && URL.canParse(value.replace(/^tcp/, 'http')));
  if (!usable) throw new Error('unix:///path/to/docker.sock or tcp://host:port');
  return value;
}

/** `always`, `no`, or `on-failure:N`. */
export function restartPolicy(value: string): string {
  if (!/^(always|no|on-failure:[1-9]\d{0,3})$/.test(value)) throw new Error('always, no, or on-failure:N with N from 1 to 9999');
  return value;
}

export function hostName(value: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(value)) throw new Error('a host name: letters, digits, dots and dashes');
  return value;
}

/** An absolute path, without `.` and `..`, in which {owner} may be a directory. */
export function allowedPath(value: string): string {
  if (!value.startsWith('/')) throw new Error('an absolute path of the host');
  const path = resolve(value);
  if (path.split('/').some((part) => /[{}]/.test(part) && part !== OWNER))
    throw new Error(`an absolute path of the host, in which ${OWNER} may stand for a directory: /srv/lab/${OWNER}`);
  return path;
}
