// A client that costs little beside the servers that it measures: it sends the same bytes again and again, and reads of an answer only its
// status and its length.
import { connect } from 'node:net';

const END = Buffer.from('\r\n\r\n');

/** Bytes of the answer that begins `data`, headers included; null while its headers are not whole. Throws for another status than 200. */
function lengthOf(data: Buffer, path: string): number | null {
  const end = data.indexOf(END);
  if (end < 0) return null;
  const head = data.toString('latin1', 0, end);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) throw new Error(`GET ${path}: ${head}`);
  return end + END.length + Number(length);
}

/** One request after another over one connection, until that moment of performance.now. */
function client({ hostname, port, pathname }: URL, until: number, times: number[]): Promise<void> {
  const request = Buffer.from(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    let began = 0;
    let parts: Buffer[] = [];
    let size = 0;
    let whole: number | null = null;
    const send = (): void => {
      began = performance.now();
      parts = [];
      size = 0;
      whole = null;
      socket.write(request);
    };
    socket.once('connect', send);
    socket.on('data', (part) => {
      size += part.length;
      parts.push(part);
      try {
        whole ??= lengthOf(parts.length === 1 ? part : Buffer.concat(parts), pathname);
      } catch (error) {
        socket.destroy();
        reject(error);
        return;
      }
      if (whole === null || size < whole) return;
      times.push(performance.now() - began);
      if (performance.now() < until) send();
      else socket.end(() => resolve());
    });
    socket.once('error', reject);
  });
}

/** Closed-loop load: `connections` clients for `seconds`; the time of each request in ms. */
export async function load(url: URL, connections: number, seconds: number): Promise<readonly number[]> {
  const times: number[] = [];
  const until = performance.now() + seconds * 1_000;
  await Promise.all(Array.from({ length: connections }, () => client(url, until, times)));
  return times;
}
