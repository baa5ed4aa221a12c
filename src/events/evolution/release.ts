// Which release this is, and how releases are compared. Events name the release that wrote them, so that an older program can say which one
// it takes to read them.

/** This release; package.json says the same, and a test holds them together. */
export const RELEASE = '0.2.0';

const numbersOf = (release: string): readonly number[] | null => {
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(release);
  return found === null ? null : found.slice(1).map(Number);
};

/** The later one of two releases. A text without three numbers is earlier than any release. */
export function laterRelease(a: string, b: string): string {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  if (left === null || right === null) return right === null ? a : b;
  for (const [i, number] of left.entries()) {
    const other = right[i] ?? 0;
    if (number !== other) return number > other ? a : b;
  }
  return a;
}

/** The end of a sentence about what this program cannot read: `newest` is the latest release that the log names so far. */
export const neededRelease = (newest: string): string =>
  laterRelease(RELEASE, newest) === RELEASE
    ? `it needs a release later than ${RELEASE}`
    : `it needs release ${newest} or later; this is ${RELEASE}`;
