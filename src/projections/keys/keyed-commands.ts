// The commands that were sent with an Idempotency-Key, oldest first: an immutable map of which a change copies some dozens of slots, however
// many keys there are. immer would copy all of them.
import { sha256 } from '../../events/hash.ts';
import { type Entry, find, type GrowingNode, grown, inOrder, type Node, put } from './number-trie.ts';

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

  /** For `KeyedCommandsBuilder`. */
  constructor(
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

/**
 * Makes many at once, each in the time of a few copies less than `with`:
 *
 *     for (const [key, command] of read) builder.add(key, command);
 *     const commands = builder.built();
 *
 * Every key may be added once. Promises what `with` would have made of the same.
 */
export class KeyedCommandsBuilder {
  #commands: GrowingNode<(readonly [string, KeyedCommand])[]> | undefined;
  #order: GrowingNode<string> | undefined;
  #actors: GrowingNode<[string, GrowingNode<string>][]> | undefined;
  /** The entry of each actor in `actors`. */
  readonly #ofActor = new Map<string, [string, GrowingNode<string>]>();

  add(key: string, command: KeyedCommand): void {
    this.#commands = withOne(this.#commands, key, [key, command]);
    const place: Entry<string> = [command.seq, key];
    this.#order = grown(this.#order, place);
    const actor = actorOfKey(key);
    const known = this.#ofActor.get(actor);
    if (known !== undefined) {
      known[1] = grown(known[1], place);
      return;
    }
    const its: [string, GrowingNode<string>] = [actor, grown<string>(undefined, place)];
    this.#ofActor.set(actor, its);
    this.#actors = withOne(this.#actors, actor, its);
  }

  built(): KeyedCommands {
    return new KeyedCommands(this.#commands, this.#order, this.#actors);
  }
}

/** As `withValue` for a text that is not in it, in place. */
function withOne<One extends readonly [string, unknown]>(
  root: GrowingNode<One[]> | undefined,
  text: string,
  one: One,
): GrowingNode<One[]> | undefined {
  const hash = hashOf(text);
  const bucket = find(root, hash);
  if (bucket === undefined) return grown(root, [hash, [one]]);
  bucket.push(one);
  bucket.sort(([a], [b]) => (a < b ? -1 : 1));
  return root;
}
