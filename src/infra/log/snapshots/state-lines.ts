// The projections' state as lines of JSON, one line per map entry, so that the event loop can run between any two of them.
import { freeze } from 'immer';
import { type KeyedCommand, KeyedCommands, KeyedCommandsBuilder } from '../../../projections/keys/keyed-commands.ts';
import { initialState, type State } from '../../../projections/state.ts';
import { frozen } from './frozen.ts';

type Line =
  | readonly ['value', field: string, value: unknown]
  | readonly ['map', field: string]
  | readonly ['entry', field: string, key: unknown, value: unknown];

export function* stateLines(state: State): Generator<string, void, undefined> {
  const line = (of: Line): string => JSON.stringify(of);
  for (const [field, value] of Object.entries(state)) {
    if (!(value instanceof Map || value instanceof KeyedCommands)) {
      yield line(['value', field, packed(value)]);
      continue;
    }
    yield line(['map', field]);
    for (const [key, entry] of value) yield line(['entry', field, key, packed(entry)]);
  }
}

/** A state from its lines, added one by one in their order. */
export class StateBuilder {
  readonly #state: Record<string, unknown> = {};
  readonly #commands = new KeyedCommandsBuilder();

  /** Throws when the line is not JSON. */
  add(text: string): void {
    const [what, field, key, value] = JSON.parse(text) as [string, string, unknown, unknown];
    const of = (found: unknown): unknown => (text.includes(PACKED) ? unpacked(found) : found);
    // Frozen as it comes: all at the end would hold the event loop.
    if (what === 'value') this.#state[field] = frozen(of(key));
    else if (what === 'map') this.#state[field] = new Map();
    else if (field === 'commands') this.#commands.add(key as string, frozen(of(value) as KeyedCommand));
    else (this.#state[field] as Map<unknown, unknown>).set(key, frozen(of(value)));
  }

  /** Frozen, like every state. Throws when a field is missing. */
  state(): State {
    const state = { ...this.#state, ...('commands' in this.#state && { commands: this.#commands.built() }) };
    for (const field of Object.keys(initialState)) if (!Object.hasOwn(state, field)) throw new Error(`the state has no ${field}`);
    return freeze(state as unknown as State, true);
  }
}

/** As StateBuilder, all at once. */
export function stateFromLines(lines: Iterable<string>): State {
  const builder = new StateBuilder();
  for (const line of lines) builder.add(line);
  return builder.state();
}

const MAP = '$map';
const OBJECT = '$object';
/** Begins both of them: a line without it has nothing to unpack. */
const PACKED = '"$';

/** JSON has no maps: a map becomes `{"$map": entries}`, and an object that has such a key is wrapped as `{"$object": fields}`. */
function packed(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Map) return { [MAP]: [...value].map(([key, entry]) => [key, packed(entry)]) };
  if (Array.isArray(value)) return value.map(packed);
  const fields = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, packed(field)]));
  return MAP in fields || OBJECT in fields ? { [OBJECT]: fields } : fields;
}

function unpacked(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(unpacked);
  const { [MAP]: entries, [OBJECT]: wrapped } = value as { [MAP]?: [unknown, unknown][]; [OBJECT]?: object };
  if (entries !== undefined) return new Map(entries.map(([key, entry]) => [key, unpacked(entry)]));
  return Object.fromEntries(Object.entries(wrapped ?? value).map(([key, field]) => [key, unpacked(field)]));
}
