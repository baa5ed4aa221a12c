/**
 * The version of the index: the hash of the source that makes it (scripts/projection-version.ts --write). A file of another version is
 * ignored, and made anew from the events. A test fails while this is out of date.
 */
export const INDEX_VERSION = 'c6b546f2c91f77cd';
