// The few methods of pino that are used: tests and the simulation give their own.
type Log = (fields: object, message: string) => void;
export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
  /** Whether anything comes of a line of this level: where it is asked for each request, the line need not be made. Absent: it may. */
  readonly isLevelEnabled?: (level: 'debug' | 'info' | 'warn' | 'error') => boolean;
}

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
