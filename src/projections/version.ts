/**
 * The version of the projections: the hash of their source (scripts/projection-version.ts --write). A snapshot of another version is
 * ignored, and the log is replayed instead. A test fails while this is out of date.
 */
export const PROJECTION_VERSION = 'fbc20b4100804b39';
