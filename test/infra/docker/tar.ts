// A tar of one file with an extended attribute, written by hand: hosts without setcap and getfattr can test capabilities so.
import { createHash } from 'node:crypto';

/** cap_net_raw, permitted and effective, as the kernel keeps it in security.capability. */
export const CAP_NET_RAW = Buffer.from('0100000200200000000000000000000000000000', 'hex');
const KEY = 'SCHILY.xattr.security.capability=';

function header(name: string, size: number, type: string, mode: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

const padded = (content: Buffer): Buffer => Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);

/** Length and all, as in `27 path=…\n`; the length counts itself. */
function record(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}`), value, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** An executable of that name with the capability. */
export function tarWithCapability(name: string, content: string): Buffer {
  const pax = record(KEY, CAP_NET_RAW);
  const file = Buffer.from(content);
  return Buffer.concat([
    header('pax', pax.length, 'x', 0o644),
    padded(pax),
    header(name, file.length, '0', 0o755),
    padded(file),
    Buffer.alloc(1024),
  ]);
}

/** A tar of plain files. */
const tarOf = (files: Readonly<Record<string, Buffer | string>>): Buffer =>
  Buffer.concat([
    ...Object.entries(files).flatMap(([name, content]) => {
      const bytes = Buffer.from(content);
      return [header(name, bytes.length, '0', 0o644), padded(bytes)];
    }),
    Buffer.alloc(1024),
  ]);

/** An image for `docker load`: one layer of this root file system, and small ones up to `layers` in all. */
export function imageTar(name: string, rootFs: Buffer, layers: number, architecture: string): Buffer {
  const contents = Array.from({ length: layers }, (_, i) => (i === 0 ? rootFs : tarOf({ [`layer${i}`]: String(i) })));
  const diffIds = contents.map((content) => `sha256:${createHash('sha256').update(content).digest('hex')}`);
  const config = { architecture, os: 'linux', config: { Cmd: ['sleep', '1000'] }, rootfs: { type: 'layers', diff_ids: diffIds } };
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: contents.map((_, i) => `${i}.tar`) }];
  return tarOf({
    ...Object.fromEntries(contents.map((content, i) => [`${i}.tar`, content])),
    'config.json': JSON.stringify(config),
    'manifest.json': JSON.stringify(manifest),
  });
}

/** The capability of the file in a tar, in hex; undefined where it has none. */
export function capabilityIn(tar: Buffer): string | undefined {
  const at = tar.indexOf(KEY);
  return at < 0 ? undefined : tar.subarray(at + KEY.length, at + KEY.length + CAP_NET_RAW.length).toString('hex');
}

export async function read(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
