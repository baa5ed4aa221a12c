// The few methods of pino that are used: tests and the simulation give their own.
type Log = (fields: object, message: string) => void;
export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
}

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
