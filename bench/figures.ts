// Computes figures from samples, and prints them as a table.

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  /** The cost of the same work without the service, measured in the same run; '' where there is no such work. */
  readonly floor: string;
  /** Ours divided by the floor. */
  readonly ratio: string;
  readonly aim: string;
  /** Null when there is no aim. */
  readonly met: boolean | null;
}

export interface Measure {
  readonly name: string;
  /** Printed above its rows: what is compared with what. */
  readonly about: string;
  readonly run: (budget: Budget) => Promise<readonly Row[]>;
}

/** How much to measure. `--quick` shows that a measure works, not how fast the service is. */
export interface Budget {
  readonly quick: boolean;
  readonly pairs: number;
  readonly events: number;
  readonly seconds: number;
  readonly starts: number;
  /** Events of the measure `past`; its own number where absent. */
  readonly pastEvents?: number;
}

const sorted = (samples: readonly number[]): number[] => [...samples].sort((a, b) => a - b);

/** `share` from 0 to 1. */
export function percentile(samples: readonly number[], share: number): number {
  const ordered = sorted(samples);
  return ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  const ordered = sorted(samples);
  const middle = ordered.length >> 1;
  return ordered.length % 2 === 1
    ? (ordered[middle] ?? Number.NaN)
    : ((ordered[middle - 1] ?? Number.NaN) + (ordered[middle] ?? Number.NaN)) / 2;
}

/** The first and third quartile, in ms: half of the samples lie between them. */
export const spread = (samples: readonly number[]): string => `${ms(percentile(samples, 0.25))}–${ms(percentile(samples, 0.75))}`;

export const ms = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
export const perSecond = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Runs A and B in pairs, in turn A first and B first, so that drift and the advantage of going first cancel out. */
export async function inPairs(
  count: number,
  a: (round: number) => Promise<number>,
  b: (round: number) => Promise<number>,
): Promise<{ readonly a: readonly number[]; readonly b: readonly number[] }> {
  const left: number[] = [];
  const right: number[] = [];
  for (let round = 0; round < count; round++) {
    if (round % 2 === 0) left.push(await a(round));
    right.push(await b(round));
    if (round % 2 === 1) left.push(await a(round));
  }
  return { a: left, b: right };
}

/** The median of the ratios of the pairs: a slow minute affects both sides of a pair. */
export const pairRatio = (a: readonly number[], b: readonly number[]): number => median(a.map((value, i) => value / (b[i] ?? Number.NaN)));

/** Processor time of this process in ms, on all its threads. Other load on the machine changes it least. */
export async function cpuTimed(task: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Wall time in ms. */
export async function timed(task: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await task();
  return performance.now() - began;
}

/** A line in place of the one before, on a terminal. */
export function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${line}          `);
}

const HEADINGS = ['', 'ours', 'floor', 'ours / floor', 'aim', 'met'] as const;

/** A Markdown table, which also reads well on a terminal. */
export function table(rows: readonly Row[]): string {
  const verdict = (met: boolean | null): string => (met === null ? '' : met ? 'yes' : 'NO');
  const lines = [HEADINGS, ...rows.map((r) => [r.what, r.ours, r.floor, r.ratio, r.aim, verdict(r.met)])];
  const widths = HEADINGS.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  return [text[0], `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...text.slice(1)].join('\n');
}
