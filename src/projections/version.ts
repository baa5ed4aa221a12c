/**
 * Which projections a snapshot was made by: the hash of their source (scripts/projection-version.ts --write). A snapshot of
 * other ones is not read; the log is replayed instead. A test fails while this is out of date.
 */
export const PROJECTION_VERSION = '5e25864f1094d07c';
