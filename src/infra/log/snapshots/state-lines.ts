// The projections' state as lines of JSON, one a map's entry, so that writing it can be interrupted between two of them.
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

/** Frozen, as every state is. Throws when the lines are not a whole state. */
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

/** JSON has no maps: they become `{"$map": entries}`, and an object that looks like that is wrapped once more. */
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
