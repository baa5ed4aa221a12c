// A real Chromium, driven without a screen. It resolves the names of a test to this machine, as an attacker's DNS may.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Throws one clear message where there is none. */
export function startBrowser(names: readonly string[]): Promise<Browser> {
  const executablePath = PROGRAMS.find(existsSync);
  if (executablePath === undefined)
    throw new Error('This test needs a Chromium. Run as root: apt-get install --no-install-recommends chromium');
  const rules = names.map((name) => `MAP ${name} 127.0.0.1`).join(', ');
  // Browsers of today ask before a page of the internet may reach this machine. Not all do, so the service is tested without that.
  const trusting = '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests';
  const args = ['--no-sandbox', '--disable-dev-shm-usage', trusting, `--host-resolver-rules=${rules}`];
  return chromium.launch({ executablePath, headless: true, args });
}
