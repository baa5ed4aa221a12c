// The one voice of a server: lines of JSON for programs, or lines for people. Never both: who reads one cannot read the other.
import pino from 'pino';
import type { Logger } from '../../commands/outside/logger.ts';
import { logText } from './log-text.ts';

export interface Voice {
  readonly logger: Logger;
  /** Says something to whoever started the server. Without fields it is for people alone. */
  say(sentence: string, fields?: object): void;
  /** Says why the server ends, whatever the level of the log. */
  fail(sentence: string): void;
}

interface VoiceOptions {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly logFormat: 'auto' | 'pretty' | 'json';
}

export function voiceOf({ logLevel, logFormat }: VoiceOptions): Voice {
  const isTerminal = process.stderr.isTTY === true;
  const isPretty = logFormat === 'pretty' || (logFormat === 'auto' && isTerminal);
  const isQuiet = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
  const file = pino.destination({ fd: 2, sync: true });
  const logger = pino(
    { level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    isPretty ? logText(file, isTerminal && !isQuiet) : file,
  );
  const complain = (sentence: string): void => void process.stderr.write(`gpu-docker-api: ${sentence}\n`);
  return {
    logger,
    say: (sentence, fields) => {
      if (isPretty) process.stdout.write(`${sentence}\n`);
      else if (fields !== undefined) logger.info(fields, sentence);
    },
    fail: (sentence) => {
      if (isPretty || logLevel === 'silent') complain(sentence);
      else logger.error({}, sentence);
    },
  };
}
