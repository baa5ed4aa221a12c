// The grammar of the names and sizes that clients give.
import { Code } from '../api-codes.ts';
import { type Decision, reject } from '../decision.ts';
import { quoted } from './quoted.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.]{0,62}$/;
const NAME_RULE = 'a name has letters, digits, _ and . only, starts with a letter or digit and is at most 63 characters long';

/** The rejection of a bad name; null when the name is good. */
export function checkReplicaSetName(name: string): Decision | null {
  if (name === '') return reject(Code.noName, 'invalid', 'replicaSetName is missing: give the replicaSet a name');
  if (name.includes('-')) {
    return reject(Code.dashInName, 'invalid', `replicaSetName ${quoted(name)} has a dash: dashes separate the name from the version`);
  }
  return NAME.test(name) ? null : reject(Code.invalidBody, 'invalid', `replicaSetName ${quoted(name)} cannot be used: ${NAME_RULE}`);
}

/** The rejection of a bad name; null when the name is good. */
export function checkVolumeName(name: string): Decision | null {
  if (name === '') return reject(Code.noVolumeName, 'invalid', 'name is missing: give the volume a name');
  if (name.startsWith('/')) return reject(Code.slashInVolumeName, 'invalid', `volume name ${quoted(name)} begins with /: ${NAME_RULE}`);
  if (name.includes('-')) {
    return reject(Code.dashInVolumeName, 'invalid', `volume name ${quoted(name)} has a dash: dashes separate the name from the version`);
  }
  return NAME.test(name) ? null : reject(Code.invalidBody, 'invalid', `volume name ${quoted(name)} cannot be used: ${NAME_RULE}`);
}

const UNITS = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;

/** "1.5gb" → { size: "1.5GB", bytes: 1610612736 }. Units are powers of 1024, as in Docker's own size option. */
export function parseSize(text: string): { size: string; bytes: number } | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]B)\s*$/i.exec(text);
  if (match === null) return null;
  const unit = (match[2] ?? '').toUpperCase() as keyof typeof UNITS;
  const bytes = Math.floor(Number(match[1]) * UNITS[unit]);
  const amount = String(Number(match[1]));
  // Docker does not understand an exponent, which JavaScript writes for very small amounts.
  if (!Number.isSafeInteger(bytes) || bytes < 1 || amount.includes('e')) return null;
  return { size: `${amount}${unit}`, bytes };
}

export function formatBytes(bytes: number): string {
  for (const unit of ['TB', 'GB', 'MB', 'KB'] as const) {
    if (bytes >= UNITS[unit]) return `${Number((bytes / UNITS[unit]).toFixed(2))}${unit}`;
  }
  return `${bytes} bytes`;
}
