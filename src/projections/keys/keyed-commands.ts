// The commands that were sent with an Idempotency-Key, oldest first: an immutable map of which a change copies some dozens of slots, however
// many keys there are. immer would copy all of them.
import { sha256 } from '../../events/hash.ts';

/** A command that was sent with an Idempotency-Key, with the answer for a retry. */
export interface KeyedCommand {
  readonly id: string;
  readonly bodyHash: string;
  readonly stream: string;
  /** Time and sequence of its first event. */
  readonly time: string;
  readonly seq: number;
  /** The number of the version that it makes. */
  readonly version?: number;
  /**
   * Null while it is under way. Of an execute it has the exit code, not the output, and why it was cut short or could not begin; `unknown`
   * when the server died meanwhile.
   */
  readonly outcome:
    | { readonly ok: true; readonly exitCode?: number | null; readonly failure?: string; readonly warning?: string }
    | { readonly ok: false; readonly code: number; readonly message: string }
    | 'unknown'
    | null;
}

/** Two clients that choose the same Idempotency-Key do not meet: an actor's keys are its own. Neither part can hold a NUL. */
export const keyOf = (actor: string, idempotencyKey: string): string => `${actor}\0${idempotencyKey}`;
const actorOfKey = (key: string): string => key.slice(0, key.indexOf('\0'));

/** Children of a branch. */
const WIDTH = 32;
/** Entries of a leaf, at most. A node with more is a branch, so that the shape depends on the content alone. */
const MOST_IN_LEAF = 16;
/** Worth of a digit on each level; together they tell all numbers below 2 ** 50 apart. */
const WORTH = Array.from({ length: 10 }, (_, level) => WIDTH ** (9 - level));

interface Leaf<V> {
  readonly size: number;
  /** Ascending. */
  readonly entries: readonly (readonly [number, V])[];
}
interface Branch<V> {
  readonly size: number;
  readonly children: readonly (Node<V> | undefined)[];
}
type Node<V> = Leaf<V> | Branch<V>;

const digit = (n: number, level: number): number => Math.floor(n / (WORTH[level] ?? 1)) % WIDTH;

function find<V>(node: Node<V> | undefined, n: number): V | undefined {
  let at = node;
  for (let level = 0; at !== undefined; level++) {
    if ('entries' in at) return at.entries.find(([one]) => one === n)?.[1];
    at = at.children[digit(n, level)];
  }
  return undefined;
}

function leafOrBranch<V>(entries: readonly (readonly [number, V])[], level: number): Node<V> | undefined {
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
function put<V>(node: Node<V> | undefined, n: number, value: V | undefined, level = 0): Node<V> | undefined {
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
function* entriesOf<V>(node: Node<V> | undefined): Generator<readonly [number, V], void, undefined> {
  if (node === undefined) return;
  if ('entries' in node) yield* node.entries;
  else for (const child of node.children) yield* entriesOf(child);
}

function* inOrder<V>(node: Node<V> | undefined): Generator<V, void, undefined> {
  for (const [, value] of entriesOf(node)) yield value;
}

type Bucket<V> = readonly (readonly [string, V])[];
/** Digits of a SHA-256 that a text is found by. Texts that have them in common share a bucket. */
const HASH_DIGITS = 12;
const hashOf = (text: string): number => Number.parseInt(sha256(text).slice(0, HASH_DIGITS), 16);

const valueAt = <V>(root: Node<Bucket<V>> | undefined, text: string): V | undefined =>
  find(root, hashOf(text))?.find(([one]) => one === text)?.[1];

function withValue<V>(root: Node<Bucket<V>> | undefined, text: string, value: V | undefined): Node<Bucket<V>> | undefined {
  const hash = hashOf(text);
  const others = (find(root, hash) ?? []).filter(([one]) => one !== text);
  const bucket: Bucket<V> = value === undefined ? others : [...others, [text, value] as const].sort(([a], [b]) => (a < b ? -1 : 1));
  return put(root, hash, bucket.length === 0 ? undefined : bucket);
}

/**
 *     const more = commands.with(keyOf('alice', '7'), command);
 *     for (const [key, { outcome }] of more) …   // oldest first
 *
 * Promises that a change costs the same at 500,000 keys as at 500, and that two with the same content are deeply equal.
 */
export class KeyedCommands implements Iterable<readonly [string, KeyedCommand]> {
  readonly commands: Node<Bucket<KeyedCommand>> | undefined;
  /** The keys by the sequence of their command's first event: of all, and of each actor. */
  readonly order: Node<string> | undefined;
  readonly actors: Node<Bucket<Node<string>>> | undefined;

  static readonly none = new KeyedCommands(undefined, undefined, undefined);

  private constructor(
    commands: Node<Bucket<KeyedCommand>> | undefined,
    order: Node<string> | undefined,
    actors: Node<Bucket<Node<string>>> | undefined,
  ) {
    this.commands = commands;
    this.order = order;
    this.actors = actors;
  }

  get size(): number {
    return this.order?.size ?? 0;
  }

  get(key: string): KeyedCommand | undefined {
    return valueAt(this.commands, key);
  }

  /** Keys of the actor. */
  countOf(actor: string): number {
    return valueAt(this.actors, actor)?.size ?? 0;
  }

  /** The place in the order is that of the command's first event. */
  with(key: string, command: KeyedCommand): KeyedCommands {
    const before = this.get(key);
    const commands = withValue(this.commands, key, command);
    if (before?.seq === command.seq) return new KeyedCommands(commands, this.order, this.actors);
    const { order, actors } = before === undefined ? this : this.without(key);
    const actor = actorOfKey(key);
    return new KeyedCommands(
      commands,
      put(order, command.seq, key),
      withValue(actors, actor, put(valueAt(actors, actor), command.seq, key)),
    );
  }

  without(key: string): KeyedCommands {
    const before = this.get(key);
    if (before === undefined) return this;
    const actor = actorOfKey(key);
    return new KeyedCommands(
      withValue<KeyedCommand>(this.commands, key, undefined),
      put(this.order, before.seq, undefined),
      withValue(this.actors, actor, put(valueAt(this.actors, actor), before.seq, undefined)),
    );
  }

  /** Oldest first. */
  *[Symbol.iterator](): Generator<readonly [string, KeyedCommand], void, undefined> {
    yield* inOrderOf(this, this.order);
  }

  /** The commands of one actor, oldest first. */
  *of(actor: string): Generator<readonly [string, KeyedCommand], void, undefined> {
    yield* inOrderOf(this, valueAt(this.actors, actor));
  }
}

function* inOrderOf(commands: KeyedCommands, order: Node<string> | undefined): Generator<readonly [string, KeyedCommand], void, undefined> {
  for (const key of inOrder(order)) {
    const command = commands.get(key);
    if (command !== undefined) yield [key, command];
  }
}
