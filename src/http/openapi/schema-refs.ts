// The named schemas of the document: one that has an $id stands once, in components/schemas, and is referred to by its name.
type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

export const refTo = (section: string, name: string): { readonly $ref: string } => ({ $ref: `#/components/${section}/${name}` });

/** Collects the named schemas that it finds on its way. */
export class SchemaRefs {
  readonly #named = new Map<string, unknown>();

  /** The schema as plain JSON, with every named one in it by its name alone. Throws when two schemas have the same name. */
  of(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map((item) => this.of(item));
    if (!isObject(schema)) return schema;
    const { $id: name, ...rest } = schema;
    const plain = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, this.of(value)]));
    if (typeof name !== 'string') return plain;
    const before = this.#named.get(name);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(plain)) throw new Error(`two schemas are called ${name}`);
    this.#named.set(name, plain);
    return refTo('schemas', name);
  }

  /** By name, in the order of the alphabet. */
  all(): Json {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
