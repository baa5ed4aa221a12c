// The names of variables that look as if their values were secret. Their values are sealed also where a request gives them as plain `env`.

/** A word of the name that ends with one of these, as in PGPASSWORD and GITHUB_TOKEN. Not TOKENS: MAX_TOKENS is a number. */
const ENDINGS = /(PASSWORDS?|PASSWD|PASSPHRASE|SECRETS?|TOKEN|CREDENTIALS?|APIKEYS?)$/;
/** Anywhere in the name, as in AWS_ACCESS_KEY_ID. */
const PHRASES = /(API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION)_KEY/;
/** The last word. PWD only behind another one: by itself it is a directory. */
const LAST = /((^|_)(KEYS?|PASS)|_PWD)$/;

/**
 * Whether a variable's name looks secret. Letters may be of either case, and words may be parted by anything but letters and digits, or by a
 * capital letter. The list is in docs/security.md.
 */
export function looksSecret(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_|_$/g, '')
    .toUpperCase();
  return PHRASES.test(words) || LAST.test(words) || words.split('_').some((word) => ENDINGS.test(word));
}

/** The name in `NAME=value`; '' where there is none. */
export const nameOf = (entry: string): string => {
  const at = entry.indexOf('=');
  return at < 0 ? '' : entry.slice(0, at);
};
