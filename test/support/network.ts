import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';

/** A bridge of our own for one dockerd: its name and the address (with prefix) that containers use as gateway. */
export interface Bridge {
  readonly name: string;
  readonly address: string;
}

// busybox brings `ip`; a fresh Debian has no iproute2.
function ip(...args: readonly string[]): string | null {
  const run = spawnSync('busybox', ['ip', ...args], { encoding: 'utf8' });
  return run.status === 0 ? null : `${run.stderr ?? ''}${run.error?.message ?? ''}`.trim();
}

/** A bridge for 253 containers, or a wide one for as many as the kernel lets on a bridge: 1,023. */
function bridgeOf(isWide: boolean): Bridge {
  const n = Math.floor(Math.random() * (isWide ? 20 : 255));
  return isWide ? { name: `gdabr${1_000 + n}`, address: `10.${214 + n}.0.1/16` } : { name: `gdabr${n}`, address: `10.213.${n}.1/24` };
}

/** Makes a bridge on a free 10.213.N.0/24. The number is in the name, so the kernel's "exists" settles a race between two runs. */
export function createBridge(isWide = false): Bridge {
  const taken = new Set(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)));
  let reason = '';
  for (let tries = 0; tries < 40; tries++) {
    const bridge = bridgeOf(isWide);
    if (taken.has(bridge.address.replace(/\/.*/, ''))) continue;
    reason = ip('link', 'add', 'dev', bridge.name, 'type', 'bridge') ?? '';
    if (reason !== '') continue;
    reason = ip('addr', 'add', bridge.address, 'dev', bridge.name) ?? ip('link', 'set', bridge.name, 'up') ?? '';
    if (reason === '') return bridge;
    deleteBridge(bridge.name);
  }
  throw new Error(`no network bridge could be made for the test dockerd (root needed): ${reason}`);
}

export function deleteBridge(name: string): void {
  if (/^gdabr\d+$/.test(name)) ip('link', 'del', name);
}
