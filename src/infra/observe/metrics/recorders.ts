// Numbers that are recorded while the service works. A recording must cost next to nothing: prom-client takes half a microsecond for each and
// is slow to load, so that it is loaded only when somebody asks for the numbers, and these are in front of it.

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

/** One series of a counter. */
export class Count {
  value = 0;

  add(by = 1): void {
    this.value += by;
  }
}

/** One series of a histogram of seconds. */
export class Times {
  /** Recordings by bucket; the last one is of those above the highest bound. */
  readonly counts: Float64Array;
  sum = 0;
  readonly #bounds: Float64Array;

  /** `bounds`: ascending, s. */
  constructor(bounds: readonly number[]) {
    this.#bounds = Float64Array.from(bounds);
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    const bounds = this.#bounds;
    let at = 0;
    // Past the last bound there is no number to compare with, and the comparison is false.
    while (seconds > (bounds[at] ?? Number.POSITIVE_INFINITY)) at++;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += seconds;
  }
}

/** Series of one name. Labels come from lists of this program; the limit is there so that a mistake cannot use up the memory. */
const MAX_SERIES = 2_000;

/** One text for the same labels, made in a tenth of the time of JSON. No label has a line break. */
function keyOf(labels: Labels): string {
  let key = '';
  for (const name in labels) key += `${name}=${labels[name]}\n`;
  return key;
}

/**
 * The series of one name, by their labels:
 *
 *     const calls = new Series(() => new Count());
 *     calls.of({ call: 'get' }).add();
 *
 * Hold on to what `of` gives where it is recorded often.
 */
export class Series<T> {
  readonly #make: () => T;
  readonly #byKey = new Map<string, readonly [Labels, T]>();

  constructor(make: () => T) {
    this.#make = make;
  }

  of(labels: Labels): T {
    const key = keyOf(labels);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known[1];
    const made = this.#make();
    if (this.#byKey.size < MAX_SERIES) this.#byKey.set(key, [labels, made]);
    return made;
  }

  all(): readonly (readonly [Labels, T])[] {
    return [...this.#byKey.values()];
  }
}

interface About {
  /** In full, with its unit at the end. */
  readonly name: string;
  readonly help: string;
  /** Whether its labels name replicaSets: only for who may see all of them. */
  readonly isNamed?: boolean;
}

export type Read = () => readonly Sample[] | number | null | Promise<readonly Sample[] | number | null>;

export type Family = About &
  (
    | { readonly kind: 'counter' | 'gauge'; readonly read: Read }
    | { readonly kind: 'histogram'; readonly bounds: readonly number[]; readonly series: Series<Times> }
  );
