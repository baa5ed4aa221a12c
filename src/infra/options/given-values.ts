// Looks the value of an option up: first among the flags, then in the environment, then its default.
import { messageOf } from '../../commands/outside/message-of.ts';
import type { GivenFlags } from './command-line.ts';
import type { Flag } from './flags.ts';
import type { Environment } from './machine.ts';
import { UsageError } from './usage-error.ts';

export const ENV_PREFIX = 'GPU_DOCKER_API_';
export const envName = (option: string): string => `${ENV_PREFIX}${option.toUpperCase().replaceAll('-', '_')}`;

/** The source of the values of an option, for the error message: `--addr`, or an environment variable. */
interface Given {
  readonly from: string;
  readonly values: readonly string[];
}

export class GivenValues<Name extends string> {
  readonly #table: Readonly<Record<Name, Flag>>;
  readonly #flags: GivenFlags;
  readonly #env: Environment;
  constructor(table: Readonly<Record<Name, Flag>>, flags: GivenFlags, env: Environment = {}) {
    this.#table = table;
    this.#flags = flags;
    this.#env = env;
  }

  #given(name: Name): Given | undefined {
    const values = this.#flags.get(name);
    if (values !== undefined) return { from: `--${name}`, values };
    const variable = this.#env[envName(name)];
    // Compose files and service managers write an empty variable for "not set".
    return variable === undefined || variable === '' ? undefined : { from: envName(name), values: [variable] };
  }

  has(name: Name): boolean {
    return this.#given(name) !== undefined;
  }

  /** `parse` throws an Error that says what was expected. Throws UsageError. */
  one<T>(name: Name, parse: (value: string) => T, fallback = this.#table[name].fallback ?? ''): T {
    const given = this.#given(name);
    return this.#parsed(name, given?.from ?? `--${name}`, given?.values.at(-1) ?? fallback, parse);
  }

  /** In the environment the values are separated by colons. Throws UsageError. */
  list<T>(name: Name, parse: (value: string) => T): T[] {
    const given = this.#given(name);
    if (given === undefined) return [];
    const values = given.from.startsWith(ENV_PREFIX)
      ? given.values.flatMap((value) => value.split(':').filter((part) => part !== ''))
      : given.values;
    return values.map((value) => this.#parsed(name, given.from, value, parse));
  }

  /** Of values that may have colons in them: separated by commas, wherever they come from. Throws UsageError. */
  commaList<T>(name: Name, parse: (value: string) => T): T[] {
    const { from, values } = this.#given(name) ?? { from: `--${name}`, values: [this.#table[name].fallback ?? ''] };
    return values.flatMap((value) => value.split(',')).map((value) => this.#parsed(name, from, value.trim(), parse));
  }

  isOn(name: Name): boolean {
    const onOrOff = (value: string): boolean => {
      if (/^(1|true|yes|on)$/i.test(value)) return true;
      if (/^(0|false|no|off)$/i.test(value)) return false;
      throw new Error('true or false');
    };
    return this.one(name, onOrOff, 'false');
  }

  #parsed<T>(name: Name, from: string, value: string, parse: (value: string) => T): T {
    try {
      return parse(value);
    } catch (error) {
      const { example } = this.#table[name];
      const usage = example === undefined ? '' : `; for example ${from}${from.startsWith('--') ? ' ' : '='}${example}`;
      throw new UsageError(`${from}: "${value}" was given, but it must be ${messageOf(error)}${usage}`);
    }
  }
}
