// Values by number, ascending: an immutable tree of which a change copies some dozens of slots, however many numbers there are.

/** Children of a branch. */
const WIDTH = 32;
/** Entries of a leaf, at most. A node with more is a branch, so that the shape depends on the content alone. */
const MOST_IN_LEAF = 16;
/** Worth of a digit on each level; together they tell all numbers below 2 ** 50 apart. */
const WORTH = Array.from({ length: 10 }, (_, level) => WIDTH ** (9 - level));

export type Entry<V> = readonly [number, V];
interface Leaf<V> {
  readonly size: number;
  /** Ascending. */
  readonly entries: readonly Entry<V>[];
}
interface Branch<V> {
  readonly size: number;
  readonly children: readonly (Node<V> | undefined)[];
}
export type Node<V> = Leaf<V> | Branch<V>;

const digit = (n: number, level: number): number => Math.floor(n / (WORTH[level] ?? 1)) % WIDTH;

export function find<V>(node: Node<V> | undefined, n: number): V | undefined {
  let at = node;
  for (let level = 0; at !== undefined; level++) {
    if ('entries' in at) return at.entries.find(([one]) => one === n)?.[1];
    at = at.children[digit(n, level)];
  }
  return undefined;
}

function leafOrBranch<V>(entries: readonly Entry<V>[], level: number): Node<V> | undefined {
  if (entries.length === 0) return undefined;
  if (entries.length <= MOST_IN_LEAF) return { size: entries.length, entries };
  const children = Array.from({ length: WIDTH }, (_, i) =>
    leafOrBranch(
      entries.filter(([n]) => digit(n, level) === i),
      level + 1,
    ),
  );
  return { size: entries.length, children };
}

/** The node with the number's value replaced; undefined as a value takes the number out. */
export function put<V>(node: Node<V> | undefined, n: number, value: V | undefined, level = 0): Node<V> | undefined {
  if (node === undefined || 'entries' in node) {
    const others = (node?.entries ?? []).filter(([one]) => one !== n);
    if (value === undefined) return leafOrBranch(others, level);
    const at = others.findIndex(([one]) => one > n);
    return leafOrBranch(others.toSpliced(at < 0 ? others.length : at, 0, [n, value]), level);
  }
  const i = digit(n, level);
  const before = node.children[i];
  const after = put(before, n, value, level + 1);
  const size = node.size - (before?.size ?? 0) + (after?.size ?? 0);
  const branch = { size, children: node.children.with(i, after) };
  return size <= MOST_IN_LEAF ? { size, entries: [...entriesOf(branch)] } : branch;
}

/** Ascending by number. */
function* entriesOf<V>(node: Node<V> | undefined): Generator<Entry<V>, void, undefined> {
  if (node === undefined) return;
  if ('entries' in node) yield* node.entries;
  else for (const child of node.children) yield* entriesOf(child);
}

export function* inOrder<V>(node: Node<V> | undefined): Generator<V, void, undefined> {
  for (const [, value] of entriesOf(node)) yield value;
}

interface GrowingLeaf<V> {
  size: number;
  readonly entries: Entry<V>[];
}
interface GrowingBranch<V> {
  size: number;
  readonly children: (GrowingNode<V> | undefined)[];
}
/** A node that nobody reads yet. */
export type GrowingNode<V> = GrowingLeaf<V> | GrowingBranch<V>;

/** The node with one more entry, in place, where `put` would copy: of the same shape as that would make. The number must be a new one. */
export function grown<V>(node: GrowingNode<V> | undefined, entry: Entry<V>, level = 0): GrowingNode<V> {
  if (node === undefined) return { size: 1, entries: [entry] };
  if ('entries' in node) {
    const at = node.entries.findIndex(([one]) => one > entry[0]);
    node.entries.splice(at < 0 ? node.size : at, 0, entry);
    node.size++;
    if (node.size <= MOST_IN_LEAF) return node;
    let branch: GrowingNode<V> = { size: 0, children: Array.from({ length: WIDTH }, () => undefined) };
    for (const one of node.entries) branch = grown(branch, one, level);
    return branch;
  }
  const i = digit(entry[0], level);
  node.children[i] = grown(node.children[i], entry, level + 1);
  node.size++;
  return node;
}
