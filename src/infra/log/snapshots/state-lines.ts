// The projections' state as lines of JSON, one line per map entry, so that the event loop can run between any two of them.
import { freeze } from 'immer';
import { initialState, type State } from '../../../projections/state.ts';

type Line =
  | readonly ['value', field: string, value: unknown]
  | readonly ['map', field: string]
  | readonly ['entry', field: string, key: unknown, value: unknown];

export function* stateLines(state: State): Generator<string, void, undefined> {
  const line = (of: Line): string => JSON.stringify(of);
  for (const [field, value] of Object.entries(state)) {
    if (!(value instanceof Map)) {
      yield line(['value', field, packed(value)]);
      continue;
    }
    yield line(['map', field]);
    for (const [key, entry] of value) yield line(['entry', field, key, packed(entry)]);
  }
}

/** The state is frozen, like every state. Throws when a line is not JSON or a field is missing. */
export function stateFromLines(lines: Iterable<string>): State {
  const state: Record<string, unknown> = {};
  for (const text of lines) {
    const [what, field, key, value] = JSON.parse(text) as [string, string, unknown, unknown];
    if (what === 'value') state[field] = unpacked(key);
    else if (what === 'map') state[field] = new Map();
    else (state[field] as Map<unknown, unknown>).set(key, unpacked(value));
  }
  for (const field of Object.keys(initialState)) if (!Object.hasOwn(state, field)) throw new Error(`the state has no ${field}`);
  return freeze(state as unknown as State, true);
}

const MAP = '$map';
const OBJECT = '$object';

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
