// A page of the versions of a replicaSet or a volume: its cost goes with its size, not with the number of versions.
import { versionsBefore } from '../state.ts';

/** A page to show: at most `limit` versions, of those whose number is lower than `before` where it is given. */
export interface Page {
  readonly limit: number;
  readonly before?: number;
}

/** Versions on a page where nobody says how many. */
export const PAGE = 200;
/** Versions on a page at most. */
export const MOST_ON_PAGE = 1_000;

export interface HistoryPage<E> {
  readonly history: readonly E[];
  /** The `before` of the next page; absent on the last one. */
  readonly next?: number;
}

/** Newest first. A version that is still being made, the only one above the current one, is left out. */
export function pageOf<V extends { readonly version: number }, E>(
  of: { readonly versions: readonly V[]; readonly current: number },
  { limit, before = of.current + 1 }: Page,
  entry: (version: V) => E,
): HistoryPage<E> {
  const end = versionsBefore(of, Math.min(before, of.current + 1));
  const start = Math.max(0, end - limit);
  const shown = of.versions.slice(start, end);
  const oldest = shown[0];
  return { history: shown.reverse().map(entry), ...(start > 0 && oldest !== undefined && { next: oldest.version }) };
}
