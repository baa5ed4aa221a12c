// Fields and parameters that a request has and its endpoint does not know. Left unsaid, a typo is an order for something else: "gpucount"
// would run a container without a GPU, and {"gpuCount":2} in a patch would replace one without giving it any.
import type { TSchema } from 'typebox';
import { closest } from '../../commands/request/closest.ts';
import { quoted } from '../../commands/request/quoted.ts';
import { invalid } from '../response/failure.ts';

/** The part of a body's schema that says which fields there are. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

/** Letters of a word that may be a part of another one, at least. */
const SHORTEST_PART = 4;

interface Unknown {
  /** `binds[0].source` */
  readonly path: string;
  readonly name: string;
  /** The paths of the known fields beside it. */
  readonly beside: readonly string[];
}

const under = (parent: string, name: string): string => (parent === '' ? name : `${parent}.${name}`);

/** The first unknown field, an outer one before an inner one; undefined when all are known. */
function firstUnknown(shape: Shape, value: unknown, path: string): Unknown | undefined {
  if (Array.isArray(value)) {
    const { items } = shape;
    if (items?.properties === undefined) return undefined;
    for (const [i, item] of value.entries()) {
      const found = firstUnknown(items, item, `${path}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const { properties } = shape;
  if (properties === undefined || typeof value !== 'object' || value === null) return undefined;
  const fields = Object.entries(value);
  for (const [name] of fields)
    if (!Object.hasOwn(properties, name))
      return { path: under(path, name), name, beside: Object.keys(properties).map((other) => under(path, other)) };
  for (const [name, field] of fields) {
    const found = firstUnknown(properties[name] ?? {}, field, under(path, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Every path of a body: `gpuPatch`, `gpuPatch.gpuCount`, `binds[].src`. */
function pathsOf(shape: Shape, parent = ''): readonly string[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, field]) => {
    const path = under(parent, name);
    return [path, ...pathsOf(field, path), ...(field.items === undefined ? [] : pathsOf(field.items, `${path}[]`))];
  });
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
/** gpu_count, GPU-Count and gpucount are gpuCount. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/**
 * The path that was probably meant by a field of this name: one that is written in another way or stands elsewhere, then one a few letters
 * away, then one that has the word in it.
 */
function meant(name: string, beside: readonly string[], all: readonly string[]): string | undefined {
  const word = plain(name.slice(0, 200));
  if (word === '') return undefined;
  const same = (path: string): boolean => plain(lastOf(path)) === word;
  const near = (paths: readonly string[]): string | undefined => {
    const last = closest(word, paths.map(lastOf));
    return last === undefined ? undefined : paths.find((path) => lastOf(path) === last);
  };
  const hasPart = (path: string): boolean => {
    const other = plain(lastOf(path));
    return (word.length >= SHORTEST_PART && other.includes(word)) || (other.length >= SHORTEST_PART && word.includes(other));
  };
  return beside.find(same) ?? all.find(same) ?? near(beside) ?? near(all) ?? beside.find(hasPart) ?? all.find(hasPart);
}

const known = (names: readonly string[]): string => (names.length === 0 ? 'it has none' : `it can have ${names.join(', ')}`);

/** Throws Failure 'invalid' for a field that the schema does not have. A body of another form is left to the validation. */
export function refuseUnknownFields(schema: TSchema, body: unknown): void {
  const shape: Shape = schema;
  const found = firstUnknown(shape, body, '');
  if (found === undefined) return;
  const near = meant(found.name, found.beside, pathsOf(shape));
  const hint = near === undefined ? known(found.beside.map(lastOf)) : `did you mean ${near}?`;
  throw invalid(`${quoted(found.path)} is not a field of this body: ${hint}`);
}

/** Throws Failure 'invalid' for anything but an empty body or {}. */
export function refuseAnyField(body: unknown): void {
  if (body === undefined || body === null) return;
  const [name] = typeof body === 'object' && !Array.isArray(body) ? Object.keys(body) : ['the body'];
  if (name !== undefined) throw invalid(`${quoted(name)} is not known here: this request has no fields, leave its body out`);
}

/** Throws Failure 'invalid' for a parameter of the query that is none of these. */
export function refuseUnknownParameters(asked: Iterable<string>, names: readonly string[]): void {
  for (const name of asked) {
    if (names.includes(name)) continue;
    const near = meant(name, names, names);
    const hint = near === undefined ? known(names) : `did you mean ${near}?`;
    throw invalid(`${quoted(name)} is not a parameter of this request: ${hint}`);
  }
}
