// The header Prefer (RFC 7240), as far as it is heeded here. What is not understood is ignored, as the RFC has it.

export interface Preference {
  /** An operation that has begun is answered with 202, before it has ended. */
  readonly respondAsync: boolean;
  /** Time that the client waits for the end before that, ms. */
  readonly waitMs: number;
}

/** Seconds of `wait`, at most: the answer of an operation can be asked for later. */
const LONGEST_WAIT_S = 3_600;

export function preferenceOf(header: string): Preference {
  let [respondAsync, waitMs] = [false, 0];
  for (const part of header.split(',')) {
    const [name = '', value = ''] = (part.split(';', 1)[0] ?? '').split('=', 2).map((text) => text.trim());
    if (name.toLowerCase() === 'respond-async') respondAsync = true;
    if (name.toLowerCase() === 'wait' && /^"?\d{1,9}"?$/.test(value))
      waitMs = Math.min(Number(value.replaceAll('"', '')), LONGEST_WAIT_S) * 1_000;
  }
  return { respondAsync, waitMs };
}
